"""From numbers to one of four words, with the reasons."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bakeoff.comparison import reasons as why
from bakeoff.comparison.looks import LooksInForce
from bakeoff.comparison.measured import Measured
from bakeoff.comparison.more_seeds import Ahead
from bakeoff.comparison.reasons import Reason
from bakeoff.comparison.result import PairVerdict, Word
from bakeoff.comparison.wording import Said, say, word
from bakeoff.statistics import PairPath, holm, share_not_excluded, tost


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
    """A verdict before it is worded: what was measured, and the reasons so far.

    p, same: after the correction over `tests` tests. ahead, at: what these and more runs show, of
    all pairs, and this pair's place among them. survives_rate, at_rates: as of `PairVerdict`.
    """

    measured: Measured
    verdict: Word
    p: float | None
    same: float | None
    tests: int
    settings: Settings
    ahead: Ahead
    at: int
    reasons: tuple[Reason, ...]
    survives_rate: bool | None = None
    at_rates: dict[str, Word] = dataclasses.field(default_factory=dict)

    @property
    def metric(self) -> str:
        return self.measured.metric.name

    @property
    def arms(self) -> tuple[str, str]:
        return self.measured.a.arm, self.measured.b.arm

    def because(self, *more: Reason) -> Decided:
        """The same verdict with further reasons."""
        return dataclasses.replace(self, reasons=(*self.reasons, *more)) if more else self

    @property
    def is_described(self) -> bool:
        """Whether another metric decides."""
        return any(isinstance(reason, why.Described) for reason in self.reasons)

    def row(self) -> PairVerdict:
        """The verdict as the user has it; its words are the last step of a comparison."""
        m = self.measured
        known = {
            "a": m.a.arm,
            "b": m.b.arm,
            "metric": m.metric.name,
            "unit": m.metric.unit,
            "difference": m.difference,
            "interval": m.interval,
            "test": m.test,
            "p": m.p,
            "p_adjusted": self.p,
            "verdict": self.verdict,
            "n_a": m.a.n,
            "n_b": m.b.n,
            "scope": m.scope,
            "failed_a": m.a.failed,
            "failed_b": m.b.failed,
            "p_superiority": m.p_superiority,
            "p_superiority_interval": m.p_superiority_interval,
            "effect_size": m.effect_size,
            "permutation_p": m.permutation_p,
            "margin": self.settings.margin,
            "equivalence_p": self.same,
            "interval_new_images": m.interval_new_images,
            "discordant": m.discordant,
            "survives_rate": self.survives_rate,
            "verdict_at_rates": self.at_rates,
            "facts": self.reasons,
        }
        return PairVerdict.with_rest(known, self._rest)

    def _rest(self, name: str) -> Any:
        match name:
            case "detectable_difference":
                return self.ahead.detectable[self.at]
            case "more_seeds":
                return self.ahead.more_seeds[self.at].seeds
            case "more_seeds_for":
                return self.ahead.more_seeds[self.at].gap
            case "reasons":
                return tuple(word(reason) for reason in self.reasons)
            case "sentence":
                return self._sentence()
        raise AssertionError(name)

    def _sentence(self) -> str:
        more, settings = self.ahead.more_seeds[self.at], self.settings
        said = Said(
            self.measured, self.verdict, self.p, self.same, settings.margin, more.seeds, more.gap,
            self.tests, settings.where,
        )  # fmt: skip
        return say(said, [reason for reason in self.reasons if reason.remark])


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
    ps = [_known(float(p)) for p in adjusted]
    if paths and looks is not None:
        for at, path in enumerate(paths):
            if path is not None:
                ps[at] = min(1.0, path.p_adjusted * looks.sets) if path.looks else None
    decided = _decide(
        measured, ps, [_known(p) for p in equivalence], tests, context, settings, paths
    )
    if looks is None:
        return decided
    return [
        one.because(*looks.reasons(path))
        for one, path in zip(decided, paths or [None] * len(decided), strict=True)
    ]


def described(
    measured: Sequence[Measured],
    primary: str,
    context: Sequence[Sequence[Reason]],
    settings: Settings,
) -> list[Decided]:
    """Differences and intervals in a metric that decides nothing."""
    # Without a margin and with no p below it nothing is called better, worse or the same.
    quiet = dataclasses.replace(settings, margin=None)
    unknown = [None] * len(measured)
    decided = _decide(measured, unknown, unknown, 1, context, quiet, plan_ahead=False)
    return [
        one if one.measured.scope == "plan" else one.because(why.Described(primary))
        for one in decided
    ]


def _decide(
    measured: Sequence[Measured],
    adjusted: Sequence[float | None],
    equivalence: Sequence[float | None],
    tests: int,
    context: Sequence[Sequence[Reason]],
    settings: Settings,
    paths: Sequence[PairPath | None] = (),
    *,
    plan_ahead: bool = True,
) -> list[Decided]:
    """adjusted, equivalence: p values after the correction. paths: of each pair through planned
    looks, where there are any. plan_ahead: say how many more seeds what is open would take."""
    paths = paths or [None] * len(measured)
    words = [
        _word(m, p, same, settings.alpha, path)
        for m, p, same, path in zip(measured, adjusted, equivalence, paths, strict=True)
    ]
    undecided = [
        at
        for at, (verdict, path) in enumerate(zip(words, paths, strict=True))
        if plan_ahead and verdict == "cannot tell" and path is None
    ]
    ahead = Ahead(measured, undecided, settings.alpha / tests, settings.margin)
    return [
        Decided(
            m, verdict, p, same, tests, settings, ahead, at,
            (*_reasons(m, verdict, p, tests, settings), *context[at]),
        )
        for at, (m, verdict, p, same) in enumerate(
            zip(measured, words, adjusted, equivalence, strict=True)
        )
    ]  # fmt: skip


def _word(
    m: Measured, p: float | None, same: float | None, alpha: float, path: PairPath | None
) -> Word:
    word = _word_at(m, p, same, alpha)
    if path is None or not path.looks or word == "same":
        return word
    # Runs after the deciding look describe; they do not decide again.
    if not path.winner:
        return "cannot tell"
    return "better" if path.winner == m.a.arm else "worse"


def _word_at(m: Measured, p: float | None, same: float | None, alpha: float) -> Word:
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


def _known(p: float) -> float | None:
    return None if math.isnan(p) else p
