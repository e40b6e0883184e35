"""Random resized crop and horizontal flip of a batch, as two small matrices per image.

Resizing a box is separable: output = rows @ image @ columns, where each matrix holds the weights
of the triangle filter that Pillow resizes with (bilinear, widened when shrinking, weights only
inside the box). A flip turns the columns round. Two batched matrix products therefore replace
crop, resize and flip, for any box size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

ATTEMPTS = 10


@dataclass(frozen=True)
class Boxes:
    """One box per image, in pixels; `flip` mirrors it left to right. All of shape (B,)."""

    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor
    flip: Tensor


def draw_boxes(
    batch: int,
    height: int,
    width: int,
    *,
    area: tuple[float, float],
    ratio: tuple[float, float],
    generator: torch.Generator,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Boxes as torchvision's and timm's random resized crop draw them.

    Ten times: area uniform, log aspect ratio uniform, sides rounded; the first box that fits is
    placed uniformly. If none fits, the central crop with the nearest allowed ratio.
    Returns top, left, height, width, each (B,) float32 with whole numbers of pixels.
    Source: Szegedy et al. 2014, section 6; torchvision `RandomResizedCrop.get_params`.
    """
    device = generator.device
    draws = torch.rand(2, ATTEMPTS, batch, generator=generator, device=device)
    place = torch.rand(2, batch, generator=generator, device=device)
    target = height * width * (area[0] + (area[1] - area[0]) * draws[0])
    low, high = math.log(ratio[0]), math.log(ratio[1])
    aspect = torch.exp(low + (high - low) * draws[1])
    widths = (target * aspect).sqrt().round()
    heights = (target / aspect).sqrt().round()
    fits = (widths > 0) & (widths <= width) & (heights > 0) & (heights <= height)
    attempt = torch.arange(ATTEMPTS, device=device)[:, None]
    first = torch.where(fits, attempt, ATTEMPTS).amin(0)
    chosen = first.clamp(max=ATTEMPTS - 1)[None]
    w, h = widths.gather(0, chosen)[0], heights.gather(0, chosen)[0]
    top = (place[0] * (height - h + 1)).floor().clamp_(min=0).minimum(height - h)
    left = (place[1] * (width - w + 1)).floor().clamp_(min=0).minimum(width - w)
    central = _central_box(height, width, ratio)
    found = first < ATTEMPTS
    top, left, h, w = (
        torch.where(found, drawn, float(fixed))
        for drawn, fixed in zip((top, left, h, w), central, strict=True)
    )
    return top, left, h, w


def resized(images: Tensor, boxes: Boxes, size: int) -> Tensor:
    """Float images (B, C, size, size): each image's box, resized and perhaps flipped.

    images: (B, C, H, W) on the scale 0 to 255, any dtype. Equals Pillow's bilinear resize of the
    cropped image up to its rounding to whole grey levels.
    """
    rows = resize_weights(boxes.top, boxes.height, images.shape[2], size)
    columns = resize_weights(boxes.left, boxes.width, images.shape[3], size, flip=boxes.flip)
    b, c, h, w = images.shape
    # One product for all channels: (B, C·H, W) @ (B, W, S); then (B, S, H) @ each channel.
    wide = torch.bmm(images.reshape(b, c * h, w).float(), columns.transpose(1, 2))
    if c == 1:
        return torch.bmm(rows, wide)[:, None]
    return torch.matmul(rows[:, None], wide.view(b, c, h, size))


def resize_weights(
    start: Tensor, length: Tensor, full: int, size: int, flip: Tensor | None = None
) -> Tensor:
    """Weights (B, size, full) that resize pixels start … start + length - 1 to `size` pixels.

    Pillow's triangle filter: half-pixel centres, support widened by the scale when shrinking,
    weights normalised over the pixels inside the box.
    """
    device = start.device
    places = torch.arange(size, device=device, dtype=torch.float32) + 0.5
    if flip is None:
        along = places[None].expand(len(start), size)
    else:
        along = torch.where(flip[:, None], size - places, places)
    scale = length / size
    centres = start[:, None] + along * scale[:, None] - 0.5
    last = start + length - 1
    pixels = torch.arange(full, device=device, dtype=torch.float32)
    if full <= size:
        # No box can be larger than the result, so nothing shrinks: the triangle has width 1, and
        # its weights add up to 1 once centres stay within the box.
        centres = centres.maximum(start[:, None]).minimum(last[:, None])
        return (centres[:, :, None] - pixels).abs_().neg_().add_(1).clamp_(min=0)
    support = scale.clamp(min=1)[:, None, None]
    inside = (pixels >= start[:, None]) & (pixels <= last[:, None])
    weights = (1 - (centres[:, :, None] - pixels).abs_() / support).clamp_(min=0)
    weights *= inside[:, None, :]
    return weights.div_(weights.sum(2, keepdim=True))


def _central_box(height: int, width: int, ratio: tuple[float, float]) -> tuple[int, int, int, int]:
    h, w = height, width
    if width / height < min(ratio):
        h = round(width / min(ratio))
    elif width / height > max(ratio):
        w = round(height * max(ratio))
    return (height - h) // 2, (width - w) // 2, h, w
