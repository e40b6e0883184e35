"""Rules 8, 9 and 14 to 18: scores that determine or bound each other."""

import random

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score, precision_score, recall_score

from auditing.corpus.judge import accusations
from bakeoff.auditing.checks.gains import gain_readings
from bakeoff.auditing.checks.scores import harmonic
from bakeoff.auditing.intervals import Interval

CIFAR = {"dataset": "cifar-10", "split": "test"}


def test_macro_f1_never_exceeds_the_harmonic_mean_of_its_parts():
    rng = np.random.default_rng(0)
    for _ in range(200):
        truth, said = rng.integers(5, size=(2, 60))
        options = {"average": "macro", "zero_division": 0}
        bound = harmonic(
            precision_score(truth, said, **options), recall_score(truth, said, **options)
        )
        assert f1_score(truth, said, **options) <= bound + 1e-12
    assert harmonic(0.90, 0.88) == pytest.approx(0.8899, abs=5e-5)


def test_kappa_on_balanced_classes_follows_from_accuracy():
    rng = np.random.default_rng(1)
    truth = np.repeat(np.arange(10), 50)
    said = np.where(rng.random(500) < 0.9, truth, rng.integers(10, size=500))
    accuracy = (truth == said).mean()
    assert cohen_kappa_score(truth, said) == pytest.approx((accuracy - 0.1) / 0.9)
    assert pytest.approx(0.922, abs=5e-4) == (0.93 - 0.1) / 0.9


@pytest.mark.parametrize(
    ("rule", "wrong", "right", "verdict"),
    [
        ("ece-floor", [("accuracy", "0.93"), ("confidence", "0.98"), ("ece", "0.01")],
         [("accuracy", "0.93"), ("confidence", "0.98"), ("ece", "0.05")], "impossible"),
        ("brier-floor", [("accuracy", "0.90"), ("brier", "0.003")],
         [("accuracy", "0.90"), ("brier", "0.15")], "impossible"),
        ("brier-floor", [("accuracy", "0.90"), ("brier", "0.03")],
         [("accuracy", "0.90"), ("brier", "0.05")], "ambiguous"),
        ("topk-order", [("accuracy", "0.929"), ("top5", "0.761")],
         [("accuracy", "0.761"), ("top5", "0.929")], "inconsistent"),
        ("accuracy-plus-error", [("accuracy", "0.953"), ("error", "0.049")],
         [("accuracy", "0.953"), ("error", "0.047")], "inconsistent"),
        ("out-of-range", [("accuracy", "1.032")], [("accuracy", "1.000")], "impossible"),
        ("f1", [("macro_f1", "0.91"), ("macro_precision", "0.90"), ("macro_recall", "0.88")],
         [("macro_f1", "0.88"), ("macro_precision", "0.90"), ("macro_recall", "0.88")],
         "inconsistent"),
        ("micro-f1", [("accuracy", "0.93"), ("micro_f1", "0.95")],
         [("accuracy", "0.93"), ("micro_f1", "0.93")], "inconsistent"),
        ("balanced-classes", [("accuracy", "0.93"), ("kappa", "0.90")],
         [("accuracy", "0.93"), ("kappa", "0.922")], "inconsistent"),
        ("balanced-classes", [("accuracy", "0.930"), ("macro_recall", "0.940")],
         [("accuracy", "0.930"), ("macro_recall", "0.930")], "inconsistent"),
    ],
)  # fmt: skip
def test_wrong_scores_are_found_and_right_ones_are_not(verdicts, said, rule, wrong, right, verdict):
    assert verdicts(rule, *(said(m, t, "fraction", **CIFAR) for m, t in wrong)) == [verdict]
    assert verdicts(rule, *(said(m, t, "fraction", **CIFAR) for m, t in right)) == []


def test_mnist_is_not_balanced_so_macro_recall_may_differ(verdicts, said):
    about = {"dataset": "mnist", "split": "test"}
    claims = [said("accuracy", "93.00", **about), said("macro_recall", "92.80", **about)]
    assert verdicts("balanced-classes", *claims) == []


def test_counts_give_the_accuracy(verdicts, said):
    counted = [said("correct", "9521", "count", **CIFAR), said("wrong", "479", "count", **CIFAR)]
    assert verdicts("counts", said("accuracy", "95.21", **CIFAR), *counted) == []
    assert verdicts("counts", said("accuracy", "95.12", **CIFAR), *counted) == ["inconsistent"]


def test_figures_of_different_evaluations_are_not_paired(verdicts, said):
    a = said("accuracy", "95.3", model="A", group="", **CIFAR)
    b = said("error", "9.9", model="B", group="", **CIFAR)
    train = said("error", "0.1", model="A", group="", dataset="cifar-10", split="train")
    assert verdicts("accuracy-plus-error", a, b, train) == []


def test_figures_of_different_sections_are_asked_about_at_most(verdicts, said):
    a = said("accuracy", "95.3", model="A", group="", section=("One",), **CIFAR)
    b = said("error", "4.9", model="A", group="", section=("Two",), **CIFAR)
    assert verdicts("accuracy-plus-error", a, b) == ["ambiguous"]


def per_class(said, shares, overall, metric="recall", support=True):
    claims = []
    for n, text in enumerate(shares):
        about = {"class_": f"c{n}", "group": f"r{n}"}
        claims.append(said(metric, text, **about, **CIFAR))
        if support:
            claims.append(said("support", "1000", "count", **about, **CIFAR))
    return [*claims, said("accuracy", overall, group="all", **CIFAR)]


def test_classes_make_the_whole(verdicts, said):
    shares = ["90.0"] * 5 + ["80.0"] * 5
    assert verdicts("class-sum", *per_class(said, shares, "85.0")) == []
    assert verdicts("class-sum", *per_class(said, shares, "88.0")) == ["inconsistent"]
    assert verdicts("class-sum", *per_class(said, shares[:9], "88.0", support=False)) == []


def test_one_class_against_the_rest_is_another_reading(verdicts, said):
    # Each of 10 % misses counts in two classes: the mean one-against-rest accuracy is 98 %.
    assert verdicts("class-sum", *per_class(said, ["98.0"] * 10, "90.0", "accuracy")) == []


def test_a_class_of_fifty_images_moves_in_steps_of_two(verdicts, said):
    claims = [
        said("recall", "77.0", class_="tench", dataset="imagenet-1k", split="validation"),
        said("support", "50", "count", class_="tench", dataset="imagenet-1k", split="validation"),
    ]
    assert verdicts("class-granularity", *claims) == ["impossible"]
    ok = said("recall", "78.0", class_="tench", dataset="imagenet-1k", split="validation")
    assert verdicts("class-granularity", ok, claims[1]) == []


def matrix(said, hits, rest):
    cells = {("a", "a"): hits, ("a", "b"): rest, ("b", "a"): rest, ("b", "b"): hits}
    return [
        said(
            "confusion", str(n), "count", true=t, predicted=p, group="m", cell=(0, "ab".index(t), 1)
        )
        for (t, p), n in cells.items()
    ]


def test_the_trace_is_the_accuracy(verdicts, said):
    cells = matrix(said, 4650, 350)
    assert verdicts("confusion-trace", *cells, said("accuracy", "93.0")) == []
    assert verdicts("confusion-trace", *cells, said("accuracy", "93.5")) == ["inconsistent"]


def test_a_matrix_of_percentages_is_left_alone(verdicts, said):
    assert verdicts("confusion-trace", *matrix(said, 93, 7), said("accuracy", "90.0")) == []


def test_gains_are_points_relative_or_errors_cut():
    found = gain_readings(Interval(0.932, 0.932), Interval(0.945, 0.945), True)
    assert found["points"].low == pytest.approx(1.3)
    assert found["relative"].low == pytest.approx(1.39, abs=5e-3)
    assert found["error_reduction"].low == pytest.approx(19.1, abs=5e-2)


@pytest.mark.parametrize(
    ("text", "word", "verdict"),
    [
        ("1.3", "points", []),
        ("1.39", "relative", []),
        ("19.1", "error_reduction", []),
        ("1.3", "", []),
        ("19.1", "", ["ambiguous"]),
        ("2.4", "points", ["inconsistent"]),
        ("19.1", "points", ["inconsistent"]),
        ("7.0", "", ["inconsistent"]),
    ],
)
def test_a_gain_must_fit_what_it_is_called(verdicts, said, printed, text, word, verdict):
    claim = said("gain", text, "percent", word=word, of="accuracy",
                 operands=(printed("93.2"), printed("94.5")))  # fmt: skip
    assert verdicts("gain", claim) == verdict


def column_of_gains(rng, wrong):
    """A table of accuracies and their gains over the first row, computed before rounding."""
    digits = rng.choice((1, 2))
    exact = [rng.uniform(60, 80)]
    exact += [exact[0] + rng.uniform(0.3, 6) for _ in range(rng.randrange(3, 7))]
    gains = [value - exact[0] for value in exact]
    if wrong:
        gains[rng.randrange(1, len(gains))] += 9.3
    rows = [
        f"| m{n} | {value:.{digits}f} | {f'{gain:+.{digits}f}' if n else '–'} |"
        for n, (value, gain) in enumerate(zip(exact, gains, strict=True))
    ]
    return "\n".join(["| Method | Accuracy (%) | Δ |", "|---|--:|--:|", *rows])


def test_gains_in_a_column_are_over_a_row_and_one_that_is_over_none_is_found():
    proved = 0
    for seed in range(60):
        assert accusations("a.md", column_of_gains(random.Random(seed), False)) == []
        proved += bool(accusations("a.md", column_of_gains(random.Random(seed), True)))
    assert proved >= 55
