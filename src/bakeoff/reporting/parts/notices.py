"""What limits this comparison, on its first screen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bakeoff.reporting.document import Arm, Inline, Notice
from bakeoff.reporting.material import Material, unique
from bakeoff.reporting.numbers import NBSP, count, counted, listed, percent, sentence_case, short

MAX_NAMED = 8


def notices(material: Material) -> tuple[Notice, ...]:
    """Failed, missing and single runs, a short budget, and what the bake-off itself noted."""
    several = len(material.sets) > 1
    noted = _together(unique(text for plan in material.plans for text in plan.notices))
    found = [Notice("warning", sentence_case(text, material.planned_names)) for text in noted]
    waiting = unique(name for plan in material.plans for name in plan.datasets)
    waiting = tuple(name for name in waiting if name not in {p.data for p in material.plans})
    if waiting and all(plan.datasets for plan in material.plans):
        found.append(Notice("warning", f"No run yet on {listed(list(waiting))}."))
    for facts in material.pretraining:
        more = f"a pretraining on {facts.data} ({count(facts.images)} images), which neither"
        words = f" had {more} the images nor the cost told here contain."
        found.append(Notice("note", (*_names(list(facts.arms)), words)))
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
    found += _nothing_learnt(material)
    found += _budget(material)
    return found


def _nothing_learnt(material: Material) -> list[Notice]:
    """Arms that are no better than one answer to everything, however high that accuracy is."""
    found: list[Notice] = []
    arms = [arm for arm in material.measured if arm.accuracy and arm.commonest]
    names = [
        a.name for a in arms if a.accuracy and a.commonest and a.accuracy.mean <= a.commonest[1]
    ]
    if names and (floor := arms[0].commonest):
        is_are = "is" if len(names) == 1 else "are"
        said = f" {is_are} no better than always answering {floor[0]}, which is right for "
        words = f"{said}{percent(floor[1])} of the test images."
        found.append(Notice("warning", (*_names(names), words)))
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
    short_of: list[Inline] = []
    for plan in material.plans:
        for planned in plan.arms:
            if planned.variant_of:
                continue
            runs = [run for arm in material.arms if arm.planned == planned.name for run in arm.runs]
            have, wanted = sum(run.manifest is plan for run in runs), len(plan.seeds)
            if have < wanted:
                short_of += [", " if short_of else "", Arm(planned.name), f" {have} of {wanted}"]
    if short_of:
        found.append(Notice("warning", ("Fewer seeds than planned: ", *short_of, ".")))
    return found


def _budget(material: Material) -> list[Notice]:
    """A budget shorter than recipes ask for, said with both lengths; of some arms, of which."""
    arms = [arm for arm in material.measured if arm.trained]
    cut = [arm for arm in arms if arm.cut_short]
    if not cut:
        return []
    used = max(arm.first.budget.epochs for arm in arms)
    asked = [arm.published_epochs for arm in arms]
    low, high = min(asked), max(asked)
    doubt = "The order of the arms may change with more training."
    if used >= low * 0.999:
        lengths: list[Inline] = []
        for arm in cut[:MAX_NAMED]:
            length = f"{short(arm.first.budget.epochs)} of {short(arm.published_epochs)}"
            lengths += [", " if lengths else "", Arm(arm.name), f" {length}{NBSP}epochs"]
        if len(cut) > MAX_NAMED:
            lengths.append(f" and {len(cut) - MAX_NAMED} more")
        return [Notice("warning", ("Shorter than published: ", *lengths, f". {doubt}"))]
    span = short(low) if low == high else f"{short(low)} to {short(high)}"
    return [
        Notice(
            "warning",
            f"Short budget: {short(used)}{NBSP}{'epoch' if used == 1 else 'epochs'} "
            f"({count(arms[0].first.budget.images)} images a run), where the recipes as published "
            f"ask for {span}. {doubt}",
        )
    ]


def _names(names: list[str]) -> tuple[Inline, ...]:
    parts: list[Inline] = []
    for index, name in enumerate(names[:MAX_NAMED]):
        parts += [", " if index else "", Arm(name)]
    if len(names) > MAX_NAMED:
        parts.append(f" and {len(names) - MAX_NAMED} more")
    return tuple(parts)
