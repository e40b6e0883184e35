"""How fast this machine trains an arm: a short measured warm-up, before any budget is chosen."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, replace

import torch

from bakeoff.data.dataset import Dataset
from bakeoff.data.stream import StreamedDataset
from bakeoff.errors import Diverged
from bakeoff.training.assemble import assemble
from bakeoff.training.distributed.process_group import ALONE, Group
from bakeoff.training.evaluate import predict
from bakeoff.training.job import Job
from bakeoff.training.memory import out_of_memory, ran_out
from bakeoff.training.model import require_size
from bakeoff.training.step import train_step

WARM_STEPS = 2
TIMED_STEPS = 5
EVALUATED_IMAGES = 1000
FEATURE_IMAGES = 500


@dataclass(frozen=True, slots=True)
class Rate:
    """Images per second in training (augmentation included) and in evaluation.

    feature_seconds: where only a head is trained, what an image's features cost before that.
    fits: False where memory ran out, so that nothing was measured; the run itself will say so.
    """

    train: float
    evaluate: float
    feature_seconds: float = 0.0
    fits: bool = True

    def images_in(self, seconds: float, train_images: int) -> int:
        """How many images are trained on in so many seconds, features included."""
        if seconds <= (self.feature_seconds + 1 / self.train) * train_images:
            return int(seconds / (self.feature_seconds + 1 / self.train))
        return int((seconds - self.feature_seconds * train_images) * self.train)


def measure(job: Job, device: torch.device, group: Group = ALONE) -> Rate:
    """Time a few real steps and evaluations of `job`; what was trained is thrown away.

    Of several processes all take part, and the first one's clock counts. The median step is taken,
    so that one disturbed step does not decide the budget. A batch that does not fit into memory
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
    seconds: list[float] = []
    for step in range(WARM_STEPS + TIMED_STEPS):
        start = time.perf_counter()
        # An arm that diverges does so in its run, where it is recorded as a failure; here the
        # step's time is all that is asked for.
        with contextlib.suppress(Diverged):
            train_step(parts.state, parts.feed.batch(step))
        _synchronise(device)
        seconds.append(time.perf_counter() - start)
    timed = sorted(seconds[WARM_STEPS:])
    test = parts.test
    n = min(EVALUATED_IMAGES, len(test))
    predict(parts.state.model, test.images[:n], test.labels[:n], parts.prepare)
    start = time.perf_counter()
    predict(parts.state.model, test.images[:n], test.labels[:n], parts.prepare)
    evaluation = time.perf_counter() - start
    rate = Rate(
        parts.feed.batch_size / timed[len(timed) // 2],
        n * group.processes / evaluation,
        parts.probe.seconds / parts.probe.images if parts.probe else 0.0,
    )
    return group.first(lambda: rate)


def _part_of(dataset: Dataset | StreamedDataset) -> Dataset | StreamedDataset:
    """So few images that computing their features only takes a moment."""
    some = torch.arange(FEATURE_IMAGES)
    train, test = (split.subset(some[: len(split)]) for split in (dataset.train, dataset.test))
    return replace(dataset, train=train, test=test)  # type: ignore[arg-type]


def _synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
