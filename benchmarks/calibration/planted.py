"""Worlds whose truth is known: seeds × test images, drawn so that every mean can be computed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True)
class World:
    """A run gets image i right with probability sigmoid(ease_i + skill + e), e ~ N(0, seed_sd²)
    drawn once per run, ease_i ~ N(0, image_sd²) once per image: the same images are hard for all,
    and a run that is better is better everywhere. ease_shift_i ~ N(0, taste²) makes an arm better
    on some images than on others.
    """

    skill: tuple[float, float] = (2.5, 2.5)
    seed_sd: tuple[float, float] = (0.15, 0.15)
    image_sd: float = 2.0
    taste: float = 0.7

    def images(
        self, count: int, generator: np.random.Generator
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(count,) log-odds of arm A and of arm B for each of `count` new test images."""
        ease = self.image_sd * generator.standard_normal(count)
        taste = self.taste * generator.standard_normal((2, count))
        return ease + self.skill[0] + taste[0], ease + self.skill[1] + taste[1]

    def runs(
        self, log_odds: NDArray[np.float64], arm: int, n: int, generator: np.random.Generator
    ) -> NDArray[np.bool_]:
        """(n, images): which images n runs of an arm get right."""
        luck = self.seed_sd[arm] * generator.standard_normal((n, 1))
        return generator.random((n, len(log_odds))) < special.expit(log_odds + luck)

    def accuracy_here(self, log_odds: NDArray[np.float64], arm: int) -> float:
        """Expected accuracy of a new run of the arm on these test images."""
        at = special.expit(log_odds[:, None] + self.seed_sd[arm] * _NODES)
        return float((at @ _WEIGHTS).mean())

    def accuracy(self, arm: int) -> float:
        """Expected accuracy of a new run of the arm on new test images."""
        spread = np.sqrt(self.image_sd**2 + self.taste**2 + self.seed_sd[arm] ** 2)
        return float(special.expit(self.skill[arm] + spread * _NODES) @ _WEIGHTS)
