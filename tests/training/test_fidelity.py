"""Rates, parameter groups, losses and models are those of timm, torch and the papers."""

import math
import warnings

import pytest
import timm
import torch
from timm.data import Mixup
from timm.loss import BinaryCrossEntropy
from timm.optim import create_optimizer_v2
from timm.scheduler import create_scheduler_v2
from torch import nn

from bakeoff.recipes.loading import load, names
from bakeoff.recipes.schema import Loss, Optimizer, Schedule
from bakeoff.training.evaluate import detail, predict
from bakeoff.training.model import build, training_flops
from bakeoff.training.objective import build_objective
from bakeoff.training.optimizer import build_optimizer, build_schedule
from bakeoff.training.subset import evaluation_steps

CPU = torch.device("cpu")


def rates(optimizer, schedule, total):
    found = [optimizer.param_groups[0]["lr"]]
    for step in range(1, total):
        schedule.step_update(step)
        found.append(optimizer.param_groups[0]["lr"])
    return found


TIMMS_WORDS = {"cosine": "cosine", "onecycle": "cosine", "linear": "poly", "step": "step"}
"""What `--sched` of timm's train.py is for each schedule; onecycle and linear add
`--warmup-prefix`, which takes the warm-up off the number of epochs."""


@pytest.mark.parametrize("name", names())
def test_learning_rate_at_every_step_is_timms(name):
    recipe = load(name).recipe
    spec = recipe.schedule
    per_epoch = 8
    total = int(recipe.epochs) * per_epoch
    model = nn.Linear(3, 3)
    ours = build_optimizer(model, recipe.optimizer, CPU)
    schedule = build_schedule(ours, spec, total_steps=total, epochs=recipe.epochs)
    theirs = torch.optim.SGD(model.parameters(), lr=recipe.optimizer.lr)
    prefix = spec.name in ("onecycle", "linear")
    reference, _ = create_scheduler_v2(
        theirs,
        sched=TIMMS_WORDS[spec.name],
        num_epochs=recipe.epochs - spec.warmup_epochs if prefix else recipe.epochs,
        warmup_epochs=spec.warmup_epochs,
        warmup_prefix=prefix,
        warmup_lr=spec.warmup_lr,
        min_lr=spec.min_lr,
        decay_epochs=spec.step_epochs,
        decay_rate=1.0 if spec.name == "linear" else spec.gamma,
        step_on_epochs=False,
        updates_per_epoch=per_epoch,
    )
    assert rates(ours, schedule, total) == pytest.approx(
        rates(theirs, reference, total), rel=1e-9, abs=1e-12
    )


def test_torchvisions_cosine_after_a_warm_up_is_torchs_own():
    """torchvision's train.py: LinearLR, then CosineAnnealingLR, in a SequentialLR."""
    recipe = load("torchvision-v2").recipe
    spec, lr = recipe.schedule, recipe.optimizer.lr
    per_epoch = 2
    total, warmup = int(recipe.epochs) * per_epoch, int(spec.warmup_epochs) * per_epoch
    ours = build_optimizer(nn.Linear(3, 3), recipe.optimizer, CPU)
    schedule = build_schedule(ours, spec, total_steps=total, epochs=recipe.epochs)
    theirs = torch.optim.SGD(nn.Linear(3, 3).parameters(), lr=lr)
    reference = torch.optim.lr_scheduler.SequentialLR(
        theirs,
        [
            torch.optim.lr_scheduler.LinearLR(theirs, spec.warmup_lr / lr, total_iters=warmup),
            torch.optim.lr_scheduler.CosineAnnealingLR(theirs, total - warmup),
        ],
        [warmup],
    )
    expected = []
    for _ in range(total):
        expected.append(theirs.param_groups[0]["lr"])
        theirs.step()
        with warnings.catch_warnings():
            # SequentialLR itself steps its parts by epoch number, of which torch warns.
            warnings.simplefilter("ignore")
            reference.step()
    assert rates(ours, schedule, total) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_step_schedule_is_torchs_step_lr():
    recipe = load("torchvision-v1").recipe
    per_epoch = 5
    total = int(recipe.epochs) * per_epoch
    ours = build_optimizer(nn.Linear(3, 3), recipe.optimizer, CPU)
    schedule = build_schedule(ours, recipe.schedule, total_steps=total, epochs=recipe.epochs)
    theirs = torch.optim.SGD(nn.Linear(3, 3).parameters(), lr=recipe.optimizer.lr)
    reference = torch.optim.lr_scheduler.StepLR(theirs, 30 * per_epoch, 0.1)
    expected = []
    for _ in range(total):
        expected.append(theirs.param_groups[0]["lr"])
        theirs.step()
        reference.step()
    assert rates(ours, schedule, total) == pytest.approx(expected)


@pytest.mark.parametrize("name", names())
def test_every_schedule_starts_low_peaks_at_the_rate_and_never_is_negative(name):
    recipe = load(name).recipe
    optimizer = build_optimizer(nn.Linear(3, 3), recipe.optimizer, CPU)
    schedule = build_schedule(optimizer, recipe.schedule, total_steps=400, epochs=recipe.epochs)
    found = rates(optimizer, schedule, 400)
    assert max(found) <= recipe.optimizer.lr * (1 + 1e-9)
    assert max(found) >= recipe.optimizer.lr * 0.95
    assert min(found) >= 0
    if recipe.schedule.warmup_epochs:
        assert found[0] == pytest.approx(recipe.schedule.warmup_lr)


@pytest.mark.parametrize("name", ["sgd", "adamw", "lamb"])
@pytest.mark.parametrize("decay_norm_and_bias", [True, False])
def test_parameter_groups_are_timms(name, decay_norm_and_bias):
    model = timm.create_model("resnet18", num_classes=10)
    spec = Optimizer(name=name, lr=0.1, weight_decay=0.05, decay_norm_and_bias=decay_norm_and_bias)
    ours = build_optimizer(model, spec, CPU)
    reference = create_optimizer_v2(
        model, opt=name, lr=0.1, weight_decay=0.05, filter_bias_and_bn=not decay_norm_and_bias
    )

    def groups(optimizer):
        return [(g["weight_decay"], [id(p) for p in g["params"]]) for g in optimizer.param_groups]

    assert groups(ours) == groups(reference)
    decayed = {id(p) for g in ours.param_groups if g["weight_decay"] for p in g["params"]}
    for p in model.parameters():
        assert (id(p) in decayed) == (decay_norm_and_bias or p.ndim > 1)


@pytest.mark.parametrize("recipe", names())
def test_parameter_groups_of_every_recipe_are_timms(recipe):
    """As timm's train.py groups them: its optimizer's name, and whether norm and bias decay."""
    model = timm.create_model("test_resnet", num_classes=10)
    spec = load(recipe).recipe.optimizer
    ours = build_optimizer(model, spec, CPU)
    reference = create_optimizer_v2(
        model,
        opt=spec.name,
        lr=spec.lr,
        weight_decay=spec.weight_decay,
        filter_bias_and_bn=not spec.decay_norm_and_bias,
    )
    for mine, theirs in zip(ours.param_groups, reference.param_groups, strict=True):
        assert [id(p) for p in mine["params"]] == [id(p) for p in theirs["params"]]
        assert (mine["weight_decay"], mine["lr"]) == (theirs["weight_decay"], theirs["lr"])


@pytest.mark.parametrize("nesterov", [True, False])
def test_fused_sgd_moves_as_torchs_plain_sgd(nesterov):
    torch.manual_seed(0)
    ours, theirs = nn.Linear(4, 4), nn.Linear(4, 4)
    theirs.load_state_dict(ours.state_dict())
    spec = Optimizer(
        name="sgd",
        lr=0.1,
        momentum=0.9,
        nesterov=nesterov,
        weight_decay=0.01,
        decay_norm_and_bias=True,
    )
    a = build_optimizer(ours, spec, CPU)
    b = torch.optim.SGD(
        theirs.parameters(), lr=0.1, momentum=0.9, nesterov=nesterov, weight_decay=0.01
    )
    for step in range(5):
        x = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
        for model, optimizer in ((ours, a), (theirs, b)):
            optimizer.zero_grad()
            model(x).square().mean().backward()
            optimizer.step()
    torch.testing.assert_close(ours.weight, theirs.weight)


def test_binary_cross_entropy_on_mixed_targets_is_timms():
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(8, 10, generator=generator)
    mix = Mixup(mixup_alpha=0.2, cutmix_alpha=1.0, label_smoothing=0.1, num_classes=10)
    _, targets = mix(torch.randn(8, 3, 16, 16, generator=generator), torch.arange(8))
    ours = build_objective(Loss(name="bce", smoothing=0.1, target_threshold=0.2))
    reference = BinaryCrossEntropy(smoothing=0.1, target_threshold=0.2)
    assert ours(logits, targets) == reference(logits, targets)


def test_soft_cross_entropy_is_torchs():
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(8, 10, generator=generator)
    targets = torch.softmax(torch.randn(8, 10, generator=generator), dim=1)
    ours = build_objective(Loss(name="cross_entropy"))
    torch.testing.assert_close(ours(logits, targets), nn.functional.cross_entropy(logits, targets))


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_resnet50_has_the_published_number_of_parameters(classes):
    facts = build("resnet50", classes=classes, channels=3).facts
    assert facts.parameters == 23_508_032 + 2_049 * classes


@pytest.mark.parametrize(
    ("size", "classes", "gflop"),
    [(224, 1000, 24.3), (160, 1000, 12.4), (32, 10, 0.50), (28, 10, 0.47)],
)
def test_training_flops_of_resnet50_are_the_known_ones(size, classes, gflop):
    counted = training_flops("resnet50", classes=classes, channels=3, size=size) / 1e9
    assert counted == pytest.approx(gflop, rel=0.02)


def test_clean_loss_accuracy_and_confusion_are_torchs(quarters):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 4))

    def prepare(images):
        return images.float() / 255

    test = quarters.test
    found = predict(model, test.images, test.labels, prepare)
    result = detail(found, 4)
    with torch.no_grad():
        logits = model(prepare(test.images))
    expected = nn.functional.cross_entropy(logits, test.labels)
    assert result.loss == pytest.approx(float(expected), rel=1e-5)
    predicted = logits.argmax(1)
    assert result.correct == int((predicted == test.labels).sum())
    assert result.top5 == 100.0
    for true in range(4):
        for guess in range(4):
            count = int(((test.labels == true) & (predicted == guess)).sum())
            assert result.confusion[true][guess] == count


def test_calibration_error_of_a_calibrated_and_of_a_boastful_model():
    import numpy as np

    from bakeoff.records.predictions import Predictions

    rng = np.random.default_rng(0)
    n = 200_000
    confidence = rng.uniform(0.5, 1.0, n).astype(np.float32)
    right = rng.uniform(size=n) < confidence

    def made(probability):
        return Predictions(
            label=np.where(right, 0, 1).astype(np.int32),
            top5_class=np.zeros((n, 1), np.int32),
            top5_probability=probability[:, None],
            nll=np.zeros(n, np.float32),
        )

    assert detail(made(confidence), 2).calibration_error < 1
    boastful = made(np.ones(n, np.float32))
    assert detail(boastful, 2).calibration_error == pytest.approx(
        100 * (1 - right.mean()), abs=1e-4
    )


def test_evaluations_fall_on_epochs_and_always_on_the_last_step():
    at, at_train = evaluation_steps(2343, 4.9984)
    assert at == at_train == {469, 938, 1406, 1875, 2343}
    short, short_train = evaluation_steps(156, 0.33)
    assert short == {39, 78, 117, 156}
    assert short_train == {156}
    assert evaluation_steps(1, 0.01) == (frozenset({1}), frozenset({1}))


def test_schedule_of_one_step_does_not_divide_by_zero():
    optimizer = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=1.0)
    for name in ("constant", "step", "cosine", "onecycle", "linear"):
        spec = Schedule(name=name, warmup_epochs=1)
        schedule = build_schedule(optimizer, spec, total_steps=1, epochs=1)
        schedule.step_update(1)
        assert math.isfinite(optimizer.param_groups[0]["lr"])
