"""One run's predictions per image, and runs brought onto the images that all of them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.comparison.comparability import Conditions
from bakeoff.comparison.image_groups import common_groups
from bakeoff.comparison.outcome import Answers, Outcome
from bakeoff.errors import NotComparable
from bakeoff.statistics.calibration_error import expected_calibration_error


@dataclass(frozen=True, slots=True)
class ImageRun:
    """One run's predictions. image: (N,) identities; label: (N,) or None where only right and
    wrong are known; correct: (N,) bool; nll, confidence: (N,) or None; group: (N,) which images
    belong together, or None."""

    arm: str
    seed: int | str
    image: NDArray[Any]
    correct: NDArray[np.bool_]
    label: NDArray[Any] | None = None
    nll: NDArray[np.float64] | None = None
    confidence: NDArray[np.float64] | None = None
    group: NDArray[Any] | None = None
    conditions: Conditions | None = None


def align(runs: Sequence[ImageRun]) -> tuple[list[Outcome], list[str]]:
    """Outcomes on the images that all runs share, in one order, and a note if some were left out.

    Raises NotComparable without a common image, or when two runs have different labels for one.
    """
    if not runs:
        return [], []
    notes = []
    if len({run.image.dtype.kind in "US" for run in runs}) > 1:  # names in one, numbers in another
        runs = [replace(run, image=run.image.astype(str)) for run in runs]
    common = runs[0].image
    same = all(len(run.image) == len(common) and bool((run.image == common).all()) for run in runs)
    if not same:
        for run in runs[1:]:
            common = np.intersect1d(common, run.image)
        if not len(common):
            raise NotComparable(
                f"{runs[0].arm} and {runs[-1].arm} have no test image in common",
                "Compare predictions for the same images; the column image names them",
            )
        most = max(len(run.image) for run in runs)
        if len(common) < most:
            notes.append(
                f"compared on the {len(common):,} test images that all runs share;"
                f" a run has up to {most:,}"
            )
    groups = common_groups(
        (run.arm, run.group[_rows(run, common)]) for run in runs if run.group is not None
    )
    return [_outcome(run, common, runs[0], same, groups) for run in runs], notes


def _outcome(
    run: ImageRun,
    common: NDArray[Any],
    first: ImageRun,
    same: bool,
    groups: NDArray[np.int64] | None,
) -> Outcome:
    rows = slice(None) if same else _rows(run, common)
    labels = None if run.label is None else run.label[rows]
    if labels is not None and first.label is not None:
        expected = first.label if same else first.label[_rows(first, common)]
        if not np.array_equal(labels, expected):
            raise NotComparable(
                f"{first.arm} and {run.arm} have different labels for the same images",
                "Compare predictions for the same test set",
            )
    correct = run.correct[rows]
    nll = None if run.nll is None else run.nll[rows]
    values = {"accuracy": 100 * float(correct.mean())}
    if nll is not None:
        values["loss"] = float(nll.mean())
    if run.confidence is not None:
        values["calibration_error"] = 100 * expected_calibration_error(
            run.confidence[rows], correct
        )
    return Outcome(
        arm=run.arm,
        seed=run.seed,
        values=values,
        images=len(correct),
        answers=Answers(correct, nll, groups),
        conditions=run.conditions,
        data=run.conditions.test_set if run.conditions is not None else "",
    )


def _rows(run: ImageRun, common: NDArray[Any]) -> NDArray[np.intp]:
    order = np.argsort(run.image, kind="stable")
    return order[np.searchsorted(run.image, common, sorter=order)]
