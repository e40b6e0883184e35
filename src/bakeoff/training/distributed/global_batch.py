"""Layers whose result depends on the whole batch, made to see it when processes share it.

Batch norm takes its statistics over the images of all processes: on CUDA that is torch's
SyncBatchNorm, which does not run on the CPU; there it is done here. Stochastic depth and dropout
draw for the whole batch and use the rows at hand, so that torch's global generator stays the same
in all processes, and with it a checkpoint of any number of them.
"""

from __future__ import annotations

from typing import Any

import torch
from timm.layers import BatchNormAct2d, DropPath, convert_sync_batchnorm
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from bakeoff.errors import UsageError
from bakeoff.training.distributed.process_group import Group
from bakeoff.training.distributed.sharding import BatchShare


def see_the_whole_batch(model: nn.Module, share: BatchShare, device: torch.device) -> nn.Module:
    """`model` with every layer that depends on the batch replaced; parameters stay the same.

    Raises UsageError for a layer that takes statistics over the batch in a way not known here.
    """
    for module in model.modules():
        known = type(module) in _SYNCED or not isinstance(module, _BatchNorm)
        if not known or type(module).__name__.startswith("EvoNorm2dB"):
            raise UsageError(
                f"{type(module).__name__} takes statistics over the images of one process only, "
                "so several processes would train something else",
                "Train this model by one process",
            )
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if device.type != "cuda" and type(child) in _SYNCED:
                setattr(parent, name, _twin(child, _SYNCED[type(child)], group=share.group))
            elif type(child) is DropPath:
                setattr(parent, name, _twin(child, _SharedDropPath, share=share))
            elif type(child) is nn.Dropout and child.p > 0:
                setattr(parent, name, _twin(child, _SharedDropout, share=share))
    if device.type != "cuda":
        return model
    converted: nn.Module = convert_sync_batchnorm(model)
    return converted


def _twin(module: nn.Module, kind: type[nn.Module], **more: object) -> nn.Module:
    """A `kind` that owns the same parameters and buffers as `module`."""
    twin = kind.__new__(kind)
    twin.__dict__.update(module.__dict__)
    twin.__dict__.update(more)
    return twin


class _SharedDropPath(DropPath):  # type: ignore[misc]
    share: BatchShare

    def forward(self, x: Tensor) -> Tensor:
        if self.drop_prob == 0 or not self.training:
            return x
        kept = _own_rows(x, (1,) * (x.ndim - 1), 1 - self.drop_prob, self.share)
        return x * (kept.div_(1 - self.drop_prob) if self.scale_by_keep else kept)


class _SharedDropout(nn.Dropout):
    share: BatchShare

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p >= 1:
            return super().forward(x)
        return x * _own_rows(x, tuple(x.shape[1:]), 1 - self.p, self.share).div_(1 - self.p)


def _own_rows(x: Tensor, shape: tuple[int, ...], keep: float, share: BatchShare) -> Tensor:
    """Ones with probability `keep`, else zeros: drawn for the whole batch, of x's rows."""
    drawn = x.new_empty((share.batch_size, *shape)).bernoulli_(keep)
    return drawn[share.now.to(x.device)]


class _SyncedBatchNorm(_BatchNorm):
    """Batch norm over the images of all processes, on the CPU."""

    group: Group

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        # Statistics are float32 whatever the network computes in.
        normalised, mean, variance, count = _OverAll.apply(
            x.float(), self.weight, self.bias, self.eps, self.group
        )
        if self.track_running_stats:
            assert self.num_batches_tracked is not None
            assert self.running_mean is not None
            assert self.running_var is not None
            self.num_batches_tracked.add_(1)
            factor = self.momentum
            if factor is None:  # the mean over all batches so far
                factor = 1 / float(self.num_batches_tracked)
            self.running_mean.lerp_(mean, factor)
            self.running_var.lerp_(variance * (count / (count - 1)), factor)
        if isinstance(self, BatchNormAct2d):
            normalised = self.act(self.drop(normalised))
        result: Tensor = normalised.to(x.dtype)
        return result


_SYNCED: dict[type[nn.Module], type[nn.Module]] = {
    kind: type(f"Synced{kind.__name__}", (_SyncedBatchNorm, kind), {})
    for kind in (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, BatchNormAct2d)
}


class _OverAll(torch.autograd.Function):
    """x (N, C, …) normalised by the mean and variance over all processes' images.

    Also returns mean and variance (C,) and the count they are over. Each process's mean, variance
    and count are combined as Chan, Golub and LeVeque 1979 do, which loses nothing to cancellation.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float, group: Group
    ) -> tuple[Tensor, Tensor, Tensor, float]:
        axes = [0, *range(2, x.ndim)]
        channels = x.shape[1]
        own_variance, own_mean = torch.var_mean(x, axes, correction=0)
        count = own_mean.new_tensor([x.numel() / channels])
        every = group.stack(torch.cat([own_mean, own_variance, count])).double()
        means, variances, counts = every[:, :channels], every[:, channels:-1], every[:, -1:]
        total = float(counts.sum())
        mean = (counts * means).sum(0) / total
        variance = (counts * (variances + (means - mean).square())).sum(0) / total
        mean, variance = mean.to(x.dtype), variance.to(x.dtype)
        ctx.save_for_backward(x, weight, mean, variance)
        ctx.eps, ctx.total, ctx.group = eps, total, group
        ctx.mark_non_differentiable(mean, variance)
        normalised = torch.batch_norm(x, weight, bias, mean, variance, False, 0.0, eps, False)
        return normalised, mean, variance, total

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Any) -> tuple[Tensor | None, ...]:
        """Ioffe and Szegedy 2015, section 3: the gradient through mean and variance is taken off
        what it would be were they constants, with sums over all processes.
        """
        x, weight, mean, variance = ctx.saved_tensors
        by_x, by_weight, by_bias = torch.ops.aten.native_batch_norm_backward(
            grad, x, weight, mean, variance, None, None, False, ctx.eps, [True, True, True]
        )
        sums = ctx.group.sum(torch.cat([by_weight, by_bias])) / ctx.total
        slope, level = sums.chunk(2)
        scale = (variance + ctx.eps).rsqrt()
        gain = scale if weight is None else scale * weight
        shape = (1, -1) + (1,) * (x.ndim - 2)
        slope = gain * scale * slope
        by_x = by_x.addcmul_(x, slope.view(shape), value=-1)
        by_x.sub_((gain * level - slope * mean).view(shape))
        return (
            by_x,
            None if weight is None else by_weight,
            by_bias if ctx.needs_input_grad[2] else None,
            None,
            None,
        )
