from collections.abc import Callable

import pytest

from bakeoff.recipes.load import load
from bakeoff.recipes.scaling import scale
from bakeoff.records.schema import BudgetFacts
from bakeoff.training.job import Job


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
