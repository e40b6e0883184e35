"""Arms on several data sets or at several budgets: judged within each part, and never pooled."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bakeoff.comparison.comparability import plain_name
from bakeoff.comparison.outcome import Outcome

Arms = Mapping[str, Sequence[Outcome]]


def by_data_set(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Runs as they came; where they are of several parts, an arm in each of them.

    The arm "standard" of a bake-off on MNIST and on letters becomes "standard on MNIST" and
    "standard on letters". So does a table's (`set_by_set`). At several budgets it becomes "standard
    at 20,000 images" and "standard at 5 epochs". Runs on different test sets that neither planned
    stay as they are, and are refused as not comparable.
    """
    return _by_budget(_by_set(outcomes))


def _by_set(outcomes: Sequence[Outcome]) -> list[Outcome]:
    sets = {(run.data, _content(run)) for run in outcomes}
    if len(sets) < 2 or not all(run.among for run in outcomes):
        return list(outcomes)
    titles = [title for title, _ in sets]
    named = []
    for run in outcomes:
        # Two folders of one name are two sets all the same.
        alike = titles.count(run.data) > 1
        data = f"{run.data} ({_content(run)[:8]})" if alike else run.data
        named.append(
            dataclasses.replace(
                run, arm=f"{run.arm} on {data}", data=data, arm_anywhere=run.own_arm
            )
        )
    return named


def set_by_set(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Runs of tables. Where a column tells several data sets with several arms and runs on each,
    the arms are judged on each of them, as those of a bake-off that planned several.

    Seeds of which each is on a set of its own are no runs of one kind, and stay together.
    """
    outcomes = _spelled_alike(outcomes)
    runs: dict[str, dict[str, set[int | str]]] = {}
    for run in outcomes:
        runs.setdefault(run.data, {}).setdefault(run.arm, set()).add(run.seed)
    if len(runs) < 2 or "" in runs or min(map(len, runs.values())) < 2:
        return list(outcomes)
    if all(run.summarised for run in outcomes):
        return [dataclasses.replace(run, among=True) for run in outcomes]
    sizes = [len(seeds) for on in runs.values() for seeds in on.values()]
    sets_of = Counter((arm, seed) for on in runs.values() for arm in on for seed in on[arm])
    if max(sizes) < 2 or (min(sizes) < 2 and max(sets_of.values()) < 2):
        return list(outcomes)
    return [dataclasses.replace(run, among=True) for run in outcomes]


def _spelled_alike(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """A table's MNIST and mnist are one set, by the first name that is met."""
    first: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for run in outcomes:
        if run.data not in spelled and not _content(run):
            spelled[run.data] = first.setdefault(plain_name(run.data), run.data)
    return [
        run
        if _content(run) or spelled[run.data] == run.data
        else dataclasses.replace(run, data=spelled[run.data])
        for run in outcomes
    ]


def _by_budget(outcomes: Sequence[Outcome]) -> list[Outcome]:
    budgets = {run.at for run in outcomes}
    if len(budgets) < 2:
        return list(outcomes)
    if "" in budgets:  # not all of one bake-off at several
        return [dataclasses.replace(run, at="") for run in outcomes]
    longest: dict[str, int] = {}
    for run in outcomes:
        longest[run.at] = max(longest.get(run.at, 0), run.trained_images or 0)
    shorter_first = sorted(outcomes, key=lambda run: longest[run.at])
    return [
        dataclasses.replace(run, arm=f"{run.arm} at {run.at}", arm_anywhere=run.own_arm)
        for run in shorter_first
    ]


def _content(run: Outcome) -> str:
    return run.conditions.test_hash if run.conditions is not None else ""


def part_of(runs: Sequence[Outcome]) -> tuple[str, str]:
    """The data set and budget that an arm is judged at; all are one unless a bake-off planned
    several."""
    return runs[0].data if runs[0].among else "", runs[0].at


def arms_by_set(arms: Arms) -> list[dict[str, Sequence[Outcome]]]:
    """The arms of each part, those that may be compared with each other."""
    sets: dict[tuple[str, str], dict[str, Sequence[Outcome]]] = {}
    for arm, runs in arms.items():
        sets.setdefault(part_of(runs), {})[arm] = runs
    return list(sets.values())


def pairs(arms: Arms) -> Iterator[tuple[str, str]]:
    """Every pair of arms in one part, part by part."""
    for alike in arms_by_set(arms):
        yield from itertools.combinations(alike, 2)


def several(arms: Iterable[Sequence[Outcome]]) -> bool:
    """Whether these arms are in more than one part."""
    return len({part_of(runs) for runs in arms}) > 1
