"""Every recipe of the library trains on MNIST and on a folder of JPEGs, at a tiny budget."""

from dataclasses import replace

import pytest
import torch
from PIL import Image

import bakeoff
from bakeoff.data import load
from bakeoff.recipes import names

EACH = 48


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """JPEGs of several sizes, one sub-folder per class; made for this test, no set of anybody's."""
    folder = tmp_path_factory.mktemp("made") / "photos"
    generator = torch.Generator().manual_seed(3)
    for label, name in enumerate(("dawn", "noon", "night sky")):
        (folder / name).mkdir(parents=True)
        for number in range(EACH):
            height, width = torch.randint(66, 90, (2,), generator=generator).tolist()
            pixels = torch.randint(0, 120, (height, width, 3), generator=generator)
            pixels[..., label] += 100
            image = Image.fromarray(pixels.to(torch.uint8).numpy())
            image.save(folder / name / f"{number:03}.jpg", quality=80)
    return folder


@pytest.mark.parametrize("recipe", names())
def test_it_trains_on_jpegs_and_leaves_a_record(recipe, photos, tmp_path):
    record = bakeoff.train(
        recipe, data=f"folder:{photos}", model="test_resnet", budget="96images",
        pins=None if recipe == "linear-probe" else {"resolution.train": 64, "resolution.test": 64},
        out=tmp_path, device="cpu",
    )  # fmt: skip
    assert record.status == "complete"
    assert record.result.images == 30
    assert record.data.class_names == ("dawn", "night sky", "noon")
    assert 0 < record.cost.images <= 96
    assert record.recipe.name == recipe
    assert {step.key for step in record.scaling} >= {"epochs", "batch_size"}


def test_a_bakeoff_of_the_whole_library_runs_on_mnist(monkeypatch, tmp_path):
    mnist = load("mnist")
    facts = mnist.facts.model_copy(update={"test_images": 500})
    few = replace(mnist, facts=facts, test=mnist.test.subset(torch.arange(500)))
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda name, **_: few)
    spec = {
        "name": "library",
        "data": "mnist",
        "model": "test_resnet",
        "arms": names(),
        "seeds": 1,
        "budget": "96images",
    }
    finished = bakeoff.run(spec, out=tmp_path, device="cpu")
    assert [record.arm for record in finished.records] == names()
    assert {record.status for record in finished.records} == {"complete"}
    assert all(record.result.images == 500 for record in finished.records)
