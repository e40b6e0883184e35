"""Arms on several data sets: they are judged on each, and one arm's runs never pooled over them."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bakeoff.comparison.comparability import plain_name
from bakeoff.comparison.outcome import Outcome

Arms = Mapping[str, Sequence[Outcome]]


def by_data_set(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Runs as they came; where they are of several data sets, an arm on each of them.

    The arm "standard" of a bake-off on MNIST and on letters becomes "standard on MNIST" and
    "standard on letters". So does a table's (`set_by_set`). Runs on different test sets that
    neither planned stay as they are, and are refused as not comparable.
    """
    sets = {(run.data, _content(run)) for run in outcomes}
    if len(sets) < 2 or not all(run.among for run in outcomes):
        return list(outcomes)
    titles = [title for title, _ in sets]
    named = []
    for run in outcomes:
        # Two folders of one name are two sets all the same.
        alike = titles.count(run.data) > 1
        data = f"{run.data} ({_content(run)[:8]})" if alike else run.data
        arm = f"{run.arm} on {data}"
        named.append(dataclasses.replace(run, arm=arm, data=data, arm_anywhere=run.arm))
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
    return [
        run
        if _content(run)
        else dataclasses.replace(run, data=first.setdefault(plain_name(run.data), run.data))
        for run in outcomes
    ]


def _content(run: Outcome) -> str:
    return run.conditions.test_hash if run.conditions is not None else ""


def data_set_of(runs: Sequence[Outcome]) -> str:
    """The data set that an arm is judged on; all are one unless a bake-off planned several."""
    return runs[0].data if runs[0].among else ""


def arms_by_set(arms: Arms) -> list[dict[str, Sequence[Outcome]]]:
    """The arms of each data set, those that may be compared with each other."""
    sets: dict[str, dict[str, Sequence[Outcome]]] = {}
    for arm, runs in arms.items():
        sets.setdefault(data_set_of(runs), {})[arm] = runs
    return list(sets.values())


def pairs(arms: Arms) -> Iterator[tuple[str, str]]:
    """Every pair of arms on one data set, data set by data set."""
    for alike in arms_by_set(arms):
        yield from itertools.combinations(alike, 2)


def several(arms: Iterable[Sequence[Outcome]]) -> bool:
    """Whether these arms are on more than one data set."""
    return len({data_set_of(runs) for runs in arms}) > 1
