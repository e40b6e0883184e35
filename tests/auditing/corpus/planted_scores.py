"""Errors in the scores of one model: counts, losses, calibration, F1, confusion matrices."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np

from auditing.corpus.evaluations import DATASETS, MODELS, confusion_matrix, evaluate
from auditing.corpus.planting import plants
from auditing.corpus.sheets import Column, Row, Sheet

SINGLE = ("Every figure is a single run.", "All results are from one run each.", "One seed each.")

NAMED = (
    "The loss is the mean cross-entropy.",
    "Trained with CrossEntropyLoss.",
    "Losses are negative log-likelihoods in nats.",
)
SAME_SPLIT = (
    "Accuracy and loss on the test set.",
    "Test accuracy and test loss of the last epoch.",
    "All figures are of the test set.",
)


def _rows(rng: random.Random, count: int = 3) -> list[str]:
    return rng.sample(MODELS, count)


@plants(1)
def count_that_does_not_exist(rng: random.Random, wrong: bool) -> Sheet:
    """A single-run accuracy between two multiples of 1/N."""
    err = random.Random(rng.random())
    dataset = rng.choice(("CIFAR-10", "MNIST", "Fashion-MNIST", "CIFAR-100", "KMNIST"))
    bad = rng.randrange(3)
    rows = []
    for i, model in enumerate(_rows(rng)):
        whole = rng.randint(8000, 9950)
        digit = err.randint(2, 8) if wrong and i == bad else 0
        rows.append(Row(model, (f"{whole / 100:.2f}{digit}",)))
    column = (Column("accuracy", "percent"),)
    return Sheet("count", column, tuple(rows), dataset, remarks=(rng.choice(SINGLE),))


@plants(1, expected="any")
def odd_third_decimal_on_imagenet(rng: random.Random, wrong: bool) -> Sheet:
    """50,000 images: the third decimal of a percentage is even, unless a double was cut off."""
    bad = rng.randrange(3)
    rows = []
    for i, model in enumerate(_rows(rng)):
        top1, top5 = rng.randint(35000, 42000), rng.randint(46000, 48500)
        figures = [f"{top1 / 500:.3f}", f"{top5 / 500:.3f}"]
        if wrong and i == bad:
            figures[0] = f"{top1 / 500 + 0.001:.3f}"
        rows.append(Row(model, tuple(figures)))
    columns = (Column("accuracy", "percent"), Column("top5", "percent"))
    remark = (rng.choice(SINGLE),)
    return Sheet("imagenet", columns, tuple(rows), "ImageNet", "validation", remarks=remark)


@plants(1)
def count_on_a_stated_test_set(rng: random.Random, wrong: bool) -> Sheet:
    """A private test set whose size the document states."""
    images = rng.choice((250, 400, 500, 800, 1250, 2000))
    rows = []
    bad = rng.randrange(2)
    for i, model in enumerate(_rows(rng, 2)):
        correct = rng.randint(images // 2, images - 3)
        value = 100 * (correct + (0.5 if wrong and i == bad else 0)) / images
        rows.append(Row(model, (f"{value:.3f}",)))
    remark = rng.choice(
        (f"The test set holds {images:,} images.", f"Evaluated on {images:,} test images.")
    )
    column = (Column("accuracy", "percent"),)
    return Sheet("stated", column, tuple(rows), "PlantLeaves", remarks=(remark, rng.choice(SINGLE)))


@plants(3, 4)
def loss_below_its_floor(rng: random.Random, wrong: bool) -> Sheet:
    """A mean cross-entropy that the stated misses alone exceed."""
    err = random.Random(rng.random())
    dataset = rng.choice(("CIFAR-10", "MNIST", "CIFAR-100", "Fashion-MNIST", "SVHN"))
    metric = rng.choice(("accuracy", "accuracy", "error"))
    bad = rng.randrange(3)
    rows = []
    for i, model in enumerate(_rows(rng)):
        error = rng.uniform(0.01, 0.4)
        factor = err.uniform(0.1, 0.85) if wrong and i == bad else err.uniform(1.2, 4)
        text = f"{100 * (error if metric == 'error' else 1 - error):.2f}"
        rows.append(Row(model, (text, f"{error * math.log(2) * factor:.4f}")))
    columns = (Column(metric, "percent"), Column("loss"))
    remarks = (rng.choice(SAME_SPLIT), rng.choice(NAMED))
    return Sheet("floor", columns, tuple(rows), dataset, remarks=remarks)


@plants(3, 4, expected="any")
def loss_below_its_floor_split_unsaid(rng: random.Random, wrong: bool) -> Sheet:
    """The same, but nobody says that accuracy and loss are of the same images."""
    return replace(loss_below_its_floor(rng, wrong), remarks=())


@plants(3, 4, expected="any")
def loss_below_its_floor_kind_unsaid(rng: random.Random, wrong: bool) -> Sheet:
    """The same, but nobody says which loss it is."""
    sheet = loss_below_its_floor(rng, wrong)
    return replace(sheet, remarks=sheet.remarks[:1])


@plants(3, 4)
def loss_below_the_floor_of_top_five(rng: random.Random, wrong: bool) -> Sheet:
    """Possible for top-1 alone, impossible together with top-5."""
    err = random.Random(rng.random())
    rows = []
    for model in _rows(rng, 1):
        top1 = rng.uniform(0.65, 0.8)
        top5 = top1 + (1 - top1) * rng.uniform(0.4, 0.75)
        floor = (top5 - top1) * math.log(2) + (1 - top5) * math.log(6)
        simple = (1 - top1) * math.log(2)
        loss = simple + (floor - simple) * err.uniform(0.1, 0.8) if wrong else floor * 1.5
        rows.append(Row(model, (f"{100 * top1:.2f}", f"{100 * top5:.2f}", f"{loss:.4f}")))
    columns = (Column("accuracy", "percent"), Column("top5", "percent"), Column("loss"))
    remark = ("Accuracies and loss on the validation set.", rng.choice(NAMED))
    return Sheet("floor5", columns, tuple(rows), "ImageNet", "validation", remarks=remark)


@plants(5)
def loss_above_its_ceiling(rng: random.Random, wrong: bool) -> Sheet:
    """All correct, and yet a loss above ln K."""
    err = random.Random(rng.random())
    dataset = rng.choice(("MNIST", "CIFAR-10"))
    loss = err.uniform(2.4, 6) if wrong else err.uniform(0.0, 2.2)
    unit = rng.choice(("percent", "fraction"))
    text = "100.00" if unit == "percent" else "1.0000"
    row = Row(rng.choice(MODELS), (text, f"{loss:.3f}"))
    columns = (Column("accuracy", unit), Column("loss"))
    remarks = (rng.choice(SAME_SPLIT), rng.choice(NAMED))
    return Sheet("ceiling", columns, (row,), dataset, remarks=remarks)


@plants(8)
def calibration_error_too_small(rng: random.Random, wrong: bool) -> Sheet:
    """ECE is at least the gap between accuracy and mean confidence."""
    err = random.Random(rng.random())
    accuracy = rng.uniform(0.6, 0.94)
    gap = rng.uniform(0.02, 0.05)
    ece = gap * (err.uniform(0.1, 0.7) if wrong else err.uniform(1.05, 1.6))
    unit = rng.choice(("percent", "fraction"))
    scale, digits = (100, 2) if unit == "percent" else (1, 4)
    values = (accuracy, accuracy + gap, ece)
    row = Row(rng.choice(MODELS), tuple(f"{v * scale:.{digits}f}" for v in values))
    columns = tuple(Column(m, unit) for m in ("accuracy", "confidence", "ece"))
    return Sheet("ece", columns, (row,), rng.choice(("CIFAR-10", "CIFAR-100")))


@plants(8)
def brier_score_too_small(rng: random.Random, wrong: bool) -> Sheet:
    """The Brier score is at least E / 2 summed over classes, E / (2 K) as a mean over them."""
    err = random.Random(rng.random())
    error = rng.uniform(0.05, 0.4)
    brier = error / 20 * (err.uniform(0.1, 0.8) if wrong else err.uniform(12, 30))
    row = Row(rng.choice(MODELS), (f"{100 * (1 - error):.2f}", f"{brier:.4f}"))
    columns = (Column("accuracy", "percent"), Column("brier"))
    return Sheet("brier", columns, (row,), rng.choice(("CIFAR-10", "MNIST")))


@plants(9)
def top_five_below_top_one(rng: random.Random, wrong: bool) -> Sheet:
    """Two columns swapped in one row."""
    error = rng.random() < 0.4
    bad = rng.randrange(3)
    rows = []
    for i, model in enumerate(_rows(rng)):
        top1 = rng.uniform(60, 84)
        top5 = top1 + (100 - top1) * rng.uniform(0.6, 0.9)
        pair = [100 - top1, 100 - top5] if error else [top1, top5]
        if wrong and i == bad:
            pair.reverse()
        rows.append(Row(model, tuple(f"{v:.2f}" for v in pair)))
    metrics = ("error", "top5_error") if error else ("accuracy", "top5")
    columns = tuple(Column(m, "percent") for m in metrics)
    return Sheet("swapped", columns, tuple(rows), "ImageNet", "validation")


@plants(9)
def accuracy_and_error_do_not_add_up(rng: random.Random, wrong: bool) -> Sheet:
    """A + E = 1."""
    err = random.Random(rng.random())
    accuracy = rng.randint(7000, 9950)
    error = 10000 - accuracy + (err.choice((-1, 1)) * err.randint(15, 49) if wrong else 0)
    row = Row(rng.choice(MODELS), (f"{accuracy / 100:.2f}", f"{error / 100:.2f}"))
    columns = (Column("accuracy", "percent"), Column("error", "percent"))
    return Sheet("sum", columns, (row,), rng.choice(("CIFAR-10", "MNIST", "STL-10")))


@plants(14)
def f1_above_precision_and_recall(rng: random.Random, wrong: bool) -> Sheet:
    """F1 is the harmonic mean."""
    err = random.Random(rng.random())
    precision, recall = rng.uniform(0.6, 0.97), rng.uniform(0.6, 0.97)
    f1 = 2 * precision * recall / (precision + recall)
    f1 += err.uniform(0.015, 0.03) if wrong else 0
    unit = rng.choice(("percent", "fraction"))
    scale, digits = (100, 2) if unit == "percent" else (1, 4)
    figures = tuple(f"{v * scale:.{digits}f}" for v in (precision, recall, f1))
    columns = tuple(Column(m, unit) for m in ("precision", "recall", "f1"))
    remark = ("Scores of the positive class, malignant.",)
    row = Row(rng.choice(MODELS), figures)
    return Sheet("f1", columns, (row,), "BreastMNIST", remarks=remark)


@plants(14)
def macro_f1_above_its_bound(rng: random.Random, wrong: bool) -> Sheet:
    """Macro-F1 is at most the harmonic mean of macro-precision and macro-recall."""
    err = random.Random(rng.random())
    precision, recall = rng.uniform(0.6, 0.97), rng.uniform(0.6, 0.97)
    bound = 2 * precision * recall / (precision + recall)
    f1 = bound + err.uniform(0.004, 0.03) if wrong else bound - err.uniform(0.0005, 0.01)
    unit = rng.choice(("percent", "fraction"))
    scale, digits = (100, 2) if unit == "percent" else (1, 4)
    figures = tuple(f"{v * scale:.{digits}f}" for v in (precision, recall, f1))
    columns = tuple(Column(m, unit) for m in ("macro_precision", "macro_recall", "macro_f1"))
    return Sheet("macro", columns, (Row(rng.choice(MODELS), figures),), "SVHN")


@plants(15)
def scores_that_must_equal_accuracy(rng: random.Random, wrong: bool) -> Sheet:
    """Micro-F1 is accuracy; with equally many images a class, so is macro-recall."""
    err = random.Random(rng.random())
    metric = rng.choice(("micro_f1", "macro_recall", "balanced_accuracy"))
    accuracy = rng.randint(7000, 9900)
    other = accuracy + (err.choice((-1, 1)) * err.randint(20, 90) if wrong else 0)
    row = Row(rng.choice(MODELS), (f"{accuracy / 100:.2f}", f"{other / 100:.2f}"))
    columns = (Column("accuracy", "percent"), Column(metric, "percent"))
    dataset = rng.choice(("CIFAR-10", "CIFAR-100", "Fashion-MNIST"))
    return Sheet("equal", columns, (row,), dataset, remarks=(SAME_SPLIT[2],))


@plants(15)
def kappa_does_not_follow(rng: random.Random, wrong: bool) -> Sheet:
    """With K balanced classes, kappa = (A - 1/K) / (1 - 1/K)."""
    err = random.Random(rng.random())
    accuracy = rng.uniform(0.6, 0.97)
    kappa = (accuracy - 0.1) / 0.9
    kappa += err.choice((-1, 1)) * err.uniform(0.01, 0.02) if wrong else 0
    row = Row(rng.choice(MODELS), (f"{accuracy:.4f}", f"{kappa:.4f}"))
    columns = (Column("accuracy", "fraction"), Column("kappa"))
    dataset = rng.choice(("CIFAR-10", "Fashion-MNIST", "STL-10"))
    return Sheet("kappa", columns, (row,), dataset, remarks=(SAME_SPLIT[2],))


_CLASSES = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
]


def _by_class(model: str, metric: str, values: list[str]) -> tuple[str, ...]:
    lines = [f"{metric} of the {model} on the CIFAR-10 test set by class, single run:", ""]
    lines += [f"| Class | {metric} (%) | Support |", "|---|---|---|"]
    lines += [f"| {n} | {v} | 1000 |" for n, v in zip(_CLASSES, values, strict=True)]
    return tuple(lines)


@plants(16)
def classes_do_not_average_to_the_whole(rng: random.Random, wrong: bool) -> Sheet:
    """With equally many images a class, accuracy is the mean of the class recalls."""
    err = random.Random(rng.random())
    correct = [rng.randint(700, 990) for _ in _CLASSES]
    total = sum(correct) + (err.choice((-1, 1)) * err.randint(60, 200) if wrong else 0)
    row = Row(rng.choice(MODELS), (f"{total / 100:.2f}",))
    column = (Column("accuracy", "percent"),)
    extra = _by_class(row.model, "Recall", [f"{c / 10:.1f}" for c in correct])
    remarks = (SINGLE[0], SAME_SPLIT[2])
    return Sheet("classes", column, (row,), "CIFAR-10", remarks=remarks, extra=extra)


@plants(16, 1)
def class_count_that_does_not_exist(rng: random.Random, wrong: bool) -> Sheet:
    """A class of 1,000 images has recalls in steps of 0.1 points."""
    err = random.Random(rng.random())
    correct = [rng.randint(700, 990) * 10 for _ in _CLASSES]
    mean = sum(correct) / 10
    bad = rng.randrange(10)
    correct[bad] += err.randint(3, 7) if wrong else 0
    row = Row(rng.choice(MODELS), (f"{mean / 100:.2f}",))
    column = (Column("accuracy", "percent"),)
    extra = _by_class(row.model, "Recall", [f"{c / 100:.2f}" for c in correct])
    return Sheet("class", column, (row,), "CIFAR-10", remarks=(SINGLE[0],), extra=extra)


@plants(17)
def trace_is_not_the_accuracy(rng: random.Random, wrong: bool) -> Sheet:
    """Accuracy is the trace over the sum."""
    err = random.Random(rng.random())
    sheet = confusion_matrix(rng)
    right = sheet.rows[0].figures[0]
    value = float(right) - (err.uniform(1.2, 3) if wrong else 0)
    digits = len(right.partition(".")[2])
    return sheet.with_figure(0, 0, f"{value:.{digits}f}")


@plants(17)
def rows_are_not_the_classes(rng: random.Random, wrong: bool) -> Sheet:
    """A row of the matrix that does not sum to the class's support."""
    err = random.Random(rng.random())
    dataset = "MNIST"
    generator = np.random.default_rng(rng.getrandbits(63))
    matrix = evaluate(generator, DATASETS[dataset], rng.uniform(2, 5)).confusion()
    supports = matrix.sum(1).tolist()
    accuracy = 100 * np.trace(matrix) / matrix.sum()
    if wrong:
        row, column = err.sample(range(10), 2)
        matrix[row, column] += err.randint(20, 90)
    model = rng.choice(MODELS)
    lines = [f"Confusion matrix of the {model} on the MNIST test set (rows: true class, columns: "
             "predicted class):", ""]  # fmt: skip
    lines += ["| true \\ predicted | " + " | ".join(map(str, range(10))) + " | Support |"]
    lines += ["|---" * 12 + "|"]
    lines += [
        f"| {c} | " + " | ".join(map(str, cells)) + f" | {support} |"
        for c, (cells, support) in enumerate(zip(matrix.tolist(), supports, strict=True))
    ]
    sheet = Sheet("rows", (Column("accuracy", "percent"),), (), dataset, extra=tuple(lines))
    return replace(sheet, rows=(Row(model, (f"{accuracy:.1f}",)),))
