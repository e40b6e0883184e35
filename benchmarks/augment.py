"""Batched augmentation against torchvision's and timm's, image by image, on one core.

    python benchmarks/augment.py [--seconds 2] [--rounds 5] [--batch 256]

Every contender starts from the same images in memory (uint8 tensors; Pillow images for the
image-by-image ones) and ends with a normalised float32 batch. They run in turn, `rounds` times,
in one process with one thread; the median rate of the rounds and its ratio to the fastest rival is
printed, with the slowest and the fastest round in brackets.

Two sets: MNIST as three equal channels (the batched form works on one of them), and colour
pictures of 32 × 32 made from noise, where it has no such advantage.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np
import PIL
import timm
import torch
import torchvision
from PIL import Image
from timm.data import Mixup, create_transform
from torchvision import transforms
from torchvision.transforms import v2

from bakeoff.data import load
from bakeoff.data.augment import BatchAugment, RandAugment, TrivialAugment
from bakeoff.data.dataset import Split

CONFIG = "rand-m7-mstd0.5-inc1"
"""RSB A1's RandAugment."""
POLICY = RandAugment(7, 0.5, increasing=True)
MIX = {"mixup_alpha": 0.2, "cutmix_alpha": 1.0}
Contender = Callable[[], torch.Tensor]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="per contender and round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=256)
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(
        f"{platform.machine()}, one thread; torch {torch.__version__}, torchvision "
        f"{torchvision.__version__}, timm {timm.__version__}, Pillow {PIL.__version__}"
    )
    digits = load("mnist")
    chosen = torch.arange(options.batch)
    colour = torch.from_numpy(
        np.random.default_rng(0).integers(0, 256, (options.batch, 3, 32, 32)).astype(np.uint8)
    )
    sets = {
        "MNIST, 28 × 28, three equal channels": digits.train.subset(chosen),
        "colour, 32 × 32": Split(colour, chosen % 10),
    }
    for title, split in sets.items():
        print(f"\n{title}: images per second")
        for task, contenders in tasks(split).items():
            report(task, rates(contenders, len(split), options.seconds, options.rounds))


def tasks(split: Split) -> dict[str, dict[str, Contender]]:
    """What is compared: each task's contenders, the batched one first."""
    mean, std, size = (0.45,) * 3, (0.25,) * 3, split.images.shape[2]
    pictures = [Image.fromarray(x.permute(1, 2, 0).contiguous().numpy()) for x in split.images]
    generator = torch.Generator().manual_seed(0)

    def batched(**options: object) -> Contender:
        augment = BatchAugment(size=size, channels=3, classes=10, mean=mean, std=std, **options)
        return lambda: augment(split.images, split.labels, generator)[0]

    def one_by_one(transform: Callable[[Image.Image], torch.Tensor]) -> Contender:
        return lambda: torch.stack([transform(picture) for picture in pictures])

    def torchvisions(*policy: object) -> Contender:
        steps = [
            transforms.RandomResizedCrop(size),
            transforms.RandomHorizontalFlip(),
            *policy,
            transforms.ToTensor(),
            transforms.Normalize(mean, std),
        ]
        return one_by_one(transforms.Compose(steps))

    def timms(config: str | None) -> Contender:
        return one_by_one(timms_transform(config))

    def timms_transform(config: str | None) -> Callable[[Image.Image], torch.Tensor]:
        return create_transform(
            (3, size, size),
            is_training=True,
            auto_augment=config,
            color_jitter=None,
            interpolation="bilinear",
            mean=mean,
            std=std,
        )

    def mixed_timms() -> Contender:
        transform, mix = timms_transform(CONFIG), Mixup(**MIX, num_classes=10)
        return lambda: mix(torch.stack([transform(x) for x in pictures]), split.labels)[0]

    def mixed_torchvisions() -> Contender:
        batch = torchvisions(transforms.RandAugment(2, 7, interpolation=bilinear))
        mix = v2.RandomChoice([v2.MixUp(alpha=0.2, num_classes=10), v2.CutMix(num_classes=10)])
        return lambda: mix(batch(), split.labels)[0]

    bilinear = transforms.InterpolationMode.BILINEAR
    return {
        "crop + flip": {
            "bakeoff": batched(),
            "torchvision": torchvisions(),
            "timm": timms(None),
        },
        f"crop + flip + RandAugment ({CONFIG})": {
            "bakeoff": batched(policy=POLICY),
            "timm": timms(CONFIG),
        },
        "crop + flip + TrivialAugment": {
            "bakeoff": batched(policy=TrivialAugment()),
            "torchvision": torchvisions(transforms.TrivialAugmentWide(interpolation=bilinear)),
        },
        "all of A1: crop + flip + RandAugment + mixup and CutMix": {
            "bakeoff": batched(policy=POLICY, smoothing=0.1, **MIX),
            "torchvision": mixed_torchvisions(),
            "timm": mixed_timms(),
        },
    }


def rates(
    contenders: dict[str, Contender], batch: int, seconds: float, rounds: int
) -> dict[str, list[float]]:
    """Images per second of each contender in each round; they take turns."""
    for contender in contenders.values():
        contender()
    measured: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            start, done = time.process_time(), 0
            while (elapsed := time.process_time() - start) < seconds:
                contender()
                done += batch
            measured[name].append(done / elapsed)
    return measured


def report(task: str, measured: dict[str, list[float]]) -> None:
    """Print a line for each contender."""
    ours = statistics.median(measured["bakeoff"])
    print(f"  {task}")
    for name, rounds in measured.items():
        rate = statistics.median(rounds)
        ratio = "" if name == "bakeoff" else f"   bakeoff is {ours / rate:.0f} × as fast"
        print(f"    {name:12} {rate:9,.0f} ({min(rounds):,.0f} to {max(rounds):,.0f}){ratio}")


if __name__ == "__main__":
    main()
