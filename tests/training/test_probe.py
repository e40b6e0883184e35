"""Only the head is trained, on features computed once, and the cost says so."""

from dataclasses import replace

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import load_file

from bakeoff.errors import Stopped, UsageError
from bakeoff.records.predictions import Predictions
from bakeoff.training.augmentation import build_view
from bakeoff.training.evaluate import predict
from bakeoff.training.model import feature_flops, training_flops
from bakeoff.training.probe import probe, trained_rows
from bakeoff.training.run import execute
from bakeoff.training.throughput import Rate, measure

CPU = torch.device("cpu")


@pytest.fixture
def probed(make_job, tmp_path):
    job = make_job("linear-probe", images=960)
    return job, execute(job, tmp_path, device=CPU), tmp_path


def whole_network(job, folder):
    model = timm.create_model(job.model, num_classes=4)
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    return model


def test_the_saved_network_gives_the_recorded_predictions(probed):
    job, record, folder = probed
    test = job.dataset.test
    view = build_view(record.recipe, job.dataset.facts, CPU)
    found = predict(whole_network(job, folder), test.images, test.labels, view)
    recorded = Predictions.load(folder)
    np.testing.assert_array_equal(found.top5_class[:, 0], recorded.top5_class[:, 0])
    np.testing.assert_allclose(found.nll, recorded.nll, rtol=1e-3, atol=1e-4)


def test_the_backbone_keeps_its_weights_and_the_head_learns(probed):
    job, record, folder = probed
    torch.manual_seed(job.seed)
    before = timm.create_model(job.model, num_classes=4).state_dict()
    after = load_file(folder / "weights.safetensors")
    changed = {key for key, value in before.items() if not torch.equal(value, after[key])}
    assert changed == {"fc.weight", "fc.bias"}
    assert record.train_result.loss < record.curves[0].train.loss
    assert any("only the head was trained" in note for note in record.notes)


def test_the_head_is_what_logistic_regression_on_the_features_would_be(make_job, tmp_path):
    """Against scipy-solved softmax regression: the trained loss comes near its minimum."""
    from scipy.optimize import minimize

    pins = {"optimizer.lr": 0.05, "optimizer.weight_decay": 0.0, "schedule.warmup_lr": 0.001}
    job = make_job("linear-probe", images=96 * 200, batch_size=32, pins=pins)
    record = execute(job, tmp_path, device=CPU)
    model, view = (
        whole_network(job, tmp_path).eval(),
        build_view(record.recipe, job.dataset.facts, CPU),
    )
    with torch.no_grad():
        x = model.forward_head(
            model.forward_features(view(job.dataset.train.images)), pre_logits=True
        ).double()
    y = job.dataset.train.labels

    def loss(flat):
        weights = torch.tensor(flat, requires_grad=True)
        logits = x @ weights[: 4 * x.shape[1]].view(4, -1).T + weights[4 * x.shape[1] :]
        value = torch.nn.functional.cross_entropy(logits, y) + 1e-3 * weights.square().sum()
        value.backward()
        return value.item(), weights.grad.numpy()

    best = minimize(loss, np.zeros(4 * x.shape[1] + 4), jac=True, options={"maxiter": 300})
    assert record.train_result.loss <= best.fun + 0.02


def test_cost_counts_features_once_and_the_head_at_every_image(probed):
    job, record, _ = probed
    size = record.recipe.resolution.test
    features = feature_flops(job.model, classes=4, channels=3, size=size)
    head = timm.create_model(job.model, num_classes=4).get_classifier()
    assert record.cost.images == 960
    assert record.cost.flops == 96 * features + 960 * 2 * 2 * head.in_features * 4
    whole = training_flops(job.model, classes=4, channels=3, size=size)
    assert 2 * features < whole
    assert record.cost.flops < 960 * whole / 10


@pytest.mark.parametrize("pin", [{"augment.horizontal_flip": 0.5}, {"stochastic_depth": 0.1}])
def test_what_cannot_vary_in_features_computed_once_is_refused(make_job, pin):
    with pytest.raises(UsageError, match=rf"nothing can vary: {next(iter(pin))}"):
        make_job("linear-probe", pins=pin)


def test_a_short_run_computes_only_the_features_it_needs(make_job):
    rows = trained_rows(96, steps=2, batch_size=16, repeats=1, seed=3)
    assert len(rows) == 32
    assert len(trained_rows(96, steps=6, batch_size=16, repeats=1, seed=3)) == 96
    assert len(trained_rows(96, steps=7, batch_size=16, repeats=3, seed=3)) == 38
    assert measure(make_job("linear-probe", images=64), CPU).feature_seconds > 0


def test_a_budget_of_seconds_pays_for_the_features_first():
    rate = Rate(train=1000.0, evaluate=1.0, feature_seconds=0.009)
    assert rate.images_in(5.0, 1000) == 500
    assert rate.images_in(10.0, 1000) == 1000
    assert rate.images_in(20.0, 1000) == 11_000


def test_a_stop_while_features_are_computed_is_answered(make_job, tmp_path, monkeypatch):
    import os
    import signal

    def stopping(*args, pause, **kwargs):
        os.kill(os.getpid(), signal.SIGTERM)
        return probe(*args, pause=pause, **kwargs)

    monkeypatch.setattr("bakeoff.training.assemble.probe", stopping)
    with pytest.raises(Stopped, match="features"):
        execute(make_job("linear-probe"), tmp_path, device=CPU)
    assert not (tmp_path / "record.json").exists()


def test_a_network_without_one_linear_layer_on_top_is_refused(make_job, tmp_path):
    job = make_job("linear-probe")
    job = replace(job, model="test_resnet")
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(768, 4))
    with pytest.raises(UsageError, match="no single linear layer"):
        probe(
            network,
            job.dataset.train,
            job.dataset.test,
            recipe=job.scaled.recipe,
            steps=1,
            seed=0,
            evaluated=torch.arange(2),
            prepare=lambda images: images.float(),
            precision=torch.autograd.profiler.record_function("x"),
            device=CPU,
        )
