"""Everything the parts of a report are written from, read once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from bakeoff.auditing.api import Audit, audit_files
from bakeoff.comparison.learning_rate_robustness import rate_of
from bakeoff.comparison.reasons import Untuned
from bakeoff.comparison.result import AcrossBudgets
from bakeoff.errors import UnknownName
from bakeoff.published import PublishedResult, result, results
from bakeoff.records.manifest import FloorFacts, Manifest, PretrainingFacts
from bakeoff.records.schema import Record
from bakeoff.reporting.arms import ArmRuns, group_arms, set_titles
from bakeoff.reporting.baselines import baselines_of
from bakeoff.reporting.judging import Judged, judge, judge_together
from bakeoff.reporting.source import Run, Source
from bakeoff.reporting.untrained import DidNotTrain, untrained

T = TypeVar("T")

MOST_PUBLISHED = 20
DEFAULT_BAKEOFF = ("reproduce", "mnist")
"""Name and data set of the bake-off that redoes the comparison of OF_DEFAULT properly."""
OF_DEFAULT = Path(__file__).parent / "documents" / "result_comparison.md"


@dataclass(frozen=True)
class Material:
    """The arms of a bake-off and what was found between them."""

    source: Source
    together: Judged | None = None
    """What was found here when this is one of a bake-off's several data sets."""
    of_page: tuple[str, ...] = ()
    """The arms of the whole page, when this is one of its several data sets."""

    @cached_property
    def arms(self) -> tuple[ArmRuns, ...]:
        """Every arm with a run, in the order of the plan where there is one."""
        planned = self.of_page or unique(arm.name for plan in self.plans for arm in plan.arms)
        place = {name: index for index, name in enumerate(planned)}
        found = [arm for arm in self._groups if not self._is_variant(arm)]
        return tuple(sorted(found, key=lambda arm: place.get(arm.planned, len(place))))

    @cached_property
    def sets(self) -> tuple[Material, ...]:
        """The material of each test set and budget on its own, where arms go by their planned
        names; shorter budgets first.

        Itself alone where there is one.
        """
        by_part: dict[tuple[str, str], list[Run]] = {}
        for run in self.source.runs:
            by_part.setdefault(run.part, []).append(run)
        if len(by_part) < 2:
            return (self,)
        each = [
            Material(self._of_one_set(by_part[part]), of_page=self.planned_names)
            for part in self._parts
        ]
        if all(run.manifest is not None and run.manifest.several for run in self.source.runs):
            together = judge_together(
                [[arm for arm in one.arms if arm.complete or arm.failed] for one in each],
                published=unique(figure.id for one in each for figure in one.published),
            )
            if together is not None:
                each = [
                    replace(one, together=judged)
                    for one, judged in zip(each, together, strict=True)
                ]
        return tuple(each)

    def _of_one_set(self, runs: list[Run]) -> Source:
        plans = {id(run.manifest): run.manifest for run in runs}
        plan = next(iter(plans.values())) if len(plans) == 1 else None
        return replace(self.source, runs=tuple(runs), manifest=self.source.manifest or plan)

    @cached_property
    def set_titles(self) -> tuple[str, ...]:
        """A title for each of `sets`, no two alike."""
        titles = set_titles(self.source.runs)
        return tuple(titles[part] for part in self._parts)

    @cached_property
    def _parts(self) -> tuple[tuple[str, str], ...]:
        """Every test set and budget: sets as they come, and the shorter budgets of each first."""
        longest: dict[tuple[str, str], int] = {}
        for run in self.source.runs:
            longest[run.part] = max(longest.get(run.part, 0), run.record.budget.images)
        places = {data: place for place, data in enumerate(unique(data for data, _ in longest))}
        shorter_first = {part: images if part[1] else 0 for part, images in longest.items()}
        return tuple(sorted(longest, key=lambda part: (places[part[0]], shorter_first[part])))

    @cached_property
    def across(self) -> tuple[AcrossBudgets, ...]:
        """Each pair of arms over the budgets of a bake-off that has several."""
        together = self.sets[0].together
        return () if together is None else together.across

    @cached_property
    def planned_names(self) -> tuple[str, ...]:
        """The arms by the names that they have on every set."""
        return unique(arm.planned for arm in self.arms)

    @property
    def page_names(self) -> tuple[str, ...]:
        """The arms of the whole page in the order of its plan; colours go by it."""
        return self.of_page or self.planned_names

    @cached_property
    def variants(self) -> tuple[ArmRuns, ...]:
        """Arms run at another learning rate, to test verdicts: not ranked, in no table of arms."""
        return tuple(arm for arm in self._groups if self._is_variant(arm))

    @cached_property
    def _groups(self) -> tuple[ArmRuns, ...]:
        return group_arms(self.source.runs)

    def _is_variant(self, arm: ArmRuns) -> bool:
        return rate_of(arm.planned, {other.planned for other in self._groups}) is not None

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(arm.name for arm in self.arms)

    @cached_property
    def measured(self) -> tuple[ArmRuns, ...]:
        """Arms with at least one run that ended well."""
        return tuple(arm for arm in self.arms if arm.complete)

    @cached_property
    def records(self) -> tuple[Record, ...]:
        return tuple(run.record for run in self.source.runs)

    @property
    def imported(self) -> bool:
        """Whether some of these runs were made by another tool."""
        return any(record.origin is not None for record in self.records)

    @cached_property
    def untrained(self) -> tuple[DidNotTrain, ...]:
        """Arms of which every run failed."""
        return untrained(self.arms)

    @cached_property
    def baselines(self) -> tuple[FloorFacts, ...]:
        """What simple classifiers reach on raw pixels of the test set of one set's material."""
        data = self.records[0].data
        return baselines_of(data.train_hash, data.test_hash, self.manifest)

    @cached_property
    def judged(self) -> Judged:
        """Verdicts on arms that trained: one that did not is called that, and not "undecided"."""
        found = self.together
        if found is None:
            found = judge(
                (*self.arms, *self.variants),
                published=[figure.id for figure in self.published],
            )
        return found.without({one.arm for one in self.untrained})

    @cached_property
    def untuned(self) -> Untuned | None:
        """That the arms of some verdict on accuracy were not tuned; None where all were."""
        rows = self.judged.of_metric("accuracy")
        return next((r for row in rows for r in row.facts if isinstance(r, Untuned)), None)

    @cached_property
    def published(self) -> tuple[PublishedResult, ...]:
        """Accuracies that others reported: those the bake-off names, or those of its recipes."""
        names = unique(name for plan in self.plans for name in plan.published)
        if names:
            return tuple(figure for name in names if (figure := _known(name)) is not None)
        used = {record.recipe.name for record in self.records}
        found = [f for f in results(metric="top1") if f.procedure in used and f.epochs]
        return tuple(found[:MOST_PUBLISHED])

    @cached_property
    def documents(self) -> tuple[tuple[Path, Audit], ...]:
        """Documents that these runs are held against, each audited: those asked for, and of the
        default bake-off the one that it redoes. Raises BadFile when one cannot be read."""
        paths = [*self.source.documents]
        ours = any((plan.name, plan.data) == DEFAULT_BAKEOFF for plan in self.plans)
        if ours and OF_DEFAULT.name not in {path.name for path in paths}:
            paths.append(OF_DEFAULT)
        return tuple((path, audit_files([path])) for path in paths)

    @property
    def manifest(self) -> Manifest | None:
        """The plan of all runs; None where they are of several bake-offs or data sets."""
        return self.source.manifest

    @cached_property
    def plans(self) -> tuple[Manifest, ...]:
        """Every plan that some run is of: one for each bake-off and data set."""
        found = (self.source.manifest, *(run.manifest for run in self.source.runs))
        return tuple({id(plan): plan for plan in found if plan is not None}.values())

    @property
    def primary(self) -> str:
        """The metric that decides, where all runs' plans say one; else accuracy."""
        said = {plan.primary for plan in self.plans}
        return said.pop() if len(said) == 1 else "accuracy"

    @cached_property
    def pretraining(self) -> tuple[PretrainingFacts, ...]:
        """Every pretraining once, with all arms that start from it on any data set."""
        once: dict[tuple[str, str], list[PretrainingFacts]] = {}
        for plan in self.plans:
            for facts in plan.pretraining:
                once.setdefault((facts.name, facts.weights_hash), []).append(facts)
        return tuple(
            alike[0].model_copy(update={"arms": unique(arm for one in alike for arm in one.arms)})
            for alike in once.values()
        )

    def title_of(self, plan: Manifest) -> str:
        """The title of the data set that a plan is on."""
        titles = (run.record.data.title for run in self.source.runs if run.manifest is plan)
        return next(titles, plan.data)

    @cached_property
    def data_titles(self) -> tuple[str, ...]:
        return unique(record.data.title for record in self.records)

    def arm(self, name: str) -> ArmRuns:
        return next(arm for arm in self.arms if arm.name == name)


def _known(name: str) -> PublishedResult | None:
    try:
        return result(name)
    except UnknownName:
        # The bake-off was planned with another registry; what is not there cannot be shown.
        return None


def unique(items: Iterable[T]) -> tuple[T, ...]:
    """Each once, in the order first met."""
    return tuple(dict.fromkeys(items))
