"""Precision, recall and F1 of a class: true ones are never accused, impossible triples are."""

import subprocess
import sys

import numpy as np
import pytest

from bakeoff.auditing import audit
from bakeoff.auditing.checks.testset import contradict

HEAD = "# Report\n\nOne model, evaluated once.\n\n| class | precision | recall | f1 | support |\n"


def page(rows):
    lines = ["|---|---|---|---|---|"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return HEAD + "\n".join(lines) + "\n"


def findings(text):
    return [f for f in audit(text, rules=["class-scores"]).findings if f.rule == "class-scores"]


@pytest.mark.parametrize(
    ("row", "accused"),
    [
        (("cat", "0.90", "0.88", "0.89", 17), True),
        (("cat", "0.94", "0.88", "0.91", 17), False),
        (("cat", "0.88", "0.88", "0.88", 17), False),
        (("cat", "0.94", "0.88", "0.88", 17), True),
        (("cat", "0.900", "0.880", "0.890", 100_000), False),
    ],
)
def test_three_figures_that_no_counts_give_are_found(row, accused):
    found = findings(page([row, ("dog", "0.5", "0.5", "0.5", 20)]))
    assert bool(found) == accused
    assert all(f.verdict == "inconsistent" for f in found)


def as_printed(value, digits, cut):
    if cut:
        return f"{np.floor(value * 10**digits + 1e-9) / 10**digits:.{digits}f}"
    return f"{value:.{digits}f}"


@pytest.mark.parametrize("cut", [False, True], ids=["rounded", "cut off"])
def test_true_reports_are_never_accused(cut):
    rng = np.random.default_rng(11)
    for _ in range(250):
        classes, digits = int(rng.integers(2, 6)), int(rng.integers(2, 5))
        sizes = rng.integers(3, 300, classes)
        right = rng.binomial(sizes, rng.uniform(0.3, 0.99))
        rows = []
        wrong = sizes - right
        taken = rng.multinomial(int(wrong.sum()), np.full(classes, 1 / classes))
        for c in range(classes):
            tp, fp, n = int(right[c]), int(taken[c]), int(sizes[c])
            if tp == 0:
                continue
            scores = (tp / (tp + fp), tp / n, 2 * tp / (n + tp + fp))
            printed = [as_printed(s, digits, cut) for s in scores]
            rows.append((f"class {'abcdef'[c]}", *printed, n))
        assert findings(page(rows)) == [], page(rows)


def test_the_counts_that_are_possible_are_those_of_mlscorecheck():
    check = pytest.importorskip("mlscorecheck.check.binary").check_1_testset_no_kfold
    names = {"precision": "ppv", "recall": "sens", "f1": "f1p"}
    rng = np.random.default_rng(5)
    agreed = {True: 0, False: 0}
    for _ in range(150):
        size, digits = int(rng.integers(2, 60)), int(rng.integers(1, 4))
        right = int(rng.integers(1, size + 1))
        called = right + int(rng.integers(0, 40))
        true = {"precision": right / called, "recall": right / size,
                "f1": 2 * right / (size + called)}  # fmt: skip
        printed = {m: round(v, digits) for m, v in true.items()}
        if rng.random() < 0.6:
            one = str(rng.choice(list(printed)))
            printed[one] = round(
                min(1.0, printed[one] + float(rng.normal(0, 3)) * 10**-digits), digits
            )
        if rng.random() < 0.3:
            del printed[str(rng.choice(["recall", "f1"]))]
        if min(printed.values()) <= 0:
            continue
        half = 0.5 * 10**-digits
        scores = {names[m]: v for m, v in printed.items()}
        found = check(
            testset={"p": size, "n": 1_000 * size}, scores=scores, eps=half, prefilter_by_pairs=True
        )
        theirs = found["inconsistency"]
        ours = contradict(size, {m: (v - half, min(1.0, v + half)) for m, v in printed.items()})
        assert ours == theirs, (size, printed)
        agreed[ours] += 1
    assert min(agreed.values()) > 20


def test_a_class_of_very_many_images_costs_no_more_time():
    triple = {"precision": (0.8995, 0.9005), "recall": (0.8795, 0.8805), "f1": (0.8895, 0.8905)}
    assert not contradict(10**12, triple)
    assert contradict(10**12, triple | {"f1": (0.9095, 0.9105)})


def test_the_rule_needs_no_other_library():
    text = page([("cat", "0.90", "0.88", "0.89", 17), ("dog", "0.5", "0.5", "0.5", 20)])
    code = (
        "import sys; from bakeoff.auditing import audit\n"
        f"found = audit({text!r})\n"
        "print(len(found.findings) > 0, "
        "[m for m in ('mlscorecheck', 'scipy', 'numpy', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True []"
