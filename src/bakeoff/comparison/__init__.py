"""JUDGE: who really won, given seeds, test images and what papers report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bakeoff.comparison.result import Comparison

__all__ = ["compare"]


def compare(
    source: Any,
    *,
    metrics: str | Sequence[str] | None = None,
    margin: float | None = None,
    paired: bool = False,
    published: str | Sequence[str] | None = None,
    level: float = 0.95,
    alpha: float = 0.05,
) -> Comparison:
    """Compare arms with each other, and with published results.

    source: a list of records; run folders, globs or files (CSV of arm, seed, accuracy; per-image
    predictions as CSV, Parquet or NPZ; timm's summary.csv); or a pandas or polars data frame with
    columns arm, seed, accuracy. Accuracies may be percent or fractions, not both.
    metrics: which to compare; by default all that every run has.
    margin: a difference up to this, in the first metric's unit, does not matter ("same").
    paired: seeds were declared to be pairs *before* the runs (same order, same initial weights).
    published: names of published results to hold the arms against.
    level: of all intervals. alpha: chance of any false winner in one metric, over all pairs.

    Raises UsageError (NotComparable, TooFewSeeds, BadFile) where there is nothing to compare.
    """
    from bakeoff.comparison.comparing import compare as _compare

    return _compare(
        source,
        metrics=metrics,
        margin=margin,
        paired=paired,
        published=published,
        level=level,
        alpha=alpha,
    )
