"""A run's learning curve, told to TensorBoard, MLflow, W&B or trackio as well, where asked for.

Through Accelerate's tracker classes. What is told is what the record holds, point by point, with
the optimizer step as the step. Beside the record, `tracking.json` says which points were told
already and to which run of the tool, so that a run that is interrupted and goes on tells none
twice. The record never depends on this: a tool that stops answering costs a note, not the run.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import shutil
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bakeoff.errors import RunFailed, UnknownName, UsageError, first_line
from bakeoff.records.files import write_text
from bakeoff.records.schema import CurvePoint
from bakeoff.training.callbacks import Forwarding, Listener
from bakeoff.training.job import Job

TRACKERS = ("tensorboard", "mlflow", "wandb", "trackio")
STATE_NAME = "tracking.json"
TENSORBOARD_FOLDER = "tensorboard"
"""Where its files are in a run's folder: Accelerate names it so."""


def check(names: Sequence[str]) -> tuple[str, ...]:
    """The trackers asked for, each once. Raises UnknownName, and UsageError without the package."""
    for name in names:
        if name not in TRACKERS:
            raise UnknownName("tracker", name, TRACKERS)
        for package in ("accelerate", name):
            if importlib.util.find_spec(package) is None:
                raise UsageError(
                    f"--track {name} needs the package {package}, which is not installed",
                    f'Install it: pip install "bakeoff[track]" {name}',
                )
    return tuple(dict.fromkeys(names))


def prepare(names: Sequence[str], project: str) -> None:
    """Create what all runs of a bake-off share, before several of them would do so at once.

    Raises UsageError when MLflow's store cannot be reached.
    """
    if "mlflow" not in names:
        return
    _hush_mlflow()
    import mlflow

    try:
        mlflow.set_experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME", project))
    except Exception as error:  # its stores raise whatever their database or server does
        raise UsageError(
            f"MLflow's store {mlflow.get_tracking_uri()} cannot be used: {first_line(error)[:200]}",
            "Set MLFLOW_TRACKING_URI, or leave --track mlflow out",
        ) from error


def forget(folder: Path) -> None:
    """Let what was tracked of a failed run be, so that the next attempt is a run of its own.

    TensorBoard takes all files in a folder for one run, so that those go; other tools keep both.
    """
    state = folder / STATE_NAME
    if state.exists():
        state.unlink()
        shutil.rmtree(folder / TENSORBOARD_FOLDER, ignore_errors=True)


def is_tracked(name: str) -> bool:
    """Whether a file of a run's folder, named from there, is what `forget` removes."""
    return name == STATE_NAME or name.startswith(f"{TENSORBOARD_FOLDER}/")


@contextlib.contextmanager
def tracked(job: Job, folder: Path, listener: Listener) -> Iterator[Listener]:
    """The listener that tells the trackers that `job` asks for, too; `listener` where none."""
    if not job.track:
        yield listener
        return
    tracking = Tracking(job, folder, listener)
    try:
        yield tracking
    except RunFailed:
        tracking.failed()
        raise
    finally:
        tracking.finish()


class Tracking(Forwarding):
    """Passes on to `listener` what it hears, and tells the curve to the job's trackers."""

    def __init__(self, job: Job, folder: Path, listener: Listener) -> None:
        super().__init__(listener)
        self._job, self._folder = job, folder
        self._state = _read_state(folder)
        self._tools = {name: self._start(name) for name in check(job.track)}
        self._write_state()

    def evaluated(self, point: CurvePoint) -> None:
        super().evaluated(point)
        self._tell(values(point), point.step)

    def resumed(self, points: Sequence[CurvePoint]) -> None:
        super().resumed(points)
        for point in points:
            self._tell(values(point), point.step)

    def failed(self) -> None:
        """Say that the run failed, after its last point."""
        last = max((told.get("step", 0) for told in self._state.values()), default=0)
        self._tell({"failed": 1.0}, last + 1)

    def finish(self) -> None:
        """Close what was opened."""
        for name in list(self._tools):
            with self._or_note(name), _answer_kept_alone():
                self._tools[name].finish()
                if name == "trackio":
                    # Else it finishes its last run once more as the process ends, and says so.
                    importlib.import_module("trackio.context_vars").current_run.set(None)

    def _start(self, name: str) -> Any:
        """Accelerate's tracker for `name`, going on with the run it told before, if any."""
        from accelerate.tracking import LOGGER_TYPE_TO_CLASS

        told = self._state.setdefault(name, {})
        fresh = not told
        title = f"{self._job.arm} seed-{self._job.seed}"
        project = self._job.bakeoff or "bakeoff"
        _accelerate_alone()
        make = LOGGER_TYPE_TO_CLASS[name]
        if name == "tensorboard":
            # Points that reached its file but not our state are taken back, not doubled.
            again = {} if fresh else {"purge_step": told.get("step", 0) + 1}
            tool = make(name, str(self._folder), **again)
        elif name == "mlflow":
            _hush_mlflow()
            # Nested, so that it also works where the caller has a run of their own open.
            tool = make(project, run_id=told.get("run"), run_name=title, nested_run=True)
        else:
            run = told.setdefault("run", uuid.uuid4().hex[:12])
            mark = {"id": run} if name == "wandb" else {}
            named = title if name == "wandb" else f"{title} {run}"
            place = {"dir": str(self._folder)} if name == "wandb" else {}
            tool = make(project, name=named, resume="allow", **mark, **place)
        # Only the process that leaves the record comes here.
        tool.main_process_only = False
        try:
            with _answer_kept_alone():
                tool.start()
                if name == "mlflow":
                    told["run"] = tool.tracker.info.run_id
                if fresh:
                    _describe(name, tool, configuration(self._job))
        except Exception as error:
            raise UsageError(
                f"{name} does not take this run: {first_line(error)[:200]}",
                f"Fix that, or leave --track {name} out",
            ) from error
        return tool

    def _tell(self, what: Mapping[str, float], step: int) -> None:
        for name in list(self._tools):
            if step <= self._state[name].get("step", 0):
                continue
            with self._or_note(name):
                self._tools[name].log(dict(what), step=step)
                self._state[name]["step"] = step
        self._write_state()

    @contextlib.contextmanager
    def _or_note(self, name: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # a tool's trouble is told once, and the run goes on
            del self._tools[name]
            self.note(
                f"{name} logging stopped: {first_line(error)[:200]}; the record has everything"
            )

    def _write_state(self) -> None:
        write_text(self._folder / STATE_NAME, json.dumps(self._state, indent=1) + "\n")


def values(point: CurvePoint) -> dict[str, float]:
    """A point of the curve as the tools get it: percent, nats, seconds, as in the record."""
    told: dict[str, float] = {
        "epoch": point.epoch,
        "images": float(point.images),
        "seconds": point.seconds,
        "learning_rate": point.learning_rate,
        "objective": point.objective,
    }
    for part, seen in (("test", point.test), ("train", point.train)):
        if seen is not None:
            told |= {
                f"{part}/accuracy": seen.accuracy,
                f"{part}/top5": seen.top5,
                f"{part}/loss": seen.loss,
                f"{part}/images": float(seen.images),
            }
    return told


def configuration(job: Job) -> dict[str, str | int | float]:
    """What made the run, flat, in dotted keys: arm, model, data, length, and the recipe as used."""
    told: dict[str, Any] = {
        "arm": job.arm,
        "seed": job.seed,
        "model": job.model,
        "init": job.init,
        "data": job.dataset.facts.name,
        "test_hash": job.dataset.facts.test_hash,
        "budget": job.budget.asked,
        "steps": job.budget.steps,
        "command": job.command,
    }
    told |= _flat(job.scaled.recipe.model_dump(mode="json"), "recipe")
    return {k: v if isinstance(v, (int, float)) else str(v) for k, v in told.items()}


def _flat(value: Any, at: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {at: value}
    return {k: v for key, part in value.items() for k, v in _flat(part, f"{at}.{key}").items()}


def _describe(name: str, tool: Any, told: dict[str, str | int | float]) -> None:
    if name == "tensorboard":
        # Its hyperparameter page would become a second run, named by the clock.
        rows = "\n".join(f"| {key} | {value} |" for key, value in told.items())
        tool.log({"configuration": f"| key | value |\n|---|---|\n{rows}"}, step=0)
    else:
        tool.store_init_configuration(told)


def _read_state(folder: Path) -> dict[str, dict[str, Any]]:
    """What was told before; a damaged file only means that points are told again."""
    try:
        stored = json.loads((folder / STATE_NAME).read_bytes())
        return {str(name): dict(told) for name, told in stored.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _accelerate_alone() -> None:
    """Start Accelerate's state, without which its trackers' logging refuses to work.

    As if this process were alone: where it is one of several, Accelerate would otherwise join
    them by itself, and wait for those that track nothing.
    """
    from accelerate import PartialState

    names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE")
    hidden = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        PartialState()
    finally:
        os.environ.update(hidden)


@contextlib.contextmanager
def _answer_kept_alone() -> Iterator[None]:
    """What a tool prints goes where progress goes: standard output is the command's answer."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


def _hush_mlflow() -> None:
    # MLflow reports its own use to its makers unless told not to; we send nothing unasked.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
