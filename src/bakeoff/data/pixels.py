"""Small helpers between image files and tensors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from PIL import Image
from torch import Tensor

_In = TypeVar("_In")
_Out = TypeVar("_Out")
AHEAD = 256
LONGEST = 32
"""An image that covers more than so many times what is kept of it is cropped before."""


def covered(image: Image.Image, height: int, width: int) -> Tensor:
    """Uint8 (C, height, width) of a Pillow image: bilinear, aspect kept, centre crop."""
    from torchvision.transforms.functional import pil_to_tensor

    if image.size != (width, height):
        scale = max(height / image.height, width / image.width)
        wide = max(round(image.width * scale), width)
        tall = max(round(image.height * scale), height)
        if max(wide / width, tall / height) > LONGEST:
            # Whole, a strip of 100,000 × 1 would be enlarged to gigabytes for its centre.
            left, top = image.width - width / scale, image.height - height / scale
            box = (left / 2, top / 2, image.width - left / 2, image.height - top / 2)
            image = image.resize((width, height), Image.Resampling.BILINEAR, box)
        else:
            image = image.resize((wide, tall), Image.Resampling.BILINEAR)
            first, upper = (wide - width) // 2, (tall - height) // 2
            image = image.crop((first, upper, first + width, upper + height))
    pixels: Tensor = pil_to_tensor(image)
    return pixels


def mapped(act: Callable[[_In], _Out], items: Sequence[_In]) -> Iterator[_Out]:
    """`map` over threads, in order, a bounded number ahead: Pillow decodes without Python's lock.

    The first error ends it and is raised.
    """
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(items), AHEAD):
            yield from pool.map(act, items[start : start + AHEAD])
