"""Simulated evaluations, printed truly: no rule may accuse any of them.

3,400 evaluations of twelve figures each and 3,000 arms of several seeds: more than 50,000 figures.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from scipy.special import log_softmax

from bakeoff.auditing.claims import Claim, Number, Place
from bakeoff.auditing.engine import examine
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import STRICT

TEST_SETS = {"breastmnist": (156, 2), "retinamnist": (400, 5), "cifar-10.1": (2000, 10)}
MODES = (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_DOWN)


def shown(value: float, digits: int, mode: str, unit: str = "percent") -> Number:
    """A figure as a document prints it: rounded or cut off after `digits` decimals."""
    scale = 100 if unit == "percent" else 1
    text = str(Decimal(repr(float(value) * scale)).quantize(Decimal(1).scaleb(-digits), mode))
    return Number(text, Decimal(text), Decimal(5).scaleb(-digits - 1), unit)


def scores(rng: np.random.Generator, images: int, classes: int) -> dict[str, tuple[float, str]]:
    """Every score of one random evaluation, by definition."""
    labels = rng.permutation(np.arange(images) % classes)
    logits = rng.normal(0, rng.uniform(0.1, 6), (images, classes))
    logits[np.arange(images), labels] += rng.uniform(-2, 12)
    log_p = log_softmax(logits, axis=1)
    p = np.exp(log_p)
    predicted = logits.argmax(1)
    right = predicted == labels
    confidence = p.max(1)
    order = np.argsort(-logits, axis=1)
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (labels, predicted), 1)
    hits, truth, said = matrix.diagonal(), matrix.sum(1), matrix.sum(0)
    recall = hits / truth
    precision = np.divide(hits, said, out=np.zeros(classes), where=said > 0)
    total = precision + recall
    f1 = np.divide(2 * precision * recall, total, out=np.zeros(classes), where=total > 0)
    bins = np.minimum((confidence * 15).astype(int), 14)
    ece = sum(
        abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    )
    chance = (truth * said).sum() / images**2
    accuracy = right.mean()
    return {
        "accuracy": (accuracy, "percent"),
        "error": (1 - accuracy, "percent"),
        "top5": ((order[:, :5] == labels[:, None]).any(1).mean(), "percent"),
        "loss": (-log_p[np.arange(images), labels].mean(), "nats"),
        "confidence": (confidence.mean(), "fraction"),
        "ece": (ece, "fraction"),
        "brier": (((p - np.eye(classes)[labels]) ** 2).sum(1).mean(), ""),
        "macro_precision": (precision.mean(), "fraction"),
        "macro_recall": (recall.mean(), "fraction"),
        "macro_f1": (f1.mean(), "fraction"),
        "micro_f1": (accuracy, "fraction"),
        "kappa": ((accuracy - chance) / (1 - chance) if chance < 1 else 0.0, ""),
    }


@pytest.mark.parametrize("test_set", TEST_SETS)
def test_true_scores_are_never_accused(test_set):
    images, classes = TEST_SETS[test_set]
    rng = np.random.default_rng(images)
    claims: list[Claim] = []
    cases = 1500 if images < 1000 else 400
    for n in range(cases):
        mode, digits = MODES[n % 3], int(rng.integers(1, 5))
        context = {"dataset": test_set, "split": "test", "model": f"net {n}"}
        for metric, (value, unit) in scores(rng, images, classes).items():
            figure = shown(value, digits + (unit != "percent"), mode, unit)
            place = Place("a.md", n + 1, 1, figure.text, len(figure.text))
            claims.append(Claim(metric, figure, place, figure.text, context, runs=1, group=f"g{n}"))
    found = examine(Evidence((), tuple(claims)), Facts())
    assert [f for f in found if f.verdict in STRICT] == []


def test_true_figures_of_several_seeds_are_never_accused():
    rng = np.random.default_rng(5)
    claims: list[Claim] = []
    for n in range(3000):
        seeds, mode = int(rng.integers(2, 9)), MODES[n % 3]
        hits = rng.binomial(2000, rng.uniform(0.3, 0.999), seeds)
        x = hits / 2000
        sd, digits = x.std(ddof=int(rng.integers(2))), int(rng.integers(1, 4))
        context = {"dataset": "cifar-10.1", "split": "test", "model": f"net {n}"}
        kind = ("sd", "unknown")[n % 2]

        def say(value, line=n, digits=digits, mode=mode, context=context, **rest):
            figure = shown(value, digits, mode)
            place = Place("a.md", line + 1, 1, figure.text, len(figure.text))
            about = context | {k: v for k, v in rest.items() if k in ("statistic", "run")}
            fields = {k: v for k, v in rest.items() if k not in ("statistic", "run")}
            return Claim("accuracy", figure, place, figure.text, about, group=f"g{line}", **fields)

        spread = shown(sd, digits, mode)
        claims.append(say(x.mean(), runs=seeds, spread=spread, spread_kind=kind))
        claims.append(say(x.max(), statistic="best"))
        claims.append(say(x.min(), statistic="worst"))
        if n % 4 == 0:
            claims += [say(value, run=str(i)) for i, value in enumerate(x)]
    found = examine(Evidence((), tuple(claims)), Facts())
    assert [f for f in found if f.verdict in STRICT] == []
