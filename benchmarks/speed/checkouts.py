"""The rivals' own programs from a checkout, and Bakeoff's five epochs as a user runs them."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import torch
from benchmarks.speed.pictures import AnySplit, Pictures
from benchmarks.speed.plain import policy
from benchmarks.speed.work import Work
from PIL import Image

IMAGES = 2560
PROGRAMS = {"timm": "train.py", "torchvision": "references/classification/train.py"}


def measure(name: str, path: Path, works: list[Work], folder: Path) -> dict[str, dict[str, float]]:
    """Images per second that the checkout's own training program tells, row by row.

    The program gets a folder of PNG files with the row's first images. What it tells is the median
    of its printed rates after the first; torchvision's leaves its wait for the loader out.
    Raises FileNotFoundError when the checkout lacks the program.
    """
    program = path / PROGRAMS[name]
    if not program.exists():
        raise FileNotFoundError(f"{program} is not there: --{name} takes a checkout of {name}")
    found = {}
    for work in works:
        place = as_folder(work, folder / f"{name}-{work.name}")
        command = timm_command(work, place) if name == "timm" else torchvision_command(work, place)
        done = subprocess.run(
            [sys.executable, str(program), *command], capture_output=True, text=True, cwd=folder
        )
        told = told_rates(name, done.stdout + done.stderr)
        if done.returncode or not told:
            raise RuntimeError(f"{program} failed:\n{done.stderr[-2000:]}")
        found[work.name] = {"images_per_second": sorted(told)[len(told) // 2]}
    return found


def told_rates(name: str, output: str) -> list[float]:
    """The rates in a program's log, the first of them left out."""
    pattern = r"Time: \S+\s+([\d.,]+)/s" if name == "timm" else r"img/s: ([\d.]+)"
    return [float(rate.replace(",", "")) for rate in re.findall(pattern, output)][1:]


def as_folder(work: Work, place: Path) -> Path:
    """The first images of a row as PNG files, in folders of classes."""
    for name, split, count in (
        ("train", work.job.dataset.train, IMAGES),
        ("val", work.job.dataset.test, work.evaluation_batch),
    ):
        _write(split, count, place / name, work.facts.classes)
    return place


def _write(split: AnySplit, count: int, place: Path, classes: int) -> None:
    for label in range(classes):
        (place / f"{label:03}").mkdir(parents=True, exist_ok=True)
    pictures = Pictures(split)
    for index in range(min(count, len(pictures))):
        picture, label = pictures[index]
        assert isinstance(picture, Image.Image)
        picture.convert("RGB").save(place / f"{label:03}" / f"{index}.png")


def timm_command(work: Work, place: Path) -> list[str]:
    """Its train.py's options for a row: one epoch, every step logged."""
    recipe, facts = work.recipe, work.facts
    spec, mix, size = recipe.optimizer, recipe.augment.mix, recipe.resolution.train
    options = {
        "--data-dir": place,
        "--train-split": "train",
        "--val-split": "val",
        "--model": work.job.model,
        "--num-classes": facts.classes,
        "--batch-size": work.batch,
        "--epochs": 1,
        "--warmup-epochs": 0,
        "--cooldown-epochs": 0,
        "--opt": spec.name,
        "--lr": spec.lr,
        "--weight-decay": spec.weight_decay,
        "--color-jitter": 0,
        "--train-interpolation": "bilinear",
        "--log-interval": 1,
        "--device": work.device.type,
        "--workers": 2,
    }
    command = [str(part) for pair in options.items() for part in pair]
    command += ["--input-size", "3", str(size), str(size)]
    if policy_name := policy(work):
        command += ["--aa", policy_name]
    if mix is not None:
        command += ["--mixup", str(mix.mixup_alpha), "--cutmix", str(mix.cutmix_alpha)]
    if recipe.loss.name == "bce":
        command += ["--bce-loss", "--bce-target-thresh", str(recipe.loss.target_threshold)]
    if work.device.type == "cuda":
        command += ["--amp", "--amp-dtype", "bfloat16", "--channels-last", "--pin-mem"]
    return command


def torchvision_command(work: Work, place: Path) -> list[str]:
    """Its reference's options for a row; it has neither LAMB nor BCE, so AdamW and softmax."""
    recipe = work.recipe
    spec, mix, size = recipe.optimizer, recipe.augment.mix, recipe.resolution.train
    options = {
        "--data-path": place,
        "--model": work.job.model,
        "--batch-size": work.batch,
        "--epochs": 1,
        "--opt": "sgd" if spec.name == "sgd" else "adamw",
        "--lr": spec.lr,
        "--weight-decay": spec.weight_decay,
        "--train-crop-size": size,
        "--val-crop-size": size,
        "--val-resize-size": size,
        "--print-freq": 1,
        "--device": work.device.type,
        "--workers": 2,
    }
    command = [str(part) for pair in options.items() for part in pair]
    if policy(work):
        command += ["--auto-augment", "ra"]
    if mix is not None:
        command += ["--mixup-alpha", str(mix.mixup_alpha), "--cutmix-alpha", str(mix.cutmix_alpha)]
    return [*command, *(["--amp"] if work.device.type == "cuda" else [])]


def five_epochs(work: Work, *, whole: bool) -> dict[str, float]:
    """Seconds of the standard procedure's five epochs as one run, the second of two in a process.

    The first run compiles and tunes. whole: all of MNIST, or a toy's 96 images.
    """
    import tempfile

    import bakeoff

    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(2):
            start = time.perf_counter()
            record = bakeoff.train(
                recipe="standard",
                data="mnist",
                model="resnet50" if whole else "test_resnet",
                budget="5epochs" if whole else "96images",
                pins={"batch_size": 512} if whole else {},
                device=str(work.device),
                out=Path(folder) / str(number),
            )
            seconds.append(time.perf_counter() - start)
    assert record.cost is not None
    torch.manual_seed(0)
    return {
        "first_run_seconds": seconds[0],
        "second_run_seconds": seconds[1],
        "training_seconds": record.cost.seconds,
        "images_per_second": record.cost.images_per_second,
    }
