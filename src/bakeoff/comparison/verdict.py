"""From numbers to one of four words, with the reasons."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bakeoff.comparison import reasons as why
from bakeoff.comparison.looks import LooksInForce
from bakeoff.comparison.measure import Measured
from bakeoff.comparison.reasons import Reason
from bakeoff.comparison.result import PairVerdict, Word
from bakeoff.comparison.wording import Said, say, word
from bakeoff.errors import UsageError
from bakeoff.statistics import (
    PairPath,
    detectable_difference,
    holm,
    pairs_needed,
    seeds_needed,
    share_not_excluded,
    tost,
    welch_alpha,
)

POWER = 0.8
MOST_MORE_SEEDS = 1_000


@dataclass(frozen=True, slots=True)
class Settings:
    """level: of intervals. alpha: chance of any false winner in one metric, over all pairs.

    margin: in the metric's unit, differences within it do not matter; None: not stated.
    where: "on MNIST at 20,000 images", for the sentences; may be empty.
    """

    level: float = 0.95
    alpha: float = 0.05
    margin: float | None = None
    where: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """A verdict before it is worded: its row, what a sentence may use, and the reasons so far."""

    row: PairVerdict
    said: Said
    reasons: tuple[Reason, ...]

    def because(self, *more: Reason) -> Decided:
        """The same verdict with further reasons."""
        return dataclasses.replace(self, reasons=(*self.reasons, *more))

    @property
    def is_described(self) -> bool:
        """Whether another metric decides."""
        return any(isinstance(reason, why.Described) for reason in self.reasons)

    def worded(self) -> PairVerdict:
        """The row with its sentence and reasons in words: the last step of a comparison."""
        remarks = [reason for reason in self.reasons if reason.remark]
        return dataclasses.replace(
            self.row,
            facts=self.reasons,
            reasons=tuple(word(reason) for reason in self.reasons),
            sentence=say(self.said, remarks),
        )


def decide_all(
    measured: Sequence[Measured],
    context: Sequence[Sequence[Reason]],
    settings: Settings,
    looks: LooksInForce | None = None,
    paths: Sequence[PairPath | None] = (),
    *,
    corrected: Sequence[float] | None = None,
    tests: int | None = None,
) -> list[Decided]:
    """Verdicts of all pairs in one metric, corrected together (Holm).

    context: for each pair, reasons that hold whatever the numbers are. looks: more than one look
    was planned or taken; paths: of each pair through the planned ones. corrected, tests: the
    p values after a correction over this many tests, of other metrics too.
    """
    adjusted = np.asarray(
        holm([math.nan if m.p is None else m.p for m in measured])
        if corrected is None
        else corrected
    )
    if looks is not None:
        adjusted = np.minimum(1.0, adjusted / looks.share())
    equivalence: list[float] = [math.nan] * len(measured)
    if settings.margin is not None:
        equivalence = [_tost(m, settings.margin) for m in measured]
        equivalence = [float(p) for p in holm(equivalence)]
    tests = tests or max(1, sum(m.p is not None for m in measured))
    decided = []
    for at, m in enumerate(measured):
        path = paths[at] if paths else None
        p = float(adjusted[at])
        if path is not None and looks is not None:
            p = min(1.0, path.p_adjusted * looks.sets) if path.looks else math.nan
        one = _decide(m, _known(p), _known(equivalence[at]), tests, context[at], settings, path)
        decided.append(one.because(*(looks.reasons(path) if looks is not None else ())))
    return decided


def described(
    measured: Sequence[Measured],
    primary: str,
    context: Sequence[Sequence[Reason]],
    settings: Settings,
) -> list[Decided]:
    """Differences and intervals in a metric that decides nothing."""
    # Without a margin and with no p below it nothing is called better, worse or the same.
    quiet = dataclasses.replace(settings, margin=None)
    rows = []
    for m, circumstances in zip(measured, context, strict=True):
        one = _decide(m, None, None, 1, circumstances, quiet, None)
        if m.scope != "plan":
            row = dataclasses.replace(one.row, more_seeds=None, more_seeds_for=None)
            one = dataclasses.replace(one, row=row).because(why.Described(primary))
        rows.append(one)
    return rows


def _decide(
    m: Measured,
    p: float | None,
    same: float | None,
    tests: int,
    context: Sequence[Reason],
    settings: Settings,
    path: PairPath | None,
) -> Decided:
    verdict = _word(m, p, same, settings.alpha)
    if path is not None and path.looks and verdict != "same":
        # Runs after the deciding look describe; they do not decide again.
        verdict = "cannot tell"
        if path.winner:
            verdict = "better" if path.winner == m.a.arm else "worse"
    alpha = settings.alpha / tests
    detectable = _detectable(m, alpha)
    more, gap = None, None
    if verdict == "cannot tell" and path is None:
        more, gap = _more_seeds(m, alpha, settings.margin)
    said = Said(m, verdict, p, same, settings.margin, more, gap, tests, settings.where)
    row = PairVerdict(
        a=m.a.arm,
        b=m.b.arm,
        metric=m.metric.name,
        unit=m.metric.unit,
        difference=m.difference,
        interval=m.interval,
        test=m.test,
        p=m.p,
        p_adjusted=p,
        verdict=verdict,
        n_a=m.a.n,
        n_b=m.b.n,
        reasons=(),
        scope=m.scope,
        sentence="",
        failed_a=m.a.failed,
        failed_b=m.b.failed,
        p_superiority=m.p_superiority,
        p_superiority_interval=m.p_superiority_interval,
        effect_size=m.effect_size,
        permutation_p=m.permutation_p,
        margin=settings.margin,
        equivalence_p=same,
        detectable_difference=detectable,
        more_seeds=more,
        more_seeds_for=gap,
        interval_new_images=m.interval_new_images,
        discordant=m.discordant,
    )
    return Decided(row, said, (*_reasons(m, verdict, p, tests, settings), *context))


def _word(m: Measured, p: float | None, same: float | None, alpha: float) -> Word:
    if m.scope == "plan":
        if m.difference is None:
            return "cannot tell"
        return "same" if m.gain == 0 else "better" if m.gain > 0 else "worse"
    if same is not None and same < alpha:
        return "same"
    if p is None or p >= alpha:
        return "cannot tell"
    gain = m.gain
    by_ranks = m.test == "Mann-Whitney" or why.WelchOrRanks("ranks") in m.why
    if by_ranks and m.p_superiority is not None:
        # Decided by ranks: survivors' means may point the other way, or not exist.
        gain = m.p_superiority - 0.5
    return "cannot tell" if gain == 0 else "better" if gain > 0 else "worse"


def _reasons(
    m: Measured, verdict: Word, p: float | None, tests: int, settings: Settings
) -> list[Reason]:
    reasons = list(m.why)
    if m.scope == "models":
        reasons.append(why.ModelsOnly())
    for group in (m.a, m.b):
        if group.failed:
            to_target = m.metric.name == "seconds_to_target"
            runs = group.n + group.failed
            reasons.append(why.FailedRuns(group.arm, group.failed, runs, to_target))
    if tests > 1 and p is not None:
        reasons.append(why.Adjusted(tests))
        assert m.p is not None
        if m.p < settings.alpha <= p:
            reasons.append(why.LostToCorrection())
    if verdict == "same" and p is not None and p < settings.alpha:
        reasons.append(why.WithinMargin())
    if verdict == "same" and m.scope == "recipes":
        runs = min(m.a.n, m.b.n)
        reasons.append(why.CollapsesNotExcluded(runs, share_not_excluded(runs)))
    if m.scope == "recipes" and m.interval is not None:
        for group in (m.a, m.b):
            if (off := group.far_off) is not None:
                others = float(np.median(np.delete(group.values, off)))
                value = float(group.values[off])
                reasons.append(why.RunFarOff(group.arm, group.seeds[off], value, others))
    if m.estimate is not None and m.scope == "recipes" and min(m.a.n, m.b.n) == 2:
        reasons.append(why.SpreadOfTwo())
        if verdict in ("better", "worse"):
            reasons.append(why.TwoBasins())
    for group in (m.a, m.b):
        if m.scope == "recipes" and group.constant:
            reasons.append(why.ConstantRuns(group.arm, group.n, float(group.values[0])))
    if m.interval_new_images is not None and m.difference is not None:
        reasons.append(why.NewImages(m.difference, m.interval_new_images, m.metric.unit))
    return reasons


def _tost(m: Measured, margin: float) -> float:
    # With failed runs the survivors' mean is not the recipe's, so it cannot show equality.
    if m.estimate is None or m.interval is None or m.a.failed or m.b.failed:
        return math.nan
    return tost(m.estimate, margin)


def _detectable(m: Measured, alpha: float) -> float | None:
    if m.estimate is None or m.interval is None or m.scope != "recipes":
        return None
    if m.test == "Welch or ranks":
        alpha = welch_alpha(min(m.a.n, m.b.n), alpha)
    elif m.test != "Welch":
        return None
    return detectable_difference(m.a.sd, m.a.n, m.b.sd, m.b.n, power=POWER, alpha=alpha)


def _more_seeds(m: Measured, alpha: float, margin: float | None) -> tuple[int | None, float | None]:
    if m.estimate is None or m.interval is None or m.scope != "recipes" or m.difference is None:
        return None, None
    if m.a.folds:
        return None, None  # more folds are no more data
    for gap in (margin, abs(m.difference)):
        if not gap:
            continue
        try:
            needed = _seeds_for(m, gap, alpha)
        except UsageError:
            return None, gap
        more = needed - min(m.a.n, m.b.n)
        if more > 0:
            return (more, gap) if more <= MOST_MORE_SEEDS else (None, gap)
    return None, None


def _seeds_for(m: Measured, gap: float, alpha: float) -> int:
    if not m.paired:
        return seeds_needed(gap, m.a.sd, m.b.sd, power=POWER, alpha=alpha)
    # What the pairs share is in both arms' spread and in none of the differences.
    assert m.estimate is not None
    spread = m.estimate.standard_error * math.sqrt(m.estimate.degrees_of_freedom + 1)
    return pairs_needed(gap, spread, power=POWER, alpha=alpha)


def _known(p: float) -> float | None:
    return None if math.isnan(p) else p
