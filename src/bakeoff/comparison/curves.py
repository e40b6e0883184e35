"""Accuracy at an equal price, and the price of an accuracy, read off the learning curves."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from bakeoff.comparison.outcome import Curve, Outcome
from bakeoff.errors import UsageError

_AXES: dict[str, Callable[[Curve], NDArray[np.float64] | None]] = {
    "accuracy_at_equal_images": lambda curve: curve.images,
    "accuracy_at_equal_flops": lambda curve: curve.flops,
    "accuracy_at_equal_seconds": lambda curve: curve.seconds,
}
_UNITS = {
    "accuracy_at_equal_images": "images",
    "accuracy_at_equal_flops": "FLOP",
    "accuracy_at_equal_seconds": "s",
}


def with_prices(
    outcomes: Sequence[Outcome], target: float | None
) -> tuple[list[Outcome], dict[str, str]]:
    """(outcomes, note by metric): accuracy at equal images, FLOPs and time, time to a target.

    "Equal" is the most that every finished run has: the smallest final value among them. Between
    two evaluations accuracy is interpolated linearly; before the first one it is not known, so
    where that would be needed nothing is added. target: accuracy in percent; by default the
    highest whole percent that every finished run reached, none where guessing reaches it too. Time
    to it is the training time at the
    first evaluation at or above it, infinite where there is none.
    Raises UsageError for a target without curves, or outside 0 to 100.
    """
    finished = [o for o in outcomes if o.status == "complete"]
    counted = overcounted_flops((o.arm, o.flops_too_high) for o in finished)
    notes = {"flops": ". ".join(counted)} if counted else {}
    curves = [o.curve for o in finished if o.curve is not None]
    if target is not None and not 0 < target <= 100:
        raise UsageError(f"a target accuracy of {target:g} cannot be", "Give percent, 0 to 100")
    if not curves or len(curves) < len(finished):
        if target is not None:
            raise UsageError(
                "time to a target accuracy needs the learning curve of every run",
                "Give run folders, or leave the target out",
            )
        return list(outcomes), notes
    added: dict[int, dict[str, float]] = {id(o): {} for o in finished}
    for name, axis in _AXES.items():
        equal = _equal(curves, axis)
        if equal is None:
            continue
        for outcome in finished:
            assert outcome.curve is not None
            at = axis(outcome.curve)
            assert at is not None
            added[id(outcome)][name] = float(np.interp(equal, at, outcome.curve.accuracy))
        if any(_last(axis, curve) > equal * 1.001 for curve in curves):
            notes[name] = (
                f"{name.replace('_', ' ')}: read off the curves at {equal:,.4g} {_UNITS[name]},"
                " between evaluations by interpolation; a schedule made for that length might do"
                " better"
            )
    if target is None:
        target = _reached_by_all(finished)
        if target is None:
            notes["seconds_to_target"] = (
                "no time to a target accuracy: the worst run got no further than guessing does"
            )
    if target:
        for outcome in finished:
            assert outcome.curve is not None
            added[id(outcome)]["seconds_to_target"] = _seconds_to(outcome.curve, target)
        notes["seconds_to_target"] = (
            f"the target accuracy is {target:g} %: time to the first evaluation there"
        )
    return [
        dataclasses.replace(o, values={**o.values, **added[id(o)]}) if id(o) in added else o
        for o in outcomes
    ], notes


def overcounted_flops(arms: Iterable[tuple[str, bool | None]]) -> list[str]:
    """What a reader must know of FLOPs in records made before grouped convolutions were counted
    rightly; nothing, of most. arms: name, and whether its FLOPs are too high (None: not known)."""
    told, every = [], list(arms)
    for known, sentence in (
        (
            True,
            "FLOPs of {arms} are too high, up to 14 times: they were recorded when each group of a "
            "convolution was counted again for every group; against another network no comparison "
            "of FLOPs, or at equal FLOPs, holds for {them}",
        ),
        (
            None,
            "FLOPs of {arms} were recorded when grouped convolutions were counted too high, and "
            "whether the network has any cannot be told here",
        ),
    ):
        names = sorted({name for name, too_high in every if too_high is known})
        if names:
            them = "it" if len(names) == 1 else "them"
            told.append(sentence.format(arms=", ".join(names), them=them))
    return told


def _reached_by_all(finished: Sequence[Outcome]) -> float | None:
    """The highest whole percent that every run reached; 0 where one stayed below 1, None where
    guessing reaches it too, within three standard errors of the test images."""
    worst = min(
        finished,
        key=lambda run: float(np.max(run.curve.accuracy)) if run.curve is not None else math.inf,
    )
    assert worst.curve is not None
    target = float(math.floor(float(np.max(worst.curve.accuracy))))
    if worst.chance is None or not target:
        return target
    share = min(1.0, worst.chance / 100)
    luck = 3 * math.sqrt(share * (1 - share) / worst.images) if worst.images else 0.0
    return None if target <= 100 * (share + luck) else target


def _equal(
    curves: Sequence[Curve], axis: Callable[[Curve], NDArray[np.float64] | None]
) -> float | None:
    along = [axis(curve) for curve in curves]
    known = [values for values in along if values is not None]
    if len(known) < len(along):
        return None
    equal = min(float(values[-1]) for values in known)
    return equal if equal >= max(float(values[0]) for values in known) else None


def _last(axis: Callable[[Curve], NDArray[np.float64] | None], curve: Curve) -> float:
    values = axis(curve)
    assert values is not None
    return float(values[-1])


def _seconds_to(curve: Curve, target: float) -> float:
    reached = curve.accuracy >= target
    return float(curve.seconds[int(np.argmax(reached))]) if reached.any() else math.inf
