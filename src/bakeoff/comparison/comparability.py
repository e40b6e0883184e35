"""May two results be ranked against each other? If not, which conditions differ."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING

from bakeoff.errors import NotComparable

if TYPE_CHECKING:
    from bakeoff.published import PublishedResult
    from bakeoff.records.schema import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a result was measured under; an empty string means "not stated".

    test_set: name. test_hash: SHA-256 of its content; where both results have one, it decides
    whether the images are the same, whatever the names. extra_data: what the model saw beyond the
    training set, "none" where it saw nothing. selection: which epoch or run is reported.
    """

    test_set: str = ""
    test_hash: str = ""
    split: str = ""
    architecture: str = ""
    procedure: str = ""
    epochs: str = ""
    train_resolution: str = ""
    test_resolution: str = ""
    crop_ratio: str = ""
    init: str = ""
    extra_data: str = ""
    test_time_augmentation: str = ""
    selection: str = ""
    evaluator: str = ""


CONDITION_NAMES = tuple(field.name for field in fields(Conditions))

# Between arms these forbid a ranking. The rest (resolution, init, extra data …) may be what the
# arms are there to compare, so they are named beside the verdict instead.
NEVER_RANKED = ("test_set", "split", "test_time_augmentation", "selection", "evaluator")
_DECISIVE = attrgetter("test_hash", *NEVER_RANKED)


@dataclass(frozen=True, slots=True)
class Difference:
    """One condition that two results do not share."""

    condition: str
    a: str
    b: str

    def __str__(self) -> str:
        return f"{self.condition.replace('_', ' ')} {self.a} against {self.b}"


def differences(a: Conditions, b: Conditions) -> list[Difference]:
    """Every condition that both state and that differs, in the order of `Conditions`."""
    found = []
    for name in CONDITION_NAMES:
        mine, theirs = getattr(a, name), getattr(b, name)
        if name == "test_set" and a.test_hash and b.test_hash:
            if a.test_hash != b.test_hash:
                found.append(Difference("test_set", *_by_content(a, b)))
        elif mine == theirs or not mine or not theirs or name == "test_hash":
            continue
        elif plain_name(mine) != plain_name(theirs):
            found.append(Difference(name, mine, theirs))
    return found


def unstated(ours: Conditions, theirs: Conditions) -> list[str]:
    """Conditions that only one of two results states, so that nobody can check them."""
    return [
        name.replace("_", " ")
        for name in CONDITION_NAMES
        if name != "test_hash" and bool(getattr(ours, name)) != bool(getattr(theirs, name))
    ]


def require_comparable(results: Iterable[tuple[str, Conditions]]) -> None:
    """Raise NotComparable, naming each difference, unless all (name, conditions) may be ranked.

    Each is held against all others, not only the first: that one may not state its test set.
    """
    different: dict[tuple[str, ...], tuple[str, Conditions]] = {}
    for name, conditions in results:
        key = _DECISIVE(conditions)
        if key in different:
            continue
        for other, theirs in different.values():
            blocking = [d for d in differences(theirs, conditions) if d.condition in NEVER_RANKED]
            if blocking:
                raise NotComparable(
                    f"{other} and {name} must not be ranked: {'; '.join(map(str, blocking))}",
                    "Compare results on the same test images, measured the same way",
                )
        different[key] = name, conditions


def of_record(record: Record) -> Conditions:
    """Bakeoff's own conditions: the last epoch, one view of each test image, our evaluator."""
    recipe, init = record.recipe, record.model.init
    return Conditions(
        test_set=record.data.name,
        test_hash=record.data.test_hash,
        architecture=record.model.name,
        procedure=recipe.name,
        epochs=_number(record.budget.epochs),
        train_resolution=str(recipe.resolution.train),
        test_resolution=str(recipe.resolution.test),
        crop_ratio=_number(recipe.resolution.crop_ratio),
        init=init,
        extra_data="none" if init == "scratch" else f"weights {init}",
        test_time_augmentation="none",
        selection="last epoch",
        evaluator="bakeoff",
    )


def of_published(result: PublishedResult) -> Conditions:
    """The conditions of a published figure, as far as it states them."""
    return Conditions(
        test_set=result.test_set,
        split=result.split,
        architecture=result.architecture,
        procedure=result.procedure,
        epochs=_number_text(result.epochs),
        train_resolution=result.train_resolution,
        test_resolution=result.test_resolution,
        crop_ratio=_number_text(result.crop_ratio),
        init=result.init,
        extra_data=result.extra_data,
        test_time_augmentation=result.test_time_augmentation,
        selection=result.selection,
        evaluator=result.evaluator,
    )


def plain_name(text: str) -> str:
    """Names that differ only in case, spaces and punctuation are one; of any script."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():
        return re.sub(r"[^a-z0-9.]", "", folded) or folded
    kept = (c for c in folded if c.isalnum() or c == "." or _is_mark(c))
    return "".join(kept) or folded


def _is_mark(character: str) -> bool:
    # Vowel signs of Indian scripts and signs such as emoji tell names apart as letters do.
    return not character.isascii() and unicodedata.category(character)[0] in "MS"


def _number(value: float) -> str:
    return f"{round(value, 3):g}"


def _number_text(text: str) -> str:
    try:
        return _number(float(text))
    except ValueError:
        return text


def _by_content(a: Conditions, b: Conditions) -> tuple[str, str]:
    return tuple(f"{c.test_set or 'images'} ({c.test_hash[:8]})" for c in (a, b))  # type: ignore[return-value]
