"""Real evaluations, simulated: random logits, labels, seeds and confusion matrices.

Every figure here is computed from per-image predictions by numpy, straight from its definition, and
printed by rounding or by truncation. Nothing of Bakeoff is used: these are the true documents that
the audit must never call impossible.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import numpy as np

from auditing.corpus.sheets import Column, Row, Sheet

# name as printed, test images of each class, share of class sizes kept; true sizes of the sets.
DATASETS: dict[str, tuple[int, ...]] = {
    "MNIST": (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
    "Fashion-MNIST": (1000,) * 10,
    "KMNIST": (1000,) * 10,
    "CIFAR-10": (1000,) * 10,
    "CIFAR-100": (100,) * 100,
    "STL-10": (800,) * 10,
}
MODELS = ("ResNet-18", "ResNet-50", "WRN-28-10", "ConvNeXt-T", "ViT-S/16", "SmallCNN", "LeNet-5")


@dataclass(frozen=True)
class Evaluation:
    """Per-image outcome of one model: labels, probabilities (images × classes)."""

    labels: np.ndarray
    probabilities: np.ndarray

    @property
    def images(self) -> int:
        return len(self.labels)

    @property
    def predicted(self) -> np.ndarray:
        return self.probabilities.argmax(1)

    def figures(self) -> dict[str, float]:
        """Every metric, shares as fractions, loss in nats."""
        p, y = self.probabilities, self.labels
        n, classes = p.shape
        hit = self.predicted == y
        own = p[np.arange(n), y]
        confusion = self.confusion()
        true_positive = np.diag(confusion).astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            recall = np.nan_to_num(true_positive / confusion.sum(1))
            precision = np.nan_to_num(true_positive / confusion.sum(0))
            f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
        chance = float((confusion.sum(0) / n) @ (confusion.sum(1) / n))
        confidence = p.max(1)
        bins = np.minimum((confidence * 15).astype(int), 14)
        ece = sum(
            abs(hit[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean()
            for b in range(15)
            if (bins == b).any()
        )
        rank = (p > own[:, None]).sum(1)
        accuracy = float(hit.mean())
        return {
            "accuracy": accuracy,
            "error": 1 - accuracy,
            "top5": float((rank < 5).mean()),
            "top5_error": 1 - float((rank < 5).mean()),
            "loss": float(-np.log(np.maximum(own, 1e-12)).mean()),
            "ece": float(ece),
            "confidence": float(confidence.mean()),
            "brier": float(((p - np.eye(classes)[y]) ** 2).sum(1).mean()),
            "macro_recall": float(recall.mean()),
            "balanced_accuracy": float(recall.mean()),
            "macro_precision": float(precision.mean()),
            "macro_f1": float(f1.mean()),
            "micro_f1": accuracy,
            "kappa": (accuracy - chance) / (1 - chance) if chance < 1 else 0.0,
        }

    def confusion(self) -> np.ndarray:
        """Rows are true classes."""
        classes = self.probabilities.shape[1]
        flat = np.bincount(self.labels * classes + self.predicted, minlength=classes**2)
        return flat.reshape(classes, classes)


def evaluate(rng: np.random.Generator, per_class: Sequence[int], skill: float) -> Evaluation:
    """One model's test-set outcome. skill: 0 is chance, 4 or more nearly perfect."""
    labels = rng.permutation(np.repeat(np.arange(len(per_class)), per_class))
    logits = rng.normal(size=(len(labels), len(per_class)))
    logits[np.arange(len(labels)), labels] += skill
    logits *= rng.choice([0.5, 1.0, 1.0, 2.0, 4.0])
    logits -= logits.max(1, keepdims=True)
    exponential = np.exp(logits)
    return Evaluation(labels, exponential / exponential.sum(1, keepdims=True))


def printed(value: float, decimals: int, rng: random.Random, *, truncate: bool = True) -> str:
    """A true value as a document prints it: rounded half up, half even, or cut off."""
    modes = [ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_HALF_UP] + [ROUND_DOWN] * truncate
    return str(Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=rng.choice(modes)))


def share(value: float, unit: str, rng: random.Random, decimals: int | None = None) -> str:
    """A share in percent or as a fraction, with up to three digits after the point of a percent."""
    digits = rng.choice((0, 1, 1, 2, 2, 2, 3)) if decimals is None else decimals
    if unit == "percent":
        return printed(value * 100, digits, rng)
    return printed(value, digits + 2, rng)


COMBINATIONS = (
    ("accuracy",),
    ("accuracy", "loss"),
    ("accuracy", "loss"),
    ("accuracy", "error"),
    ("error", "loss"),
    ("accuracy", "top5"),
    ("error", "top5_error"),
    ("accuracy", "top5", "loss"),
    ("accuracy", "ece", "confidence"),
    ("accuracy", "ece", "loss", "brier"),
    ("accuracy", "macro_precision", "macro_recall", "macro_f1"),
    ("accuracy", "micro_f1", "macro_f1"),
    ("accuracy", "kappa"),
    ("accuracy", "balanced_accuracy", "macro_f1"),
)
_SHARES = frozenset(
    [
        "accuracy",
        "error",
        "top5",
        "top5_error",
        "ece",
        "confidence",
        "macro_recall",
        "balanced_accuracy",
        "macro_precision",
        "macro_f1",
        "micro_f1",
    ]
)


def _skill(rng: random.Random) -> float:
    return rng.choice((0.0, rng.uniform(0, 3), rng.uniform(2, 5), rng.uniform(4, 8), 14.0))


def single_runs(rng: random.Random) -> Sheet:
    """A table of one-run evaluations on one data set."""
    dataset = rng.choice(list(DATASETS))
    metrics = rng.choice(COMBINATIONS)
    unit = rng.choice(("percent", "percent", "fraction"))
    digits = rng.choice((0, 1, 2, 2, 3))
    generator = np.random.default_rng(rng.getrandbits(63))
    rows = []
    for model in rng.sample(MODELS, rng.randint(1, 4)):
        figures = evaluate(generator, DATASETS[dataset], _skill(rng)).figures()
        cells = [
            share(figures[m], unit, rng, digits)
            if m in _SHARES
            else printed(figures[m], rng.randint(2, 4), rng)
            for m in metrics
        ]
        rows.append(Row(model, tuple(cells)))
    columns = tuple(Column(m, unit if m in _SHARES else "") for m in metrics)
    remark = rng.choice(((), ("Every figure is a single run.",), ("One seed per model.",)))
    return Sheet("single runs", columns, tuple(rows), dataset, "test", remarks=remark)


def several_seeds(rng: random.Random) -> Sheet:
    """Means over seeds with a spread, or the best beside the mean."""
    dataset = rng.choice(list(DATASETS))
    images = sum(DATASETS[dataset])
    runs = rng.randint(2, 8)
    generator = np.random.default_rng(rng.getrandbits(63))
    unit = rng.choice(("percent", "percent", "fraction"))
    scale, places = (100.0, rng.choice((1, 2, 2, 3))) if unit == "percent" else (1.0, 4)
    kind = rng.choice(("sd", "sd", "population sd", "se", "ci"))
    words = {
        "sd": ("Mean ± standard deviation over {n} seeds.", "Mean ± std of {n} runs."),
        "population sd": ("Mean ± standard deviation over {n} seeds.", "Mean ± std, n={n}."),
        "se": ("Mean ± standard error of {n} runs.",),
        "ci": ("Mean ± half-width of the 95% confidence interval (t), {n} seeds.",),
    }[kind]
    best = rng.random() < 0.4
    rows = []
    for model in rng.sample(MODELS, rng.randint(1, 3)):
        base = rng.uniform(0.3, 0.995)
        counts = generator.binomial(images, base, size=runs)
        if rng.random() < 0.1:
            counts[:] = counts[0]
        values = counts / images
        deviation = float(values.std(ddof=0 if kind == "population sd" else 1))
        if kind == "se":
            deviation /= runs**0.5
        if kind == "ci":
            deviation *= _T975[runs] / runs**0.5
        mean = printed(float(values.mean()) * scale, places, rng)
        spread = printed(deviation * scale, places, rng, truncate=False)
        cells = [f"{mean} ± {spread}"]
        if best:
            cells.append(printed(float(values.max()) * scale, places, rng))
        rows.append(Row(model, tuple(cells)))
    columns = (Column("accuracy", unit),) + ((Column("Best run", unit),) if best else ())
    remark = rng.choice(words).format(n=runs)
    return Sheet("seeds", columns, tuple(rows), dataset, "test", remarks=(remark,))


_T975 = {2: 12.7062, 3: 4.3027, 4: 3.1824, 5: 2.7764, 6: 2.5706, 7: 2.4469, 8: 2.3646}


def runs_listed(rng: random.Random) -> Sheet:
    """Each run's accuracy, then their mean and standard deviation."""
    dataset = rng.choice(("CIFAR-10", "MNIST", "Fashion-MNIST"))
    runs = rng.randint(2, 6)
    generator = np.random.default_rng(rng.getrandbits(63))
    values = generator.binomial(10_000, rng.uniform(0.5, 0.99), size=runs) / 100
    rows = [Row(f"seed {i}", (f"{v:.2f}",)) for i, v in enumerate(values)]
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    remark = (
        f"Over these {runs} seeds the mean is {mean:.2f}% with a standard deviation of {sd:.2f}."
    )
    column = (Column("accuracy", "percent"),)
    return Sheet("runs", column, tuple(rows), dataset, "test", remarks=(remark,))


def confusion_matrix(rng: random.Random) -> Sheet:
    """A confusion matrix with its accuracy and per-class report."""
    dataset = rng.choice(("MNIST", "CIFAR-10", "STL-10"))
    names = (
        [str(i) for i in range(10)]
        if dataset == "MNIST"
        else [
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
    )
    generator = np.random.default_rng(rng.getrandbits(63))
    outcome = evaluate(generator, DATASETS[dataset], rng.uniform(1.5, 6))
    matrix = outcome.confusion()
    model = rng.choice(MODELS)
    lines = [
        f"Confusion matrix of the {model} on the {dataset} test set (rows: true class, columns: "
        "predicted class):",
        "",
    ]
    lines += ["| true \\ predicted | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    lines += [
        f"| {name} | " + " | ".join(map(str, cells)) + " |"
        for name, cells in zip(names, matrix.tolist(), strict=True)
    ]
    recall = np.diag(matrix) / matrix.sum(1)
    precision = np.diag(matrix) / np.maximum(matrix.sum(0), 1)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    lines += ["", "| Class | Precision | Recall | F1-score | Support |", "|---|---|---|---|---|"]
    lines += [
        f"| {names[c]} | {precision[c]:.3f} | {recall[c]:.3f} | {f1[c]:.3f} | {matrix[c].sum()} |"
        for c in range(10)
    ]
    figures = outcome.figures()
    row = Row(model, (share(figures["accuracy"], "percent", rng),))
    column = (Column("accuracy", "percent"),)
    return Sheet("confusion", column, (row,), dataset, "test", extra=tuple(lines))


def training_log(rng: random.Random) -> Sheet:
    """A log by epoch: test accuracy and loss."""
    dataset = rng.choice(("MNIST", "CIFAR-10", "Fashion-MNIST"))
    generator = np.random.default_rng(rng.getrandbits(63))
    rows = []
    for epoch in range(1, rng.randint(3, 8)):
        test = evaluate(generator, DATASETS[dataset], 1 + epoch * 0.7).figures()
        rows.append(
            Row(
                f"epoch {epoch}",
                (
                    printed(test["accuracy"] * 100, 2, rng),
                    printed(test["loss"], 4, rng),
                ),
            )
        )
    columns = (Column("accuracy", "percent"), Column("loss"))
    return Sheet("log", columns, tuple(rows), dataset, "test")


def gain_in_words(rng: random.Random) -> Sheet:
    """Two accuracies, and their difference stated in points, relatively, and as errors cut."""
    dataset = rng.choice(("CIFAR-10", "MNIST", "STL-10"))
    images = sum(DATASETS[dataset])
    a, b = sorted(rng.sample(range(images // 2, images - 5), 2))
    base, better = a / images, b / images
    how = rng.choice(("points", "relative", "errors"))
    gain = {
        "points": f"{printed((better - base) * 100, 2, rng, truncate=False)} percentage points",
        "relative": f"{printed((better - base) / base * 100, 1, rng, truncate=False)}% relative",
        "errors": f"{printed((better - base) / (1 - base) * 100, 1, rng, truncate=False)}% "
        "fewer errors",
    }[how]
    first, second = f"{base * 100:.2f}%", f"{better * 100:.2f}%"
    sentence = rng.choice(
        (
            f"Accuracy on {dataset} rose from {first} to {second}, {gain}.",
            f"On {dataset}, mixup improves accuracy from {first} to {second} ({gain}).",
        )
    )
    row = Row("SmallCNN", (f"{better * 100:.2f}",))
    column = (Column("accuracy", "percent"),)
    return Sheet("gain", column, (row,), dataset, "test", remarks=(sentence,))


KINDS = (single_runs, single_runs, several_seeds, several_seeds, runs_listed, confusion_matrix,
         training_log, gain_in_words)  # fmt: skip


def true_sheet(rng: random.Random) -> Sheet:
    """A sheet of true figures of a random kind."""
    return rng.choice(KINDS)(rng)
