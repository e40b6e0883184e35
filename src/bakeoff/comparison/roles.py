"""Which column of a table says what: the arm, the run, its end, how far it was, each metric."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from bakeoff.comparison import naming
from bakeoff.comparison.columns import Table, alike
from bakeoff.comparison.epochs import missing
from bakeoff.comparison.metrics import ALIASES, METRICS
from bakeoff.comparison.naming import Part
from bakeoff.comparison.statuses import told_otherwise
from bakeoff.comparison.units import duration
from bakeoff.errors import UsageError

TOTALS = ("total", "n", "count", "num_images", "n_images", "test_images", "num_samples",
          "n_samples", "num_examples")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """columns: by metric; part: of which images the accuracy is; left_out: columns that hold a
    metric too, of other images; counted: accuracy is correct / total (columns)."""

    columns: dict[str, str]
    part: Part
    left_out: tuple[str, ...] = ()
    counted: tuple[str, str] | None = None


def arm_columns(table: Table) -> tuple[str, ...]:
    """The columns that together name the arm; none where no column does.

    `arm` is the one; else those of method and model that vary, each unless another settles it;
    else a column that names the experiment; else one that does not vary.
    """
    if "arm" in table.columns:
        return ("arm",)
    groups = [
        [found for name in names if (found := _column(table, naming.is_one_of, (name,)))]
        for names in (naming.MODELS, naming.PROCEDURES, naming.EXPERIMENTS)
    ]
    chosen: list[str] = []
    for name in (*groups[1], *groups[0]):
        if _varies(table, (name,)) and not _settled(table, name, chosen):
            chosen.append(name)
    for name in list(chosen):
        if _settled(table, name, [other for other in chosen if other != name]):
            chosen.remove(name)
    if chosen:
        # "resnet50 with mixup": the model first.
        return tuple(sorted(chosen, key=lambda name: name not in groups[0]))
    experiments = [name for name in groups[2] if _varies(table, (name,))]
    return tuple((experiments or [*groups[1], *groups[0], *groups[2]])[:1])


def run_column(table: Table, arms: Sequence[str]) -> str:
    """The column that tells the runs of an arm apart: its seeds, else a run's own name.

    Beside no column that names the arm only seeds and numbers of runs do. Raises UsageError where
    two columns may be it.
    """
    seeds = [name for name, given in table.called.items() if naming.is_seed(given)]
    if "seed" in seeds:
        seeds = ["seed"]
    for other in seeds[1:]:
        if not alike(table.columns[seeds[0]], table.columns[other]):
            raise UsageError(
                f"the columns {seeds[0]} and {other} both mean seed, and differ",
                f"Say bakeoff compare … --map seed={seeds[0]}, or --map seed={other}",
            )
    if seeds:
        return seeds[0]
    for name in naming.RUNS:
        called = table.called.get(name)
        if called is None or name in arms or not _filled(table, name):
            continue
        if naming.names_seeds(called) or (
            arms and (axes(table) or all_different(table, (*arms, name)))
        ):
            return name
    return ""


def all_different(table: Table, names: Sequence[str]) -> bool:
    """Whether no two rows have the same values there."""
    keys = _keys(table, names)
    return len(set(keys)) == len(keys)


def status_columns(table: Table) -> tuple[str, ...]:
    """Columns that say how a run ended, as a status or otherwise."""
    return _columns(table, naming.is_status) + tuple(
        name
        for name, given in table.called.items()
        if not naming.is_status(given) and told_otherwise(given, table.columns[name]) is not None
    )


def axes(table: Table) -> tuple[str, ...]:
    """Columns that say how far a run was, epochs before steps."""
    found = _columns(table, naming.is_axis)
    return tuple(sorted(found, key=lambda name: "epoch" not in name))


def data_set_column(table: Table) -> str:
    """The column that says on which data set a row is, where there are several; else empty."""
    named = {naming.shelved(given): name for name, given in reversed(table.called.items())}
    for name in naming.DATA_SETS:
        if name in named and _filled(table, named[name]):
            return named[name] if _varies(table, (named[name],)) else ""
    return ""


def fold_column(table: Table) -> str:
    """The column that says that rows are folds of a cross-validation; empty for none."""
    found = _columns(table, naming.is_fold)
    return next((name for name in found if _varies(table, (name,))), "")


def refuse_splits(table: Table, arms: Sequence[str]) -> None:
    """Raise UsageError where an arm's rows are of several splits of which nothing else is known."""
    if "split" not in table.columns:
        return
    met: dict[str, str] = {}
    for row, said in enumerate(table.columns["split"]):
        arm = _key(table, arms, row)
        if missing(said):
            continue
        if met.setdefault(arm, str(said)) != str(said):
            raise UsageError(
                f"the column split holds {met[arm][:20]} and {str(said)[:20]} for one arm: splits"
                " are not seeds",
                "Where they are the folds of a cross-validation, say bakeoff compare … --map"
                " fold=split; where each is another draw of test images, --map seed=split",
            )


def differing_settings(table: Table, arms: Sequence[str], rows: Sequence[int]) -> list[str]:
    """Settings in which these rows of one arm differ, so that they are no runs of one recipe."""
    names = [
        name
        for name, given in table.called.items()
        if name not in arms and naming.is_setting(given)
    ]
    return [
        table.called[name]
        for name in names
        if len({str(table.columns[name][row]) for row in rows}) > 1
    ]


def counts(table: Table) -> tuple[str, str] | None:
    """The columns correct and total, where an accuracy can be counted from them."""
    if "correct" not in table.columns:
        return None
    total = next((name for name in TOTALS if name in table.columns), None)
    return ("correct", total) if total else None


def figures(table: Table, *, log: bool, wanted: Collection[str] | None) -> Figures | None:
    """The column of each metric; None where no column holds an accuracy of test images.

    Figures of test images go before those of validation images, these before training ones, and
    all metrics are of the images that the accuracy is of. wanted: metrics that matter, all where
    None. Raises UsageError where two columns may mean the same and differ.
    """
    there: dict[str, list[tuple[str, Part]]] = {}
    for name, given in table.called.items():
        found = naming.figure(given)
        if found is not None and found.metric == "seconds" and not _holds_times(table, name):
            continue  # a date, or the time of day
        if found is not None and _filled(table, name):
            there.setdefault(found.metric, []).append((name, found.part))
        elif name in naming.DURATIONS and any(map(_lasts, table.columns[name])):
            there.setdefault("seconds", []).append((name, ""))
    paired = all(
        {"", "val"} <= {part for _, part in there.get(m, ())} for m in ("accuracy", "loss")
    )
    # Keras calls a training figure accuracy and one of validation images val_accuracy.
    plain_is_training = log or paired or bool(axes(table))
    picked = _accuracy(table, there.get("accuracy", []), plain_is_training)
    counted = counts(table)
    if picked is None and counted is None:
        return None
    name, part = picked if picked is not None else ("", "test")
    columns = {"accuracy": name} if name else {}
    for metric, candidates in there.items():
        if metric == "accuracy" or (wanted is not None and metric not in wanted):
            continue
        chosen = _other(candidates, part, log, plain_is_training)
        if log and METRICS[metric].unit in ("s", "images", "FLOP"):
            continue  # of one epoch, or of all so far: the name does not say
        if chosen:
            columns[metric] = _one(table, chosen, metric)
    read = set(columns.values())
    left_out = [n for found in there.values() for n, _ in found if n not in read]
    return Figures(
        columns,
        part,
        tuple(table.told(n) for n in left_out if not _doubles(table, n, read)),
        None if name else counted,
    )


def _accuracy(
    table: Table, candidates: Sequence[tuple[str, Part]], plain_is_training: bool
) -> tuple[str, Part] | None:
    of: dict[Part, list[str]] = {"test": [], "val": [], "train": [], "": []}
    for name, part in candidates:
        of[part].append(name)
    if plain_is_training:
        for part in ("test", "val", ""):
            if of[part]:
                return _one(table, of[part], "accuracy"), part
        return None
    if of[""] and of["val"] and not of["test"]:
        # Either the second one chose the epoch and the first is of test images, or the first is of
        # training images.
        _one(table, [of[""][0], of["val"][0]], "accuracy")
    results = [*of[""], *of["test"]]
    if results:
        return _one(table, results, "accuracy"), "test" if of["test"] else ""
    return (_one(table, of["val"], "accuracy"), "val") if of["val"] else None


def _other(
    candidates: Sequence[tuple[str, Part]], part: Part, log: bool, plain_is_training: bool
) -> list[str]:
    """The columns of the images that the accuracy is of, as far as the names say."""
    order: tuple[Part, ...] = (part,)
    if part == "" and log:
        order = ("test", "val", "")
    elif part == "":
        order = ("", "test")
    elif part == "test" and not plain_is_training:
        order = ("test", "")
    for wanted in order:
        if found := [name for name, of in candidates if of == wanted]:
            return found
    # What a run took has no images that it is of.
    return [name for name, of in candidates if of == "" and _is_cost(name)]


def _is_cost(name: str) -> bool:
    found = naming.figure(name)
    return name in naming.DURATIONS or (
        found is not None and METRICS[found.metric].unit in ("s", "images", "FLOP")
    )


def _one(table: Table, names: Sequence[str], meaning: str) -> str:
    """The first of columns that mean the same. Raises UsageError where they differ."""
    order = {name: place for place, name in enumerate((*METRICS, *ALIASES))}
    ranked = sorted(names, key=lambda name: order.get(name, len(order)))
    for other in ranked[1:]:
        if not alike(table.columns[ranked[0]], table.columns[other]):
            said = meaning.replace("_", " ")
            raise UsageError(
                f"the columns {ranked[0]} and {other} both mean {said}, and differ",
                f"Say bakeoff compare … --map {meaning}={ranked[0]}, or --map {meaning}={other}",
            )
    return ranked[0]


def _doubles(table: Table, name: str, read: Collection[str]) -> bool:
    return any(alike(table.columns[name], table.columns[other]) for other in read)


def _column(table: Table, says: Callable[[Any, Sequence[str]], bool], names: Sequence[str]) -> str:
    for name, given in table.called.items():
        if says(given, names) and _filled(table, name):
            return name
    return ""


def _columns(table: Table, says: Callable[[Any], bool]) -> tuple[str, ...]:
    return tuple(n for n, given in table.called.items() if says(given) and _filled(table, n))


def _filled(table: Table, name: str) -> bool:
    column = table.columns[name]
    return not len(column) or not all(map(missing, column))


def _holds_times(table: Table, name: str) -> bool:
    for cell in table.columns[name]:
        if missing(cell):
            continue
        try:
            float(cell)
        except (TypeError, ValueError):
            return _lasts(cell)
        return True
    return False


def _lasts(cell: Any) -> bool:
    return duration(cell) is not None


def _key(table: Table, names: Sequence[str], row: int) -> str:
    return "\x00".join(str(table.columns[name][row]) for name in names)


def _keys(table: Table, names: Sequence[str]) -> list[str]:
    rows = len(next(iter(table.columns.values())))
    return [_key(table, names, row) for row in range(rows)]


def _varies(table: Table, names: Sequence[str]) -> bool:
    return len(set(_keys(table, names))) > 1


def _settled(table: Table, name: str, by: Sequence[str]) -> bool:
    """Whether each value of the columns `by` comes with one value of `name` only."""
    met: dict[str, str] = {}
    return bool(by) and all(
        met.setdefault(theirs, ours) == ours
        for theirs, ours in zip(_keys(table, by), _keys(table, (name,)), strict=True)
    )
