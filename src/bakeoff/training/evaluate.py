"""Clean evaluation: eval mode, no augmentation, each image exactly once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bakeoff.data.stream import LazyImages
from bakeoff.records.predictions import Predictions
from bakeoff.records.schema import CONFUSION_CLASSES, DetailedEvaluation, Evaluation
from bakeoff.statistics.auroc import macro_auroc
from bakeoff.statistics.calibration_error import expected_calibration_error

BATCH = 500

Prepare = Callable[[Tensor], Tensor]
"""uint8 images (N, C, H, W) to the network's normalised float input."""


@torch.inference_mode()
def predict(
    model: nn.Module,
    images: Tensor | LazyImages,
    labels: Tensor,
    prepare: Prepare,
    *,
    every_class: bool = False,
    on_batch: Callable[[], None] = lambda: None,
) -> Predictions:
    """Predictions for uint8 images (N, C, H, W) with labels (N,), in their order.

    labels may be (N, m) where any of m classes is right for an image: the first then stands for
    them all, also in the predicted classes, and the loss is that of the most probable of them, so
    that a wrong answer still costs at least ln 2. every_class: keep every class's probability.

    The model is put into eval mode and back into the mode it was in.
    """
    was_training = model.training
    model.eval()
    device = next(model.parameters()).device
    classes: list[Tensor] = []
    probabilities: list[Tensor] = []
    nll: list[Tensor] = []
    every: list[Tensor] = []
    several = labels.shape[1] if labels.ndim == 2 else 1
    for start in range(0, len(images), BATCH):
        on_batch()
        target = labels[start : start + BATCH].to(device).view(-1, several)
        logits = model(prepare(images[start : start + BATCH].to(device))).float()
        log_p = logits.log_softmax(dim=1)
        top = log_p.topk(min(5, logits.shape[1]), dim=1)
        classes.append(_as_first(top.indices, target) if several > 1 else top.indices)
        probabilities.append(top.values.exp())
        nll.append(-log_p.gather(1, target).amax(1))
        if every_class:
            every.append((_best_as_first(log_p, target) if several > 1 else log_p).cpu())
    model.train(was_training)
    return Predictions(
        label=labels.view(-1, several)[:, 0].cpu().numpy().astype(np.int32),
        top5_class=torch.cat(classes).cpu().numpy().astype(np.int32),
        top5_probability=torch.cat(probabilities).cpu().numpy().astype(np.float32),
        nll=torch.cat(nll).cpu().numpy().astype(np.float32),
        log_probability=torch.cat(every).numpy() if every else None,
    )


def interleaved(shards: Sequence[Predictions]) -> Predictions:
    """One whole from the predictions of each `bakeoff.data.order.evaluation_shard`, by rank."""
    if len(shards) == 1:
        return shards[0]
    n = sum(len(shard.label) for shard in shards)

    def whole(columns: list[Any]) -> Any:
        joined = np.empty((n, *columns[0].shape[1:]), columns[0].dtype)
        for rank, column in enumerate(columns):
            joined[rank :: len(columns)] = column
        return joined

    return Predictions(
        label=whole([shard.label for shard in shards]),
        top5_class=whole([shard.top5_class for shard in shards]),
        top5_probability=whole([shard.top5_probability for shard in shards]),
        nll=whole([shard.nll for shard in shards]),
        log_probability=None
        if shards[0].log_probability is None
        else whole([shard.log_probability for shard in shards]),
    )


def _as_first(top: Tensor, target: Tensor) -> Tensor:
    """Predicted classes (N, k), the most probable right one trading places with the first right."""
    right = (top[:, :, None] == target[:, None, :]).any(2)
    best = right & (right.cumsum(1) == 1)
    was = (top * best).sum(1, keepdim=True)
    there = best.any(1, keepdim=True) & (top == target[:, :1])
    return torch.where(best, target[:, :1], torch.where(there, was, top))


def _best_as_first(log_p: Tensor, target: Tensor) -> Tensor:
    """Log-probabilities (N, K), the likeliest right class trading places with the first right."""
    first = target[:, :1]
    best = target.gather(1, log_p.gather(1, target).argmax(1, keepdim=True))
    traded = log_p.scatter(1, best, log_p.gather(1, first))
    return traded.scatter(1, first, log_p.gather(1, best))


def summarise(p: Predictions) -> Evaluation:
    """Accuracy and top-5 in percent, cross-entropy in nats."""
    n = len(p.label)
    correct = int(p.correct.sum())
    return Evaluation(
        images=n,
        correct=correct,
        accuracy=100 * correct / n,
        top5=100 * float((p.top5_class == p.label[:, None]).any(axis=1).mean()),
        loss=float(p.nll.mean(dtype=np.float64)),
    )


def detail(p: Predictions, classes: int) -> DetailedEvaluation:
    """`summarise`, with confusion, accuracy per class and calibration error (percent), and the
    macro AUROC where every class's probability is known."""
    said = p.top5_class[:, 0]
    confidence = p.top5_probability[:, 0].astype(np.float64)
    sizes = np.bincount(p.label, minlength=classes)
    right = np.bincount(p.label[said == p.label], minlength=classes)
    per_class = np.divide(100 * right, sizes, out=np.zeros(classes), where=sizes > 0)
    shown = classes if classes <= CONFUSION_CLASSES else 0
    confusion = np.zeros((shown, shown), dtype=np.int64)
    if shown:
        np.add.at(confusion, (p.label, said), 1)
    return DetailedEvaluation(
        **summarise(p).model_dump(),
        per_class_accuracy=tuple(per_class.tolist()),
        confusion=tuple(map(tuple, confusion.tolist())),
        calibration_error=100 * expected_calibration_error(confidence, p.correct),
        macro_auroc=None
        if p.log_probability is None
        else 100 * macro_auroc(p.log_probability, p.label),
    )
