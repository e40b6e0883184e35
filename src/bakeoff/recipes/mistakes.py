"""What is wrong with a recipe, in one line a person can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from bakeoff.errors import BadFile
from bakeoff.recipes.schema import Recipe

MANY = 20
"""More names than this are not listed in a message."""

_KINDS = {
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "tuple_type": "must be a list like [0.08, 1.0]",
    "finite_number": "must be finite",
}


def refuse_unknown_key(
    path: Path,
    line: int | None,
    key: str,
    known: Iterable[str],
    where: str = "",
    elsewhere: Sequence[str] = (),
) -> NoReturn:
    """Raise BadFile that names the nearest valid key, or the part where this key belongs."""
    place = f" in {where}" if where else ""
    raise BadFile(
        path, f"unknown key {key[:60]!r}{place}", nearest(key, known, elsewhere), line=line
    )


def nearest(key: str, known: Iterable[str], elsewhere: Sequence[str] = ()) -> str:
    """Advice for a key that does not exist."""
    known = sorted(known)
    near = difflib.get_close_matches(key[:60], known, n=2, cutoff=0.6)
    # Letters in another order leave no doubt: bugdet is budget, not budgets.
    near = [name for name in near if sorted(name) == sorted(key)] or near
    if near:
        return f"Did you mean {' or '.join(near)}?"
    if elsewhere:
        return f"It belongs elsewhere: {' or '.join(elsewhere)}"
    if len(known) > MANY:
        return "See `bakeoff recipes standard` for the keys there are"
    return f"Known there: {', '.join(known)}"


def say(error: Any) -> tuple[str, str]:
    """One of pydantic's errors as (what, advice)."""
    key = ".".join(str(part) for part in error["loc"])
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "missing":
        return f"{key} is missing", "Write it, or extend a recipe that has it"
    if kind == "literal_error":
        return f"{key} is {shorten(given)}", f"Choose from {context['expected']}"
    if kind == "value_error":
        return f"{key}: {context['error']!s}", "Correct it"
    if kind in _KINDS:
        what = _KINDS[kind]
    else:
        what = str(error["msg"])[:1].lower() + str(error["msg"])[1:]
        what = what.replace("input should", "must")
    return f"{key} is {shorten(given)}, but {what}", "Correct it"


def shorten(value: Any) -> str:
    """A value as the user wrote it, at most 60 characters."""
    if value is None or isinstance(value, bool):
        text = {None: "empty", True: "true", False: "false"}[value]
    else:
        text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def contradictions(recipe: Recipe) -> Iterator[tuple[str, str, str]]:
    """Values that are fine alone and not together: (dotted key, what, advice)."""
    optimizer, schedule, loss = recipe.optimizer, recipe.schedule, recipe.loss
    if optimizer.nesterov and (optimizer.name != "sgd" or optimizer.momentum == 0):
        yield (
            "optimizer.nesterov",
            f"Nesterov momentum needs SGD with momentum, and this is {optimizer.name}",
            "Set optimizer.nesterov to false",
        )
    if schedule.warmup_epochs > recipe.epochs:
        yield (
            "schedule.warmup_epochs",
            f"{schedule.warmup_epochs:g} warm-up epochs do not fit in {recipe.epochs:g} epochs",
            "Shorten the warm-up",
        )
    for name in ("warmup_lr", "min_lr"):
        if getattr(schedule, name) > optimizer.lr:
            yield (
                f"schedule.{name}",
                f"{getattr(schedule, name):g} is above the learning rate {optimizer.lr:g}",
                "Lower it",
            )
    if loss.target_threshold is not None and loss.name != "bce":
        yield (
            "loss.target_threshold",
            "only the loss bce has a target threshold",
            "Set it to null, or loss.name to bce",
        )
    if loss.sum_classes and loss.name != "bce":
        yield "loss.sum_classes", "only the loss bce sums over classes", "Remove it"
    augment, mix = recipe.augment, recipe.augment.mix
    if augment.randaugment is not None and augment.trivial_augment:
        yield (
            "augment.trivial_augment",
            "RandAugment and TrivialAugment exclude each other",
            "Keep one",
        )
    if mix is not None and mix.mixup_alpha == 0 and mix.cutmix_alpha == 0:
        yield "augment.mix", "neither mixup nor cutmix is on", "Set one alpha above 0, or mix: null"
    if recipe.trains == "head":
        varied = [
            name
            for name, there in {
                "augment.crop": augment.crop is not None,
                "augment.horizontal_flip": augment.horizontal_flip > 0,
                "augment.randaugment": augment.randaugment is not None,
                "augment.trivial_augment": augment.trivial_augment,
                "augment.random_erasing": augment.random_erasing > 0,
                "augment.mix": mix is not None,
                "augment.repeats": augment.repeats > 1,
                "stochastic_depth": recipe.stochastic_depth > 0,
            }.items()
            if there
        ]
        if varied:
            yield (
                "trains",
                "the head is trained on features computed once, so nothing can vary: "
                + ", ".join(varied),
                "Extend linear-probe, or set trains to all",
            )
