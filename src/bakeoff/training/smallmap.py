"""Convolutions on small feature maps, as matrix products: the same result, faster on CPUs.

At 28 to 32 px the late stages of an ImageNet network see maps of 4×4, 2×2 and 1×1 pixels. There a
direct convolution spends its time on padding and bookkeeping, while the arithmetic is a handful of
dense products: a 1×1 kernel is one product over all pixels; a larger kernel is one product for each
output pixel and kernel row, of as many taps of that row as lie inside the map. Nothing is
multiplied with padding and no weight is copied. Equal to `torch.nn.functional.conv2d` up to
floating-point rounding, in both directions, also under autocast (tests/training/test_smallmap.py).
docs/performance.md says what was measured, and what was tried and did not pay.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from bakeoff.training.products import product

MAX_OUTPUT_PIXELS = 4
"""Larger kernels are products while they give this few pixels; beyond, oneDNN's own are faster."""

MAX_POINTWISE_PIXELS = 49
"""1×1 kernels are products on maps up to 7×7; on larger ones the direct form was as fast."""


class SmallMapConv2d(nn.Conv2d):
    """A `Conv2d` that multiplies matrices where the map is small, and convolves elsewhere.

    Chosen per call by the input's height and width, so one model serves every resolution.
    Shares its parameters' names and shapes with `Conv2d`: state dicts are interchangeable.
    """

    @classmethod
    def of(cls, conv: nn.Conv2d) -> SmallMapConv2d:
        """A small-map twin that owns the same parameters as `conv`."""
        twin = cls.__new__(cls)
        twin.__dict__.update(conv.__dict__)
        return twin

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, O, H', W')."""
        height, width = x.shape[-2:]
        if self.kernel_size == (1, 1) and tuple(self.padding) == (0, 0):
            if height * width > MAX_POINTWISE_PIXELS:
                return super().forward(x)
            x, weight = _as_autocast_says(x, self.weight)
            pixels = x[:, :, :: self.stride[0], :: self.stride[1]].permute(0, 2, 3, 1)
            out: Tensor = _Pointwise.apply(pixels, weight.flatten(1))
            return self._with_bias(out.permute(0, 3, 1, 2))
        rows = _spans(height, self.kernel_size[0], self.stride[0], int(self.padding[0]))
        columns = _spans(width, self.kernel_size[1], self.stride[1], int(self.padding[1]))
        if not 0 < len(rows) * len(columns) <= MAX_OUTPUT_PIXELS:
            return super().forward(x)  # torch says what is wrong with a map of no pixels
        x, weight = _as_autocast_says(x, self.weight)
        pixels, weight = x.permute(0, 2, 3, 1), weight.permute(0, 2, 3, 1)
        out = _Spelled.apply(pixels, weight, rows, columns)
        return self._with_bias(out.permute(0, 3, 1, 2))

    def _with_bias(self, out: Tensor) -> Tensor:
        return out if self.bias is None else out + self.bias.to(out.dtype)[:, None, None]


def _as_autocast_says(x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Both in the type that autocast gives to products; as they are where it is off.

    Autocast itself does not reach into our products. A weight is cast here once a pass, and what
    is kept for the way back is the cast one; its gradient arrives in the weight's own type.
    """
    if not torch.is_autocast_enabled(x.device.type):
        return x, weight
    kind = torch.get_autocast_dtype(x.device.type)
    return x.to(kind), weight.to(kind)


Span = tuple[int, int, int]
"""Of one output position: its first input position, its first kernel tap, and how many taps."""


def _spans(size: int, kernel: int, stride: int, padding: int) -> list[Span]:
    """For each output position, the taps inside the map; the padding is less than the kernel."""
    spans = []
    for output in range((size + 2 * padding - kernel) // stride + 1):
        start = output * stride - padding
        first, end = max(start, 0), min(start + kernel, size)
        spans.append((first, first - start, end - first))
    return spans


class _Pointwise(torch.autograd.Function):
    """A 1×1 convolution of pixels (N, H, W, C) with weights (O, C): (N, H, W, O)."""

    @staticmethod
    def forward(ctx: Any, pixels: Tensor, weight: Tensor) -> Tensor:
        rows = pixels.reshape(-1, pixels.shape[3])
        ctx.save_for_backward(rows, weight)
        ctx.shape = pixels.shape
        return product(rows, weight).view(*pixels.shape[:3], len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        rows, weight = ctx.saved_tensors
        gradient = gradient.reshape(-1, len(weight))
        wants_pixels, wants_weight = ctx.needs_input_grad
        return (
            product(gradient, weight.t()).view(ctx.shape) if wants_pixels else None,
            gradient.t() @ rows if wants_weight else None,
        )


class _Spelled(torch.autograd.Function):
    """A convolution of pixels (N, H, W, C) with weights (O, kH, kW, C), spelled out.

    The taps of one kernel row that lie side by side are one stretch of memory in the weights, and
    so are the pixels under them: each pair of stretches is a matrix product, strided, uncopied.
    """

    @staticmethod
    def forward(
        ctx: Any, pixels: Tensor, weight: Tensor, rows: list[Span], columns: list[Span]
    ) -> Tensor:
        pixels, weight = pixels.contiguous(), weight.contiguous()
        ctx.save_for_backward(pixels, weight)
        ctx.spans = rows, columns
        out = pixels.new_empty(len(pixels), len(rows), len(columns), len(weight))
        for y, x, under, taps, first in _stretches(rows, columns):
            out[:, y, x].addmm_(
                _stretch(pixels, *under), _stretch(weight, *taps).t(), beta=0 if first else 1
            )
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        pixels, weight = ctx.saved_tensors
        wants_pixels, wants_weight = ctx.needs_input_grad[:2]
        of_pixels = torch.zeros_like(pixels) if wants_pixels else None
        of_weight = torch.zeros_like(weight) if wants_weight else None
        for y, x, under, taps, _ in _stretches(*ctx.spans):
            given = gradient[:, y, x]
            if of_pixels is not None:
                _stretch(of_pixels, *under).addmm_(given, _stretch(weight, *taps))
            if of_weight is not None:
                _stretch(of_weight, *taps).addmm_(given.t(), _stretch(pixels, *under))
        return of_pixels, of_weight, None, None


def _stretches(
    rows: list[Span], columns: list[Span]
) -> list[tuple[int, int, tuple[int, int, int], tuple[int, int, int], bool]]:
    """Of each product: output y and x, place of the pixels, of the taps, whether it is the first.

    A place is row, first column and number of columns, as `_stretch` takes it.
    """
    return [
        (y, x, (top + i, left, count), (tap_y + i, tap_x, count), i == 0)
        for y, (top, tap_y, height) in enumerate(rows)
        for x, (left, tap_x, count) in enumerate(columns)
        for i in range(height)
    ]


def _stretch(grid: Tensor, row: int, first: int, count: int) -> Tensor:
    """View (N, count · C) of contiguous (N, H, W, C): columns first … of one row."""
    channels = grid.shape[3]
    return grid.flatten(2)[:, row, first * channels : (first + count) * channels]


def use_small_map_convolutions(model: nn.Module) -> int:
    """Replace, in place, each plain `Conv2d` of `model`; returns how many were replaced.

    Grouped, dilated, reflecting, string-padded or over-padded convolutions, and subclasses, are
    left alone.
    """
    replaced = 0
    for parent in model.modules():
        for name, child in parent.named_children():
            if (
                type(child) is nn.Conv2d
                and child.groups == 1
                and child.dilation == (1, 1)
                and child.padding_mode == "zeros"
                and not isinstance(child.padding, str)
                and max(child.padding) < min(child.kernel_size)
            ):
                setattr(parent, name, SmallMapConv2d.of(child))
                replaced += 1
    return replaced
