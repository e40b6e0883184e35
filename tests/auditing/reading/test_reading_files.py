"""Files as they come: model cards, metafiles, claims files, suppressions, and hostile ones."""

import dataclasses
import json

import pytest

from bakeoff.auditing.reading import extract, read
from bakeoff.auditing.reading.source import MAX_BYTES, MAX_LINE
from bakeoff.errors import BadFile

CARD = """---
license: apache-2.0
model-index:
- name: my-resnet
  results:
  - task: {type: image-classification, name: Image Classification}
    dataset: {name: CIFAR-10, type: cifar10, split: test}
    metrics:
    - {type: accuracy, value: 0.9555, name: Accuracy}
  - task: {type: text-generation}
    dataset: {name: other}
    metrics:
    - {type: accuracy, value: 0.1}
---
# My model
Validation accuracy: 95.1%
"""
METAFILE = """Collections:
  - Name: ResNet
    Metadata: {Epochs: 100, Batch Size: 256}
Models:
  - Name: resnet50_8xb32_in1k
    Metadata:
      FLOPs: 4120000000
      Parameters: 25560000
    In Collection: ResNet
    Results:
      - Dataset: ImageNet-1k
        Metrics:
          Top 1 Accuracy: 76.55
          Top 5 Accuracy: 93.06
        Task: Image Classification
      - Dataset: COCO
        Metrics: {box AP: 40.1}
        Task: Object Detection
"""


def test_a_model_card_gives_its_classification_results():
    claims = [c for c in read("README.md", CARD).figures if c.metric == "accuracy"]
    assert [(c.number.text, c.number.unit, c.place.line) for c in claims] == [
        ("0.9555", "fraction", 9),
        ("95.1%", "percent", 16),
    ]
    assert claims[0].context == {"model": "my-resnet", "dataset": "cifar-10", "split": "test"}


def test_a_metafile_gives_its_classification_results():
    document = read("metafile.yml", METAFILE)
    found = {(c.metric, c.number.text) for c in document.figures}
    assert found == {
        ("epochs", "100"),
        ("batch_size", "256"),
        ("flops", "4120000000"),
        ("parameters", "25560000"),
        ("accuracy", "76.55"),
        ("top5", "93.06"),
    }
    assert {c.context.get("dataset") for c in document.figures if c.metric == "top5"} == {
        "imagenet-1k"
    }


CLAIMS = """bakeoff: claims
source: README.md
context: {model: resnet50, dataset: mnist}
claims:
  - {metric: accuracy, number: 98.870 %, split: validation, epoch: 5, line: 16}
  - {metric: accuracy, number: 95.2, spread: 0.3, spread_kind: sd, runs: 3}
  - {metric: parameters, number: 25.6, value: 25600000, half: 50000, unit: count}
  - {metric: augmentation, word: mixup, negated: true}
suppress:
  - {rule: loss-floor, because: summed over batches, lines: [15, 16]}
"""


def test_a_claims_file_says_what_prose_cannot():
    document = read("claims.yaml", CLAIMS)
    first, second, third, fourth = document.claims
    assert (first.number.text, str(first.number.half), first.number.unit) == (
        "98.870 %",
        "0.0005",
        "percent",
    )
    assert (first.place.file, first.place.line) == ("README.md", 16)
    assert first.context == {
        "model": "resnet50",
        "dataset": "mnist",
        "split": "validation",
        "epoch": "5",
    }
    assert (second.spread.text, second.spread_kind, second.runs) == ("0.3", "sd", 3)
    assert third.number.low == 25_550_000
    assert (fourth.word, fourth.negated) == ("mixup", True)
    (suppression,) = document.suppressions
    assert suppression.covers("loss-floor", first.place)
    assert not suppression.covers("granularity", first.place)


WRONG = [
    ("  - {metric: acuracy, number: 98}", 5, "accuracy"),
    ("  - {metric: accuracy, nmber: 98}", 5, "number"),
    ("  - {metric: accuracy}", 5, "number"),
    ("  - {metric: accuracy, number: about right}", 5, "one number"),
    ("  - {metric: accuracy, number: 98, spread_kind: sigma}", 5, "sd"),
    ("  - {metric: accuracy, number: 98, number: 99}", 5, "twice"),
    ("  - {metric: accuracy, number: 98, runs: few}", 5, "whole number"),
    ("suppress:\n  - {rule: loss-floor}", 6, "reason"),
    ("  - !!python/object:os.system {}", 5, "tag"),
    ("  - &a [1, 2]\n  - *a", 6, "alias"),
]


@pytest.mark.parametrize(("entry", "line", "said"), WRONG)
def test_a_mistake_in_a_claims_file_is_told_with_its_line(entry, line, said):
    head = "bakeoff: claims\nsource: a.md\n\nclaims:\n"
    with pytest.raises(BadFile) as caught:
        read("claims.yaml", head + entry)
    assert caught.value.line == line
    assert said in str(caught.value)


DOCUMENTS = [
    (
        "a.md",
        "# CIFAR-10\n\n| Model | Acc (%) | Params (M) | Time (h) |\n|-|-|-|-|\n| ResNet-18 | "
        "95.2 ± 0.3 | 11.2 | 2.5 |\n",
    ),
    (
        "a.md",
        'Accuracy rose from 93.2% to 94.5%, by 1.3 points, ~98% top-5, 19.6–21.9% error: "odd" '
        "`x`\n",
    ),
    (
        "a.md",
        "An accuracy of 95.2% (95% CI 94.9–95.5), over 3 seeds; 1.2 million images, 28x28, took "
        "2 days.\n",
    ),
    ("a.md", CARD),
    (
        "a.md",
        "# Ünïcode \u2028 — “quotes”: yes\n\nTest accuracy: 99,87 %\n<!-- bakeoff: ignore "
        'granularity because: it, is: "so" -->\n',
    ),
    (
        "a.csv",
        "class,precision,recall,f1-score,support\ncat,0.90,0.88,0.89,100\nmacro "
        "avg,0.9,0.9,0.9,100\n",
    ),
]


@pytest.mark.parametrize(("name", "text"), DOCUMENTS)
def test_extracted_claims_read_back_the_same(name, text):
    document = read(name, text)
    again = read("claims.yaml", extract(document))
    assert document.claims
    assert len(again.claims) == len(document.claims)
    for old, new in zip(document.claims, again.claims, strict=True):
        place = dataclasses.replace(old.place, source="", length=0)
        assert dataclasses.replace(new.place, source="", length=0) == place
        assert dataclasses.replace(new, place=old.place) == old
    assert [(s.rule, s.reason, s.first, s.last) for s in again.suppressions] == [
        (s.rule, s.reason, s.first, s.last) for s in document.suppressions
    ]


def test_a_comment_suppresses_its_line_or_the_block_below():
    text = (
        "Accuracy 98% <!-- bakeoff: ignore granularity because averaged -->\n\n"
        "<!-- bakeoff: ignore loss-floor because summed -->\nLoss: 0.001\nmore\n"
    )
    spans = [(s.rule, s.reason, s.first, s.last) for s in read("x", text).suppressions]
    assert spans == [("granularity", "averaged", 1, 1), ("loss-floor", "summed", 4, 5)]
    latex = "Accuracy 98\\%. % bakeoff: ignore granularity because averaged\n"
    assert [s.first for s in read("x", latex, "latex").suppressions] == [1]


@pytest.mark.parametrize(
    "comment",
    ["ignore granularity", "ignore granularity because", "ignore", "skip granularity because x"],
)
def test_a_suppression_without_a_reason_is_a_problem_and_not_in_force(comment):
    document = read("x", f"Accuracy: 98%\n\n<!-- bakeoff: {comment} -->\n")
    assert document.suppressions == ()
    assert document.problems[0].place.line == 3


def test_a_record_is_read_with_the_digits_it_has():
    record = {
        "schema_version": 1,
        "status": "complete",
        "arm": "standard",
        "seed": 3,
        "data": {"name": "mnist", "train_images": 60000, "test_images": 10000, "classes": 10},
        "model": {"name": "resnet50", "parameters": 23528522},
        "result": {
            "images": 10000,
            "correct": 9887,
            "accuracy": 98.87,
            "top5": 99.99,
            "loss": 0.0421,
        },
    }
    document = read("record.json", json.dumps(record, indent=2))
    found = {c.metric: c.number.text for c in document.figures}
    assert found["accuracy"] == "98.87"
    assert found["correct"] == "9887"
    assert {c.context["dataset"] for c in document.figures} == {"mnist"}


def test_utf_16_is_read_and_binary_is_not(tmp_path):
    path = tmp_path / "a.md"
    path.write_bytes("Accuracy: 98.87%\r\n".encode("utf-16"))
    assert [c.number.text for c in read(path).figures] == ["98.87%"]
    path.write_bytes(b"\x01\x02\x00\x00\x00\rIHDR\xff\xfe")
    with pytest.raises(BadFile, match="not text"):
        read(path)
    path.write_bytes("Accuracy: é".encode("latin-1"))
    with pytest.raises(BadFile, match="UTF-8"):
        read(path)


def test_what_is_missing_a_folder_or_too_large_is_refused(tmp_path):
    with pytest.raises(BadFile, match="does not exist"):
        read(tmp_path / "none.md")
    with pytest.raises(BadFile, match="folder"):
        read(tmp_path)
    large = tmp_path / "large.md"
    with large.open("wb") as file:
        file.truncate(100 * 2**20)
    with pytest.raises(BadFile, match="larger than"):
        read(large)
    with pytest.raises(BadFile, match="larger than"):
        read("x", "a" * (MAX_BYTES + 1))


@pytest.mark.parametrize("format", ["markdown", "html", "csv", "latex"])
@pytest.mark.parametrize(
    "text",
    ["", "\n", " \t", "\ufeff", "---", "<table>", "\\begin{tabular}", "|", "\x1b[31m\x07 98%"],
)
def test_next_to_nothing_is_read_as_nothing(text, format):
    assert read("x", text, format).figures == ()


def test_a_line_without_end_is_cut_and_said():
    document = read("x", "accuracy 98% " * MAX_LINE)
    assert len(document.problems) == 1
    assert str(MAX_LINE) in document.problems[0].message


NESTED = [
    ("markdown", ">" * 20_000),
    ("markdown", "- " * 9_000 + "a"),
    ("markdown", "[" * 20_000),
    ("markdown", "\n".join(" " * min(i, 300) + "- a" for i in range(900))),
    ("html", "<div>" * 3_000 + "accuracy 98%"),
    ("html", "<table><tr><td>" * 1_200),
    ("latex", "{" * 20_000),
    ("latex", "\\begin{tabular}{c}" * 1_000),
    ("latex", "\\section{" * 2_000),
    ("csv", '"' * 20_000),
]


@pytest.mark.parametrize(("format", "text"), NESTED)
def test_endless_nesting_ends(format, text):
    read("x", text, format)


@pytest.mark.parametrize(
    "text",
    ["[" * 50_000, "{a: " * 20_000, "- " * 5_000 + "a", "a: &b [1]\nc: [*b, *b]", "a: 'b", "\t"],
)
def test_yaml_that_would_blow_up_is_refused_with_its_line(text):
    with pytest.raises(BadFile):
        read("metafile.yml", text)


def test_json_that_nests_endlessly_or_is_no_record_is_refused():
    for text in ("[" * 100_000, "{}", "[1]", "{"):
        with pytest.raises(BadFile):
            read("record.json", text)


HOSTILE = [
    "1,",
    "1.",
    "5±",
    "accuracy ",
    "accuracy 95.1% ",
    "top-1 ",
    "mean test ",
    "(",
    "[a](",
    "`a",
    "<!--",
    "<b",
    "**a",
    "_a",
    "resnet50-",
    "cifar ",
    "from 1.1 to ",
    "best ",
    "improves ",
    "train days to ",
    "not use ",
    "a | ",
    "&#",
    "\\",
    "http://",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_work_grows_no_faster_than_the_text(piece, monkeypatch):
    """Counts the calls made while reading n and 4 n characters; patterns are bounded by hand."""
    import sys

    def work(n: int) -> int:
        calls = 0

        def count(frame, event, arg):
            nonlocal calls
            calls += 1

        text = "\n\n".join([piece * (200 // len(piece))] * n)
        before = sys.getprofile()
        sys.setprofile(count)
        try:
            read("x", text, "markdown")
        finally:
            sys.setprofile(before)
        return calls

    work(2)
    assert work(32) < 6 * work(8) + 20_000
