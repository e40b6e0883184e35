"""Errors against what is known: compute, steps, parameters, published figures, data-set facts."""

from __future__ import annotations

import random

from auditing.corpus.evaluations import MODELS
from auditing.corpus.planting import plants, prose_only
from auditing.corpus.sheets import Column, Row, Sheet

# Parameters with 1,000 classes, from torchvision's weights metadata, and ImageNet top-1.
ZOO = {
    "ResNet-18": ("11689512", "69.758"),
    "ResNet-34": ("21797672", "73.314"),
    "ResNet-50": ("25557032", "76.130"),
    "ResNet-101": ("44549160", "77.374"),
    "ResNet-152": ("60192808", "78.312"),
    "DenseNet-121": ("7978856", "74.434"),
    "ConvNeXt-T": ("28589128", "82.520"),
    "Swin-T": ("28288354", "81.474"),
}


@plants(6, expected="any")
def loss_below_the_smoothed_floor(rng: random.Random, wrong: bool) -> Sheet:
    """Label smoothing 0.1 with 10 classes keeps the training loss above 0.500."""
    err = random.Random(rng.random())
    loss = err.uniform(0.02, 0.4) if wrong else err.uniform(0.55, 0.9)
    name = rng.choice(MODELS)
    lines = rng.choice(
        (
            [f"{name} was trained on CIFAR-10 with label smoothing 0.1; at the end the training "
             f"loss was {loss:.3f}."],
            ["- Data set: CIFAR-10", "- Label smoothing: 0.1", f"- Training loss: {loss:.3f}"],
        )
    )  # fmt: skip
    return prose_only("smoothing", *lines)


@plants(7, expected="any")
def training_loss_far_too_high(rng: random.Random, wrong: bool) -> Sheet:
    """A converged network that fits its training set has a small training loss."""
    err = random.Random(rng.random())
    accuracy = rng.uniform(99.7, 99.98)
    loss = err.uniform(0.5, 1.5) if wrong else err.uniform(0.001, 0.02)
    row = Row(rng.choice(MODELS), (f"{accuracy:.2f}", f"{loss:.4f}"))
    columns = (Column("train_accuracy", "percent"), Column("train_loss"))
    return Sheet("train", columns, (row,), rng.choice(("MNIST", "CIFAR-10")))


@plants(19)
def faster_than_the_hardware(rng: random.Random, wrong: bool) -> Sheet:
    """6 MACs images / (time devices peak) <= 1."""
    err = random.Random(rng.random())
    epochs = rng.choice((90, 100, 300))
    device, peak = rng.choice((("A100", 312e12), ("V100", 125e12), ("H100", 989e12)))
    count = rng.choice((1, 4, 8))
    least = 6 * 4.0e9 * 1_281_167 * epochs / (count * peak)
    seconds = least * (err.uniform(0.1, 0.7) if wrong else err.uniform(3, 6))
    time = f"{seconds / 3600:.1f} hours" if seconds > 7200 else f"{seconds / 60:.0f} minutes"
    gpus = f"{count} {device} GPUs" if count > 1 else f"a single {device} GPU"
    sentence = rng.choice(
        (
            f"Training ResNet-50 on ImageNet for {epochs} epochs at 224x224 took {time} on {gpus}.",
            f"The ResNet-50 was trained on ImageNet-1k for {epochs} epochs at resolution 224 "
            f"in {time} on {gpus}.",
        )
    )
    return prose_only("compute", sentence)


@plants(20)
def steps_do_not_follow(rng: random.Random, wrong: bool) -> Sheet:
    """Steps are epochs times the batches of an epoch."""
    err = random.Random(rng.random())
    batch = rng.choice((64, 128, 256, 512))
    epochs = rng.choice((50, 100, 200))
    per_epoch = rng.choice((-(-50_000 // batch), 50_000 // batch))
    steps = int(per_epoch * epochs * (err.choice((0.7, 1.3, 1.2)) if wrong else 1))
    name = rng.choice(MODELS)
    sentence = rng.choice(
        (
            f"{name} was trained on the 50,000 training images of CIFAR-10 for {epochs} epochs "
            f"with a batch size of {batch}, {steps:,} steps in all.",
            f"We train on CIFAR-10 for {epochs} epochs ({steps:,} steps) with batch size {batch}.",
        )
    )
    return prose_only("steps", sentence)


@plants(21, expected="any")
def parameters_of_another_network(rng: random.Random, wrong: bool) -> Sheet:
    """The neighbouring architecture's parameters."""
    names = rng.sample(list(ZOO), 3)
    bad = rng.randrange(3)
    unit = rng.choice(("", "M"))
    rows = []
    for i, name in enumerate(names):
        count, top1 = ZOO[name]
        if wrong and i == bad:
            other = [n for n in ZOO if abs(int(ZOO[n][0]) / int(count) - 1) > 0.15]
            count = ZOO[rng.choice(other)][0]
        rows.append(Row(name, (f"{int(count) / 1e6:.1f}" if unit else count, top1)))
    columns = (Column("parameters", unit), Column("accuracy", "percent"))
    return Sheet("parameters", columns, tuple(rows), "ImageNet-1k", "validation")


@plants(24, 25, expected="any")
def figure_the_paper_does_not_contain(rng: random.Random, wrong: bool) -> Sheet:
    """RSB's ResNet-50 has 78.1 to 80.4 % top-1."""
    err = random.Random(rng.random())
    value = (
        err.choice((75.3, 76.44, 77.15, 83.2, 84.6)) if wrong else err.choice((80.4, 79.8, 78.1))
    )
    name = rng.choice(("ResNet50", "ResNet-50"))
    sentence = rng.choice(
        (
            f'In "ResNet strikes back" (arXiv 2110.00476) the {name} reaches {value}% top-1 '
            "accuracy on ImageNet.",
            f"RSB (arXiv:2110.00476) reports a top-1 error of {100 - value:.2f}% for {name} on "
            "ImageNet.",
            f"The paper, https://arxiv.org/abs/2110.00476, achieved {value}% top-1 accuracy with "
            f"a {name} on ImageNet.",
        )
    )
    return prose_only("paper", sentence)


@plants(24, expected="any")
def figure_the_weights_do_not_have(rng: random.Random, wrong: bool) -> Sheet:
    """timm's released weights have one accuracy."""
    known = {
        "resnet50.a1_in1k": ("80.382", "94.598"),
        "resnet50.a2_in1k": ("79.828", "94.560"),
        "resnet50.a3_in1k": ("78.052", "93.780"),
        "resnet50.tv_in1k": ("76.156", "92.866"),
    }
    names = rng.sample(list(known), 3)
    bad = rng.randrange(3)
    rows = []
    for i, name in enumerate(names):
        top1, top5 = known[name]
        if wrong and i == bad:
            top1 = f"{float(top1) + rng.choice((-1, 1)) * rng.randint(600, 1200) / 500:.3f}"
        rows.append(Row(name, ("224", top1, top5)))
    columns = (Column("resolution"), Column("accuracy", "percent"), Column("top5", "percent"))
    remark = ("Evaluated with timm.",)
    return Sheet("weights", columns, tuple(rows), "ImageNet-1k", "validation", remarks=remark)


@plants(25, expected="any")
def top_five_far_from_what_is_known(rng: random.Random, wrong: bool) -> Sheet:
    """Top-5 given top-1, against 1,556 evaluations."""
    err = random.Random(rng.random())
    top1 = rng.choice((70.2, 72.5, 76.44, 77.1))
    usual = {70.2: 89.5, 72.5: 91.0, 76.44: 93.0, 77.1: 93.5}[top1]
    top5 = usual + (err.choice((3.4, 3.9)) if wrong else 0)
    row = Row("ResNet-50", (f"{top1:.2f}", f"{top5:.2f}"))
    columns = (Column("accuracy", "percent"), Column("top5", "percent"))
    return Sheet("joint", columns, (row,), "ImageNet", "validation")


@plants(27)
def average_is_not_the_mean_of_its_cells(rng: random.Random, wrong: bool) -> Sheet:
    """An average column."""
    err = random.Random(rng.random())
    sets = rng.sample(("CIFAR-10", "CIFAR-100", "SVHN", "STL-10", "MNIST"), 3)
    bad = rng.randrange(3)
    rows = []
    for i, model in enumerate(rng.sample(MODELS, 3)):
        cells = [rng.randint(700, 990) / 10 for _ in sets]
        m = sum(cells) / 3 + (
            err.choice((-1, 1)) * err.uniform(0.4, 2) if wrong and i == bad else 0
        )
        rows.append(Row(model, (*(f"{c:.1f}" for c in cells), f"{m:.1f}")))
    columns = (
        *(Column("accuracy", "percent", s) for s in sets),
        Column(rng.choice(("Average", "Avg.", "Mean")), "percent"),
    )
    return Sheet("average", columns, tuple(rows))


@plants(27, 28, expected="any")
def splits_do_not_add_up(rng: random.Random, wrong: bool) -> Sheet:
    """A training set cut into parts that are more than the whole."""
    err = random.Random(rng.random())
    validation = rng.choice((5_000, 10_000))
    train = 50_000 - validation + (err.choice((1_000, 2_000, 5_000)) if wrong else 0)
    sentence = rng.choice(
        (
            f"The 50,000 training images of CIFAR-10 are split into {train:,} for training and "
            f"{validation:,} for validation.",
            f"We split the 50,000 CIFAR-10 training images into {train:,} training images and "
            f"{validation:,} validation images.",
        )
    )
    return prose_only("splits", sentence)
