"""Precision, recall and F1 of a class: true ones are never accused, impossible triples are."""

import importlib.util

import numpy as np
import pytest

from bakeoff.auditing import audit

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


def test_without_mlscorecheck_the_audit_says_once_that_the_rule_was_not_run(monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "mlscorecheck" else there(name, *rest),
    )
    rows = [("cat", "0.90", "0.88", "0.89", 17), ("dog", "0.5", "0.5", "0.5", 20)]
    [said] = findings(page(rows))
    assert said.verdict == "note"
    assert "scores of 2 classes were not checked" in said.message
    assert "pip install mlscorecheck" in said.resolve
    assert findings("# Report\n\nAccuracy 98.1 % on MNIST.\n") == []


def test_the_explanation_says_what_it_needs():
    from bakeoff.auditing import explain

    assert "bakeoff[scores]" in explain("class-scores")
