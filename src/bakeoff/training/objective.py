"""The training objective a recipe asks for: timm's losses on soft targets."""

from __future__ import annotations

from collections.abc import Callable

from timm.loss import BinaryCrossEntropy, SoftTargetCrossEntropy
from torch import Tensor

from bakeoff.recipes.schema import Loss

Objective = Callable[[Tensor, Tensor], Tensor]


def build_objective(spec: Loss) -> Objective:
    """A function of logits (N, K) and soft targets (N, K); returns a scalar mean.

    Smoothing is in the targets already (as in timm, where Mixup smooths them).
    """
    if spec.name == "bce":
        bce: Objective = BinaryCrossEntropy(
            smoothing=0.0, target_threshold=spec.target_threshold, sum_classes=spec.sum_classes
        )
        return bce
    cross_entropy: Objective = SoftTargetCrossEntropy()
    return cross_entropy
