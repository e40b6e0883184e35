"""How fast this machine trains an arm: a short measured warm-up, before any budget is chosen."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass

import torch

from bakeoff.errors import Diverged
from bakeoff.training.assemble import assemble
from bakeoff.training.evaluate import predict
from bakeoff.training.job import Job
from bakeoff.training.step import train_step

WARM_STEPS = 2
TIMED_STEPS = 5
EVALUATED_IMAGES = 1000


@dataclass(frozen=True, slots=True)
class Rate:
    """Images per second in training (augmentation included) and in evaluation."""

    train: float
    evaluate: float


def measure(job: Job, device: torch.device) -> Rate:
    """Time a few real steps and evaluations of `job`; what was trained is thrown away.

    The median step is taken, so that one disturbed step does not decide the budget.
    """
    parts = assemble(job, device)
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
    test = job.dataset.test
    n = min(EVALUATED_IMAGES, len(test.labels))
    predict(parts.state.model, test.images[:n], test.labels[:n], parts.prepare)
    start = time.perf_counter()
    predict(parts.state.model, test.images[:n], test.labels[:n], parts.prepare)
    evaluation = time.perf_counter() - start
    return Rate(parts.feed.batch_size / timed[len(timed) // 2], n / evaluation)


def _synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
