"""Several runs at once on one machine, each in a process of its own with its share of the cores."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.multiprocessing as multiprocessing

from bakeoff.errors import BakeoffError, RunFailed
from bakeoff.records.schema import CurvePoint, Record
from bakeoff.records.store import run_folder
from bakeoff.training.device import cores
from bakeoff.training.job import Job
from bakeoff.training.listener import Listener
from bakeoff.training.run import execute
from bakeoff.training.stopping import StopRequest

POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Ended:
    """How a worker's run ended: its record, or the error that stopped it."""

    record: Record | None
    error: BakeoffError | None


class _Sender(Listener):
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

    def note(self, text: str) -> None:
        self._send("note", text)


def _work(number: int, job: Job, folder: Path, device: str, threads: int, messages: Any) -> None:
    torch.set_num_threads(threads)
    try:
        record = execute(
            job, folder, device=torch.device(device), listener=_Sender(number, messages)
        )
        ended = Ended(record, None)
    except BakeoffError as error:
        ended = Ended(None, error)
    messages.put((number, "ended", (ended,)))


def run_all(
    jobs: Sequence[tuple[int, Job]],
    root: Path,
    device: torch.device,
    workers: int,
    stop: StopRequest,
    *,
    started: Callable[[int, Job], Listener],
    ended: Callable[[int, Job, Ended], None],
) -> None:
    """Carry out numbered jobs, at most `workers` at a time; calls back in this process.

    Cores are shared out, so that they are used and not oversubscribed. A stop request is passed
    on to the workers, which save and end. Raises Stopped after that, RunFailed when a worker was
    killed (its run resumes at the next call), and OutputError.
    """
    context = multiprocessing.get_context("spawn")
    messages: Any = context.Queue()
    threads = max(1, cores() // workers)
    waiting = list(jobs)
    running: dict[int, tuple[Job, Any, Listener]] = {}
    fatal: BakeoffError | None = None
    try:
        while running or (waiting and not stop.asked and fatal is None):
            while waiting and len(running) < workers and not stop.asked and fatal is None:
                number, job = waiting.pop(0)
                folder = run_folder(root, job.arm, job.seed)
                process = context.Process(
                    target=_work, args=(number, job, folder, str(device), threads, messages)
                )
                process.start()
                running[number] = (job, process, started(number, job))
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
                (outcome,) = arguments
                if isinstance(outcome.error, RunFailed) or outcome.record is not None:
                    ended(number, job, outcome)
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
