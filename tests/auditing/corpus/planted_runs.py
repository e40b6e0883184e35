"""Errors in what is said of several runs: means, spreads, intervals, tests, gains."""

from __future__ import annotations

import math
import random
from statistics import mean, stdev

from auditing.corpus.evaluations import MODELS
from auditing.corpus.planting import plants, prose_only
from auditing.corpus.sheets import Column, Row, Sheet

ACCURACY = (Column("accuracy", "percent"),)
SETS = ("CIFAR-10", "CIFAR-100", "MNIST", "Fashion-MNIST")


def _sd(n: int, rng: random.Random) -> str:
    return rng.choice((f"Mean ± standard deviation over {n} seeds.", f"Mean ± std over {n} runs."))


@plants(2)
def mean_that_does_not_exist(rng: random.Random, wrong: bool) -> Sheet:
    """A mean of n accuracies on 10,000 images is a multiple of 1/(10,000 n)."""
    err = random.Random(rng.random())
    n = rng.choice((2, 3, 4))
    good = {2: "05", 3: "037", 4: "0257"}[n]
    bad = {2: "23478", 3: "12458", 4: "14689"}[n]
    bad = {4: "14"}.get(n, bad)
    rows = []
    chosen = rng.randrange(3)
    for i, model in enumerate(rng.sample(MODELS, 3)):
        digit = err.choice(bad if wrong and i == chosen else good)
        digit = {4: {"2": "25", "7": "75"}}.get(n, {}).get(digit, digit)
        digit = digit.ljust(2, "0") if n == 4 else digit
        rows.append(Row(model, (f"{rng.randint(8000, 9900) / 100:.2f}{digit}",)))
    remark = rng.choice((f"Mean over {n} seeds.", f"Each figure is the mean of {n} runs."))
    return Sheet("mean", ACCURACY, tuple(rows), rng.choice(SETS), remarks=(remark,))


@plants(10)
def spread_larger_than_any(rng: random.Random, wrong: bool) -> Sheet:
    """Accuracies lie in [0, 100]: s^2 <= n/(n-1) m (100 - m)."""
    err = random.Random(rng.random())
    n = rng.choice((3, 5))
    m = rng.uniform(99.0, 99.8)
    bound = math.sqrt(n / (n - 1) * m * (100 - m))
    s = bound * (err.uniform(1.15, 1.6) if wrong else err.uniform(0.01, 0.1))
    row = Row(rng.choice(MODELS), (f"{m:.2f} ± {s:.2f}",))
    return Sheet("spread", ACCURACY, (row,), "MNIST", remarks=(_sd(n, rng),))


@plants(10)
def spread_is_not_that_of_the_runs(rng: random.Random, wrong: bool) -> Sheet:
    """The runs are listed, and their standard deviation is another."""
    err = random.Random(rng.random())
    runs = [round(rng.uniform(94, 96), 2) for _ in range(rng.choice((3, 4, 5)))]
    while stdev(runs) < 0.2:
        runs[0] = round(runs[0] - 0.5, 2)
    s = stdev(runs) * (err.choice((0.3, 0.5, 1.7, 2.2)) if wrong else 1)
    dataset = rng.choice(SETS[:3])
    listed = ", ".join(f"{r:.2f}%" for r in runs[:-1]) + f" and {runs[-1]:.2f}%"
    sentence = rng.choice(
        (
            f"On {dataset} the {len(runs)} seeds gave test accuracies of {listed}: "
            f"{mean(runs):.2f} ± {s:.2f} (mean ± standard deviation).",
            f"The {len(runs)} runs on {dataset} reach {listed}, a mean accuracy of "
            f"{mean(runs):.2f}% with a standard deviation of {s:.2f}.",
        )
    )
    return prose_only("runs", sentence)


@plants(10, 27)
def mean_is_not_that_of_the_runs(rng: random.Random, wrong: bool) -> Sheet:
    """A table of seeds with a mean row that is not their mean."""
    err = random.Random(rng.random())
    runs = [rng.randint(9400, 9600) / 100 for _ in range(rng.choice((3, 4, 5)))]
    m = mean(runs) + (err.choice((-1, 1)) * err.uniform(0.15, 0.6) if wrong else 0)
    lines = ["| Seed | Test accuracy (%) |", "|---|---|"]
    lines += [f"| {i} | {r:.2f} |" for i, r in enumerate(runs)]
    lines += [f"| {rng.choice(('Mean', 'Average', 'Avg.'))} | {m:.2f} |"]
    return prose_only("runs", *lines, title=f"## {rng.choice(MODELS)} on CIFAR-10")


@plants(11)
def best_run_too_far_from_the_mean(rng: random.Random, wrong: bool) -> Sheet:
    """Samuelson: best - mean <= s (n - 1) / sqrt(n)."""
    err = random.Random(rng.random())
    n = rng.choice((3, 5))
    m, s = rng.uniform(93, 96), rng.uniform(0.1, 0.2)
    bound = s * (n - 1) / math.sqrt(n)
    best = m + bound * (err.uniform(2.5, 4) if wrong else err.uniform(0.6, 0.95))
    row = Row(rng.choice(MODELS), (f"{m:.2f} ± {s:.2f}", f"{best:.2f}"))
    label = rng.choice(("Best run", "Best", "Best accuracy"))
    columns = (Column("accuracy", "percent"), Column(label, "percent"))
    return Sheet("best", columns, (row,), rng.choice(SETS), remarks=(_sd(n, rng),))


_T975 = {3: 4.3027, 4: 3.1824, 5: 2.7764, 6: 2.5706, 8: 2.3646, 10: 2.2622}


def _interval(rng: random.Random, factor: float) -> Sheet:
    n = rng.choice(tuple(_T975))
    m, s = rng.uniform(90, 93), rng.uniform(0.2, 0.4)
    half = _T975[n] * s / math.sqrt(n) * factor
    dataset = rng.choice(SETS)
    sentence = rng.choice(
        (
            f"Test accuracy on {dataset} is {m:.2f}% (standard deviation {s:.2f}, n = {n}), "
            f"95% CI {m - half:.2f}–{m + half:.2f}.",
            f"Over {n} seeds the accuracy on {dataset} is {m:.2f} ± {s:.2f} (mean ± std; "
            f"95% CI [{m - half:.2f}, {m + half:.2f}]).",
        )
    )
    return prose_only("interval", sentence)


@plants(12)
def interval_wider_than_the_runs(rng: random.Random, wrong: bool) -> Sheet:
    """No interval for a mean reaches beyond every run that the spread allows."""
    return _interval(rng, 6 if wrong else 1)


@plants(12, expected="any")
def interval_does_not_follow(rng: random.Random, wrong: bool) -> Sheet:
    """A 95% t interval has half-width t s / sqrt(n); a bootstrap interval may have another."""
    err = random.Random(rng.random())
    return _interval(rng, err.choice((0.2, 0.3, 2.5)) if wrong else 1)


@plants(13, expected="any")
def spread_of_one_run(rng: random.Random, wrong: bool) -> Sheet:
    """One run has no standard deviation."""
    rows = tuple(
        Row(m, (f"{rng.uniform(90, 96):.1f} ± {rng.uniform(0.1, 0.4):.1f}",))
        for m in rng.sample(MODELS, 2)
    )
    remark = rng.choice(("Every figure is a single run.", "Results of a single run."))
    remark = remark if wrong else _sd(3, rng)
    return Sheet("one", ACCURACY, rows, rng.choice(SETS), remarks=(remark,))


@plants(18)
def gain_does_not_follow(rng: random.Random, wrong: bool) -> Sheet:
    """Points, relative gain, or errors cut, from two stated accuracies."""
    err = random.Random(rng.random())
    a = rng.randint(9000, 9500)
    b = a + rng.randint(60, 300)
    shift = err.choice((-1, 1)) * err.uniform(0.25, 0.5) if wrong else 0.0
    points = (b - a) / 100 + shift
    relative = (b - a) / a * 100 + shift
    cut = (b - a) / (10000 - a) * 100 + shift * 20
    dataset = rng.choice(SETS)
    first, second = f"{a / 100:.2f}%", f"{b / 100:.2f}%"
    sentence = rng.choice(
        (
            f"Accuracy on {dataset} rises from {first} to {second}, a gain of {points:.2f} points.",
            f"Mixup improves test accuracy on {dataset} from {first} to {second} "
            f"(+{points:.2f} percentage points).",
            f"On {dataset} accuracy improved from {first} to {second}, "
            f"a relative improvement of {relative:.2f}%.",
            f"Test accuracy on {dataset} went from {first} to {second}, "
            f"which cuts the error by {cut:.1f}%.",
            f"Our recipe increases the accuracy by {points:.2f} points, from {first} to {second}, "
            f"on {dataset}.",
        )
    )
    return prose_only("gain", sentence)


@plants(22)
def mcnemar_p_value_that_does_not_exist(rng: random.Random, wrong: bool) -> Sheet:
    """A gap of d images has an exact p of at least 2^(1-d)."""
    err = random.Random(rng.random())
    gap = rng.randint(2, 5)
    a = rng.randint(9300, 9600)
    p = 2.0 ** (1 - gap) * err.uniform(0.01, 0.4) if wrong else err.uniform(0.6, 0.9)
    sentence = (
        f"On CIFAR-10, A reaches a test accuracy of {a / 100:.2f}% and "
        f"B {(a + gap) / 100:.2f}% (single runs; exact McNemar test, p = {p:.4f})."
    )
    return prose_only("mcnemar", sentence)


def _least(rng: random.Random, least: float, words: str, wrong: bool) -> Sheet:
    err = random.Random(rng.random())
    # Rounded upwards, so that the least possible value itself is printed as possible.
    p = least * err.uniform(0.1, 0.7) if wrong else math.ceil(least * 1000) / 1000
    return prose_only("test", words.format(p=p))


@plants(23)
def permutation_p_smaller_than_possible(rng: random.Random, wrong: bool) -> Sheet:
    """A permutation test of n against n has p >= 2 / C(2n, n)."""
    n = rng.choice((3, 4))
    words = (
        f"The difference between the {n} seeds of A and the {n} seeds of B is tested by "
        "a two-sided exact permutation test (p = {p:.3f})."
    )
    return _least(rng, 2 / math.comb(2 * n, n), words, wrong)


@plants(23, expected="any")
def signed_rank_p_smaller_than_possible(rng: random.Random, wrong: bool) -> Sheet:
    """A signed-rank test of n pairs has an exact p >= 2^(1-n); a normal approximation has not."""
    n = rng.choice((4, 5))
    words = f"A two-sided Wilcoxon signed-rank test over {n} seeds gives p = {{p:.3f}}."
    return _least(rng, 2.0 ** (1 - n), words, wrong)


@plants(26, expected="any")
def p_value_does_not_follow(rng: random.Random, wrong: bool) -> Sheet:
    """Welch's p from means, standard deviations and n."""
    import scipy.stats

    n = rng.choice((3, 5))
    a, b = rng.uniform(94, 95), rng.uniform(95, 95.5)
    s, t = rng.uniform(0.2, 0.4), rng.uniform(0.2, 0.4)
    a, b, s, t = (round(x, 2) for x in (a, b, s, t))
    p = float(scipy.stats.ttest_ind_from_stats(a, s, n, b, t, n, equal_var=False).pvalue)
    p = (p / 30 if p > 0.03 else min(p * 30, 0.9)) if wrong else p
    sentence = (
        f"On CIFAR-10 the baseline reaches {a:.2f} ± {s:.2f} and ours {b:.2f} ± {t:.2f} test "
        f"accuracy (mean ± standard deviation, n = {n} each; Welch's t-test, p = {p:.4f})."
    )
    return prose_only("welch", sentence)
