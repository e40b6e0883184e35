"""Many machines: each run a task of an existing Ray cluster, started again where a node is lost.

The records, and the checkpoints that a lost run goes on from, lie in a folder that every node
shares or at an address; this is checked on every node before anything is written. Ray's own
retries are off: a run that fails is a failure, and one whose node was lost is told and counted.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from bakeoff.bakeoffs.execution.ray_tasks import Mailbox, reaches, run_there
from bakeoff.bakeoffs.execution.run_store import Place
from bakeoff.bakeoffs.execution.workers import Calls, Ended, Numbered
from bakeoff.errors import BakeoffError, Busy, RunFailed, UsageError
from bakeoff.records.schema import Failure
from bakeoff.training.callbacks import Listener
from bakeoff.training.job import Job
from bakeoff.training.stopping import StopRequest

PATIENCE_SECONDS = 20.0
REACH_SECONDS = 120.0
POLL_SECONDS = 0.5
LOOK_AGAIN_SECONDS = 5.0
MOST_LOSSES = 3
ADVICE = "Check --address or RAY_ADDRESS; `ray start --head` starts a cluster"


@dataclass(frozen=True, slots=True)
class Share:
    """What one run asks Ray for; `cpus` is its number of threads, too."""

    cpus: int
    gpus: float


def share(nodes: Sequence[dict[str, float]], workers: int, device: str) -> Share:
    """`workers` runs a node at a time. nodes: the resources ("CPU", "GPU") of each.

    Cores of the smallest node are shared out; on GPUs a run gets one, or a part of one where there
    are more workers than GPUs. Raises UsageError when the cluster has nothing to give.
    """
    cpus = [int(node.get("CPU", 0)) for node in nodes if node.get("CPU", 0) >= 1]
    if not cpus:
        raise UsageError("the Ray cluster has no node with a free CPU", "Add a node with CPUs")
    if not device.startswith("cuda"):
        return Share(max(1, min(cpus) // workers), 0.0)
    gpus = [int(node.get("GPU", 0)) for node in nodes if node.get("GPU", 0) >= 1]
    if not gpus:
        raise UsageError("the Ray cluster has no GPU", "Use --device cpu, or add a node with GPUs")
    at_a_time = max(workers, min(gpus))
    return Share(max(1, min(cpus) // at_a_time), min(1.0, min(gpus) / at_a_time))


@contextlib.contextmanager
def connected(address: str | None) -> Iterator[Any]:
    """Ray, connected to the cluster at `address`, else $RAY_ADDRESS, else this machine's.

    Raises UsageError, within about PATIENCE_SECONDS, when Ray is not installed or does not answer.
    """
    try:
        import ray
    except ImportError:
        raise UsageError("Ray is not installed", "pip install 'bakeoff[ray]'") from None
    if ray.is_initialized():
        yield ray
        return
    address = address or os.environ.get("RAY_ADDRESS") or "auto"
    _require_answer(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:
        said = str(error).strip().partition("\n")[0][:200]
        raise UsageError(f"Ray at {address} cannot be used: {said}", ADVICE) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _require_answer(address: str) -> None:
    """Ask before ray.init does, which waits for minutes and ends the process where none answers."""
    began = time.monotonic()
    nobody = UsageError(f"no Ray cluster answers at {address}", ADVICE)
    if address == "local":
        raise UsageError("local is no cluster", "Leave --on ray out to run on this machine")
    if address != "auto":
        host, colon, port = address.rpartition("://")[2].rpartition(":")
        if not colon or not port.isdigit():
            raise UsageError(f"{address} is no Ray address", "Write HOST:PORT, as 10.0.0.1:6379")
        try:
            socket.create_connection((host, int(port)), PATIENCE_SECONDS / 2).close()
        except (OSError, OverflowError):
            raise nobody from None
    if address.startswith("ray://"):
        return
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check"]
    command += [] if address == "auto" else ["--address", address]
    try:
        left = max(1.0, PATIENCE_SECONDS - (time.monotonic() - began))
        done = subprocess.run(command, capture_output=True, timeout=left, text=True)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise nobody from None
    if "version" in done.stderr.lower() and "mismatch" in done.stderr.lower():
        raise UsageError(f"Ray at {address} is of another version than here", "Install the same")
    if done.returncode:
        raise nobody


@dataclass(slots=True)
class OnRay:
    """An engine (see engine.carry_out) that runs jobs as tasks of a connected cluster."""

    ray: Any
    device: torch.device
    workers: int
    _sets: dict[int, Any] = field(default_factory=dict)

    def require_reach(self, place: Place) -> None:
        """Raise UsageError, naming the node, unless every node can read and write there."""
        mark = f".reach-{uuid.uuid4().hex}"
        if place.address is None:
            (place.folder / mark).write_bytes(b"")
        try:
            self._ask_every_node(place, mark)
        finally:
            if place.address is None:
                (place.folder / mark).unlink(missing_ok=True)

    def _ask_every_node(self, place: Place, mark: str) -> None:
        from ray.exceptions import NodeDiedError, TaskUnschedulableError
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        look = self.ray.remote(num_cpus=0, max_retries=0)(reaches)
        asked = {}
        for node in self._nodes():
            here = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            asked[look.options(scheduling_strategy=here).remote(place, mark)] = node
        done, late = self.ray.wait(list(asked), num_returns=len(asked), timeout=REACH_SECONDS)
        for reference in late:
            raise UsageError(
                f"node {asked[reference]['NodeManagerAddress']} of the Ray cluster does not answer",
                "Remove it, or mend it",
            )
        for reference in done:
            name = asked[reference]["NodeManagerAddress"]
            try:
                said = self.ray.get(reference)
            except (TaskUnschedulableError, NodeDiedError):
                continue  # It has just left the cluster, or just come; runs ask again themselves.
            except Exception as error:
                last = str(error).strip().splitlines()[-1][:200]
                raise UsageError(
                    f"node {name} of the Ray cluster cannot run Bakeoff: {last}",
                    "Install the same Bakeoff on every node",
                ) from error
            if said:
                raise UsageError(
                    f"node {name} of the Ray cluster does not reach {place}: {said}",
                    "Use a folder that all nodes share, or an address as s3://bucket/runs",
                )

    def _nodes(self) -> list[dict[str, Any]]:
        return [node for node in self.ray.nodes() if node["Alive"]]

    def __call__(
        self, jobs: list[Numbered], place: Place, stop: StopRequest, calls: Calls
    ) -> list[Numbered]:
        """Carry out numbered jobs; calls back in this process. Nothing is left for others.

        Raises Stopped after every run in progress was saved, RunFailed, OutputError.
        """
        asks = share([n["Resources"] for n in self._nodes()], self.workers, self.device.type)
        return _Running(self, place, stop, calls, asks).to_the_end(jobs)

    def submit(self, number: int, job: Job, place: Place, asks: Share, mailbox: Any) -> Any:
        """The reference of one run's task. A data set is put into the object store once."""
        if id(job.dataset) not in self._sets:
            self._sets[id(job.dataset)] = self.ray.put(job.dataset)
        device = "cuda" if self.device.type == "cuda" else str(self.device)
        task = self.ray.remote(max_retries=0)(run_there).options(
            num_cpus=asks.cpus, num_gpus=asks.gpus, name=f"{job.arm} seed {job.seed}"
        )
        bare: Any = replace(job, dataset=None)  # type: ignore[arg-type]
        there = place.run(job)
        return task.remote(
            number,
            bare,
            self._sets[id(job.dataset)],
            there,
            there.seen(),
            device,
            asks.cpus,
            str(os.path.realpath(".")),
            mailbox,
        )

    def mailbox(self) -> Any:
        """An actor beside this process, where runs tell how they are getting on.

        On no other node, even if this one is slow to take it: that node's loss would silence all.
        """
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(
            self.ray.get_runtime_context().get_node_id(), soft=False
        )
        actor = self.ray.remote(num_cpus=0)(Mailbox)
        return actor.options(scheduling_strategy=here).remote()


class _Running:
    """The tasks under way, and what becomes of each."""

    def __init__(
        self, cluster: OnRay, place: Place, stop: StopRequest, calls: Calls, asks: Share
    ) -> None:
        self.cluster, self.ray, self.place = cluster, cluster.ray, place
        self.stop, self.calls, self.asks = stop, calls, asks
        self.mailbox = cluster.mailbox()
        self.jobs: dict[int, Job] = {}
        self.tasks: dict[Any, int] = {}
        self.later: list[tuple[float, int]] = []
        self.told: dict[int, Listener] = {}
        self.losses: Counter[int] = Counter()
        self.fatal: BakeoffError | None = None
        self.cancelled = False

    def to_the_end(self, jobs: list[Numbered]) -> list[Numbered]:
        self.jobs = dict(jobs)
        try:
            for number in self.jobs:
                self._submit(number)
            while self.tasks or (self.later and not self._ending):
                self._look_once()
        finally:
            self._cancel()
            self.ray.kill(self.mailbox)
        if self.stop.asked:
            raise self.stop.error(
                "stopped, every run in progress was saved", "Run the same command again to go on"
            )
        if self.fatal is not None:
            raise self.fatal
        return []

    @property
    def _ending(self) -> bool:
        return self.stop.asked or self.fatal is not None

    def _look_once(self) -> None:
        if self._ending:
            self._cancel()
        else:
            due = [number for when, number in self.later if when <= time.monotonic()]
            self.later = [(w, number) for w, number in self.later if number not in due]
            for number in due:
                self._submit(number)
        if not self.tasks:
            time.sleep(POLL_SECONDS)
            return
        done, _ = self.ray.wait(list(self.tasks), timeout=POLL_SECONDS)
        self._hear()
        for task in done:
            self._ended(self.tasks.pop(task), task)

    def _submit(self, number: int) -> None:
        job = self.jobs[number]
        task = self.cluster.submit(number, job, self.place, self.asks, self.mailbox)
        self.tasks[task] = number

    def _hear(self) -> None:
        from ray.exceptions import RayError

        with contextlib.suppress(RayError):  # Without its mailbox a bake-off is only silent.
            for number, name, arguments in self.ray.get(self.mailbox.take.remote()):
                if name == "started":
                    if number not in self.told:
                        self.told[number] = self.calls.started(number, self.jobs[number])
                elif number in self.told:
                    getattr(self.told[number], name)(*arguments)

    def _ended(self, number: int, task: Any) -> None:
        from ray.exceptions import RayError, RayTaskError, TaskCancelledError

        job = self.jobs[number]
        try:
            outcome: Ended = self.ray.get(task)
        except TaskCancelledError:
            return
        except RayTaskError as error:
            said = str(error.cause or error).strip().partition("\n")[0][:200]
            self._fail(number, f"ended by {type(error.cause).__name__}: {said}")
            return
        except RayError:
            self._lost(number)
            return
        if isinstance(outcome.error, Busy):
            # After a loss, until the lock or lease of what was lost has ended.
            self.calls.waiting(f"{job.arm} seed {job.seed}: {outcome.error.message}; waiting")
            self.later.append((time.monotonic() + LOOK_AGAIN_SECONDS, number))
        elif isinstance(outcome.error, RunFailed) or outcome.record is not None:
            self.calls.ended(number, job, outcome)
        elif self.fatal is None and not self.cancelled:
            self.fatal = outcome.error

    def _lost(self, number: int) -> None:
        job = self.jobs[number]
        self.losses[number] += 1
        if self._ending:
            return
        if self.losses[number] > MOST_LOSSES:
            self._fail(number, f"its process or node was lost {MOST_LOSSES + 1} times")
            return
        self.calls.waiting(
            f"{job.arm} seed {job.seed}: its node or process was lost; "
            "it is started again from its last checkpoint"
        )
        self._submit(number)

    def _fail(self, number: int, why: str) -> None:
        """Record the failure, so that it counts and is not tried again unasked."""
        job = self.jobs[number]
        failure = Failure(kind="crash", message=why, advice="Look at Ray's logs of that node")
        error = RunFailed(f"{job.arm} seed {job.seed}: {why}", failure.advice)
        if self.place.run(job).fail(failure):
            self.calls.ended(number, job, Ended(None, error))
        elif self.fatal is None:
            self.fatal = error

    def _cancel(self) -> None:
        """Ask every task to save and end; those that have not begun never do."""
        if self.cancelled:
            return
        self.cancelled = True
        for task in self.tasks:
            self.ray.cancel(task, force=False)
