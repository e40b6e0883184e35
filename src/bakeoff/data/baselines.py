"""What needs no network: accuracies that a trained one must beat, on raw pixels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from bakeoff.progress import tell, tracked

LBFGS_STEPS = 60
PENALTY = 1e-4
CHUNK = 500
FITTING = "fitting a linear model"


@dataclass(frozen=True)
class Floor:
    """Accuracy in percent of a simple classifier; images: how many test images it was tried on."""

    name: str
    accuracy: float
    images: int
    how: str


def majority(train: Tensor, test: Tensor, classes: int) -> Floor:
    """Always the most frequent training class. train, test: labels (N,)."""
    most = int(train.bincount(minlength=classes).argmax())
    return Floor("majority class", _percent(test == most), len(test), f"always class {most}")


def linear(train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], classes: int) -> Floor:
    """Multinomial logistic regression on raw pixels, by L-BFGS from zero; deterministic.

    train, test: features float (N, D) on the scale 0 to 1, and labels (N,). With a small weight
    penalty (1e-4 / 2 · |W|²), so that it also ends where the classes can be separated.
    """
    x, y = train
    centre = x.mean(0)
    weights = torch.zeros(x.shape[1], classes, requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    x = x - centre
    optimizer = torch.optim.LBFGS(
        [weights, bias], max_iter=LBFGS_STEPS, history_size=10, line_search_fn="strong_wolfe"
    )

    looks = 0

    def objective() -> Tensor:
        nonlocal looks
        tell(FITTING, min(looks, LBFGS_STEPS), LBFGS_STEPS)
        looks += 1
        optimizer.zero_grad()
        loss = F.cross_entropy(x @ weights + bias, y) + PENALTY / 2 * weights.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(objective)  # type: ignore[no-untyped-call]
    tell(FITTING, LBFGS_STEPS, LBFGS_STEPS)
    with torch.no_grad():
        right = ((test[0] - centre) @ weights + bias).argmax(1) == test[1]
    return Floor(
        "linear model",
        _percent(right),
        len(right),
        f"logistic regression on {len(y):,} training images, {LBFGS_STEPS} L-BFGS steps at most",
    )


def nearest_neighbour(train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor]) -> Floor:
    """The label of the nearest training image in Euclidean distance of pixels."""
    x, y = train
    half_norms = x.square().sum(1) / 2
    right = torch.cat(
        [
            y[(part @ x.T - half_norms).argmax(1)] == labels
            for part, labels in tracked(
                list(zip(torch.split(test[0], CHUNK), torch.split(test[1], CHUNK), strict=True)),
                "looking for nearest neighbours",
            )
        ]
    )
    return Floor(
        "1-nearest neighbour",
        _percent(right),
        len(right),
        f"Euclidean, among {len(y):,} training images",
    )


def _percent(right: Tensor) -> float:
    return 100 * float(right.double().mean())
