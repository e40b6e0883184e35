"""The numbers of one pair of arms in one metric, and which test decides; no verdict yet."""

from __future__ import annotations

from dataclasses import dataclass

from bakeoff.comparison.metrics import Metric
from bakeoff.comparison.outcome import Group
from bakeoff.comparison.reasons import Reason
from bakeoff.comparison.result import Discordant, Scope
from bakeoff.statistics import Estimate, Interval


@dataclass(slots=True)
class Measured:
    """What was measured of one pair; None where it does not exist. See `PairVerdict`."""

    metric: Metric
    a: Group
    b: Group
    scope: Scope
    test: str = "none"
    paired: bool = False
    why: tuple[Reason, ...] = ()
    difference: float | None = None
    interval: Interval | None = None
    estimate: Estimate | None = None
    p: float | None = None
    p_superiority: float | None = None
    p_superiority_interval: Interval | None = None
    effect_size: float | None = None
    permutation_p: float | None = None
    interval_new_images: Interval | None = None
    discordant: Discordant | None = None

    @property
    def gain(self) -> float:
        """How much better a is than b; negative when worse, 0 when unknown."""
        return 0.0 if self.difference is None else self.metric.sign * self.difference
