"""What the network sees of an image when it is tested: no randomness."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bakeoff.data.augment.batch import Normalise
from bakeoff.data.augment.crop import resize_weights
from bakeoff.data.dataset import as_channels, is_grey


class TestView:
    """Shorter side resized to `size / crop_ratio`, centre crop of `size`, normalised.

    Equals torchvision's `Resize` and `CenterCrop` on a Pillow image with bilinear interpolation,
    up to rounding to whole grey levels. Where the image already has the wanted size and
    `crop_ratio` is 1, it is only normalised.
    """

    __test__ = False

    def __init__(
        self,
        *,
        size: int,
        channels: int,
        mean: Sequence[float],
        std: Sequence[float],
        crop_ratio: float = 1.0,
        channels_last: bool = False,
        device: torch.device | str = "cpu",
    ) -> None:
        assert 0 < crop_ratio <= 1
        self.size, self.channels = size, channels
        self.resize_to = int(size / crop_ratio)
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self._normalise = Normalise(mean, std, channels, torch.device(device))

    def __call__(self, images: Tensor) -> Tensor:
        """Float32 (B, channels, size, size) from uint8 images (B, C, H, W) on the device."""
        with torch.autocast(images.device.type, enabled=False), torch.no_grad():
            levels = (images[:, :1] if is_grey(images) else images).float()
            shown = as_channels(self._normalise(self._centre(levels)), self.channels)
            return shown.contiguous(memory_format=self.memory_format)

    def _centre(self, levels: Tensor) -> Tensor:
        h, w = levels.shape[2:]
        if h == w == self.size == self.resize_to:
            return levels
        short = min(h, w)
        tall = self.resize_to if h == short else int(self.resize_to * h / short)
        wide = self.resize_to if w == short else int(self.resize_to * w / short)
        rows = self._weights(h, tall, levels.device)
        columns = self._weights(w, wide, levels.device)
        return rows @ levels @ columns.T

    def _weights(self, full: int, resized: int, device: torch.device) -> Tensor:
        zero = torch.zeros(1, device=device)
        weights = resize_weights(zero, zero + full, full, resized)[0]
        start = round((resized - self.size) / 2)
        return weights[start : start + self.size]
