"""Images are held as large as the recipes see them, and models that cannot take them are named."""

import numpy as np
import pytest
import torch
from PIL import Image

import bakeoff
from bakeoff.bakeoffs.planning.plan import plan
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.errors import UsageError
from bakeoff.training.model import training_flops

SPEC = {"name": "toy", "model": "test_resnet", "seeds": 1, "budget": "16images"}
SIZES = {"resolution.train": 288, "resolution.test": 288, "resolution.crop_ratio": 0.96}


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Two classes of four images of 320 × 320."""
    root, draw = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (root / name).mkdir()
        for k in range(4):
            pixels = draw.integers(0, 256, (320, 320, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{k}.png")
    return root


@pytest.mark.parametrize(("pins", "held"), [({}, 256), (SIZES, 300)])
def test_images_are_held_as_large_as_a_recipe_tests_on_them(photos, pins, held):
    arms = [
        {"recipe": "standard", "pin": {"batch_size": 4}},
        {"recipe": "standard", "name": "large", "pin": {"batch_size": 4, **pins}},
    ]
    spec = read_spec({**SPEC, "data": f"folder:{photos}", "arms": arms})
    facts = plan(spec, torch.device("cpu")).arms[0].job.dataset.facts
    assert (facts.height, facts.width) == (held, held)


@pytest.mark.parametrize("model", ["vit_tiny_patch16_224", "inception_v3"])
def test_a_model_of_another_image_size_is_refused_by_name_before_anything_runs(
    model, tmp_path, monkeypatch, quarters
):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
    spec = {**SPEC, "data": "quarters", "model": model, "arms": ["standard"], "budget": "200images"}
    with pytest.raises(UsageError, match=f"{model} does not take images of 16 pixels"):
        bakeoff.run(spec, out=tmp_path / "runs", device="cpu")
    assert not list(tmp_path.rglob("record.json"))


def test_counting_flops_draws_no_random_number():
    torch.manual_seed(0)
    expected = torch.rand(4)
    torch.manual_seed(0)
    assert training_flops("test_vit", classes=3, channels=3, size=32) > 0
    assert torch.equal(torch.rand(4), expected)
