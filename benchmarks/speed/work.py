"""What everybody is asked to do: the same data, recipe, model, batch, precision and steps."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from bakeoff.data import load
from bakeoff.data.dataset import Dataset, Split, channel_statistics, content_hash
from bakeoff.data.facts import DataFacts
from bakeoff.data.stream import StreamedDataset
from bakeoff.recipes.loading import load as load_recipe
from bakeoff.recipes.scaling import scale
from bakeoff.recipes.schema import Recipe
from bakeoff.records.schema import BudgetFacts
from bakeoff.training.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One row of the table.

    target: the least ratio to the fastest rival that the project promises, and goal what it wants;
    0 where it promises none. turn_images: images trained on in one timed turn. test_images: images
    evaluated in one.
    """

    name: str
    title: str
    job: Job
    device: torch.device
    turn_images: int
    test_images: int
    target: float = 0.0
    goal: float = 0.0

    @property
    def recipe(self) -> Recipe:
        return self.job.scaled.recipe

    @property
    def facts(self) -> DataFacts:
        return self.job.dataset.facts

    @property
    def batch(self) -> int:
        return self.recipe.batch_size

    @property
    def steps(self) -> int:
        """Steps in a timed turn."""
        return max(2, round(self.turn_images / self.batch))

    @property
    def evaluation_batch(self) -> int:
        return min(500, self.test_images)


def make_work(
    name: str,
    title: str,
    dataset: Dataset | StreamedDataset,
    recipe: str,
    model: str,
    *,
    device: torch.device,
    turn_images: int,
    test_images: int,
    batch: int | None = None,
    target: float = 0.0,
    goal: float = 0.0,
) -> Work:
    """`recipe` fitted to one epoch of `dataset`, as Bakeoff fits it, for `model` from scratch."""
    loaded, facts = load_recipe(recipe), dataset.facts
    scaled = scale(loaded, data=facts, images=facts.train_images, batch_size=batch)
    job = Job(
        arm=recipe,
        seed=0,
        scaled=scaled,
        published=loaded.published,
        sources=loaded.sources,
        dataset=dataset,
        model=model,
        init="scratch",
        budget=BudgetFacts(
            asked="1epochs",
            reason="a benchmark",
            epochs=scaled.recipe.epochs,
            images=scaled.images,
            steps=scaled.total_steps,
        ),
    )
    return Work(
        name=name,
        title=title,
        job=job,
        device=device,
        turn_images=turn_images,
        test_images=test_images,
        target=target,
        goal=goal,
    )


def mnist(images: int = 60_000) -> Dataset:
    """The bundled set, or the first `images` of it as a toy."""
    whole = load("mnist")
    return whole if images >= 60_000 else _part(whole, images)


def noise(side: int, *, train: int, test: int, classes: int = 10, name: str = "noise") -> Dataset:
    """Colour pictures of `side` pixels made from noise, of the shape of CIFAR or ImageNet."""
    generator = torch.Generator().manual_seed(0)

    def split(count: int) -> Split:
        pixels = torch.randint(0, 256, (count, 3, side, side), generator=generator)
        return Split(pixels.to(torch.uint8), torch.arange(count) % classes)

    return _dataset(name, f"noise of {side} px", split(train), split(test), classes)


def _part(whole: Dataset, images: int) -> Dataset:
    train = whole.train.subset(torch.arange(images))
    test = whole.test.subset(torch.arange(max(10, images // 6)))
    return _dataset("mnist-part", "a part of MNIST", train, test, whole.facts.classes)


def _dataset(name: str, title: str, train: Split, test: Split, classes: int) -> Dataset:
    mean, std = channel_statistics(train.images)
    _, channels, height, width = train.images.shape
    facts = DataFacts(
        name=name,
        title=title,
        train_images=len(train),
        test_images=len(test),
        classes=classes,
        class_names=tuple(f"class {i}" for i in range(classes)),
        channels=channels,
        height=height,
        width=width,
        mean=mean,
        std=std,
        train_hash=content_hash(train.images, train.labels),
        test_hash=content_hash(test.images, test.labels),
    )
    return Dataset(facts, train, test)
