"""Convolutions on small feature maps, as matrix products: the same result, faster on CPUs.

At 28 to 32 px the late stages of an ImageNet network see maps of 4×4, 2×2 and 1×1 pixels. There a
direct convolution spends its time on padding and bookkeeping, while the arithmetic is one dense
product: on a 1×1 map a padded 3×3 kernel is its centre tap; on a 2×2 map with stride 2 four taps;
on a 2×2 map with stride 1 a dense 4-to-4 product. Equal to `torch.nn.functional.conv2d` up to
floating-point rounding, in both directions (tests/training/test_smallmap.py).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

MAX_TAP_PAIRS = 16
"""A k×k kernel is spelled out as a dense product while (output, input) pixel pairs are this few."""

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
        pointwise = self.kernel_size == (1, 1) and tuple(self.padding) == (0, 0)
        if pointwise and height * width <= MAX_POINTWISE_PIXELS:
            return self._pointwise(x)
        rows = _taps(height, self.kernel_size[0], self.stride[0], int(self.padding[0]))
        columns = _taps(width, self.kernel_size[1], self.stride[1], int(self.padding[1]))
        if len(rows) * len(columns) * height * width <= MAX_TAP_PAIRS:
            return self._dense(x, rows, columns)
        return super().forward(x)

    def _pointwise(self, x: Tensor) -> Tensor:
        if self.stride != (1, 1):
            x = x[:, :, :: self.stride[0], :: self.stride[1]]
        pixels = x.permute(0, 2, 3, 1)
        out = nn.functional.linear(pixels, self.weight.flatten(1), self.bias)
        return out.permute(0, 3, 1, 2)

    def _dense(self, x: Tensor, rows: list[list[int]], columns: list[list[int]]) -> Tensor:
        """One product from all input pixels to all output pixels.

        rows[o][i]: the kernel row that joins input row i to output row o, or -1 for none.
        """
        count = len(x)
        flat = x.permute(0, 2, 3, 1).reshape(count, -1)
        outside = torch.zeros_like(self.weight[:, :, 0, 0])
        blocks = [
            torch.cat(
                [
                    outside if min(r, c) < 0 else self.weight[:, :, r, c]
                    for r in row
                    for c in column
                ],
                dim=1,
            )
            for row in rows
            for column in columns
        ]
        out = nn.functional.linear(flat, torch.cat(blocks))
        out = out.view(count, len(rows), len(columns), self.out_channels).permute(0, 3, 1, 2)
        return out if self.bias is None else out + self.bias[:, None, None]


def _taps(size: int, kernel: int, stride: int, padding: int) -> list[list[int]]:
    """For each output position, the kernel tap on each input position (-1: outside the kernel)."""
    outputs = (size + 2 * padding - kernel) // stride + 1
    return [
        [t if 0 <= (t := i - (o * stride - padding)) < kernel else -1 for i in range(size)]
        for o in range(outputs)
    ]


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
