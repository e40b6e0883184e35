"""Arms that are commands: asked about, started, timed, killed, and their logs read into records.

A run's folder holds what the command wrote (`out`), what it said (`command.log`), how it ended
(`ended.json`) and, once its log is read, the record.
"""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bakeoff.bakeoffs.execution.deciding import changed
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.bakeoffs.execution.processes import Ended, Process
from bakeoff.bakeoffs.execution.run_store import Place
from bakeoff.bakeoffs.specification.commands import filled, seconds, words
from bakeoff.bakeoffs.specification.spec import ArmSpec, BakeoffSpec
from bakeoff.comparison.bring_in import read_one
from bakeoff.data.facts import DataFacts
from bakeoff.errors import BakeoffError, OutputError, UsageError
from bakeoff.progress import duration
from bakeoff.records.files import write_text
from bakeoff.records.foreign import UNKNOWN, foreign_record
from bakeoff.records.manifest import Manifest, PlannedArm, load_manifest
from bakeoff.records.origin import Origin
from bakeoff.records.schema import BudgetFacts, Failure, Record
from bakeoff.records.store import RECORD_NAME, load_record, run_folder, save_record
from bakeoff.training.stopping import StopRequest, stop_on_signals

OUT, LOG, ENDED = "out", "command.log", "ended.json"
POLL_SECONDS = 0.05
LAST_WORDS = 200


@dataclass(frozen=True, slots=True)
class CommandRun:
    """One seed of an arm that is a command."""

    arm: ArmSpec
    seed: int
    folder: Path

    @property
    def name(self) -> str:
        return f"{self.arm.name} seed {self.seed}"

    @property
    def words(self) -> list[str]:
        return filled(self.arm.command, self.seed, (self.folder / OUT).resolve())


def refuse_unasked(spec: BakeoffSpec, allowed: bool) -> None:
    """Raise UsageError, with the commands, where a file's commands were not allowed to run."""
    if spec.commands and not allowed:
        told = "; ".join(f"{arm.name}: {arm.command}" for arm in spec.commands)
        raise UsageError(
            f"{spec.name} would run commands on this machine: {told}",
            "Read them, and allow them with --allow-commands (allow_commands=True in Python)",
        )


def refuse_elsewhere(spec: BakeoffSpec, place: Place, *, on_ray: bool) -> None:
    """Raise UsageError where commands would have to run on another machine, or cannot be found."""
    if not spec.commands:
        return
    arm = spec.commands[0].name
    if on_ray or place.address is not None:
        where = "on a Ray cluster" if on_ray else f"at {place}"
        raise UsageError(
            f"arm {arm} is a command, which runs on this machine and not {where}",
            "Run that arm without --on ray and in a folder; compare takes both folders",
        )
    for one in spec.commands:
        program = words(one.command)[0]
        if shutil.which(program) is None:
            raise UsageError(
                f"arm {one.name} is a command whose program {program!r} is not there",
                "Install it, or write the path of the program",
            )


def ahead(spec: BakeoffSpec, place: Place) -> tuple[str, ...]:
    """What would run, for a dry run: how long it takes nobody knows."""
    told = []
    for arm in spec.commands:
        runs = [run for run in _runs(spec, place) if run.arm is arm and not _is_there(run, False)]
        if runs:
            told.append(
                f"{arm.name} is a command: {len(runs)} of its runs are missing, and how long they "
                f"take is not known: {shlex.join(runs[0].words)}"
            )
    return tuple(told)


def carry_out_commands(
    spec: BakeoffSpec,
    place: Place,
    *,
    workers: int,
    retry: bool,
    listener: BakeoffListener,
    command: str,
) -> tuple[Manifest, tuple[Record, ...]]:
    """Run what is missing of the arms that are commands, `workers` at a time.

    A command that ends with another status than 0, that is killed at its time limit, or that
    leaves no log is a failed run. Raises Stopped, after the programs were ended with all that they
    started; UsageError where a log cannot be read: the run is kept and read again by the next call.
    """
    with stop_on_signals() as stop, place.held():
        manifest = _planned(spec, place, command)
        runs = list(_runs(spec, place))
        missing = [run for run in runs if not _is_there(run, retry)]
        facts = _trained_on(spec, place)
        _refuse_other_commands(runs)
        _carry_out(missing, spec, facts, workers, retry, stop, listener, command)
        records = tuple(load_record(run.folder) for run in runs)
    return manifest, records


def _runs(spec: BakeoffSpec, place: Place) -> Iterator[CommandRun]:
    """Seed by seed, so that an interruption leaves the arms balanced."""
    for seed in spec.seeds:
        for arm in spec.commands:
            yield CommandRun(arm, seed, run_folder(place.folder, arm.name, seed))


def _is_there(run: CommandRun, retry: bool) -> bool:
    if not (run.folder / RECORD_NAME).exists():
        return False
    status = load_record(run.folder).status
    return status == "complete" or (status == "failed" and not retry)


def _refuse_other_commands(runs: Sequence[CommandRun]) -> None:
    for run in runs:
        if (run.folder / RECORD_NAME).exists():
            origin = load_record(run.folder).origin
            if origin is None or list(origin.command) != run.words:
                raise UsageError(
                    f"{run.folder} holds a run of another command",
                    "Choose another folder with --out, or remove that one",
                )


def _carry_out(
    missing: Sequence[CommandRun],
    spec: BakeoffSpec,
    facts: DataFacts | None,
    workers: int,
    retry: bool,
    stop: StopRequest,
    listener: BakeoffListener,
    command: str,
) -> None:
    waiting = list(missing)
    running: list[tuple[CommandRun, Process]] = []
    try:
        while (waiting or running) and not stop.asked:
            while waiting and len(running) < workers:
                run = waiting.pop(0)
                if not _has_ended(run, retry):
                    listener.command_started(run.name, shlex.join(run.words))
                    running.append((run, _started(run)))
                    continue
                _recorded(run, spec, facts, listener, command)
            for run, process in list(running):
                if (ended := process.ended()) is not None:
                    running.remove((run, process))
                    _keep(run, ended)
                    _recorded(run, spec, facts, listener, command)
            if running:
                time.sleep(POLL_SECONDS)
    finally:
        for _, process in running:
            process.end()
    if stop.asked:
        raise stop.error(
            "stopped, and the commands that were running with it", "Run the same command again"
        )


def _has_ended(run: CommandRun, retry: bool) -> bool:
    """Whether an earlier call saw its command end well and could not read its log."""
    path = run.folder / ENDED
    return (
        path.exists()
        and json.loads(path.read_text())["words"] == run.words
        and not (retry and (run.folder / RECORD_NAME).exists())
    )


def _started(run: CommandRun) -> Process:
    out, said = run.folder / OUT, run.words
    if out.exists() and run.arm.resume and not (run.folder / RECORD_NAME).exists():
        said += filled(run.arm.resume, run.seed, out.resolve())
    elif out.exists():
        shutil.rmtree(out)
    (run.folder / ENDED).unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    limit = seconds(run.arm.time_limit) if run.arm.time_limit else None
    try:
        return Process(said, run.folder / LOG, limit)
    except OSError as error:
        raise UsageError(f"{run.name} cannot be started: {error}", "Correct the command") from error


def _keep(run: CommandRun, ended: Ended) -> None:
    kept = {"words": run.words, "status": ended.status, "seconds": ended.seconds}
    write_text(run.folder / ENDED, json.dumps(kept | {"over": ended.over_limit}))


def _recorded(
    run: CommandRun,
    spec: BakeoffSpec,
    facts: DataFacts | None,
    listener: BakeoffListener,
    command: str,
) -> None:
    """Read what a command that has ended left, and write the run's record."""
    kept = json.loads((run.folder / ENDED).read_text())
    log = run.folder / OUT / run.arm.reads
    failure = _failure(run, kept, log)
    tries = _failed_before(run)
    data = facts.name if facts is not None else spec.data
    if failure is None:
        try:
            record = read_one(
                log,
                arm=run.arm.name,
                seed=run.seed,
                data=data,
                words=run.words,
                mapping=run.arm.map,
                bakeoff=spec.name,
                command=command,
            )
        except OutputError:
            raise
        except BakeoffError as error:
            raise UsageError(
                f"{run.name} has ended, and its log cannot be read: {error.message}",
                f"{error.advice.rstrip('.')}. The run is kept: say reads: or map: of the arm in "
                "the file, and run the same command again",
            ) from error
        if record.status != "complete":
            failure = Failure(kind="crash", message=f"{log.name} says that it did not end well")
    if failure is not None:
        record = _failed(run, spec, data, failure, command)
    took = f"the command took {duration(kept['seconds'])}, start-up and evaluation included"
    update: dict[str, object] = {"notes": (*record.notes, took), "failed_before": tries}
    if facts is not None:
        # The file declares one data set for all arms; origin.unknown says that nobody checked it.
        update["data"] = facts
    record = record.model_copy(update=update)
    save_record(record, run.folder)
    (run.folder / ENDED).unlink()
    listener.command_ended(record)


def _failure(run: CommandRun, kept: dict[str, float], log: Path) -> Failure | None:
    status = int(kept["status"])
    said = _last_words(run.folder / LOG)
    if kept["over"]:
        return Failure(
            kind="stopped", message=f"killed at its time limit of {run.arm.time_limit}{said}"
        )
    if status:
        how = f"exit status {status}"
        if status < 0:
            how = f"killed by {signal.Signals(-status).name}"
        memory = any(word in said.lower() for word in ("out of memory", "memoryerror"))
        return Failure(kind="out-of-memory" if memory else "crash", message=f"{how}{said}")
    if not log.exists():
        left = run.arm.reads or "nothing"
        what = f"left no {left}" if run.arm.reads else "left nothing"
        return Failure(kind="crash", message=f"ended well and {what}{said}")
    return None


def _last_words(log: Path) -> str:
    """The last line that the command wrote."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 4096))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    said = [line.strip() for line in lines if line.strip()]
    return f": {said[-1][:LAST_WORDS]}" if said else ""


def _failed_before(run: CommandRun) -> tuple[Failure, ...]:
    if not (run.folder / RECORD_NAME).exists():
        return ()
    before = load_record(run.folder)
    return (*before.failed_before, *((before.failure,) if before.failure else ()))


def _failed(
    run: CommandRun, spec: BakeoffSpec, data: str, failure: Failure, command: str
) -> Record:
    return foreign_record(
        arm=run.arm.name,
        seed=run.seed,
        status="failed",
        origin=Origin(
            source=str(run.folder / OUT),
            run=str(run.seed),
            conditions={"test_set": data},
            command=tuple(run.words),
        ),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        data=data,
        failure=failure,
        bakeoff=spec.name,
        command=command,
    )


def _trained_on(spec: BakeoffSpec, place: Place) -> DataFacts | None:
    """The facts of the data set, where an arm that Bakeoff trained has its record."""
    for arm in spec.arms:
        for path in sorted(place.folder.glob(f"*/seed-*/{RECORD_NAME}")):
            record = load_record(path.parent)
            if not arm.command and record.origin is None:
                return record.data
    return None


def _planned(spec: BakeoffSpec, place: Place, command: str) -> Manifest:
    """Write down that these arms are part of the bake-off."""
    arms = tuple(_planned_arm(arm) for arm in spec.commands)
    before = load_manifest(place.folder)
    if before is None:
        others = place.contents()
        if others:
            raise UsageError(
                f"{place} holds other files ({others[0]} …)", "Choose another folder with --out"
            )
        place.folder.mkdir(parents=True, exist_ok=True)
        place.save(_manifest(spec, arms, command))
    elif (before.name, before.data) != (spec.name, spec.data):
        raise UsageError(
            f"{place} holds another bake-off ({before.name} on {before.data})",
            "Choose another folder with --out, or remove that one",
        )

    def joined(now: Manifest) -> Manifest:
        names = {arm.name for arm in arms}
        kept = tuple(arm for arm in now.arms if arm.name not in names)
        seeds = tuple(sorted({*now.seeds, *spec.seeds}))
        return now.model_copy(update={"arms": (*kept, *arms), "seeds": seeds})

    return changed(place, joined)


def _planned_arm(arm: ArmSpec) -> PlannedArm:
    budget = BudgetFacts(asked="none", reason="the command's own", epochs=0, images=0, steps=0)
    return PlannedArm(name=arm.name, recipe="command", model=UNKNOWN, init=UNKNOWN, budget=budget)


def _manifest(spec: BakeoffSpec, arms: tuple[PlannedArm, ...], command: str) -> Manifest:
    return Manifest(
        name=spec.name,
        question=spec.question,
        command=command,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        data=spec.data,
        budget_asked="none",
        budget_reason="the commands' own",
        arms=arms,
        seeds=spec.seeds,
        paired=spec.paired,
        reference=spec.reference,
        published=spec.published,
    )
