"""Contenders take turns in one session, and the median turn counts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

import torch


def in_turn(
    contenders: Mapping[str, Callable[[], object]], rounds: int, device: torch.device
) -> dict[str, list[float]]:
    """Seconds of each contender's call in each round, in alternating order."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    order = list(contenders)
    for _ in range(rounds):
        for name in order:
            seconds[name].append(timed(contenders[name], device))
        order.reverse()
    return seconds


def timed(act: Callable[[], object], device: torch.device) -> float:
    """Seconds of one call, the device's work included."""
    synchronise(device)
    start = time.perf_counter()
    act()
    synchronise(device)
    return time.perf_counter() - start


def synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def rate(seconds: list[float], count: int) -> float:
    """Images per second of the median turn."""
    return count / statistics.median(seconds)


def ratios(rates: Mapping[str, float]) -> dict[str, float]:
    """How many times as fast as each rival "bakeoff" is."""
    return {name: rates["bakeoff"] / value for name, value in rates.items() if name != "bakeoff"}
