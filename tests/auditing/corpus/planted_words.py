"""Errors in words: initial weights, extra data, selection, rankings, flips, data-set facts."""

from __future__ import annotations

import random

from auditing.corpus.evaluations import MODELS
from auditing.corpus.planting import plants, prose_only
from auditing.corpus.sheets import Sheet


@plants(28, expected="any")
def pretrained_and_from_scratch(rng: random.Random, wrong: bool) -> Sheet:
    """One experiment said to start from pre-trained weights and from scratch."""
    name = rng.choice(MODELS)
    first = rng.choice(
        (
            f"We fine-tune a pre-trained {name} on CIFAR-10.",
            f"The goal is to train a pretrained {name} on CIFAR-10.",
        )
    )
    second = rng.choice(
        (
            "Transfer learning was not used.",
            f"The {name} was trained from scratch on CIFAR-10.",
            "No transfer learning was employed.",
        )
    )
    last = second if wrong else "The last layer was replaced by one with 10 outputs."
    return prose_only("init", "## Objective", "", first, "", "## Method", "", last)


@plants(28, expected="any")
def no_extra_data_and_yet_some(rng: random.Random, wrong: bool) -> Sheet:
    """No extra data, and pre-training on ImageNet-21k."""
    name = rng.choice(("ViT-B/16", "ConvNeXt-B", "Swin-B"))
    data = rng.choice(("ImageNet-21k", "ImageNet-22k", "JFT-300M"))
    first = f"Our {name} reaches 84.2% top-1 accuracy on ImageNet without extra data."
    start = f"pre-trained on {data}" if wrong else "trained on ImageNet-1k only"
    return prose_only("extra", first, "", f"The {name} was {start} for 90 epochs.")


@plants(28, expected="any")
def best_epoch_on_the_test_set(rng: random.Random, wrong: bool) -> Sheet:
    """The reported epoch was chosen on the test set."""
    name = rng.choice(MODELS)
    end = rng.choice(
        (
            "of the epoch with the best test accuracy",
            "of the best epoch on the test set",
            "of the checkpoint with the highest test accuracy",
        )
    )
    end = end if wrong else "of the last epoch"
    return prose_only("selection", f"We report the CIFAR-10 accuracy of {name}, {end}: 95.40%.")


@plants(28, expected="any")
def data_sets_ranked_against_each_other(rng: random.Random, wrong: bool) -> Sheet:
    """Accuracy on one data set called higher than on another."""
    easy, hard = rng.choice((("MNIST", "ImageNet"), ("CIFAR-10", "ImageNet"), ("MNIST", "SVHN")))
    lines = [f"ResNet-50 reaches 99.12% on {easy}.", "", f"ResNet-50 reaches 75.30% on {hard}.", ""]
    verdict = rng.choice(
        (
            f"The accuracy on {easy} is higher than on {hard}.",
            f"ResNet-50 performs better on {easy} than on {hard}.",
            f"The accuracy for {easy} is much higher due to its simplicity compared to {hard}.",
        )
    )
    return prose_only("ranking", *lines, verdict if wrong else "They are different tasks.")


@plants(28, expected="any")
def flips_on_digits(rng: random.Random, wrong: bool) -> Sheet:
    """Horizontal flips turn digits into other shapes."""
    dataset = rng.choice(("MNIST", "SVHN"))
    aug = rng.choice(("RandomHorizontalFlip", "random horizontal flips", "HorizontalFlip"))
    used = aug if wrong else "random crops"
    return prose_only("flips", f"{rng.choice(MODELS)} was trained on {dataset} with {used}.")


@plants(28)
def wrong_size_of_a_data_set(rng: random.Random, wrong: bool) -> Sheet:
    """Images, classes or resolution that the data set does not have."""
    facts = {
        "MNIST": (60_000, 10_000, 10, "28x28"),
        "CIFAR-10": (50_000, 10_000, 10, "32x32"),
        "CIFAR-100": (50_000, 10_000, 100, "32x32"),
        "Fashion-MNIST": (60_000, 10_000, 10, "28x28"),
        "SVHN": (73_257, 26_032, 10, "32x32"),
    }
    name = rng.choice(list(facts))
    train, test, classes, side = facts[name]
    if wrong:
        which = rng.choice(("train", "test", "classes") if classes == 10 else ("train", "test"))
        train += 10_000 if which == "train" else 0
        test += 5_000 if which == "test" else 0
        classes = 100 if which == "classes" else classes
    lines = rng.choice(
        (
            [f"{name} has {train:,} training images and {test:,} test images in {classes} classes, "
             f"each {side} pixels."],
            [f"### {name}", "", f"- Dataset size: {train:,} training images, {test:,} test images "
             f"across {classes} classes ({side})."],
            ["| Data set | Training images | Test images | Classes |", "|---|---|---|---|",
             f"| {name} | {train:,} | {test:,} | {classes} |"],
        )
    )  # fmt: skip
    return prose_only("facts", *lines)
