"""One arm as the report sees it: its runs, and the figures of those that ended well."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bakeoff.recipes.schema import Recipe
from bakeoff.records.schema import Cost, CurvePoint, DetailedEvaluation, Record
from bakeoff.reporting.source import Run
from bakeoff.statistics import mean_interval


@dataclass(frozen=True, slots=True)
class Sample:
    """One figure over an arm's seeds. half: half-width of the 95 % t interval of the mean."""

    values: tuple[float, ...]

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def mean(self) -> float:
        return statistics.fmean(self.values)

    @property
    def sd(self) -> float | None:
        """Standard deviation over seeds (n - 1); None with one seed, where it does not exist."""
        return statistics.stdev(self.values) if self.n > 1 else None

    @property
    def half(self) -> float | None:
        return mean_interval(self.values).half_width if self.n > 1 else None


@dataclass(frozen=True)
class ArmRuns:
    """Every run of one arm on one data set, by seed.

    name: unique in a report; planned: as the bake-off calls it, the same on every data set.
    """

    name: str
    runs: tuple[Run, ...]
    planned: str = ""

    @cached_property
    def complete(self) -> tuple[Run, ...]:
        return tuple(run for run in self.runs if run.record.result is not None)

    @cached_property
    def failed(self) -> tuple[Run, ...]:
        return tuple(run for run in self.runs if run.record.status == "failed")

    @cached_property
    def incomplete(self) -> tuple[Run, ...]:
        return tuple(run for run in self.runs if run.record.status == "incomplete")

    @property
    def part(self) -> tuple[str, str]:
        """The test set and the budget that it is judged at."""
        return self.runs[0].part

    @property
    def first(self) -> Record:
        """A record to read from what all runs of an arm share; a complete one where there is."""
        return (self.complete or self.runs)[0].record

    @property
    def recipe(self) -> Recipe:
        return self.first.recipe

    @property
    def trained(self) -> bool:
        """Whether it was trained here; weights that existed before were only evaluated."""
        return not self.first.evaluated and self.first.origin is None

    @property
    def recipe_known(self) -> bool:
        """False for weights of which nobody here knows how they were trained."""
        return self.trained or self.first.budget.images > 0

    @property
    def published_epochs(self) -> float:
        """Epochs of the recipe as published, before it was scaled to the budget."""
        for step in self.first.scaling:
            if step.key == "epochs" and isinstance(step.published, (int, float)):
                return float(step.published)
        return self.recipe.epochs

    @property
    def cut_short(self) -> bool:
        """Whether its runs were shorter than the recipe as published, by more than rounding."""
        return self.first.budget.epochs < self.published_epochs * 0.999

    def results(self, read: Callable[[DetailedEvaluation], float]) -> Sample | None:
        """A figure of the last epoch on the test set, over the seeds that ended well; None where
        some run does not state it."""
        values = tuple(read(run.record.result) for run in self.complete if run.record.result)
        return Sample(values) if values and all(map(math.isfinite, values)) else None

    def training(self, metric: str) -> Sample | None:
        """`accuracy` or `loss` on the recorded training images, at the last epoch."""
        values = tuple(
            float(getattr(run.record.train_result, metric))
            for run in self.complete
            if run.record.train_result is not None
        )
        return Sample(values) if values else None

    def costs(self, read: Callable[[Cost], float]) -> Sample | None:
        """A figure of what training took; None for weights that were only evaluated."""
        values = tuple(
            read(run.record.cost)
            for run in self.complete
            if run.record.cost and not run.record.evaluated
        )
        return Sample(values) if values else None

    @cached_property
    def accuracy(self) -> Sample | None:
        return self.results(lambda result: result.accuracy)

    @cached_property
    def class_sizes(self) -> tuple[int, ...]:
        """Test images of each class; empty where neither a matrix nor predictions tell them."""
        for run in self.complete:
            if run.record.result is not None and run.record.result.confusion:
                return tuple(sum(row) for row in run.record.result.confusion)
            if (answers := run.predictions()) is not None:
                classes = len(run.record.data.class_names)
                labels = answers.label[answers.label < classes]
                return tuple(np.bincount(labels, minlength=classes).tolist())
        return ()

    @cached_property
    def commonest(self) -> tuple[str, float] | None:
        """(class, percent of the test images): what answering that class always would reach."""
        sizes, names = self.class_sizes, self.first.data.class_names
        if not sizes:
            return None
        largest = max(range(min(len(sizes), len(names))), key=sizes.__getitem__)
        return names[largest], 100 * sizes[largest] / sum(sizes)

    @cached_property
    def curve(self) -> tuple[tuple[CurvePoint, ...], ...]:
        """The points of all complete runs, grouped by step; only steps that every run has.

        Of an arm without one, the points so far of those that did not end yet.
        """
        by_step: dict[int, list[CurvePoint]] = {}
        runs = self.complete or tuple(run for run in self.incomplete if run.record.curves)
        for run in runs:
            for point in run.record.curves:
                by_step.setdefault(point.step, []).append(point)
        return tuple(
            tuple(points) for _, points in sorted(by_step.items()) if len(points) == len(runs)
        )


def group_arms(runs: tuple[Run, ...]) -> tuple[ArmRuns, ...]:
    """The arms in the order in which they were first met.

    Where runs of one arm are on several test sets or at several budgets, each is an arm of its
    own, named apart.
    """
    groups: dict[tuple[str, tuple[str, str]], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.record.arm, run.part), []).append(run)
    names = [key[0] for key in groups]
    titles = set_titles(runs)
    return tuple(
        ArmRuns(
            name=arm if names.count(arm) == 1 else f"{arm} on {titles[part]}",
            runs=tuple(sorted(found, key=lambda run: run.record.seed)),
            planned=arm,
        )
        for (arm, part), found in groups.items()
    )


def set_titles(runs: Iterable[Run]) -> dict[tuple[str, str], str]:
    """A title for each part, which is a test set and a budget where there are several; two sets of
    one title are told apart by the hash."""
    found: dict[str, str] = {}
    parts: dict[tuple[str, str], str] = {}
    for run in runs:
        found.setdefault(run.record.data.test_hash, run.record.data.title)
        parts.setdefault(run.part, run.at)
    titles = list(found.values())
    several = len(set(parts.values())) > 1
    named = {
        key: title if titles.count(title) == 1 else f"{title} (test set {key[:8]})"
        for key, title in found.items()
    }
    return {
        (data, at): f"{named[data]} at {at}" if several and at else named[data]
        for data, at in parts
    }
