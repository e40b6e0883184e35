"""The words of a comparison, from its typed facts: a sentence per pair, and one per reason.

Swap the arms' results and the sentence swaps. Nothing reads these words again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bakeoff.comparison import reasons as why
from bakeoff.comparison.measured import Measured
from bakeoff.comparison.numbers import amount, plural, probability, with_interval
from bakeoff.comparison.outcome import Group
from bakeoff.comparison.reasons import Reason
from bakeoff.comparison.result import Word
from bakeoff.statistics import Interval

TWO_BASINS = (
    "two runs of an arm do not show whether its runs end in two different ways: equal arms that do"
    " have a false winner in 11 of 100 comparisons (docs/calibration.md)"
)


@dataclass(frozen=True, slots=True)
class Said:
    """All that a sentence may use; `p` and `same` are adjusted for all pairs."""

    measured: Measured
    word: Word
    p: float | None
    same: float | None
    margin: float | None
    more_seeds: int | None
    more_seeds_for: float | None
    tests: int
    where: str


def say(said: Said, remarks: Sequence[Reason] = ()) -> str:
    """The verdict in words, the winner named first, with what must never be read without it."""
    if said.measured.scope == "plan":
        return _plan(said)
    told = "; ".join(word(remark) for remark in remarks)
    if any(isinstance(remark, why.Described) for remark in remarks):
        return _described(said, told)
    if said.word == "same":
        return _same(said, told)
    if said.word == "cannot tell" and any(
        isinstance(r, why.DidNotTrain) for r in said.measured.why
    ):
        return _did_not_train(said)
    if said.word == "cannot tell":
        return _cannot_tell(said, told)
    return _winner(said, told)


def _winner(said: Said, told: str) -> str:
    m = said.measured
    winner, loser = (m.a, m.b) if said.word == "better" else (m.b, m.a)
    assert said.p is not None
    evidence = f"{m.test} {probability(said.p)}{', Holm-adjusted' if said.tests > 1 else ''}"
    if m.scope == "models":
        counts = ""
        if m.discordant is not None:
            mine, theirs = m.discordant.b, m.discordant.c
            if winner is m.b:
                mine, theirs = theirs, mine
            counts = f"alone right on {mine:,} images, the other on {theirs:,}; "
        return (
            f"this model of {winner.arm} {m.metric.better} this model of {loser.arm}"
            f" by {_distance(m)}{said.where} ({counts}{evidence};"
            f" one seed each says nothing about the recipes{_after(told)})."
        )
    if m.difference is None or m.test == "Mann-Whitney":
        return (
            f"{winner.arm} {m.metric.better} {loser.arm}{said.where}, counting failed runs as the"
            f" worst ({_runs(m.a, m.b)}, {evidence}{_after(told)})."
        )
    return (
        f"{winner.arm} {m.metric.better} {loser.arm} by {_distance(m)}{said.where}"
        f" ({_runs(m.a, m.b)}, {evidence}{_after(told)})."
    )


def _same(said: Said, told: str) -> str:
    m = said.measured
    assert said.same is not None
    assert said.margin is not None
    whom = f"{m.a.arm} and {m.b.arm}"
    if m.scope == "models":
        whom = f"these two models of {whom}"
    return (
        f"{whom} are the same in {m.metric.title} within ±{said.margin:g} {m.metric.unit}"
        f"{said.where}: difference {_signed(m)}"
        f" ({_runs(m.a, m.b)}, TOST {probability(said.same)}{_after(told)})."
    )


def _described(said: Said, told: str) -> str:
    m = said.measured
    whom = f"{m.a.arm} and {m.b.arm} in {m.metric.title}{said.where}"
    if m.difference is None:
        return f"{whom}: {_why(m)}{_apart(told)}."
    return f"{whom}: difference {_signed(m)} ({_runs(m.a, m.b)}{_after(told)})."


def _cannot_tell(said: Said, told: str) -> str:
    m = said.measured
    about = "" if m.metric.name == "accuracy" else f" in {m.metric.title}"
    whom = f"{m.a.arm} from {m.b.arm}"
    if m.scope == "models":
        whom = f"this model of {m.a.arm} from this one of {m.b.arm}"
    sentence = f"cannot tell {whom}{about}{said.where}: "
    if m.difference is None:
        return f"{sentence}{_why(m)}{_apart(told)}."
    sentence += f"difference {_signed(m)} ({_runs(m.a, m.b)}{_after(told)})"
    if m.interval is None:
        return f"{sentence}; {_why(m)}."
    if said.more_seeds is not None and said.more_seeds_for is not None:
        sentence += (
            f"; {said.more_seeds:,} more {'seed' if said.more_seeds == 1 else 'seeds'} each would"
            f" show a gap of {_gap(said.more_seeds_for)}"
        )
    elif said.more_seeds_for is not None:
        sentence += f"; more than 1,000 more seeds each for a gap of {_gap(said.more_seeds_for)}"
    return f"{sentence}."


def _did_not_train(said: Said) -> str:
    """Not "cannot tell a from b": one of them is no working arm, and that is known."""
    m = said.measured
    others = [
        f"{group.n} of {plural(group.n + group.failed, 'run')} of {group.arm} finished"
        for group in (m.a, m.b)
        if not group.did_not_train
    ]
    return f"{'; '.join([_why(m), *others])}."


def did_not_train(reason: why.DidNotTrain) -> str:
    """Such as "a did not train: all 3 runs failed (seed 0: diverged at step 7, …)"."""
    where = f" at step {reason.step:,}" if reason.step is not None else ""
    message = f", {reason.message}" if reason.message else ""
    how = "its only run failed" if reason.runs == 1 else f"all {reason.runs} runs failed"
    return f"{reason.arm} did not train: {how} (seed {reason.seed}: {reason.cause}{where}{message})"


def _plan(said: Said) -> str:
    m = said.measured
    if m.difference is None:
        return f"{m.metric.title}: {_why(m)}."
    a, b = float(m.a.values.mean()), float(m.b.values.mean())
    if said.word == "same":
        return f"{m.a.arm} and {m.b.arm} take the same {m.metric.title}: {amount(a)}."
    less, more = (m.a, m.b) if said.word == "better" else (m.b, m.a)
    ratio = f", {max(a, b) / min(a, b):.2f} times less" if min(a, b) > 0 else ""
    return (
        f"{less.arm} {m.metric.better} {more.arm}: {amount(min(a, b))} against"
        f" {amount(max(a, b))}{ratio}."
    )


def _distance(m: Measured) -> str:
    assert m.difference is not None
    if m.interval is None or m.difference >= 0:
        return f"{with_interval(abs(m.difference), m.interval)} {m.metric.unit}"
    turned = Interval(-m.interval.high, -m.interval.low)
    return f"{with_interval(-m.difference, turned)} {m.metric.unit}"


def _signed(m: Measured) -> str:
    assert m.difference is not None
    return f"{with_interval(m.difference, m.interval)} {m.metric.unit}"


def _gap(gap: float) -> str:
    return f"{gap:.2g}"


def _runs(a: Group, b: Group) -> str:
    if a.failed or b.failed:
        return ", ".join(
            f"{g.arm}: {g.n} of {plural(g.n + g.failed, 'run')} finished" for g in (a, b)
        )
    if a.n == b.n:
        return f"{plural(a.n, 'fold' if a.folds else 'seed')} each"
    return f"{a.n} and {b.n} seeds"


def _why(m: Measured) -> str:
    return "; ".join(word(reason) for reason in m.why)


def _after(told: str) -> str:
    return f"; {told}" if told else ""


def _apart(told: str) -> str:
    return f" ({told})" if told else ""


def word(reason: Reason) -> str:
    """One reason in words, without a full stop: a part of a list or of a sentence."""
    match reason:
        case why.FixedByPlan():
            return "fixed by the plan, not by chance"
        case why.Welch():
            return "seeds are not pairs and arms may vary differently: Welch's t test"
        case why.WelchOfSummaries():
            return (
                "only means and standard deviations are known: Welch's t test from them, and"
                " nothing by ranks"
            )
        case why.Folds(folds, splits):
            rounds = splits // folds
            again = f", {rounds} times" if rounds > 1 else ""
            return (
                f"{folds} folds of one data set{again}, whose training images overlap: corrected"
                " resampled t test (Nadeau & Bengio 2003); it says nothing of other data sets"
            )
        case why.FoldsNotShared():
            return "the arms do not share all folds of a cross-validation: nothing to test"
        case why.PairedSeeds(pairs):
            return f"{pairs} seeds were declared to be pairs before the runs: paired t test"
        case why.RanksDecide("no spread"):
            return "no spread for a t test: ranks, failed runs last"
        case why.RanksDecide():
            return "too few runs finished for a t test: ranks, failed runs last"
        case why.RanksToo():
            return "runs failed, so it must also win by ranks with failed runs last"
        case why.NoSpread(paired):
            spread = "the seeds' differences do not vary" if paired else "no spread between seeds"
            return f"{spread}: nothing to test against"
        case why.McNemar(interval):
            images = ", bootstrap over images" if interval else ""
            few = "" if interval else "; too few images tell them apart for an interval"
            return f"one run each, the same test images: exact McNemar{images}{few}"
        case why.McNemarByCluster(clusters, interval):
            images = ", bootstrap over clusters" if interval else ""
            few = "" if interval else "; too few clusters tell them apart for an interval"
            return (
                f"one run each, test images in {clusters:,} clusters that belong together: exact"
                f" McNemar by cluster{images}{few}"
            )
        case why.PairedClusters(clusters):
            return f"one run each, the same test images: paired over {clusters:,} clusters of them"
        case why.TooFewClusters(fewest):
            return f"fewer than {fewest} clusters of test images: too few for a t interval"
        case why.PairedImages():
            return "one run each, the same test images: paired over images"
        case why.NoPredictions():
            return "one run each and no predictions per image: nothing to test with"
        case why.TooFewImages(fewest):
            return f"fewer than {fewest} images: too few for a t interval of losses"
        case why.LossShifted():
            return "the loss differs by the same on every image: nothing to test against"
        case why.OneRunEach():
            return "one run each: nothing to test with"
        case why.NoRunFinished(arm):
            return f"no run of {arm} finished"
        case why.DidNotTrain():
            return did_not_train(reason)
        case why.LoneRun(arm):
            return f"one finished run of {arm}: its spread over seeds is not known"
        case why.UnequalNumbers(a, b, fewest):
            return (
                f"{a} against {b} runs: with unequal numbers at least {fewest} of each are needed"
            )
        case _:
            return _limit(reason)


def _limit(reason: Reason) -> str:
    """What limits a verdict, or what was corrected in it."""
    match reason:
        case why.ModelsOnly():
            return "one seed each: this applies to these two models, not to the recipes"
        case why.FailedRuns(arm, failed, runs, to_target):
            what = "failed or never reached it" if to_target else "failed"
            return f"{failed} of {plural(runs, 'run')} of {arm} {what}; the mean is of the others"
        case why.Adjusted(pairs):
            return f"p adjusted for {pairs} pairs (Holm)"
        case why.LostToCorrection():
            return "significant alone, not after the correction for all pairs"
        case why.WithinMargin():
            return "they differ, by less than the margin"
        case why.SpreadOfTwo():
            return "a spread from 2 runs is itself very uncertain"
        case why.TwoBasins():
            return TWO_BASINS
        case why.ConstantRuns(arm, runs, value):
            return f"all {runs} runs of {arm} gave {amount(value)}: check that the seed was used"
        case why.NewImages(difference, interval, unit):
            return (
                "for new test images of the same kind too the difference would be"
                f" {with_interval(difference, interval)} {unit}"
            )
        case why.AlsoDiffers(difference):
            what = difference.condition.replace("_", " ")
            return f"the arms also differ in {what}: {difference.a} against {difference.b}"
        case why.UnequalBudgets(a, b):
            return f"unequal budgets: {a:,} against {b:,} training images"
        case why.RanByCommand(arm, unknown):
            return f"{arm} was run by a command, so not known: {'; '.join(unknown)}"
        case why.Unfinished(arm, runs):
            return f"{plural(runs, 'run')} of {arm} not finished yet"
        case _:
            return _tuning(reason)


def _tuning(reason: Reason) -> str:
    match reason:
        case why.Untuned(rate_checked):
            more = "" if rate_checked else "; learning-rate sensitivity not checked"
            return f"hyperparameters not tuned{more}"
        case why.TunedAlike(by_seed):
            if by_seed:
                return "tuned alike, by a search for each seed: its luck is in the interval"
            return "tuned alike, by one search each: this speaks of these tuned settings only"
        case why.TunedUnequally(tuned, untuned, by_seed):
            how = "a search for each seed" if by_seed else "one search: of its settings only"
            return f"{tuned} was tuned ({how}) and {untuned} was not"
        case why.TunedOtherwise(by_seed, once):
            return f"{by_seed} was tuned by a search for each seed and {once} by one search for all"
        case why.SurvivesLearningRates(factors):
            return f"survives the learning rate {' and '.join(f'× {f:g}' for f in factors)}"
        case why.UndecidedAtEveryRate(factors):
            return f"undecided too at the learning rate {' and '.join(f'× {f:g}' for f in factors)}"
        case why.ChangesWithLearningRate(changed):
            at = ", ".join(f"at × {factor:g}: {verdict}" for factor, verdict in changed)
            return f"does not survive another learning rate ({at})"
        case _:
            return _looks(reason)


def _looks(reason: Reason) -> str:
    """Looks, seeds and metrics: what one error rate is shared by."""
    match reason:
        case why.Look(taken, looks, seeds, p, needed, stop, _):
            at = f"look {taken} of {len(looks)}, after {seeds} seeds"
            at += f", {probability(p)} where {needed:.2g} is needed"
            return at + {
                "given up": "; given up: too little is seen for more seeds to be worth while",
                "open": f"; the next look is after {_next(looks, taken)} seeds",
                "undecided": "; the last look is taken",
            }.get(stop, "")
        case why.LookAgain(look, before, needed):
            name = {2: "second", 3: "third"}.get(look, f"{look}th")
            earlier = ", ".join(map(str, before))
            return f"{name} look, after a verdict at {earlier} seeds: p of {needed:.2g} is needed"
        case why.AlwaysValid(p, pairs):
            return f"however often one looks: {probability(p)}, from {pairs} runs of each in order"
        case why.Described(primary):
            return f"described, not judged: {primary} decides"
        case why.BehindPrimary(primary, tests):
            return f"judged after {primary}, p adjusted for {plural(tests, 'test')}"
        case why.OneFamily(metrics, tests):
            return f"p adjusted for {tests} tests in {plural(len(metrics), 'metric')} (Holm)"
        case why.PooledSpread(arms, freedom, spread):
            return (
                f"Tukey's test of all pairs of {arms} arms at once, with one spread for all of them"
                f" ({amount(spread)}, {freedom} degrees of freedom), as was chosen before the runs"
            )
        case why.SpreadsDiffer(p):
            return f"the arms do not vary alike ({probability(p)}): a pooled spread does not fit"
        case why.PooledNotPossible():
            return "no pooled spread: runs failed, or there is one of each; tested as usual"
        case why.WelchOrRanks(by):
            chosen = "Welch's t test" if by == "Welch" else "ranks"
            return f"Welch's t test or ranks, calibrated together: here {chosen} decide" + (
                "s" if by == "Welch" else ""
            )
        case why.CollapsesNotExcluded(runs, share):
            return f"{plural(runs, 'run')} do not exclude that {100 * share:.0f} % of runs collapse"
        case _:
            return _seeds(reason)


def _seeds(reason: Reason) -> str:
    match reason:
        case why.RunFarOff(arm, seed, value, others):
            return (
                f"seed {seed} of {arm} lies far off, at {amount(value)} where the others are about"
                f" {amount(others)}: no interval of the mean holds where some runs collapse"
            )
        case why.AtChance(arm, seeds, chance):
            are = "is" if len(seeds) == 1 else "are"
            return f"{_seeds_of(arm, seeds)} {are} no better than guessing ({chance:.3g} %)"
        case why.SeedsMissing(arm, seeds):
            is_not = "is not there" if len(seeds) == 1 else "are not there"
            return f"{_seeds_of(arm, seeds)} {is_not}: say why, or run {_them(seeds)}"
        case why.DifferentSeeds(a, b, runs_a, runs_b, shared):
            if not shared:
                return f"{a} and {b} were run with other seeds: say how they were chosen"
            return f"{runs_a} runs of {a} against {runs_b} of {b}: say why, or run as many of each"
        case why.RunAgain(arm, seeds):
            was = "was" if len(seeds) == 1 else "were"
            return f"{_seeds_of(arm, seeds)} failed and {was} run again"
        case _:
            raise AssertionError(f"no words for {reason.code}")


def _seeds_of(arm: str, seeds: Sequence[int | str]) -> str:
    named = ", ".join(map(str, seeds[:8])) + (", …" if len(seeds) > 8 else "")
    return f"{'seed' if len(seeds) == 1 else 'seeds'} {named} of {arm}"


def _them(seeds: Sequence[int | str]) -> str:
    return "it" if len(seeds) == 1 else "them"


def _next(looks: Sequence[int], taken: int) -> int:
    return looks[min(taken, len(looks) - 1)]
