"""From stored uint8 images to what the network trains on, a whole batch at a time.

Crop, flip, RandAugment or TrivialAugment, normalisation, random erasing, mixup and CutMix, in
timm's and torchvision's order. Drawing the random numbers and using them are two steps: `draw`
needs a generator and a batch size only, `apply` has static shapes on CUDA and no randomness.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from bakeoff.data.augment.crop import Boxes, draw_boxes, resized
from bakeoff.data.augment.erase import Erasure, draw_erasure, erased
from bakeoff.data.augment.mix import Mix, draw_mix, mixed, soft_targets
from bakeoff.data.augment.op import Operations
from bakeoff.data.augment.operations import operated
from bakeoff.data.augment.policy import RandAugment, TrivialAugment
from bakeoff.data.dataset import as_channels, is_grey

_Part = TypeVar("_Part", Boxes, Operations, Erasure, Mix)


@dataclass(frozen=True)
class Draws:
    """Every random choice for one batch of B images; tensors of shape (B,), `mix` for the batch."""

    boxes: Boxes
    operations: tuple[Operations, ...]
    erasure: Erasure | None
    mix: Mix | None

    def rows(self, rows: Tensor) -> Draws:
        """The choices for some rows of the batch (see `bakeoff.data.order.rank_rows`)."""
        return self._mapped(lambda x: x[rows.to(x.device)] if x.ndim and len(x) else x, mix=False)

    def to(self, device: torch.device | str) -> Draws:
        """The same choices on a device."""
        return self._mapped(lambda x: x.to(device, non_blocking=True), mix=True)

    def _mapped(self, act: Callable[[Tensor], Tensor], *, mix: bool) -> Draws:
        return Draws(
            boxes=_map(self.boxes, act),
            operations=tuple(_map(slot, act) for slot in self.operations),
            erasure=_map(self.erasure, act) if self.erasure else None,
            mix=_map(self.mix, act) if self.mix and mix else self.mix,
        )


class BatchAugment:
    """Augments batches for training by one fixed specification.

    size: side S of the images that come out. channels: how many come out.
    mean, std: per channel on the scale [0, 1]; one value serves all channels.
    crop_area, crop_ratio: ranges of the random resized crop; crop_area None resizes the whole
    image. horizontal_flip, random_erasing: probabilities. policy: at most one of `RandAugment`
    and `TrivialAugment`. mixup_alpha, cutmix_alpha, mix_probability, switch_probability: see
    `mix.draw_mix`. smoothing: label smoothing of the targets. channels_last: memory format of the
    result. device: where the images are.

    Interpolation is bilinear throughout, as Pillow's; timm's command line by default draws
    bilinear or bicubic for each image.
    """

    def __init__(
        self,
        *,
        size: int,
        channels: int,
        classes: int,
        mean: Sequence[float],
        std: Sequence[float],
        crop_area: tuple[float, float] | None = (0.08, 1.0),
        crop_ratio: tuple[float, float] = (3 / 4, 4 / 3),
        horizontal_flip: float = 0.5,
        policy: RandAugment | TrivialAugment | None = None,
        random_erasing: float = 0.0,
        mixup_alpha: float = 0.0,
        cutmix_alpha: float = 0.0,
        mix_probability: float = 1.0,
        switch_probability: float = 0.5,
        smoothing: float = 0.0,
        channels_last: bool = False,
        device: torch.device | str = "cpu",
    ) -> None:
        self.size, self.channels, self.classes = size, channels, classes
        self.crop_area, self.crop_ratio = crop_area, crop_ratio
        self.horizontal_flip, self.random_erasing = horizontal_flip, random_erasing
        self.policy = policy
        self.mixup_alpha, self.cutmix_alpha = mixup_alpha, cutmix_alpha
        self.mix_probability, self.switch_probability = mix_probability, switch_probability
        self.smoothing = smoothing
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.device = torch.device(device)
        self._normalise = Normalise(mean, std, channels, self.device)
        fill = policy.fill if policy and policy.fill is not None else self._normalise.mean_levels()
        # A coloured fill turns grey images into coloured ones; a grey one keeps them grey.
        self.fill_levels = fill[:1] if len(set(fill)) == 1 else fill
        self._fill = torch.tensor(self.fill_levels, dtype=torch.float32, device=self.device)

    def __call__(
        self, images: Tensor, labels: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Normalised float32 images (B, channels, S, S) and soft targets (B, classes).

        images: uint8 (B, C, H, W) on `device`; labels: int64 (B,). The generator alone decides
        what happens; one on the CPU gives the same draws whatever the device.
        """
        draws = self.draw(len(labels), images.shape[2], images.shape[3], generator)
        return self.apply(images, labels, draws)

    def draw(self, batch: int, height: int, width: int, generator: torch.Generator) -> Draws:
        """Every random choice for a batch of images of height × width, on `device`."""
        top, left, h, w = self._draw_boxes(batch, height, width, generator)
        flips = torch.rand(batch, generator=generator, device=generator.device)
        return Draws(
            boxes=Boxes(top, left, h, w, flip=flips < self.horizontal_flip),
            operations=self.policy.draw(batch, self.size, generator) if self.policy else (),
            erasure=draw_erasure(
                batch,
                self.size,
                self.size,
                probability=self.random_erasing,
                generator=generator,
            )
            if self.random_erasing
            else None,
            mix=draw_mix(
                self.size,
                mixup_alpha=self.mixup_alpha,
                cutmix_alpha=self.cutmix_alpha,
                probability=self.mix_probability,
                switch_probability=self.switch_probability,
                generator=generator,
            )
            if self.mixup_alpha or self.cutmix_alpha
            else None,
        ).to(self.device)

    def apply(self, images: Tensor, labels: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Images and targets as `draws` decided; see `__call__`."""
        with torch.autocast(self.device.type, enabled=False), torch.no_grad():
            # Equal channels stay equal until they are normalised: work on one of them.
            levels = images[:, :1] if is_grey(images) else images
            levels = self._crop(levels, draws.boxes)
            if draws.operations:
                levels = levels.round_()
                if len(self._fill) > levels.shape[1]:
                    levels = as_channels(levels, len(self._fill)).contiguous()
                for slot in draws.operations:
                    levels = operated(levels, slot, self._fill)
            prepared = self._normalise(levels)
            if draws.erasure:
                prepared = erased(prepared, draws.erasure)
            if draws.mix:
                prepared = mixed(prepared, draws.mix)
            prepared = as_channels(prepared, self.channels)
            targets = soft_targets(labels, self.classes, draws.mix, self.smoothing)
            return prepared.contiguous(memory_format=self.memory_format), targets

    def after_workers(self) -> BatchAugment:
        """What is left to do to images that came through `worker.worker_transform`."""
        rest = copy.copy(self)
        rest.crop_area, rest.horizontal_flip, rest.policy = None, 0.0, None
        return rest

    def _draw_boxes(
        self, batch: int, height: int, width: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        if self.crop_area is not None:
            return draw_boxes(
                batch,
                height,
                width,
                area=self.crop_area,
                ratio=self.crop_ratio,
                generator=generator,
            )
        zero = torch.zeros(batch, device=generator.device)
        return zero, zero, zero + height, zero + width

    def _crop(self, images: Tensor, boxes: Boxes) -> Tensor:
        whole = self.crop_area is None and images.shape[2] == images.shape[3] == self.size
        if not whole:
            return resized(images, boxes, self.size)
        levels = images.float()
        if not self.horizontal_flip:
            return levels
        return torch.where(boxes.flip[:, None, None, None], levels.flip(3), levels)


class Normalise:
    """Grey levels 0 to 255 to zero mean and unit deviation per channel.

    One image channel becomes `channels` different ones only if their statistics differ.
    """

    def __init__(
        self,
        mean: Sequence[float],
        std: Sequence[float],
        channels: int,
        device: torch.device,
    ) -> None:
        assert len(mean) == len(std)
        assert len(mean) in (1, channels)
        assert min(std) > 0, "a channel that never varies cannot be normalised"
        pairs = list(zip(mean, std, strict=True))
        self.mean = tuple(mean)
        if len(set(pairs)) == 1:
            pairs = pairs[:1]
        self._scale = torch.tensor([1 / (255 * s) for _, s in pairs], device=device)
        self._shift = torch.tensor([-m / s for m, s in pairs], device=device)

    def __call__(self, levels: Tensor) -> Tensor:
        """(B, C, H, W) of any number type to float32, as many channels as needed."""
        return (levels * self._scale[:, None, None]).add_(self._shift[:, None, None])

    def mean_levels(self) -> tuple[float, ...]:
        """The mean colour in whole grey levels, as timm fills what a shift leaves empty."""
        return tuple(float(min(255, round(255 * m))) for m in self.mean)


def _map(part: _Part, act: Callable[[Tensor], Tensor]) -> _Part:
    values = {f.name: act(getattr(part, f.name)) for f in dataclasses.fields(part)}
    return dataclasses.replace(part, **values)
