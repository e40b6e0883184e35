"""How fast this machine trains an arm: a short measured warm-up, before any budget is chosen."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from bakeoff.data.dataset import Dataset
from bakeoff.data.stream import StreamedDataset
from bakeoff.errors import Diverged
from bakeoff.threads import cores
from bakeoff.training.assemble import assemble
from bakeoff.training.distributed.process_group import ALONE, Group
from bakeoff.training.evaluate import predict
from bakeoff.training.job import Job
from bakeoff.training.load import Others, crowded
from bakeoff.training.memory import out_of_memory, ran_out
from bakeoff.training.model import require_size
from bakeoff.training.step import train_step

WARM_STEPS = 2
TIMED_STEPS = 5
MOST_STEPS = 20
MOST_SECONDS = 20.0
"""How often and how long steps are timed again where they differ, or others use the cores."""

UNSTEADY = 1.3
"""Steps differ when the slowest of them takes this many times as long as the fastest."""

EVALUATED_IMAGES = 1000
FEATURE_IMAGES = 500


@dataclass(frozen=True, slots=True)
class Rate:
    """Images per second in training (augmentation included) and in evaluation.

    feature_seconds: where only a head is trained, what an image's features cost before that.
    fits: False where memory ran out, so that nothing was measured; the run itself will say so.
    steps: how many were timed; spread: the slowest of them over the fastest. others: cores that
    other processes used meanwhile, None where that is not known; crowded: too few were left for us.
    """

    train: float
    evaluate: float
    feature_seconds: float = 0.0
    fits: bool = True
    steps: int = TIMED_STEPS
    spread: float = 1.0
    others: float | None = None
    crowded: bool = False

    @property
    def steady(self) -> bool:
        """Whether it can be trusted: measured alone, and alike each time."""
        return self.spread <= UNSTEADY and not self.crowded

    def times(self, factor: float) -> Rate:
        """The rates of a machine that is `factor` times as fast."""
        return replace(
            self,
            train=self.train * factor,
            evaluate=self.evaluate * factor,
            feature_seconds=self.feature_seconds / factor,
        )

    def images_in(self, seconds: float, train_images: int) -> int:
        """How many images are trained on in so many seconds, features included."""
        if seconds <= (self.feature_seconds + 1 / self.train) * train_images:
            return int(seconds / (self.feature_seconds + 1 / self.train))
        return int((seconds - self.feature_seconds * train_images) * self.train)


def measure(job: Job, device: torch.device, group: Group = ALONE) -> Rate:
    """Time a few real steps and evaluations of `job`; what was trained is thrown away.

    Of several processes all take part, and the first one's clock counts. The median step is taken,
    so that one disturbed step does not decide the budget; where steps differ or other processes
    use the cores, more are timed. A batch that does not fit into memory
    gives a rate that says so; of several processes it is an error, as the others wait.

    Raises UsageError where the model does not take images of the recipe's sizes.
    """
    try:
        return _measure(job, device, group)
    except Exception as error:
        if not ran_out(error):
            raise
        if group.processes > 1:
            raise out_of_memory(job, device) from error
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return Rate(1.0, 1.0, fits=False)


def _measure(job: Job, device: torch.device, group: Group) -> Rate:
    facts, seen = job.dataset.facts, job.scaled.recipe.resolution
    sizes = (seen.train, seen.test)
    require_size(job.model, classes=facts.classes, channels=facts.channels, sizes=sizes)
    if job.scaled.recipe.trains == "head":
        job = replace(job, dataset=_part_of(job.dataset))
    parts = assemble(job, device, group=group)
    number = 0

    def timed_step() -> float:
        nonlocal number
        start = time.perf_counter()
        # An arm that diverges does so in its run, where it is recorded as a failure; here the
        # step's time is all that is asked for.
        with contextlib.suppress(Diverged):
            train_step(parts.state, parts.feed.batch(number))
        _synchronise(device)
        number += 1
        return time.perf_counter() - start

    for _ in range(WARM_STEPS):
        timed_step()
    timing = timed(timed_step, Others(), device=device, group=group)
    test = parts.test
    n = min(EVALUATED_IMAGES, len(test))
    predict(parts.state.model, test.images[:n], test.labels[:n], parts.prepare)
    start = time.perf_counter()
    predict(parts.state.model, test.images[:n], test.labels[:n], parts.prepare)
    evaluation = time.perf_counter() - start
    rate = Rate(
        parts.feed.batch_size / statistics.median_high(timing.seconds),
        n * group.processes / evaluation,
        parts.probe.seconds / parts.probe.images if parts.probe else 0.0,
        steps=len(timing.seconds),
        spread=timing.spread,
        others=timing.others,
        crowded=timing.crowded,
    )
    return group.first(lambda: rate)


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of each timed step, and what other processes did meanwhile (as in `Rate`)."""

    seconds: tuple[float, ...]
    others: float | None
    crowded: bool

    @property
    def spread(self) -> float:
        return max(self.seconds) / max(min(self.seconds), 1e-9)


def timed(
    step: Callable[[], float], others: Others, *, device: torch.device, group: Group = ALONE
) -> Timing:
    """Time TIMED_STEPS steps, and as many again while they differ or others use our cores.

    No more than MOST_STEPS, nor after MOST_SECONDS. step: takes one and returns its seconds.
    """
    # On a GPU the steps wait for no core; several processes see each other as others.
    alone = device.type == "cpu" and group.processes == 1
    seconds: list[float] = []
    while True:
        seconds += [step() for _ in range(TIMED_STEPS)]
        used = others.cores() if alone else None
        there = cores()
        timing = Timing(
            tuple(seconds),
            used,
            crowded(used, threads=torch.get_num_threads(), machine=there.machine),
        )
        unsteady = timing.crowded or timing.spread > UNSTEADY
        enough = len(seconds) >= MOST_STEPS or sum(seconds) > MOST_SECONDS
        # All processes take the same number of steps: the first one's word counts.
        if not group.first(lambda again=unsteady and not enough: again):  # type: ignore[misc]
            return timing


def _part_of(dataset: Dataset | StreamedDataset) -> Dataset | StreamedDataset:
    """So few images that computing their features only takes a moment."""
    some = torch.arange(FEATURE_IMAGES)
    train, test = (split.subset(some[: len(split)]) for split in (dataset.train, dataset.test))
    return replace(dataset, train=train, test=test)  # type: ignore[arg-type]


def _synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
