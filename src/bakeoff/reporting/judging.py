"""What the comparison found between the arms, or why it would not compare them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bakeoff.comparison import compare
from bakeoff.comparison.answer import Comparison
from bakeoff.comparison.data_sets import by_data_set
from bakeoff.comparison.from_records import from_run
from bakeoff.comparison.outcome import Outcome
from bakeoff.comparison.result import (
    AcrossBudgets,
    Concern,
    OverSets,
    PairVerdict,
    PublishedVerdict,
    Word,
)
from bakeoff.errors import BadFile, BakeoffError
from bakeoff.reporting.arms import ArmRuns

# A report should not take minutes.
MOST_ARMS_IN_EVERY_METRIC = 30
MOST_ARMS = 200

TURNED: dict[Word, Word] = {
    "better": "worse",
    "worse": "better",
    "same": "same",
    "cannot tell": "cannot tell",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """rows: a verdict per metric and pair of arms. refusals: why some arms were not compared.

    published: each arm held against published figures, or what keeps them from being compared.
    notes: what else a reader must know of the comparison. concerns: what the results look like, as
    copies of one another. over: where this is one of several data sets, the answers over all.
    copies of one another. across: each pair over all budgets of the bake-off, at every one.
    whole: the comparison that this is of, by its own names; None where none was made of all arms.
    """

    rows: tuple[PairVerdict, ...] = ()
    published: tuple[PublishedVerdict, ...] = ()
    refusals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    concerns: tuple[Concern, ...] = ()
    over: tuple[OverSets, ...] = ()
    across: tuple[AcrossBudgets, ...] = ()
    whole: Comparison | None = None

    def between(self, a: str, b: str, metric: str = "accuracy") -> PairVerdict | None:
        """The row of two arms, in the order in which they were compared."""
        for row in self.rows:
            if row.metric == metric and {row.a, row.b} == {a, b}:
                return row
        return None

    def said_of(self, arm: str, other: str) -> Word | None:
        """The accuracy verdict on `arm` against `other`."""
        row = self.between(arm, other)
        if row is None:
            return None
        return row.verdict if row.a == arm else TURNED[row.verdict]

    def without(self, arms: set[str]) -> Judged:
        """The same without the rows of these arms."""
        return replace(
            self,
            rows=tuple(row for row in self.rows if not {row.a, row.b} & arms),
            published=tuple(row for row in self.published if row.arm not in arms),
            concerns=tuple(one for one in self.concerns if one.code != "did not train"),
        )

    def of_metric(self, metric: str) -> tuple[PairVerdict, ...]:
        return tuple(row for row in self.rows if row.metric == metric)


def judge(arms: Sequence[ArmRuns], *, published: Sequence[str] = ()) -> Judged:
    """Compare the arms that share a test set; arms on different test sets are never compared.

    Equal seeds are pairs where the runs' own plan declared them so.

    published: ids of the results in `bakeoff.published` to hold the arms against.
    """
    by_test_set: dict[tuple[str, str], list[ArmRuns]] = {}
    for arm in arms:
        if arm.complete or arm.failed:
            by_test_set.setdefault(arm.part, []).append(arm)
    parts = [
        _judge_alike(alike, published)
        for alike in by_test_set.values()
        if len(alike) > 1 or published
    ]
    refusals = [text for part in parts for text in part.refusals]
    if len({data for data, _ in by_test_set}) > 1:
        titles = dict.fromkeys(alike[0].first.data.title for alike in by_test_set.values())
        refusals.insert(0, f"Not ranked across test sets: {', '.join(titles)}")
    return Judged(
        tuple(row for part in parts for row in part.rows),
        tuple(row for part in parts for row in part.published),
        tuple(refusals),
        tuple(note for part in parts for note in part.notes),
        tuple(one for part in parts for one in part.concerns),
        whole=parts[0].whole if len(by_test_set) == 1 and parts else None,
    )


def judge_together(
    sets: Sequence[Sequence[ArmRuns]], *, published: Sequence[str] = ()
) -> list[Judged] | None:
    """The verdicts in each part of a bake-off that has several, corrected over all pairs.

    sets: the arms on each data set, at each budget, by their planned names. The sentences say on
    which set; a and b of a row are the planned names. None where they could not be compared
    together.
    """
    parts = [
        [replace(run, among=True) for run in _outcomes(arms, with_answers=True)] for arms in sets
    ]
    outcomes = [run for part in parts for run in part]
    try:
        found = compare(outcomes, published=list(published) or None)
    except BakeoffError:
        return None
    planned = {run.arm: run.own_arm for run in by_data_set(outcomes)}
    of_part = {(run.at, _test_hash(run)): n for n, part in enumerate(parts) for run in part}
    content = {run.arm: of_part[run.at, _test_hash(run)] for run in by_data_set(outcomes)}
    return [
        Judged(
            tuple(
                replace(row, a=planned[row.a], b=planned[row.b])
                for row in found.comparisons
                if content[row.a] == number
            ),
            tuple(
                replace(row, arm=planned[row.arm])
                for row in found.published
                if content[row.arm] == number
            ),
            (),
            found.notes,
            tuple(
                one
                for one in found.concerns
                if all(content.get(arm, number) == number for arm in one.arms)
            ),
            found.over_data_sets,
            found.budgets,
            found,
        )
        for number in range(len(sets))
    ]


def _test_hash(run: Outcome) -> str:
    return run.conditions.test_hash if run.conditions is not None else ""


def _judge_alike(arms: Sequence[ArmRuns], published: Sequence[str]) -> Judged:
    notes: tuple[str, ...] = ()
    if len(arms) > MOST_ARMS:
        return Judged(
            refusals=(
                f"{len(arms):,} arms make {len(arms) * (len(arms) - 1) // 2:,} pairs, which were "
                "not tested here. Compare fewer arms.",
            )
        )
    metrics = ["accuracy"] if len(arms) > MOST_ARMS_IN_EVERY_METRIC else None
    try:
        try:
            outcomes = _outcomes(arms, with_answers=True)
        except BadFile as error:
            # Damaged predictions take McNemar and image variance with them, not the verdict.
            notes = (f"Per-image predictions were not used: {error.message}.",)
            outcomes = _outcomes(arms, with_answers=False)
        found = compare(outcomes, metrics=metrics, published=list(published) or None)
    except BakeoffError as error:
        return Judged(refusals=(f"{error}",))
    return Judged(
        found.comparisons, found.published, (), (*notes, *found.notes), found.concerns, whole=found
    )


def _outcomes(arms: Sequence[ArmRuns], *, with_answers: bool) -> list[Outcome]:
    """The runs as the comparison sees them, arms in the report's order and by its names."""
    return [
        replace(
            from_run(run.stored, with_answers=with_answers),
            arm=arm.name,
            among=False,
        )
        for arm in arms
        for run in arm.runs
    ]
