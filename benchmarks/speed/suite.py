"""Which works are measured: on a CPU, on a GPU, and as a toy that shows that all of it runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from benchmarks.speed.work import Work, make_work, mnist, noise
from PIL import Image

from bakeoff.data import open_data


def cpu(device: torch.device, *, turn_images: int = 1024, test_images: int = 1000) -> list[Work]:
    """ResNet-50 and ResNet-18 at 28 and 32 px."""
    digits = mnist()
    colour = noise(32, train=50_000, test=10_000, name="CIFAR-shaped noise")
    rows = (
        ("mnist-standard", "ResNet-50, MNIST, 28 px, standard", digits, "standard", 50, 1.7, 2.2),
        ("mnist-rsb-a3", "ResNet-50, MNIST, 28 px, rsb-a3", digits, "rsb-a3", 50, 1.7, 2.2),
        ("cifar-standard", "ResNet-50, 32 px colour, standard", colour, "standard", 50, 1.4, 0.0),
        ("mnist-resnet18", "ResNet-18, MNIST, 28 px, standard", digits, "standard", 18, 1.4, 0.0),
        ("cifar-resnet18", "ResNet-18, 32 px colour, standard", colour, "standard", 18, 1.4, 0.0),
    )
    return [
        make_work(
            name,
            title,
            data,
            recipe,
            f"resnet{depth}",
            device=device,
            turn_images=turn_images,
            test_images=test_images,
            target=target,
            goal=goal,
        )
        for name, title, data, recipe, depth, target, goal in rows
    ]


def gpu(device: torch.device, folder: Path) -> list[Work]:
    """The rows for one H100 or H200. folder: where made-up JPEG files may lie."""
    large = noise(224, train=8192, test=1024, name="generated")
    files = open_data(f"folder:{jpegs(folder, 4096)}", size=224, stream=True)
    return [
        make_work(
            "gpu-mnist",
            "ResNet-50, MNIST, 28 px, batch 512, bf16",
            mnist(),
            "standard",
            "resnet50",
            device=device,
            turn_images=30_720,
            test_images=10_000,
            batch=512,
            target=10.0,
        ),
        make_work(
            "gpu-224",
            "ResNet-50, 224 px, resident, bf16",
            large,
            "standard",
            "resnet50",
            device=device,
            turn_images=8192,
            test_images=1024,
            batch=256,
            target=1.2,
        ),
        make_work(
            "gpu-jpeg",
            "ResNet-50, a folder of JPEG files, bf16",
            files,
            "torchvision-v1",
            "resnet50",
            device=device,
            turn_images=8192,
            test_images=512,
            batch=256,
            target=1.3,
        ),
    ]


def toy(device: torch.device, folder: Path) -> list[Work]:
    """Every kind of row with a network of a few thousand weights, in seconds."""
    files = open_data(f"folder:{jpegs(folder, 64, side=40)}", size=32, stream=True)
    sets = (
        ("toy-standard", mnist(384), "standard"),
        ("toy-rsb-a3", mnist(384), "rsb-a3"),
        ("toy-colour", noise(32, train=96, test=32), "standard"),
        ("toy-jpeg", files, "torchvision-v1"),
    )
    return [
        make_work(
            name,
            f"a toy of {recipe}",
            data,
            recipe,
            "test_resnet",
            device=device,
            turn_images=32,
            test_images=16,
            batch=16,
        )
        for name, data, recipe in sets
    ]


def jpegs(folder: Path, count: int, side: int = 400) -> Path:
    """A train and a val folder of smooth colour pictures as JPEG files, ten classes."""
    rng = np.random.default_rng(0)
    for split, images in (("train", count), ("val", max(20, count // 8))):
        for number in range(images):
            place = folder / split / f"class{number % 10}"
            place.mkdir(parents=True, exist_ok=True)
            small = Image.fromarray(rng.integers(0, 256, (12, 15, 3), dtype=np.uint8))
            picture = small.resize((side * 5 // 4, side), Image.Resampling.BICUBIC)
            picture.save(place / f"{number}.jpg", quality=90)
    return folder
