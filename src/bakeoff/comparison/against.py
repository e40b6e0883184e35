"""Our arms against figures that somebody published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bakeoff.comparison.comparability import (
    Conditions,
    Difference,
    differences,
    of_published,
    unstated,
)
from bakeoff.comparison.metrics import METRICS
from bakeoff.comparison.numbers import amount, plural, with_interval
from bakeoff.comparison.outcome import Group, Outcome, group
from bakeoff.comparison.result import Agreement, PublishedVerdict
from bakeoff.errors import UnknownName, UsageError
from bakeoff.published import PublishedResult, dataset, result
from bakeoff.statistics import Interval, mean_interval, prediction_interval

# Two evaluators of the same weights differ by up to 0.026 points in the registry (torchvision's
# ResNet-50: 76.130 by torchvision, 76.156 by timm; V2: 80.858 and 80.846).
EVALUATOR_ALLOWANCE = 0.03

_METRICS = {
    "top1": ("accuracy", False),
    "top5": ("top5", False),
    "top1_error": ("accuracy", True),
    "top5_error": ("top5", True),
}


def against_published(
    arms: Mapping[str, Sequence[Outcome]], names: Sequence[str], level: float
) -> list[PublishedVerdict]:
    """Every arm against every named published result.

    Agrees: the figure lies where one from the arm's own procedure would, given the seeds' spread,
    the figure's rounding and another evaluator. Where conditions differ the answer is "not
    comparable", with each difference; with one run it is "cannot tell".
    Raises UnknownName, or UsageError for a figure that is not an accuracy.
    """
    verdicts = []
    for name in names:
        figure = result(name)
        if figure.metric not in _METRICS:
            raise UsageError(
                f"{figure.id} is a {figure.metric.replace('_', ' ')}, not an accuracy",
                "Search with `bakeoff results QUERY`",
            )
        metric, is_error = _METRICS[figure.metric]
        measured = {
            arm: runs
            for arm, runs in arms.items()
            if all(metric in run.values for run in runs if run.status == "complete")
        }
        if not measured:
            raise UsageError(
                f"{figure.id} is a {METRICS[metric].title}, which no arm has",
                "Hold the runs against another published result, or give their predictions",
            )
        for arm, runs in measured.items():
            verdicts.append(_judge(figure, is_error, group(arm, runs, metric), metric, level))
    return verdicts


def _judge(
    figure: PublishedResult, is_error: bool, arm: Group, metric: str, level: float
) -> PublishedVerdict:
    value = float(100 - figure.number if is_error else figure.number)
    theirs = of_published(figure)
    stated = [run.conditions for run in arm.outcomes if run.conditions is not None]
    ours = stated[0] if stated else Conditions()
    different = [d for d in differences(ours, theirs) if d.condition != "evaluator"]
    different += _size(figure, arm)
    same_evaluator = bool(ours.evaluator) and ours.evaluator == theirs.evaluator
    interval = None
    if not different and arm.n >= 2:
        interval = prediction_interval(
            arm.values, level, rounding=float(figure.half), published_runs=_runs(figure)
        ).widened(0.0 if same_evaluator else EVALUATOR_ALLOWANCE)
    word = _word(different, interval, value)
    unknown = tuple(unstated(ours, theirs))
    mean = float(arm.values.mean()) if arm.n else None
    return PublishedVerdict(
        arm=arm.arm,
        published=figure.id,
        citation=figure.citation,
        metric=metric,
        value=value,
        mean=mean,
        interval=interval,
        verdict=word,
        n=arm.n,
        differences=tuple(different),
        unstated=unknown,
        reasons=tuple(_reasons(figure, arm, word, unknown, same_evaluator)),
        sentence=_say(figure, arm, metric, word, different, interval, level, unknown),
    )


def _word(different: Sequence[Difference], interval: Interval | None, value: float) -> Agreement:
    if different:
        return "not comparable"
    if interval is None:
        return "cannot tell"
    return "agrees" if interval.contains(value) else "differs"


def _size(figure: PublishedResult, arm: Group) -> list[Difference]:
    ours = next((run.images for run in arm.outcomes if run.images), None)
    try:
        theirs = dataset(figure.test_set).reported_images
    except UnknownName:
        return []
    if ours is None or not theirs or ours == theirs:
        return []
    return [Difference("test images", f"{ours:,}", f"{theirs:,}")]


def _runs(figure: PublishedResult) -> int:
    """Runs that the figure is a mean of; a best or a median is not a mean."""
    is_mean = "mean" in figure.selection or "average" in figure.selection
    return int(figure.runs) if is_mean and figure.runs.isdigit() else 1


def _reasons(
    figure: PublishedResult,
    arm: Group,
    word: Agreement,
    unknown: Sequence[str],
    same_evaluator: bool,
) -> list[str]:
    reasons = []
    if word in ("agrees", "differs"):
        reasons.append(f"rounding of the published figure: ±{figure.half}")
        if not same_evaluator:
            reasons.append(f"another evaluator: ±{EVALUATOR_ALLOWANCE} points allowed")
    if word == "cannot tell":
        reasons.append(
            "one run has no spread" if arm.n == 1 else f"{plural(arm.n, 'run')} finished"
        )
    if arm.failed:
        reasons.append(f"{arm.failed} of {plural(arm.n + arm.failed, 'run')} failed")
    if unknown and word != "not comparable":
        reasons.append(f"stated by one side only, so not checked: {', '.join(unknown)}")
    if not figure.verified:
        reasons.append("the published figure was quoted, its source not read")
    return reasons


def _say(
    figure: PublishedResult,
    arm: Group,
    metric: str,
    word: Agreement,
    different: Sequence[Difference],
    interval: Interval | None,
    level: float,
    unknown: Sequence[str],
) -> str:
    whom = f"published {figure.id} ({figure.value} {figure.unit}, {figure.citation})"
    if word == "not comparable":
        return f"{arm.arm} and {whom}: not comparable: {'; '.join(map(str, different))}."
    if interval is None:
        why = "one run has no spread over seeds" if arm.n == 1 else "no run finished"
        ours = f" at {amount(float(arm.values[0]))} %" if arm.n == 1 else ""
        return f"cannot tell whether {arm.arm}{ours} agrees with {whom}: {why}."
    ours = with_interval(float(arm.values.mean()), mean_interval(arm.values, level))
    verb = "agrees with" if word == "agrees" else "differs from"
    return (
        f"{arm.arm} {verb} {whom}: ours is {ours} % in {METRICS[metric].title}"
        f" ({plural(arm.n, 'seed')}), so a figure from the same procedure would lie between"
        f" {amount(interval.low, interval.half_width)} and"
        f" {amount(interval.high, interval.half_width)}{_unchecked(unknown)}."
    )


def _unchecked(unknown: Sequence[str]) -> str:
    return f"; not checked, since only one side states it: {', '.join(unknown)}" if unknown else ""
