"""Several runs at once on one machine, each in a process of its own with its share of the cores."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.multiprocessing as multiprocessing

from bakeoff.bakeoffs.execution.run_store import Place, execute_at
from bakeoff.errors import BakeoffError, Busy, RunFailed
from bakeoff.library_notes import library_notes
from bakeoff.records.schema import CurvePoint, Record
from bakeoff.training.callbacks import Listener
from bakeoff.training.device import cores
from bakeoff.training.job import Job
from bakeoff.training.stopping import StopRequest

POLL_SECONDS = 0.5
Numbered = tuple[int, Job]
"""A job and its place among all runs of the bake-off, counted from 1."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a worker's run ended: its record, or the error that stopped it."""

    record: Record | None
    error: BakeoffError | None


@dataclass(frozen=True, slots=True)
class Calls:
    """What an engine calls back, in the process that asked: how runs start and end."""

    started: Callable[[int, Job], Listener]
    ended: Callable[[int, Job, Ended], None]
    waiting: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Slot:
    """A worker's share of this machine."""

    device: str
    threads: int


def share_out(workers: int, device: torch.device, *, cores: int, gpus: int) -> list[Slot]:
    """What each of `workers` runs at a time gets.

    Cores are shared out, so that all are used and none is oversubscribed: without a GPU there are
    at most as many workers as cores. `cuda` means every GPU: one worker each, and several each
    where there are more workers than GPUs; `cuda:1` means that one.
    """
    if device.type != "cuda":
        workers = min(workers, cores)
    each, left = divmod(cores, workers)
    every = device.type == "cuda" and device.index is None
    names = [f"cuda:{i}" for i in range(max(1, gpus))] if every else [str(device)]
    return [
        Slot(names[i % len(names)], max(1, each + (1 if i < left else 0))) for i in range(workers)
    ]


class Sender(Listener):
    """In a worker: what the run tells, sent to the parent."""

    def __init__(self, number: int, messages: Any) -> None:
        self._number, self._messages = number, messages

    def _send(self, name: str, *arguments: Any) -> None:
        self._messages.put((self._number, name, arguments))

    def stepped(self, step: int, total_steps: int, images_per_second: float) -> None:
        self._send("stepped", step, total_steps, images_per_second)

    def evaluating(self, what: str) -> None:
        self._send("evaluating", what)

    def evaluated(self, point: CurvePoint) -> None:
        self._send("evaluated", point)

    def resumed(self, points: Sequence[CurvePoint]) -> None:
        self._send("resumed", points)

    def note(self, text: str) -> None:
        self._send("note", text)


def _work(number: int, job: Job, place: Place, slot: Slot, messages: Any) -> None:
    torch.set_num_threads(slot.threads)
    try:
        with library_notes():
            record = execute_at(
                job, place, device=torch.device(slot.device), listener=Sender(number, messages)
            )
        ended = Ended(record, None)
    except BakeoffError as error:
        ended = Ended(None, error)
    messages.put((number, "ended", (ended,)))


def run_all(
    jobs: Sequence[Numbered],
    place: Place,
    device: torch.device,
    workers: int,
    stop: StopRequest,
    calls: Calls,
) -> list[Numbered]:
    """Carry out numbered jobs, at most `workers` at a time; calls back in this process.

    The machine is shared out among them (see `share_out`). A stop request is passed on to the
    workers, which save and end. Returns the jobs that another machine is working on. Raises
    Stopped after that, RunFailed when a worker was killed (its run resumes at the next call), and
    OutputError.
    """
    context = multiprocessing.get_context("spawn")
    messages: Any = context.Queue()
    free = share_out(min(workers, len(jobs)), device, cores=cores(), gpus=torch.cuda.device_count())
    waiting, busy = list(jobs), []
    running: dict[int, tuple[Job, Any, Listener]] = {}
    slots: dict[int, Slot] = {}
    fatal: BakeoffError | None = None
    try:
        while running or (waiting and not stop.asked and fatal is None):
            while waiting and free and not stop.asked and fatal is None:
                number, job = waiting.pop(0)
                slots[number] = free.pop(0)
                process = context.Process(
                    target=_work, args=(number, job, place.run(job), slots[number], messages)
                )
                process.start()
                running[number] = (job, process, calls.started(number, job))
            if stop.asked or fatal is not None:
                _terminate(running)
            for number, name, arguments in _arrived(messages):
                if number not in running:
                    continue
                job, process, listener = running[number]
                if name != "ended":
                    getattr(listener, name)(*arguments)
                    continue
                process.join()
                del running[number]
                free.append(slots.pop(number))
                (outcome,) = arguments
                if isinstance(outcome.error, RunFailed) or outcome.record is not None:
                    calls.ended(number, job, outcome)
                elif isinstance(outcome.error, Busy) and place.address is not None:
                    calls.waiting(f"{outcome.error.message}; waiting for it")
                    busy.append((number, job))
                elif fatal is None:
                    fatal = outcome.error
            for number, (job, process, _) in list(running.items()):
                if not process.is_alive() and messages.empty():
                    del running[number]
                    fatal = fatal or RunFailed(
                        f"{job.arm} seed {job.seed}: its process was killed "
                        f"(exit code {process.exitcode})",
                        "Run the same command again to go on from its last checkpoint",
                    )
    finally:
        _terminate(running)
        for _, process, _ in running.values():
            process.join()
    if stop.asked:
        raise stop.error(
            "stopped, every run in progress was saved", "Run the same command again to go on"
        )
    if fatal is not None:
        raise fatal
    return busy


def _terminate(running: dict[int, tuple[Job, Any, Listener]]) -> None:
    for _, process, _ in running.values():
        with contextlib.suppress(ProcessLookupError):
            if process.is_alive():
                os.kill(process.pid, signal.SIGTERM)


def _arrived(messages: Any) -> list[tuple[int, str, tuple[Any, ...]]]:
    """What the workers have told, waiting up to POLL_SECONDS for the first."""
    found: list[tuple[int, str, tuple[Any, ...]]] = []
    with contextlib.suppress(queue.Empty):
        found.append(messages.get(timeout=POLL_SECONDS))
        while True:
            found.append(messages.get_nowait())
    return found
