"""What limits this comparison, on its first screen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bakeoff.report.document import Arm, Inline, Notice
from bakeoff.report.material import Material, unique
from bakeoff.report.numbers import NBSP, count, counted, listed, sentence_case, short

MAX_NAMED = 8


def notices(material: Material) -> tuple[Notice, ...]:
    """Failed, missing and single runs, a short budget, and what the bake-off itself noted."""
    several = len(material.sets) > 1
    noted = _together(unique(text for plan in material.plans for text in plan.notices))
    found = [Notice("warning", sentence_case(text, material.planned_names)) for text in noted]
    for one, title in zip(material.sets, material.set_titles, strict=True):
        for notice in _of_one_set(one):
            parts = (notice.text,) if isinstance(notice.text, str) else notice.text
            before = (f"{title}: ",) if several else ()
            found.append(Notice(notice.level, (*before, *parts)))
    return tuple(found)


def _together(texts: Sequence[str]) -> list[str]:
    """Arms that were left out for one reason are named in one notice."""
    arms: dict[str, list[str]] = {}
    for text in texts:
        found = re.fullmatch(r"Arm (\S+) was left out: (.+)", text)
        arms.setdefault(found[2] if found else text, []).append(found[1] if found else "")
    return [
        said
        if names == [""]
        else f"{'Arm' if len(names) == 1 else 'Arms'} {listed(names)} "
        f"{'was' if len(names) == 1 else 'were'} left out: {said}"
        for said, names in arms.items()
    ]


def _of_one_set(material: Material) -> list[Notice]:
    found = _failed(material)
    found += _missing(material)
    found += _evaluated(material)
    singles = [arm.name for arm in material.measured if len(arm.complete) == 1 and arm.recipe_known]
    if singles:
        found.append(
            Notice(
                "warning",
                (
                    "Only one run of ",
                    *_names(singles),
                    ": its figures speak of that model, not of the recipe.",
                ),
            )
        )
    found += _budget(material)
    return found


def _evaluated(material: Material) -> list[Notice]:
    names = [arm.name for arm in material.measured if not arm.trained]
    if not names:
        return []
    words = " was not trained here: its weights existed and were evaluated once."
    if len(names) > 1:
        words = " were not trained here: their weights existed and were evaluated once."
    return [Notice("note", (*_names(names), words))]


def _failed(material: Material) -> list[Notice]:
    arms = [arm for arm in material.arms if arm.failed]
    if not arms:
        return []
    total = sum(len(arm.failed) for arm in arms)
    each = [f"{len(arm.failed)} of {len(arm.runs)}" for arm in arms]
    parts: list[Inline] = [f"{counted(total, 'run')} failed: "]
    for index, (arm, how_many) in enumerate(zip(arms, each, strict=True)):
        parts += [", " if index else "", Arm(arm.name), f" {how_many}"]
    parts.append(". Failed runs have no accuracy and are in no mean; they count against their arm.")
    return [Notice("failure", tuple(parts))]


def _missing(material: Material) -> list[Notice]:
    found: list[Notice] = []
    unfinished = [arm for arm in material.arms if arm.incomplete]
    if unfinished:
        total = sum(len(arm.incomplete) for arm in unfinished)
        found.append(
            Notice(
                "warning",
                f"{counted(total, 'run')} not finished: running, or interrupted (the same command "
                "resumes).",
            )
        )
    if material.manifest is None:
        return found
    short_of: list[Inline] = []
    for planned in material.manifest.arms:
        if planned.variant_of:
            continue
        have = next((len(arm.runs) for arm in material.arms if arm.name == planned.name), 0)
        wanted = len(material.manifest.seeds)
        if have < wanted:
            short_of += [", " if short_of else "", Arm(planned.name), f" {have} of {wanted}"]
    if short_of:
        found.append(Notice("warning", ("Fewer seeds than planned: ", *short_of, ".")))
    return found


def _budget(material: Material) -> list[Notice]:
    """A budget shorter than any of the recipes asks for, said with both lengths."""
    arms = [arm for arm in material.measured if arm.trained]
    if not arms:
        return []
    used = max(arm.first.budget.epochs for arm in arms)
    asked = [arm.published_epochs for arm in arms]
    if used >= min(asked) * 0.999:
        return []
    low, high = min(asked), max(asked)
    span = short(low) if low == high else f"{short(low)} to {short(high)}"
    return [
        Notice(
            "warning",
            f"Short budget: {short(used)}{NBSP}epochs "
            f"({count(arms[0].first.budget.images)} images a run), where the recipes as published "
            f"ask for {span}. The order of the arms may change with more training.",
        )
    ]


def _names(names: list[str]) -> tuple[Inline, ...]:
    parts: list[Inline] = []
    for index, name in enumerate(names[:MAX_NAMED]):
        parts += [", " if index else "", Arm(name)]
    if len(names) > MAX_NAMED:
        parts.append(f" and {len(names) - MAX_NAMED} more")
    return tuple(parts)
