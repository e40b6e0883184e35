"""Other tools' runs written as records, so that report, plan, audit and looks work on them."""

from __future__ import annotations

import dataclasses
import math
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from bakeoff.comparison.comparability import CONDITION_NAMES, Conditions
from bakeoff.comparison.data_sets import by_data_set
from bakeoff.comparison.kept_runs import Kept
from bakeoff.comparison.mapping import Said, parse
from bakeoff.comparison.numbers import plural
from bakeoff.comparison.outcome import Outcome, by_arm
from bakeoff.comparison.result import TableRoles
from bakeoff.comparison.sources import read
from bakeoff.comparison.units import checked_unit
from bakeoff.errors import OutputError, UsageError
from bakeoff.progress import tracked
from bakeoff.records.files import output_error
from bakeoff.records.foreign import UNKNOWN, foreign_record
from bakeoff.records.manifest import Manifest
from bakeoff.records.origin import Origin
from bakeoff.records.schema import Failure, Record
from bakeoff.records.store import plain_name, save_record

_DIVERGED = ("nan", "diverge", "finite")
_MEMORY = ("memory", "oom")
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Imported:
    """folder: where the records lie. records: as written. notes: what a reader must know. tables:
    which column or key said what."""

    folder: Path
    records: tuple[Record, ...]
    notes: tuple[str, ...] = ()
    tables: tuple[TableRoles, ...] = ()

    def __str__(self) -> str:
        arms = len({record.arm for record in self.records})
        runs = plural(len(self.records), "run")
        return "\n".join([f"{self.folder}: {runs} of {plural(arms, 'arm')}", *self.notes])


def import_runs(
    source: Any,
    to: Path | str,
    *,
    mapping: str | Mapping[str, str] | Sequence[str] | None = None,
    unit: str | None = None,
    accept_best: bool = False,
    command: str = "",
) -> Imported:
    """See `bakeoff.comparison.import_runs`."""
    folder = Path(to)
    _refuse_taken(folder)
    found = read(source, unit=checked_unit(unit), said=Said(parse(mapping), accept_best, keep=True))
    outcomes = found.outcomes
    if not outcomes:
        raise UsageError("there is no run to import", "Give what a tool left of its runs")
    if own := [run for run in outcomes if run.kept is None]:
        raise UsageError(
            f"{own[0].source or own[0].arm} is no log or table of another tool",
            "Import those only; what Bakeoff wrote, compare and report take as it is",
        )
    if any(run.summarised or run.folds for run in outcomes):
        raise UsageError(
            "means over runs, and folds, are no runs: a record is of one run",
            "Compare them as they are",
        )
    by_arm(by_data_set(outcomes))  # refuses one seed that is there twice
    now = datetime.now(UTC).isoformat(timespec="seconds")
    seeds, notes = _numbered(outcomes)
    records = [
        _record(run, seed, folder.name, now, command)
        for run, seed in zip(outcomes, seeds, strict=True)
    ]
    _whole(folder, lambda home: _write(records, home, command, now))
    return Imported(folder, tuple(records), (*found.notes, *notes), tuple(found.tables))


def read_one(
    path: Path,
    *,
    arm: str,
    seed: int,
    data: str,
    words: Sequence[str],
    mapping: Mapping[str, str],
    bakeoff: str = "",
    command: str = "",
) -> Record:
    """The record of the one run that a command left at `path`, a log or the folder of one.

    data: the test set that the bake-off's file declares. words: of the command. Raises UsageError
    where it cannot be read, holds several runs, or leaves open which column is what.
    """
    found = read(path, said=Said(parse(dict(mapping)), keep=True))
    if len(found.outcomes) != 1:
        raise UsageError(
            f"{path} holds {plural(len(found.outcomes), 'run')}, and a command's seed is one",
            "Say under reads: which file is the run's own",
        )
    run = found.outcomes[0]
    conditions = run.conditions or Conditions()
    stated = dataclasses.replace(conditions, test_set=conditions.test_set or data)
    run = dataclasses.replace(run, arm=arm, data=run.data or data, conditions=stated)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    record = _record(run, seed, bakeoff, now, command)
    assert record.origin is not None
    unknown = ("whether its test images are the bake-off's", *record.origin.unknown)
    origin = record.origin.model_copy(update={"command": tuple(words), "unknown": unknown})
    return record.model_copy(update={"origin": origin})


def _refuse_taken(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            f"{folder} is there already and is not written over", "Choose another with --to"
        )


def _numbered(runs: Sequence[Outcome]) -> tuple[list[int], list[str]]:
    """A number for each seed: its own, else its place among its arm's; and a note."""
    if all(isinstance(run.seed, int) for run in runs):
        return [int(run.seed) for run in runs], []
    met: dict[str, dict[int | str, int]] = {}
    for run in runs:
        mine = met.setdefault(run.arm, {})
        mine.setdefault(run.seed, len(mine))
    numbers = [met[run.arm][run.seed] for run in runs]
    words = ", ".join(str(run.seed) for run in runs[:3])
    return numbers, [f"runs are called {words} …: records number them; origin.run keeps the name"]


def _record(run: Outcome, seed: int, bakeoff: str, now: str, command: str) -> Record:
    kept = run.kept or Kept()
    conditions = run.conditions or Conditions()
    stated = {name: getattr(conditions, name) for name in CONDITION_NAMES}
    origin = Origin(
        tool=kept.tool,
        version=kept.version,
        source=run.source,
        run=kept.run or str(run.seed),
        read_as=dict(kept.read_as),
        settings=dict(kept.settings),
        metrics={name: value for name, value in run.values.items() if math.isfinite(value)},
        conditions={name: text for name, text in stated.items() if text},
        axis=kept.axis,
        unknown=_unknown(run, kept),
    )
    return foreign_record(
        arm=run.arm,
        seed=seed,
        status=run.status,
        origin=origin,
        created=now,
        data=run.data,
        images=run.images or 0,
        model=str(kept.settings.get("model") or conditions.architecture or ""),
        failure=_failure(run) if run.status == "failed" else None,
        curves=kept.curves,
        bakeoff=bakeoff,
        command=command,
    )


def _unknown(run: Outcome, kept: Kept) -> tuple[str, ...]:
    told = list(kept.unknown)
    if not run.data:
        told.append("the test set")
    if not run.images:
        told.append("how many images were tested")
    told += ["answers image by image", "the training images seen, FLOPs and their time"]
    return tuple(dict.fromkeys(told))


def _failure(run: Outcome) -> Failure:
    said = run.failed_by.lower()
    kind: Literal["crash", "diverged", "out-of-memory"] = "crash"
    if any(word in said for word in _DIVERGED):
        kind = "diverged"
    elif any(word in said for word in _MEMORY):
        kind = "out-of-memory"
    return Failure(kind=kind, message=run.failed_by or "failed")


def _write(records: Sequence[Record], home: Path, command: str, now: str) -> None:
    """`<home>/<arm>/seed-N`, or a data set's folder with its plan between the two."""
    sets = list(dict.fromkeys(record.data.title for record in records))
    folders = _folder_names([*sets, *dict.fromkeys(record.arm for record in records)])
    several = len(sets) > 1
    for record in tracked(records, "writing records"):
        part = home / folders[record.data.title] if several else home
        save_record(record, part / folders[record.arm] / f"seed-{record.seed}")
    if several:
        for title in sets:
            _plan(records, title, tuple(sets), command, now).save(home / folders[title])


def _plan(
    records: Sequence[Record], title: str, sets: tuple[str, ...], command: str, now: str
) -> Manifest:
    """What says that these data sets belong together. It plans no arms and no seeds."""
    return Manifest(
        name=records[0].bakeoff,
        command=command,
        created=now,
        data=title,
        datasets=sets,
        budget_asked=UNKNOWN,
        budget_reason="",
        arms=(),
        seeds=(),
    )


def _folder_names(names: Sequence[str]) -> dict[str, str]:
    """A folder for each name; names that come out alike are numbered."""
    folders: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        base = plain_name(name)[:LONGEST_NAME].lstrip("_+") or "run"
        folder, number = base, 2
        while folder.lower() in taken:
            folder, number = f"{base}-{number}", number + 1
        taken.add(folder.lower())
        folders.setdefault(name, folder)
    return folders


def _whole(folder: Path, write: Callable[[Path], None]) -> None:
    """Written beside and renamed: whatever interrupts this, the folder is whole or not there."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise output_error(folder, error) from error
    try:
        write(aside)
        aside.chmod(0o755)
        if folder.is_dir():
            folder.rmdir()  # it is empty
        aside.rename(folder)
    except OSError as error:
        raise output_error(folder, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
