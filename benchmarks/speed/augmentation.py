"""Batched augmentation against Pillow on one core: the rows of `benchmarks/augment.py`."""

from __future__ import annotations

import statistics
from typing import Any

import torch
from benchmarks.augment import rates, tasks
from benchmarks.speed.turns import ratios
from benchmarks.speed.work import noise

from bakeoff.data import load

TARGETS = {"crop + flip": 40.0, "all of A1: crop + flip + RandAugment + mixup and CutMix": 10.0}


def measure(seconds: float, rounds: int, batch: int) -> dict[str, dict[str, Any]]:
    """Images per second of processor time with one thread, and the ratios."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    chosen = torch.arange(batch)
    sets = {
        "mnist": ("MNIST, 28 px", load("mnist").train.subset(chosen)),
        "colour": ("colour, 32 px", noise(32, train=batch, test=10).train),
    }
    found = {}
    try:
        for name, (title, split) in sets.items():
            for task, contenders in tasks(split).items():
                measured = rates(contenders, batch, seconds, rounds)
                medians = {who: statistics.median(each) for who, each in measured.items()}
                found[f"{name}: {task}"] = {
                    "title": f"{task} ({title})",
                    "rates": medians,
                    "ratios": ratios(medians),
                    "target": TARGETS.get(task, 0.0),
                }
    finally:
        torch.set_num_threads(threads)
    return found
