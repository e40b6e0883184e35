"""A plan on one screen of 80 columns: the total, then an arm a line, then what to know."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bakeoff.progress import duration

if TYPE_CHECKING:
    from bakeoff.bakeoffs.execution.dry_run import DryArm, DryRun

WIDEST = 100
HEADINGS = ("arm", "steps", "batch", "learning rate", "a run", "seeds to run")
MORE = "Scaling rules, speeds and FLOPs: --verbose. For programs: --format json."


@dataclass(frozen=True, slots=True)
class Row:
    """One arm. published: the learning rate where it was changed; seconds: of a run; seeds: those
    to run, in words, empty where that is told elsewhere."""

    arm: str
    steps: int
    batch_size: int
    published: float | None
    used: float
    seconds: float
    seeds: str = ""

    def cells(self) -> tuple[str, ...]:
        """As shown, in the order of HEADINGS."""
        rate = f"{self.used:.3g}"
        if self.published is not None:
            rate = f"{self.published:.3g} → {rate}"
        steps, batch = f"{self.steps:,}", f"{self.batch_size:,}"
        return (self.arm, steps, batch, rate, duration(self.seconds), self.seeds)


def plan_table(ahead: DryRun, width: int | None = None) -> Iterator[str]:
    """Lines of at most `width` columns, by default the terminal's; names are never cut."""
    width = min(WIDEST, width or shutil.get_terminal_size().columns)

    def wrapped(text: str) -> list[str]:
        return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)

    yield from wrapped(total(ahead))
    yield from wrapped(_looks(ahead))
    yield from wrapped(f"{ahead.name}, on {ahead.device}. Nothing is written.")
    yield ""
    several = len({_part(arm) for arm in ahead.arms}) > 1
    for (data, budget), arms in groupby(ahead.arms, key=_part):
        if several:
            yield f"{data}, budget {budget}"
        yield from rows([_row(arm) for arm in arms], width)
    yield ""
    if ahead.budget and not several:
        yield from wrapped(f"Data: {ahead.data}. Budget: {ahead.budget}.")
    if ahead.precision:
        yield from wrapped(f"Precision: {ahead.precision}.")
    for notice in ahead.notices:
        yield from wrapped(f"Notice: {notice}")
    for note, arms_with in _notes(ahead.arms).items():
        yield from wrapped(f"Note ({', '.join(arms_with)}): {note}")
    yield f"Folder: {ahead.folder}"
    yield from wrapped(MORE)


def total(ahead: DryRun) -> str:
    """Such as "6 runs, about 12 min (0.2 hours, from speeds measured here)."."""
    runs = "1 run" if ahead.runs == 1 else f"{ahead.runs:,} runs"
    if ahead.trials:
        runs += f" and {trials_told(ahead)} before them"
    if ahead.workers > 1:
        runs += f", {ahead.workers} at a time"
    price = "" if ahead.price is None else f", at a price of {ahead.price:.2f}"
    if not ahead.runs and not ahead.trials:
        return "Nothing to run: every run is there."
    if not ahead.arms:  # commands alone: their programs were not asked
        return f"{runs}; how long they take is not known."
    return (
        f"{runs}, about {duration(ahead.seconds)} ({ahead.hours:.2g} hours, from speeds measured"
        f" here){price}."
    )


def trials_told(ahead: DryRun) -> str:
    """Such as "80 trials of tuning (a search for each seed; one for all would take 16)"."""
    told = f"{ahead.trials} trials of tuning"
    if not ahead.one_search:
        return told
    return f"{told} (a search for each seed; one for all would take {ahead.one_search})"


def _looks(ahead: DryRun) -> str:
    if not ahead.looks:
        return ""
    equal, apart = ahead.expected_runs["equal"], ahead.expected_runs["apart"]
    return (
        f"That is the most. Looks after {', '.join(map(str, ahead.looks))} seeds stop it when"
        f" decided; expected: {equal:.0f} runs where all arms are equal, {apart:.0f} where one is"
        " ahead by 2 standard deviations over seeds."
    )


def rows(arms: Sequence[Row], width: int) -> Iterator[str]:
    """The headings and an arm a line; names have lines of their own where there is no room."""
    kept = tuple(at for at in range(len(HEADINGS)) if at < 5 or any(arm.seeds for arm in arms))
    table = [[row[at] for at in kept] for row in (HEADINGS, *(arm.cells() for arm in arms))]
    widths = [max(len(row[at]) for row in table) for at in kept]
    stacked = sum(widths) + 2 * (len(widths) - 1) > width
    for row in table:
        cells = [
            cell.rjust(wide) if at in (1, 2, 4) else cell.ljust(wide)
            for at, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ]
        if stacked:
            yield row[0]
            yield ("  " + "  ".join(cells[1:])).rstrip()
        else:
            yield "  ".join(cells).rstrip()


def published_rate(scaling: Iterable[Mapping[str, Any]]) -> float | None:
    """The recipe's own learning rate, where a scaling rule changed it."""
    return next((step["published"] for step in scaling if step["key"] == "optimizer.lr"), None)


def _row(arm: DryArm) -> Row:
    return Row(
        arm.arm,
        arm.steps,
        arm.batch_size,
        published_rate(arm.scaling),
        arm.learning_rate,
        arm.seconds,
        ", ".join(map(str, arm.missing)) or "none, all are there",
    )


def _part(arm: DryArm) -> tuple[str, str]:
    """The data set and the budget that the arm has in common with others."""
    return arm.data, arm.budget


def _notes(arms: Sequence[DryArm]) -> dict[str, list[str]]:
    """Each note once, with the arms that it is about."""
    found: dict[str, list[str]] = {}
    for arm in arms:
        for note in (*arm.notes, *_waits(arm)):
            names = found.setdefault(note, [])
            if arm.arm not in names:  # it stands once for each data set and budget
                names.append(arm.arm)
    return found


def _waits(arm: DryArm) -> list[str]:
    if not arm.pretraining:
        return []
    return [f"starts from the weights that the pretraining {arm.pretraining} leaves"]
