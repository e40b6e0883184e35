"""The processes that carry out one run together, and how they agree.

What trains is torch's: its process group, its DistributedDataParallel. Here is what is said beside
that: who writes, who stops, and that an error of one is an error of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import Store
from torch.distributed.rendezvous import rendezvous

from bakeoff.errors import BakeoffError, RunFailed
from bakeoff.training.distributed.torchrun import launched

TOLD_SECONDS = 5.0
"""How long a process waits to see whether the first one told the same error."""

_T = TypeVar("_T")


class ProcessLost(RunFailed):
    """Another process of the run ended or was killed; nothing more can be computed together."""

    def __init__(self) -> None:
        super().__init__(
            "another process of this run was lost",
            "Run the same command again to go on from the last checkpoint",
        )


class Group:
    """One process alone: everything is agreed. `Together` is several.

    The first process (rank 0) is the only one that reads checkpoints and writes files.
    """

    rank, processes, local_rank = 0, 1, 0

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes."""
        return self.rank == 0

    def __deepcopy__(self, _: dict[int, Any]) -> Group:
        """Itself: layers hold it, and averaged weights are deep copies of the layers."""
        return self

    def first(self, act: Callable[[], _T]) -> _T:
        """What `act` returns in the first process, where alone it is called; its error is all's."""
        return act()

    def first_of_machine(self, act: Callable[[], _T]) -> _T:
        """`act()` of this process; on each machine one process goes first, and fills caches."""
        return act()

    def gather(self, value: _T) -> list[_T]:
        """Every process's value, by rank."""
        return [value]

    def agree(self, signal: int, due: bool) -> tuple[int, bool]:
        """Whether any process got a signal, and whether the first finds something due."""
        return signal, due

    def mean(self, value: Tensor) -> float:
        """The mean over the processes of a number."""
        return float(value)

    def sum(self, value: Tensor) -> Tensor:
        """The sum over the processes of a tensor on the training device, in place."""
        return value

    def stack(self, value: Tensor) -> Tensor:
        """Every process's tensor (n,) as rows, shape (processes, n)."""
        return value[None]

    def report(self, kind: str, error: BakeoffError) -> None:
        """Leave word for the first process of a failure that only this one met."""

    def reported(self) -> tuple[str, RunFailed] | None:
        """Kind and error that another process left word of."""
        return None


ALONE = Group()


class Together(Group):
    """Several processes, over torch's process group.

    What is agreed goes by gloo, whatever the devices: it is a few numbers, and a process that dies
    closes its connection, so that the others know at once.
    """

    def __init__(self, store: Store | None) -> None:
        launch = launched()
        self.rank, self.processes = dist.get_rank(), dist.get_world_size()
        self.local_rank = launch.local_rank
        self._store = store
        self._control: dist.ProcessGroup | None = None  # the default one
        if dist.get_backend() != "gloo":
            apart = dist.new_group(backend="gloo")
            assert isinstance(apart, dist.ProcessGroup)
            self._control = apart

    def first(self, act: Callable[[], _T]) -> _T:
        outcome: list[Any] = [None, None]
        error: BakeoffError | None = None
        if self.is_first:
            try:
                outcome[0] = act()
            except BakeoffError as met:
                error = met
                outcome[1] = (met.message, met.advice, met.exit_code)
        dist.broadcast_object_list(outcome, src=0, group=self._control)
        if error is None and outcome[1] is not None:
            error = BakeoffError(*outcome[1][:2])
            error.exit_code = outcome[1][2]
        if error is not None:
            raise error
        result: _T = outcome[0]
        return result

    def first_of_machine(self, act: Callable[[], _T]) -> _T:
        error: BakeoffError | None = None
        result: list[_T] = []
        if self.local_rank == 0:
            try:
                result = [act()]
            except BakeoffError as met:
                error = met
        failures = [f for f in self.gather((error.message, error.advice) if error else None) if f]
        if failures:
            raise error or BakeoffError(*failures[0])
        return result[0] if result else act()

    def gather(self, value: _T) -> list[_T]:
        found: list[Any] = [None] * self.processes
        dist.all_gather_object(found, value, group=self._control)
        return found

    def agree(self, signal: int, due: bool) -> tuple[int, bool]:
        said = torch.tensor([signal, int(due and self.is_first)])
        dist.all_reduce(said, dist.ReduceOp.MAX, group=self._control)
        return int(said[0]), bool(said[1])

    def mean(self, value: Tensor) -> float:
        total = value.detach().to("cpu", torch.float64, copy=True)
        dist.all_reduce(total, group=self._control)
        return float(total) / self.processes

    def sum(self, value: Tensor) -> Tensor:
        dist.all_reduce(value)
        return value

    def stack(self, value: Tensor) -> Tensor:
        found = [torch.empty_like(value) for _ in range(self.processes)]
        dist.all_gather(found, value)
        return torch.stack(found)

    def report(self, kind: str, error: BakeoffError) -> None:
        if self._store is not None and not self.is_first:
            self._store.set("failed", "\n".join((kind, error.message, error.advice)))

    def reported(self) -> tuple[str, RunFailed] | None:
        with suppress(RuntimeError):
            if self._store is not None and self._store.check(["failed"]):
                kind, message, advice = self._store.get("failed").decode().split("\n", 2)
                return kind, RunFailed(message, advice)
        return None

    def tell(self, error: BakeoffError) -> None:
        """Mark `error` as told elsewhere when the first process ends with the same one."""
        if self._store is None:
            return
        # A store that has gone with the process that kept it answers with an error.
        with suppress(RuntimeError):
            self._store.set(f"said/{self.rank}", str(error))
            if not self.is_first:
                self._store.wait(["said/0"], timedelta(seconds=TOLD_SECONDS))
                error.told_elsewhere = self._store.get("said/0").decode() == str(error)


@contextmanager
def joined() -> Iterator[Group]:
    """The processes that torchrun started, joined while inside; `ALONE` where it did not.

    A process group that is there already is used. Errors of torch that mean that another process
    is gone become ProcessLost.
    """
    if launched().processes == 1:
        yield ALONE
        return
    store: Store | None = None
    ours = not dist.is_initialized()
    if ours:
        store, rank, processes = next(rendezvous("env://"))
        backend = "nccl" if torch.cuda.is_available() else "gloo"
        dist.init_process_group(backend, store=store, rank=rank, world_size=processes)
    group = Together(store)
    try:
        with losses_told():
            yield group
    except BakeoffError as error:
        group.tell(error)
        if isinstance(error, ProcessLost):
            ours = False  # taking leave of a process that is gone could wait for it
        raise
    finally:
        if ours:
            dist.destroy_process_group()


@contextmanager
def losses_told() -> Iterator[None]:
    """Raise ProcessLost instead of what torch raises when a process is gone."""
    try:
        yield
    except RuntimeError as error:
        # gloo has no error class of its own; its messages begin with the place in its sources.
        if isinstance(error, dist.DistError) or "gloo" in str(error):
            raise ProcessLost from error
        raise
