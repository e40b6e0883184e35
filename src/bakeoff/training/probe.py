"""Training only the head: features of the frozen network are computed once, then a linear model.

What the loop sees are features in the place of images: `FeatureSplit` stands where a `Split` does,
and the network it trains is the classifier alone. Step, schedule, checkpoint and resume are those
of any other run; a resumed run computes the features again, and that counts in its cost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bakeoff.data.augment.mix import soft_targets
from bakeoff.data.dataset import Split
from bakeoff.data.order import batch_indices, evaluation_shard
from bakeoff.data.stream import StreamedSplit
from bakeoff.errors import UsageError
from bakeoff.recipes.schema import Recipe
from bakeoff.training.distributed.process_group import ALONE, Group

BATCH = 250
"""Images at a time when features are computed."""


@dataclass(frozen=True)
class FeatureSplit:
    """The counterpart of `Split` when only a head is trained.

    images: features, float32 (N, D), in the place of images; rows that no step and no evaluation
    asks for were not computed and are NaN. labels: int64 (N,).
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> FeatureSplit:
        """The same features on a device."""
        return FeatureSplit(self.images.to(device), self.labels.to(device))

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, D) and labels (B,) at `indices`."""
        return self.images[indices], self.labels[indices]

    def subset(self, indices: Tensor) -> FeatureSplit:
        """A split of the rows at `indices`, in that order."""
        return FeatureSplit(*self.batch(indices))


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A frozen network, its head, and the features that the head is trained and tested on.

    images: distinct training images whose features the steps use, and seconds: what they took.
    evaluation_seconds: the same for images that are only evaluated on.
    """

    network: nn.Module
    head: nn.Linear
    head_name: str
    train: FeatureSplit
    test: FeatureSplit
    images: int
    seconds: float
    evaluation_seconds: float

    @property
    def flops_per_image(self) -> float:
        """Of the head alone, a row of features: forward, and backward to its weights only."""
        return 4.0 * self.head.weight.numel()

    def weights(self, head: nn.Module) -> dict[str, Tensor]:
        """The whole network's state dict, with the trained `head` in its place."""
        trained = {f"{self.head_name}.{key}": value for key, value in head.state_dict().items()}
        return {**self.network.state_dict(), **trained}


class HeadBatch:
    """In the place of augmentation: features as they are, labels as smoothed targets (B, K)."""

    def __init__(self, classes: int, smoothing: float) -> None:
        self.classes, self.smoothing = classes, smoothing

    def __call__(
        self, features: Tensor, labels: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Nothing here is random: the generator is left alone."""
        return features, soft_targets(labels, self.classes, None, self.smoothing)


def probe(
    network: nn.Module,
    train: Split | StreamedSplit,
    test: Split | StreamedSplit,
    *,
    recipe: Recipe,
    steps: int,
    seed: int,
    evaluated: Tensor,
    prepare: Callable[[Tensor], Tensor],
    precision: AbstractContextManager[object],
    device: torch.device,
    group: Group = ALONE,
    pause: Callable[[], None] = lambda: None,
) -> Probe:
    """Freeze `network` in eval mode and compute the features that a run of its head needs.

    evaluated: indices of the training images on which cross-entropy is measured. group: the
    processes that share this work. pause: called before each batch of images; may raise.
    Raises UsageError for a network whose classifier is not one linear layer on its features.
    """
    network.requires_grad_(False).eval()
    name, head = _linear_head(network)
    head.requires_grad_(True)
    rows = trained_rows(
        len(train),
        steps=steps,
        batch_size=recipe.batch_size,
        repeats=recipe.augment.repeats,
        seed=seed,
    )
    only_evaluated = evaluated[~torch.isin(evaluated, rows)]

    def fill(split: Split | StreamedSplit, wanted: Tensor, into: Tensor) -> float:
        start = time.perf_counter()
        # Each process computes some of the rows and leaves zeros for the others: their sum is all.
        found = torch.zeros((len(wanted), into.shape[1]), device=device)
        mine = evaluation_shard(len(wanted), rank=group.rank, processes=group.processes)
        for part in torch.split(mine, BATCH) if len(mine) else ():
            pause()
            images = prepare(split.batch(wanted[part])[0].to(device))
            with torch.no_grad(), precision:
                found[part.to(device)] = _features(network, images).float()
        into[wanted.to(device)] = group.sum(found)
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter() - start

    _require_same_logits(network, head, prepare(train.batch(rows[:2])[0].to(device)))
    features = torch.full((len(train), head.in_features), torch.nan, device=device)
    tested = torch.full((len(test), head.in_features), torch.nan, device=device)
    seconds = fill(train, rows, features)
    evaluation = fill(train, only_evaluated, features)
    evaluation += fill(test, torch.arange(len(test)), tested)
    return Probe(
        network=network,
        head=head,
        head_name=name,
        train=FeatureSplit(features, train.labels.to(device)),
        test=FeatureSplit(tested, test.labels.to(device)),
        images=len(rows),
        seconds=seconds,
        evaluation_seconds=evaluation,
    )


def trained_rows(n: int, *, steps: int, batch_size: int, repeats: int, seed: int) -> Tensor:
    """Sorted indices of the training images that `steps` steps see; all n for a whole pass."""
    if steps * batch_size >= n * repeats:
        return torch.arange(n)
    seen = torch.cat(
        [
            batch_indices(n, seed=seed, step=step, batch_size=batch_size, repeats=repeats)
            for step in range(steps)
        ]
    )
    distinct: Tensor = torch.unique(seen)
    return distinct


def _features(network: nn.Module, images: Tensor) -> Tensor:
    """(B, D): what the classifier sees."""
    features: Tensor = network.forward_head(  # type: ignore[operator]
        network.forward_features(images),  # type: ignore[operator]
        pre_logits=True,
    )
    return features


def _linear_head(network: nn.Module) -> tuple[str, nn.Linear]:
    get = getattr(network, "get_classifier", None)
    head = get() if get is not None and hasattr(network, "forward_head") else None
    if not isinstance(head, nn.Linear):
        raise _no_head(network)
    return next(name for name, module in network.named_modules() if module is head), head


def _require_same_logits(network: nn.Module, head: nn.Linear, images: Tensor) -> None:
    """A head on these features must be the network: some models do more after their features."""
    with torch.no_grad():
        if not torch.allclose(head(_features(network, images)), network(images), atol=1e-3):
            raise _no_head(network)


def _no_head(network: nn.Module) -> UsageError:
    return UsageError(
        f"{type(network).__name__} has no single linear layer on top, so its head cannot be "
        "trained alone",
        "Choose another model, or train all of it, as with the recipe finetune",
    )
