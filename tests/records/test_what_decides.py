"""What may decide a bake-off beside accuracy: macro F1 and macro AUROC, kept in every record."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score
from torch import nn

import bakeoff
from bakeoff.bakeoffs.execution.looks import decisive
from bakeoff.records.predictions import Predictions
from bakeoff.records.schema import CONFUSION_CLASSES, EVERY_SCORE
from bakeoff.records.scores import PRIMARIES, never_kept, score, scores
from bakeoff.records.store import load_record, run_folder
from bakeoff.statistics.auroc import macro_auroc
from bakeoff.training.evaluate import detail, interleaved, predict


@pytest.fixture
def _toy_data(monkeypatch, quarters):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)


def answers(g: np.random.Generator, n: int, classes: int, skill: float):
    """Labels, and logits that know them a little."""
    labels = g.integers(0, classes, n)
    logits = g.normal(size=(n, classes))
    logits[np.arange(n), labels] += skill
    return labels, logits


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("skill", [0.0, 1.0, 6.0])
def test_macro_auroc_is_scikit_learns(classes, skill):
    labels, logits = answers(np.random.default_rng(classes), 300, classes, skill)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    wanted = roc_auc_score(labels, p[:, 1] if classes == 2 else p, multi_class="ovr")
    assert macro_auroc(p, labels) == pytest.approx(wanted, abs=1e-12)
    assert macro_auroc(np.log(p), labels) == pytest.approx(wanted, abs=1e-12)


def test_the_area_of_one_class_is_mann_whitneys_u_and_an_absent_class_is_left_out():
    labels, logits = answers(np.random.default_rng(1), 80, 2, 0.7)
    logits = logits.round(1)  # so that some are equal
    assert len(np.unique(logits[:, 0])) < 80
    u = stats.mannwhitneyu(logits[labels == 0, 0], logits[labels == 1, 0]).statistic
    counts = (labels == 0).sum() * (labels == 1).sum()
    v = stats.mannwhitneyu(logits[labels == 1, 1], logits[labels == 0, 1]).statistic
    assert macro_auroc(logits, labels) == pytest.approx((u + v) / 2 / counts)
    wider = np.concatenate([logits, np.zeros((80, 3))], axis=1)
    assert macro_auroc(wider, labels) == macro_auroc(logits, labels)
    assert np.isnan(macro_auroc(logits, np.zeros(80, dtype=int)))
    logits[3, 1] = np.nan
    assert np.isnan(macro_auroc(logits, labels))
    with pytest.raises(bakeoff.errors.UsageError, match="do not fit"):
        macro_auroc(logits, labels[:5])


def test_macro_f1_of_a_record_is_scikit_learns_also_where_a_class_is_absent_or_never_named():
    g = np.random.default_rng(2)
    for classes, absent in ((2, None), (5, None), (6, 3), (6, 0)):
        labels, logits = answers(g, 120, classes, 1.0)
        if absent is not None:
            labels[labels == absent] = (absent + 1) % classes
        for silent in (False, True):
            if silent and absent is not None:
                logits[:, absent] = -9.0
            found = detail(of_logits(labels, logits), classes)
            said = logits.argmax(axis=1)
            assert scores(found)["macro_f1"] == pytest.approx(
                100 * f1_score(labels, said, average="macro")
            )
            present = np.isin(said, labels)
            if present.all():
                wanted = balanced_accuracy_score(labels, said)
                assert scores(found)["balanced_accuracy"] == pytest.approx(100 * wanted)


def of_logits(labels, logits) -> Predictions:
    network = nn.Linear(logits.shape[1], logits.shape[1], bias=False)
    nn.init.eye_(network.weight)
    return predict(
        network, torch.tensor(logits).float(), torch.tensor(labels), lambda x: x, every_class=True
    )


def test_a_record_keeps_the_macro_auroc_of_its_networks_probabilities():
    labels, logits = answers(np.random.default_rng(3), 200, 4, 1.0)
    predictions = of_logits(labels, logits)
    p = torch.tensor(logits).softmax(dim=1).numpy()
    found = detail(predictions, 4)
    assert found.macro_auroc == pytest.approx(
        100 * roc_auc_score(labels, p, multi_class="ovr"), abs=1e-3
    )
    shards = [of_logits(labels[rank::2], logits[rank::2]) for rank in (0, 1)]
    assert detail(interleaved(shards), 4) == found
    assert score(found, "macro_auroc") == found.macro_auroc
    assert detail(predict_without(labels, logits), 4).macro_auroc is None


def predict_without(labels, logits) -> Predictions:
    kept = of_logits(labels, logits)
    return Predictions(kept.label, kept.top5_class, kept.top5_probability, kept.nll)


def test_where_several_classes_are_right_the_likeliest_of_them_counts():
    """As for the accuracy: an image of two right classes is one of the first, if either is said."""
    logits = torch.tensor([[0.0, 3.0, 1.0], [2.0, 0.0, 1.0], [0.0, 1.0, 2.0]])
    right = torch.tensor([[0, 1], [0, 0], [2, 1]])
    network = nn.Linear(3, 3, bias=False)
    nn.init.eye_(network.weight)
    found = predict(network, logits, right, lambda x: x, every_class=True)
    assert found.log_probability is not None
    assert (found.log_probability.argmax(axis=1) == found.top5_class[:, 0]).all()
    assert found.correct.tolist() == [True, True, True]
    assert np.allclose(np.exp(found.log_probability).sum(axis=1), 1)


@pytest.mark.usefixtures("_toy_data")
@pytest.mark.parametrize("primary", ["macro_f1", "macro_auroc"])
def test_a_bakeoff_is_decided_by_it_at_its_looks(tmp_path, primary):
    spec = {
        "name": "toy",
        "data": "quarters",
        "model": "test_resnet",
        "arms": ["standard", "rsb-a3"],
        "seeds": {"at_most": 3, "looks": [3]},
        "budget": "96images",
        "primary": primary,
    }
    finished = bakeoff.run(spec, out=tmp_path, device="cpu")
    record = load_record(run_folder(tmp_path, "standard", 0))
    assert record.result is not None
    assert decisive(record, primary) == scores(record.result)[primary]
    assert len(finished.manifest.looks) == 1
    first = bakeoff.compare(tmp_path).comparisons[0]
    assert first.metric == primary
    assert first.difference == pytest.approx(
        np.mean([scores(r.result)[primary] for r in finished.records if r.arm == first.a])
        - np.mean([scores(r.result)[primary] for r in finished.records if r.arm == first.b])
    )
    asked = bakeoff.compare(tmp_path, metrics=primary).comparisons
    assert [(row.metric, row.difference) for row in asked] == [(primary, first.difference)]
    assert bakeoff.comparison.metrics.METRICS[primary].unit == "points"


@pytest.mark.usefixtures("_toy_data")
def test_what_no_run_could_keep_is_refused_before_the_first(tmp_path, monkeypatch):
    assert all(never_kept(primary, 10, 10_000) == "" for primary in PRIMARIES)
    assert never_kept("macro_auroc", 1000, 50_000) == ""
    assert "up to 1,000 classes" in never_kept("macro_f1", CONFUSION_CLASSES + 1, 10)
    assert "at once" in never_kept("macro_auroc", 2, EVERY_SCORE)
    assert never_kept("loss", CONFUSION_CLASSES + 1, EVERY_SCORE) == ""
    monkeypatch.setattr("bakeoff.records.scores.EVERY_SCORE", 100)
    spec = {"data": "quarters", "model": "test_resnet", "arms": ["standard"], "seeds": 1,
            "name": "toy", "budget": "96images", "primary": "macro_auroc"}  # fmt: skip
    with pytest.raises(bakeoff.errors.UsageError, match="macro_auroc cannot decide"):
        bakeoff.run(spec, out=tmp_path, device="cpu")
    command = {"name": "x", "command": "python t.py {seed} {out}"}
    with pytest.raises(bakeoff.errors.UsageError, match="primary: macro_f1 does not go with"):
        bakeoff.run(
            {**spec, "arms": ["standard", command], "primary": "macro_f1"}, out=tmp_path / "b"
        )
