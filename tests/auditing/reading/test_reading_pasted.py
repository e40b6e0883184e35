"""What programs printed, pasted or in a notebook: each figure bound to its metric, at its place."""

import json

import pytest

from bakeoff.auditing import audit
from bakeoff.auditing.reading import extract, read
from bakeoff.errors import BadFile


def bound(name, text):
    return [
        (c.metric, c.number.text, c.context.get("split", ""), c.bound)
        for c in read(name, text).figures
    ]


LINES = [
    (
        "1875/1875 [====] - 4s 2ms/step - loss: 0.03 - acc: 0.99 - val_loss: 0.04 - val_acc: 0.98",
        [
            ("loss", "0.03", "train", "line"),
            ("accuracy", "0.99", "train", "line"),
            ("loss", "0.04", "validation", "line"),
            ("accuracy", "0.98", "validation", "line"),
        ],
    ),
    (
        "Test set: Average loss: 0.0411, Accuracy: 9887/10000 (98.87%)",
        [("loss", "0.0411", "test", "line"), ("accuracy", "98.87%", "test", "line")],
    ),
    (
        " * Acc@1 76.130 Acc@5 92.862",
        [("accuracy", "76.130", "", "line"), ("top5", "92.862", "", "line")],
    ),
    (
        "Prec@5 61.204 Error@1 48.113",
        [("top5", "61.204", "", "line"), ("error", "48.113", "", "line")],
    ),
    ("lr: 0.1  step 100  epoch 3", []),
]


@pytest.mark.parametrize(("line", "expected"), LINES, ids=lambda v: str(v)[:40])
def test_a_key_of_a_log_line_has_the_value_after_it(line, expected):
    assert bound("run.log", line) == expected


def test_a_notebook_is_read_by_its_cells_and_points_into_its_file():
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["The accuracy is 95.1%.\n"]},
        {
            "cell_type": "code",
            "metadata": {},
            "execution_count": 1,
            "source": ["accuracy = 0.5"],
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["accuracy: 0.951\n"]}],
        },
    ]
    text = json.dumps({"cells": cells, "nbformat": 4}, indent=1)
    found = read("a.ipynb", text).figures
    assert [(c.metric, c.number.text) for c in found] == [
        ("accuracy", "95.1%"),
        ("accuracy", "0.951"),
    ]
    for claim in found:
        assert claim.number.text in text.split("\n")[claim.place.line - 1]


@pytest.mark.parametrize("text", ["{", "[]", '{"cells": 3}', '{"a": 1}'])
def test_what_is_no_notebook_is_refused(text):
    with pytest.raises(BadFile):
        read("a.ipynb", text)


def test_a_matrix_in_brackets_is_a_confusion_matrix():
    found = read("a.md", "```\n[[95  5]\n [10 90]]\n```\n").figures
    assert [c.number.text for c in found] == ["95", "5", "10", "90"]
    assert {c.metric for c in found} == {"confusion"}
    assert found[2].context["true"] == "1"


def test_a_fence_of_code_holds_no_figures_but_names_its_loss():
    document = read("a.md", "Test loss: 0.2\n\n```python\nfit(loss='mse', accuracy=0.99)\n```\n")
    assert [c.metric for c in document.figures] == ["loss"]
    assert {c.word for c in document.words} == {"other"}


@pytest.mark.parametrize(
    ("cell", "number", "ratio"),
    [
        ("0.985 (384/390)", "0.985", (384, 390)),
        ("384/390 (98.5%)", "98.5%", (384, 390)),
        ("98.5% = 384/390", "98.5%", (384, 390)),
    ],
)
def test_a_count_beside_a_share_is_kept_in_every_order(cell, number, ratio):
    (claim,) = read("a.md", f"| Metric | Value |\n|---|---|\n| Recall | {cell} |\n").figures
    assert (claim.number.text, claim.ratio) == (number, ratio)


def test_digits_in_brackets_are_the_uncertainty_of_the_last_digits():
    (claim,) = read("a.md", "| Model | Accuracy (%) |\n|---|---|\n| A | 98.20(12) |\n").figures
    assert (claim.number.text, claim.spread.text) == ("98.20", "0.12")


@pytest.mark.parametrize(
    "label",
    [
        "Std",
        "95% CI lower",
        "upper",
        "Min",
        "Max",
        "Improvement",
        "Δ",
        "p-value",
        "Threshold",
        "Rank",
    ],
)
def test_a_column_beside_the_scores_is_no_score(label):
    table = f"| Metric | Value | {label} |\n|---|---|---|\n| Precision | 0.95 | 0.5 |\n"
    found = [c for c in read("a.md", table).figures if c.metric == "precision"]
    assert [c.number.text for c in found if not c.context.get("statistic")] == ["0.95"]


def test_what_pasted_text_says_reads_back_from_a_claims_file():
    document = read("a.log", "Test set: Average loss: 0.04, Accuracy: 9887/10000 (98.87%)")
    again = read("claims.yaml", extract(document)).figures
    assert [(c.bound, c.ratio) for c in again] == [("line", None), ("line", (9887, 10000))]


def test_coverage_counts_what_was_seen_bound_and_left_alone():
    (found,) = audit("The accuracy is 95.1%. We used 17 crates and 3 lamps.").coverage
    assert (found.seen, found.bound, found.left_alone) == (3, 1, 2)


def test_questions_of_one_cause_are_told_once():
    rows = "".join(f"| net{i} | 9{i}.1{i}5 |\n" for i in range(1, 9))
    text = f"# CIFAR-10\n\n| Network | Test accuracy (%) |\n|---|---|\n{rows}"
    asked = [f for f in audit(text).findings if f.verdict == "ambiguous"]
    assert [f.rule for f in asked] == ["granularity"]
    assert len(asked[0].places) == 8
