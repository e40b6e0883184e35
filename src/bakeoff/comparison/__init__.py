"""JUDGE: who really won, given seeds, test images and what papers report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from bakeoff.comparison.answer import Comparison
    from bakeoff.comparison.bring_in import Imported
    from bakeoff.comparison.seed_planning import Plan
    from bakeoff.comparison.worsening import Checked

__all__ = ["compare", "compare_against", "import_runs", "plan"]


def compare(
    source: Any,
    *,
    metrics: str | Sequence[str] | None = None,
    margin: float | None = None,
    paired: bool | None = None,
    published: str | Sequence[str] | None = None,
    target: float | None = None,
    level: float = 0.95,
    alpha: float = 0.05,
    unit: str | None = None,
    mapping: str | Mapping[str, str] | Sequence[str] | None = None,
    accept_best: bool = False,
    looks: Sequence[int] | None = None,
    primary: str | None = None,
    family: Literal["primary", "all"] = "primary",
    test: Literal["pooled"] | None = None,
    higher_is_better: bool | None = None,
    groups: Path | str | Sequence[Any] | None = None,
    reference: str | None = None,
) -> Comparison:
    """Compare arms with each other, and with published results.

    source: a list of records; run folders, globs or files (CSV of arm, seed, accuracy; logs with a
    row an epoch; per-image predictions as CSV, Parquet or NPZ; timm's summary.csv); or a pandas or
    polars data frame with columns arm, seed, accuracy. `Comparison.tables` says which column of
    each table said what.
    metrics: which to compare; by default all that every run has. One of your own, as "macro_f1" or
    "latency[ms]", is read from the column of that name and compared alone; higher_is_better says
    which way, where its name does not.
    margin: a difference up to this, in the first metric's unit, does not matter ("same").
    paired: seeds were declared to be pairs *before* the runs (same order, same initial weights).
    None: as the bake-off's file declared (`paired: true`), where its folder is given; else not.
    published: names of published results to hold the arms against; one arm is enough then.
    target: an accuracy in percent; how long training takes to reach it is compared.
    level: of all intervals. alpha: chance of any false winner, over all pairs of arms.
    looks: numbers of runs of each arm at which verdicts are taken, planned before the first: 3, 5,
    10; None: as the bake-off's folder says.
    primary: the metric that decides, accuracy by default. A pair that it decides is judged in the
    other metrics too, corrected for all of them; otherwise they are described, with intervals and
    without verdicts. family: "all" judges all metrics, corrected together.
    test: "pooled" tests every pair with one spread for all arms (Tukey). Choose it before the runs,
    for arms that vary alike; None: as the file says (`test: pooled`), else Welch or ranks.
    groups: which test images belong together (patients, videos): a value for each image in the data
    set's order, or a CSV with a column group and one row per image. One run of each arm is then
    compared by group. A table of predictions has a column group of its own.
    reference: the arm that short tables hold the others against; by default the one that the
    bake-off's file names, else its first.
    unit: "percent" or "fraction", of accuracies in tables that have no percent sign; None: the
    majority of a table's cells says so.
    mapping: which column or setting is what, as "arm=model+method,seed=run,accuracy=test/acc".
    accept_best: take a column such as best_val_acc, whose epoch was chosen on the images that it is
    measured on; every verdict then says so.

    Raises UsageError (NotComparable, TooFewSeeds, BadFile) where there is nothing to compare.
    """
    from bakeoff.comparison.comparing import compare as _compare

    return _compare(
        source,
        metrics=metrics,
        margin=margin,
        paired=paired,
        published=published,
        target=target,
        level=level,
        alpha=alpha,
        unit=unit,
        mapping=mapping,
        accept_best=accept_best,
        looks=looks,
        primary=primary,
        family=family,
        test=test,
        higher_is_better=higher_is_better,
        groups=groups,
        reference=reference,
    )


def import_runs(
    source: Any,
    to: Path | str,
    *,
    mapping: str | Mapping[str, str] | Sequence[str] | None = None,
    unit: str | None = None,
    accept_best: bool = False,
    command: str = "",
) -> Imported:
    """Write what other tools left of their runs as records, for `report`, `plan` and `audit`.

    source, mapping, unit, accept_best: as of `compare`. to: a folder that is not there yet, or is
    empty; it comes whole or not at all. Each record's `origin` says which tool made the run, from
    where it was read, under which settings, and what could not be known; figures that are not
    stated are not a number there. command: how it was asked for, for the records.

    Raises UsageError (BadFile, NotComparable) where runs cannot be read, OutputError for a folder
    that holds something or cannot be written.
    """
    from bakeoff.comparison.bring_in import import_runs as _import_runs

    return _import_runs(
        source, to, mapping=mapping, unit=unit, accept_best=accept_best, command=command
    )


def plan(
    pilot: Any = None,
    *,
    sd: float | None = None,
    delta: float | None = None,
    seeds: int | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
    arms: int = 2,
    price_per_hour: float | None = None,
    unit: str | None = None,
) -> Plan:
    """How many seeds, test images and hours it takes to see a difference between arms.

    pilot: runs in any form that `compare` takes (their spread is pooled over arms, and what a run
    takes is known from them), or the name of a published spread; or instead of it
    sd: a standard deviation over seeds, in points of accuracy. delta: the true difference to be
    seen, in points. seeds: of each arm; what can be seen with them. power: chance to see it.
    alpha: chance of any false winner among `arms` arms. price_per_hour: of one device, in any
    currency. unit: of a pilot's accuracies, as for `compare`.

    Raises UsageError, TooFewSeeds, UnknownName or BadFile.
    """
    from bakeoff.comparison.seed_planning import plan as _plan

    return _plan(
        pilot,
        sd=sd,
        delta=delta,
        seeds=seeds,
        power=power,
        alpha=alpha,
        arms=arms,
        price_per_hour=price_per_hour,
        unit=unit,
    )


def compare_against(
    source: Any,
    against: Any,
    *,
    metric: str = "accuracy",
    margin: float = 0.0,
    alpha: float = 0.05,
    check: int = 1,
    level: float = 0.95,
    unit: str | None = None,
    mapping: str | Mapping[str, str] | Sequence[str] | None = None,
    accept_best: bool = False,
) -> Checked:
    """Say whether arms are worse than the arms of the same name were before.

    source, against: new runs and those from before, each as `compare` takes them. margin: in the
    metric's unit; a worsening up to it does not matter. check: how many times this question has
    been asked, this one included: the k-th check may spend alpha / (k(k + 1)), so all checks
    together say "worse" of what is not with a chance of at most alpha. The rest as in `compare`.

    `.worse` names the arms that are worse, or no longer train; `.to_markdown()` is a comment for a
    pull request. Raises UsageError where no arm is on both sides, NotComparable on other images.
    """
    from bakeoff.comparison.worsening import compare_against as run

    return run(
        source,
        against,
        metric=metric,
        margin=margin,
        alpha=alpha,
        check=check,
        level=level,
        unit=unit,
        mapping=mapping,
        accept_best=accept_best,
    )
