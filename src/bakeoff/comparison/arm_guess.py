"""The arm of a table that has no column of that kind: what its rows differ in, or a question."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from bakeoff.comparison import naming, roles
from bakeoff.comparison.columns import Table, as_text
from bakeoff.comparison.epochs import missing
from bakeoff.comparison.mapping import best_of
from bakeoff.comparison.shapes import OTHER_FIGURES, numeric
from bakeoff.errors import UsageError

MOST_CANDIDATES = 8
SEED_IN_NAME = re.compile(r"(.+?)[-_. /,(]*(?:seed|(?<![a-z])s)[-_= ]?(\d{1,18})\)?", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d|\d{1,2}/\d{1,2}/\d{2,4}")
_NEITHER = frozenset(
    {"id", "uuid", "date", "time", "timestamp", "created", "path", "file", "filename", "checkpoint",
     "ckpt", "dir", "directory", "folder", "notes", "note", "comment", "host", "hostname", "device",
     "gpu", "user", "commit", "sha", "url", "tags", "log", "output", "status", "state"}
)  # fmt: skip


def with_arm(table: Table) -> tuple[Table, str]:
    """The table with a column `arm` where none names it and its rows differ in one thing, and a
    note; seeds that stand in names are taken out of them.

    Raises UsageError, with the candidates, where rows differ in several.
    """
    arms = roles.arm_columns(table)
    if len(arms) == 1 or not arms:
        found = _seeds_in_names(table, arms)
        if found is not None:
            return found, "names end in the seed"
    if arms:
        return table, ""
    seeds = [name for name, given in table.called.items() if naming.is_seed(given)]
    folds = [name for name, given in table.called.items() if naming.is_fold(given)]
    if roles.axes(table) and not seeds:
        return table, ""  # the log of one run, which the file names
    candidates = _alike(table, [name for name in table.called if _is_candidate(table, name)])
    repeated = [name for name in candidates if len(set(table.columns[name])) < _rows(table)]
    # What is written in words more often is what is compared than a number is.
    telling = sorted(repeated, key=lambda name: numeric(table.columns[name]))
    if not telling:
        return table, ""
    called = [table.called[name] for name in telling]
    if len(telling) > 1 or not (seeds or folds or not numeric(table.columns[telling[0]])):
        both = f", or several, as --map arm={'+'.join(called[:3])}" if len(called) > 1 else ""
        raise UsageError(
            f"rows of {table.name} differ in {_listed(called)}, and no column names the arm: group"
            " by which?",
            f"bakeoff compare takes one, as --map arm={called[0]}{both}",
        )
    name, given = telling[0], called[0]
    short = re.sub(r"^(?:config|params|param|hparams|args)[._/]", "", given)
    values = [f"{short}={as_text(cell) or 'unset'}" for cell in table.columns[name]]
    columns = {**table.columns, "arm": values}
    changed = dataclasses.replace(
        table,
        columns=columns,
        called={**table.called, "arm": "arm"},
        origin={**table.origin, "arm": given},
    )
    return changed, f"no column names the arm; {given} is all that rows differ in, so it does"


def _seeds_in_names(table: Table, arms: Sequence[str]) -> Table | None:
    """resnet50_seed0, resnet50_seed1 as seeds of resnet50, where no column holds the seed."""
    if any(naming.is_seed(given) or naming.is_fold(given) for given in table.called.values()):
        return None
    names = arms or [n for n in ("run_name", "name", "run", "run_id") if n in table.columns]
    for name in names:
        found = [SEED_IN_NAME.fullmatch(as_text(cell)) for cell in table.columns[name]]
        whole = [match for match in found if match is not None]
        stems = {match[1] for match in whole}
        if len(whole) < len(found) or not 0 < len(stems) < len(whole):
            continue
        columns = {k: v for k, v in table.columns.items() if k != name}
        called = {k: v for k, v in table.called.items() if k != name}
        given = table.called[name]
        return dataclasses.replace(
            table,
            columns={
                **columns,
                "arm": [match[1] for match in whole],
                "seed": [int(match[2]) for match in whole],
            },
            called={**called, "arm": "arm", "seed": "seed"},
            origin={**table.origin, "arm": given, "seed": f"the end of {given}"},
        )
    return None


def _is_candidate(table: Table, name: str) -> bool:
    """Whether rows may be grouped by it: a setting, or words that are no date, id or place."""
    given, column = table.called[name], table.columns[name]
    words = set(naming.words(given))
    if (
        naming.is_seed(given)
        or naming.is_status(given)
        or naming.is_axis(given)
        or naming.is_fold(given)
        or naming.is_data_set(given)
        or naming.is_run(given)
        or naming.figure(given) is not None
        or naming.error_of(given) is not None
        or best_of(given)
        or words & _NEITHER
        or len({as_text(cell) for cell in column}) < 2
    ):
        return False
    if naming.is_setting(given):
        return True
    stated = [cell for cell in column if not missing(cell)]
    if not stated or words & OTHER_FIGURES or numeric(column):
        return False
    return not any(_DATE.search(as_text(cell)) for cell in stated[:3])


def _alike(table: Table, names: Sequence[str]) -> list[str]:
    """Of columns that tell the same rows apart the first."""
    kept: dict[tuple[int, ...], str] = {}
    for name in names:
        numbers: dict[str, int] = {}
        pattern = tuple(
            numbers.setdefault(as_text(cell), len(numbers)) for cell in table.columns[name]
        )
        kept.setdefault(pattern, name)
    return list(kept.values())


def _rows(table: Table) -> int:
    return len(next(iter(table.columns.values()), ()))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_CANDIDATES} more" if len(names) > MOST_CANDIDATES else ""
    return ", ".join(names[:MOST_CANDIDATES]) + more
