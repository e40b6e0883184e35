"""Rules 3 to 7: cross-entropy against accuracy, against softmax outputs themselves."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax
from scipy.stats import entropy

from bakeoff.auditing.checks.loss import least_accuracy, least_loss
from bakeoff.auditing.checks.objective import calibrated_ceiling, smoothed_floor


def pair(said, loss, accuracy, split="test", **context):
    about = {"dataset": "cifar-10", "split": split} | context
    word = about.pop("word", "cross_entropy")
    return said("loss", loss, "nats", word=word, **about), said("accuracy", accuracy, **about)


def test_the_figures_of_the_facts():
    assert least_loss(1 - 0.0113) == pytest.approx(0.0078, abs=5e-5)
    assert least_loss(0.76130, 0.92862) == pytest.approx(0.244, abs=5e-4)
    assert least_accuracy(0.05) == pytest.approx(0.928, abs=5e-4)
    assert smoothed_floor(0.1, 10) == pytest.approx(0.500, abs=5e-4)
    assert smoothed_floor(0.1, 1000) == pytest.approx(1.015, abs=5e-4)


def test_the_floor_holds_for_any_outputs_and_is_reached():
    rng = np.random.default_rng(0)
    for classes in (2, 10, 100):
        logits = rng.normal(0, rng.uniform(0.1, 20), (4000, classes))
        labels = rng.integers(classes, size=4000)
        order = np.argsort(-logits, axis=1)
        top1 = (order[:, 0] == labels).mean()
        top5 = (order[:, :5] == labels[:, None]).any(axis=1).mean()
        loss = -log_softmax(logits, axis=1)[np.arange(4000), labels].mean()
        assert loss >= least_loss(top1, top5) - 1e-12
        assert top1 >= least_accuracy(loss) - 1e-12
    assert least_loss(0.0) == math.log(2)


def test_smoothed_floor_is_the_entropy_of_the_target():
    target = np.full(10, 0.01)
    target[3] += 0.9
    assert smoothed_floor(0.1, 10) == pytest.approx(entropy(target))


def test_calibrated_ceiling_is_the_greatest_entropy_at_that_confidence():
    free = minimize(
        lambda z: -entropy(np.r_[0.8, 0.2 * np.exp(z) / np.exp(z).sum()]), np.arange(9) / 9.0
    )
    assert calibrated_ceiling(0.8, 10) == pytest.approx(-free.fun, abs=1e-4)


def test_a_loss_below_its_floor_is_impossible_with_the_arithmetic(judge, said):
    (found,) = judge(
        "loss-floor", *pair(said, "0.0011", "98.87", dataset="mnist", split="validation")
    )
    assert found.verdict == "impossible"
    assert "0.0078" in found.message
    assert "113" in found.message
    assert "batch 64" in found.cause
    assert "0.070" in found.cause


def test_a_loss_that_nobody_names_is_at_most_implausible(judge, said):
    (found,) = judge("loss-floor", *pair(said, "0.0011", "98.87", word=""))
    assert found.verdict == "implausible"
    assert "cross-entropy" in " ".join(found.assumptions)


def test_another_loss_has_another_floor(verdicts, said):
    assert verdicts("loss-floor", *pair(said, "0.0011", "98.87", word="other")) == []


def test_a_loss_is_shown_to_be_cross_entropy_by_what_a_miss_costs_elsewhere(verdicts, said):
    validation = pair(said, "0.0011", "98.87", word="", split="validation", group="s1")
    training = pair(said, "0.0411", "99.01", word="", split="train", group="s2")
    assert verdicts("loss-floor", *validation, *training) == ["impossible"]
    as_small = pair(said, "0.0012", "99.01", word="", split="train", group="s2")
    assert set(verdicts("loss-floor", *validation, *as_small)) <= {"implausible", "ambiguous"}


def test_a_loss_above_its_floor_is_silent(verdicts, said):
    assert verdicts("loss-floor", *pair(said, "0.0704", "98.87")) == []


def test_top_five_sharpens_the_floor(verdicts, said):
    about = {"dataset": "imagenet-1k", "split": "validation", "word": "cross_entropy"}
    claims = [said("accuracy", "76.130", **about), said("top5", "92.862", **about)]
    assert verdicts("loss-floor", *claims, said("loss", "0.21", "nats", **about)) == ["impossible"]
    assert verdicts("loss-floor", *claims, said("loss", "0.25", "nats", **about)) == []


def test_a_training_loss_may_be_the_last_batch_and_never_accuses(verdicts, said):
    assert verdicts("loss-floor", *pair(said, "0.0011", "98.87", split="train")) == ["ambiguous"]


def test_a_training_loss_is_not_held_against_a_test_accuracy(verdicts, said):
    loss = said("loss", "0.0011", "nats", dataset="cifar-10", split="train")
    accuracy = said("accuracy", "95.0", dataset="cifar-10", split="test")
    unsaid = said("accuracy", "95.0", dataset="cifar-10")
    assert verdicts("loss-floor", loss, accuracy) == []
    assert verdicts("loss-floor", loss, unsaid) == []


def test_top_five_alone_bounds_a_loss(verdicts, said):
    about = {"dataset": "imagenet-1k", "split": "validation", "word": "cross_entropy"}
    low = said("top5", "90.0", **about)
    assert verdicts("accuracy-floor", low, said("loss", "0.05", "nats", **about)) == ["impossible"]


def test_all_correct_means_at_most_ln_k(verdicts, said):
    assert verdicts("loss-ceiling", *pair(said, "3.1", "100.00")) == ["impossible"]
    assert verdicts("loss-ceiling", *pair(said, "2.30", "100.00")) == []
    assert verdicts("loss-ceiling", *pair(said, "3.1", "100.0")) == ["ambiguous"]
    assert verdicts("loss-ceiling", *pair(said, "3.1", "99.99")) == []


def test_sigmoid_outputs_have_their_own_floor(verdicts, said):
    rng = np.random.default_rng(1)
    logits, labels = rng.normal(0, 3, (3000, 10)), rng.integers(10, size=3000)
    targets = np.eye(10)[labels]
    loss = (np.logaddexp(0, logits) - targets * logits).mean()
    wrong = (logits.argmax(1) != labels).mean()
    assert loss >= wrong * 2 * math.log(2) / 10

    def bce(text):
        about = {"dataset": "cifar-10", "split": "test"}
        return said("loss", text, "nats", word="bce", **about), said("accuracy", "80.0", **about)

    assert verdicts("bce-floor", *bce("0.0100")) == ["impossible"]
    assert verdicts("bce-floor", *bce("0.0300")) == []
    assert verdicts("loss-floor", *bce("0.0300")) == []


def test_a_high_training_loss_is_implausible_at_most(judge, said):
    (found,) = judge("training-loss", *pair(said, "0.5382", "99.87", "train", dataset="mnist"))
    assert found.verdict == "implausible"


def test_smoothing_or_mixup_explain_a_high_training_loss(verdicts, said):
    claims = pair(said, "0.5382", "99.87", "train", dataset="mnist")
    mixup = said("augmentation", None, word="mixup", group="s2", dataset="mnist")
    assert verdicts("training-loss", *claims, mixup) == []
    denied = said("augmentation", None, word="mixup", negated=True, group="s2", dataset="mnist")
    assert verdicts("training-loss", *claims, denied) == ["implausible"]


def test_a_training_loss_below_its_smoothed_floor_is_ambiguous(verdicts, said):
    smoothing = said("label_smoothing", "0.1", "", dataset="cifar-10")
    low = said("loss", "0.31", "nats", dataset="cifar-10", split="train")
    assert verdicts("smoothed-floor", smoothing, low) == ["ambiguous"]
