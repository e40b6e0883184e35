"""What a user should know before a recipe is trained on a data set."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bakeoff.data.facts import DataFacts
from bakeoff.recipes.schema import Recipe

_DIGITS = re.compile(r"\s*(?:\d|[A-Za-z])(?:\s*[-–:]\s*\w+)?\s*\Z")
_CHARACTER_SETS = frozenset(
    {"mnist", "kmnist", "emnist", "qmnist", "svhn", "usps", "omniglot", "letters"}
)
_FAR_SHORTER = 0.1
_SMALL = 64


def cautions(published: Recipe, used: Recipe, data: DataFacts, total_steps: int) -> Iterator[str]:
    """One line each; none of them changes anything."""
    known = of_characters(data)
    if used.augment.horizontal_flip > 0 and known is not False:
        what = (
            f"{data.title} holds digits or letters"
            if known
            else f"{data.title} may hold digits or letters, by the names of its classes"
        )
        yield (
            f"{used.name} mirrors images, and {what}: a mirrored digit is often none. "
            "Pin augment.horizontal_flip=0 to see what it costs."
        )
    own_steps = published.epochs * data.train_images / published.batch_size
    if total_steps < _FAR_SHORTER * own_steps:
        yield (
            f"{used.name} is written for {published.epochs:g} epochs; this budget gives "
            f"{used.epochs:.3g}. What it does at full length may not hold here."
        )
    if used.augment.repeats > 1:
        yield (
            f"each image stands {used.augment.repeats} times in a batch; copies count, so an "
            f"epoch holds 1/{used.augment.repeats} of the distinct images."
        )
    side = max(data.height, data.width)
    if _SMALL < side < used.resolution.train:
        yield (
            f"images of {side} pixels are enlarged to {used.resolution.train}; "
            f"pin resolution.train={side} to save time."
        )
    for missing in used.not_carried:
        yield f"{used.name} as published also has {missing}; Bakeoff does not."


def of_characters(data: DataFacts) -> bool | None:
    """Whether the images are of digits or letters: True by the set's name.

    None where only the classes are called so: healthy and ill may be called 0 and 1.
    """
    name = data.name.lower().rsplit(":", 1)[-1].replace("-", "")
    if name in _CHARACTER_SETS:
        return True
    so_called = len(data.class_names) > 1 and all(_DIGITS.match(c) for c in data.class_names)
    return None if so_called else False
