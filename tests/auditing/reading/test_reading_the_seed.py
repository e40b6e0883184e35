"""The comparison that Bakeoff began with: every claim of it, with what it is about."""

from pathlib import Path

import pytest

from bakeoff.auditing.reading import extract, read

SEED = Path(__file__).parents[3] / "examples" / "result_comparison.md"

OURS = {"dataset": "mnist", "experiment": "ours", "model": "ResNet50"}
PAPER = {
    "dataset": "imagenet-1k",
    "experiment": "paper",
    "model": "ResNet50",
    "paper": "2110.00476",
}
TRAIN = OURS | {"split": "train", "epoch": "5"}
VALIDATION = OURS | {"split": "validation", "epoch": "5"}
FIGURES = [
    (13, "loss", "0.5382", TRAIN),
    (14, "accuracy", "99.87%", TRAIN),
    (15, "loss", "0.0011", VALIDATION),
    (16, "accuracy", "98.87%", VALIDATION),
    (28, "images", "1.2 million", PAPER),
    (28, "classes", "1,000", PAPER),
    (31, "error", "23.56%", PAPER),
    (31, "top5_error", "3.57%", PAPER),
    (35, "train_images", "60,000", OURS),
    (35, "test_images", "10,000", OURS),
    (35, "classes", "10", OURS),
    (35, "resolution", "28x28", OURS),
    (38, "accuracy", "99.87%", TRAIN),
    (38, "accuracy", "98.87%", VALIDATION),
    (44, "classes", "1,000", PAPER),
    (45, "error", "23.56%", PAPER),
    (45, "top5_error", "3.57%", PAPER),
    (51, "accuracy", "98.87%", VALIDATION),
    (51, "epochs", "5", OURS),
    (68, "accuracy", "99.87%", TRAIN),
    (72, "accuracy", "76.44%", PAPER),
    (72, "error", "23.56%", PAPER),
    (74, "top5", "96.43%", PAPER),
    (74, "top5_error", "3.57%", PAPER),
    (81, "loss", "0.5382", TRAIN),
    (82, "loss", "0.0011", VALIDATION),
    (90, "resolution", "28x28 pixels", OURS),
    (106, "accuracy", "98.87%", VALIDATION),
]
WORDS = [
    (5, "paper", "2110.00476", False, {}),
    (8, "init", "pretrained", False, OURS),
    (30, "train_time", "days to weeks", False, PAPER),
    (35, "color", "grayscale", False, OURS),
    (37, "train_time", "minutes", False, OURS),
    (43, "augmentation", "mixup", False, PAPER),
    (50, "augmentation", "horizontal_flip", False, OURS),
    (50, "augmentation", "random_resized_crop", False, OURS),
    (50, "augmentation", "mixup", True, OURS),
    (50, "augmentation", "cutmix", True, OURS),
    (93, "train_time", "days to weeks", False, PAPER),
    (101, "transfer_learning", "transfer learning", True, OURS),
]


@pytest.fixture(scope="module")
def document():
    return read(SEED)


@pytest.mark.parametrize(("line", "metric", "printed", "about"), FIGURES)
def test_each_figure_is_read_with_what_it_is_about(document, line, metric, printed, about):
    found = [
        c
        for c in document.figures
        if (c.place.line, c.metric, c.number.text) == (line, metric, printed)
    ]
    assert len(found) == 1
    assert about.items() <= found[0].context.items()
    assert not found[0].doubtful


@pytest.mark.parametrize(("line", "metric", "word", "negated", "about"), WORDS)
def test_each_claim_in_words_is_read(document, line, metric, word, negated, about):
    found = [
        c
        for c in document.words
        if (c.place.line, c.metric, c.word, c.negated) == (line, metric, word, negated)
    ]
    assert found
    assert about.items() <= found[0].context.items()


def test_accuracies_of_different_data_sets_are_ranked(document):
    ranked = [c for c in document.words if c.metric == "ranking" and c.place.line == 76]
    assert [(c.word, c.context["dataset"], c.context["other_dataset"]) for c in ranked] == [
        ("higher", "mnist", "imagenet-1k")
    ]


def test_what_is_hedged_is_doubtful(document):
    hedged = {
        (c.place.line, c.number.text): c.doubtful for c in document.figures if not c.number.exact
    }
    assert set(hedged) == {(56, "100–600"), (76, "75%"), (93, "100")}
    assert all("number" in doubtful for doubtful in hedged.values())


def test_the_place_of_a_claim_shows_its_text(document):
    lines = SEED.read_text(encoding="utf-8").split("\n")
    for claim in document.figures:
        line = lines[claim.place.line - 1]
        assert line[claim.place.column - 1 :].startswith(claim.text.split()[0])
        assert claim.place.source == line


def test_what_is_extracted_reads_back_to_the_same_claims(document):
    again = read("claims.yaml", text=extract(document))
    assert [strip(c) for c in again.claims] == [strip(c) for c in document.claims]


def strip(claim):
    place = claim.place
    return (
        claim.metric,
        claim.number,
        place.line,
        place.column,
        claim.text,
        claim.context,
        claim.inherited,
        claim.doubtful,
        claim.section,
        claim.spread,
        claim.interval,
        claim.runs,
        claim.group,
        claim.word,
        claim.negated,
        claim.operands,
        claim.cell,
        claim.bold,
    )
