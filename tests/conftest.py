"""What tests of several rooms share: a tiny data set that can be learnt, and quiet threads."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import pytest
import torch

from bakeoff.bakeoffs.planning import plan
from bakeoff.data import mnist_files
from bakeoff.data.dataset import Dataset, Split, channel_statistics, content_hash
from bakeoff.data.facts import DataFacts
from bakeoff.recipes.loading import load
from bakeoff.recipes.scaling import scale
from bakeoff.records.schema import BudgetFacts
from bakeoff.training import throughput
from bakeoff.training.job import Job

MOST_STEPS = throughput.MOST_STEPS


def make_dataset(
    *, train: int = 96, test: int = 40, classes: int = 4, side: int = 16, channels: int = 3
) -> Dataset:
    """Noise with a bright quarter that tells the class; the same every time."""
    generator = torch.Generator().manual_seed(7)

    def split(count: int) -> Split:
        labels = torch.arange(count) % classes
        images = torch.randint(0, 120, (count, channels, side, side), generator=generator)
        half = side // 2
        for i, label in enumerate(labels.tolist()):
            top, left = divmod(label % 4, 2)
            images[i, :, top * half : (top + 1) * half, left * half : (left + 1) * half] += 100
        return Split(images.to(torch.uint8), labels)

    halves = split(train), split(test)
    mean, std = channel_statistics(halves[0].images)
    facts = DataFacts(
        name="quarters",
        title="Bright quarters",
        train_images=train,
        test_images=test,
        classes=classes,
        class_names=tuple(f"quarter {i}" for i in range(classes)),
        channels=channels,
        height=side,
        width=side,
        mean=mean,
        std=std,
        train_hash=content_hash(halves[0].images, halves[0].labels),
        test_hash=content_hash(halves[1].images, halves[1].labels),
    )
    return Dataset(facts, *halves)


@pytest.fixture(scope="session")
def quarters() -> Dataset:
    """96 training and 40 test images of 4 classes, 16 px."""
    return make_dataset()


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    # Tiny tensors are slower on several threads, and results must not depend on the machine.
    torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def _measured_briefly() -> Iterator[None]:
    """Rates are timed on few steps, in float32 alone: what a plan chooses by them must not depend
    on the machine, and two workers on two cores are crowded all the time. `measured_in_full`
    undoes it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(throughput, "MOST_STEPS", throughput.TIMED_STEPS)
        patch.setattr(throughput, "EVALUATED_IMAGES", 50)
        patch.setattr(plan, "bf16_by", lambda device: "")
        yield


@pytest.fixture
def measured_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of the measuring itself."""
    monkeypatch.setattr(throughput, "MOST_STEPS", MOST_STEPS)


@pytest.fixture(autouse=True, scope="session")
def _digits_read_once() -> Iterator[None]:
    """The bundled files are unpacked and checked once, not for every run of every test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mnist_files, "_read", lru_cache(maxsize=4)(mnist_files._read))
        yield


@pytest.fixture
def few_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """`mnist` is its first 1,000 training and 200 test images, with their own facts and hashes.

    For tests of what is done with runs, whose time would be that of testing 10,000 images.
    """
    split = mnist_files._split

    def first(folder: Path, prefix: str) -> Split:
        whole = split(folder, prefix)
        return whole.subset(torch.arange(1000 if prefix == "train" else 200))

    monkeypatch.setattr(mnist_files, "_split", first)


@pytest.fixture
def make_job(quarters) -> Callable[..., Job]:
    """A job on the tiny data set: any library recipe, timm's smallest ResNet."""

    def make(
        recipe: str = "standard",
        *,
        images: int = 192,
        seed: int = 0,
        model: str = "test_resnet",
        dataset=None,
        pins=None,
        batch_size: int | None = 16,
        init: str = "scratch",
    ) -> Job:
        dataset = dataset or quarters
        loaded = load(recipe)
        scaled = scale(loaded, data=dataset.facts, images=images, pins=pins, batch_size=batch_size)
        return Job(
            arm=recipe,
            seed=seed,
            scaled=scaled,
            published=loaded.published,
            sources=loaded.sources,
            dataset=dataset,
            model=model,
            init=init,
            budget=BudgetFacts(
                asked=f"{images}images",
                reason="a test",
                epochs=scaled.recipe.epochs,
                images=scaled.images,
                steps=scaled.total_steps,
            ),
        )

    return make
