"""Random resized crop and horizontal flip of a batch, as two small matrices per image.

Resizing a box is separable: output = rows @ image @ columns, where each matrix holds the weights
of the triangle filter that Pillow resizes with (bilinear, widened when shrinking, weights only
inside the box). A flip turns the columns round. Two batched matrix products therefore replace
crop, resize and flip, for any box size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from bakeoff.data.augment.rows import work_is_what_costs

ATTEMPTS = 10
TABLED = 32
"""Up to this side the weights of every possible box are made once and looked up: 9 MB at most."""


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
    b, c, h, w = images.shape
    columns = _box_weights(boxes.left, boxes.width, w, size, flip=boxes.flip)
    # Rows first, with the channels side by side, so that each direction is one product an image.
    beside = images.permute(0, 2, 1, 3).to(torch.float32, memory_format=torch.contiguous_format)
    if h <= size and work_is_what_costs(images.device):
        tall = _rows_between(beside.view(b, h, c * w), boxes, size)
    else:
        tall = torch.bmm(_box_weights(boxes.top, boxes.height, h, size), beside.view(b, h, c * w))
    done = torch.bmm(tall.view(b, size * c, w), columns.transpose(1, 2))
    return done.view(b, size, c, size).permute(0, 2, 1, 3)


def _rows_between(images: Tensor, boxes: Boxes, size: int) -> Tensor:
    """(B, size, N) from rows (B, H, N), H ≤ size: each a blend of two, without the zeros between.

    A bag of two embeddings is such a blend; it is about seven times as fast as the product.
    """
    b, h, n = images.shape
    centres = _centres(boxes.top, boxes.height, size)
    upper = centres.floor()
    share = centres - upper
    row = upper.long() + h * torch.arange(b)[:, None]
    # Where the share is 0 there may be no row below.
    below = row + (share > 0)
    return F.embedding_bag(
        torch.stack([row, below], dim=2).view(-1, 2),
        images.view(b * h, n),
        per_sample_weights=torch.stack([1 - share, share], dim=2).view(-1, 2),
        mode="sum",
    ).view(b, size, n)


def _box_weights(
    start: Tensor, length: Tensor, full: int, size: int, flip: Tensor | None = None
) -> Tensor:
    """`resize_weights`, by looking them up where there are few boxes."""
    if max(full, size) > TABLED:
        return resize_weights(start, length, full, size, flip)
    place = start * (full + 1) + length
    if flip is not None:
        place = place + flip * (full * (full + 1))
    return _weights_of_all_boxes(full, size, start.device).index_select(0, place.long())


@cache
def _weights_of_all_boxes(full: int, size: int, device: torch.device) -> Tensor:
    """(2 · full · (full + 1), size, full): at start · (full + 1) + length; then all of it flipped.

    Lengths of 0 and boxes that leave the image have a place, though nobody asks for them.
    """
    place = torch.arange(full * (full + 1), device=device)
    weights = resize_weights(
        (place // (full + 1)).float(), (place % (full + 1)).float(), full, size
    )
    return torch.cat([weights, weights.flip(1)])


def resize_weights(
    start: Tensor, length: Tensor, full: int, size: int, flip: Tensor | None = None
) -> Tensor:
    """Weights (B, size, full) that resize pixels start … start + length - 1 to `size` pixels.

    Pillow's triangle filter: half-pixel centres, support widened by the scale when shrinking,
    weights normalised over the pixels inside the box.
    """
    pixels = torch.arange(full, device=start.device, dtype=torch.float32)
    if full <= size:
        # No box can be larger than the result, so nothing shrinks: the triangle has width 1, and
        # its weights add up to 1 once centres stay within the box.
        centres = _centres(start, length, size, flip)
        return (centres[:, :, None] - pixels).abs_().neg_().add_(1).clamp_(min=0)
    centres = _places(start, length, size, flip)
    support = (length / size).clamp(min=1)[:, None, None]
    inside = (pixels >= start[:, None]) & (pixels < (start + length)[:, None])
    weights = (1 - (centres[:, :, None] - pixels).abs_() / support).clamp_(min=0)
    weights *= inside[:, None, :]
    return weights.div_(weights.sum(2, keepdim=True))


def _places(start: Tensor, length: Tensor, size: int, flip: Tensor | None = None) -> Tensor:
    """(B, size): where in the image the middle of each resulting pixel lies."""
    places = torch.arange(size, device=start.device, dtype=torch.float32) + 0.5
    along = places if flip is None else torch.where(flip[:, None], size - places, places)
    return start[:, None] + along * (length / size)[:, None] - 0.5


def _centres(start: Tensor, length: Tensor, size: int, flip: Tensor | None = None) -> Tensor:
    """`_places` kept within the middles of the box's pixels, where nothing shrinks."""
    places = _places(start, length, size, flip)
    return places.maximum(start[:, None]).minimum((start + length - 1)[:, None])


def _central_box(height: int, width: int, ratio: tuple[float, float]) -> tuple[int, int, int, int]:
    h, w = height, width
    if width / height < min(ratio):
        h = round(width / min(ratio))
    elif width / height > max(ratio):
        w = round(height * max(ratio))
    return (height - h) // 2, (width - w) // 2, h, w
