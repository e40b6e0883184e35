"""A recipe's summary says what its publication says: every figure is in the registry."""

from __future__ import annotations

import re

import pytest

from bakeoff.errors import BadFile
from bakeoff.published import results
from bakeoff.recipes.loading import LIBRARY, library_summary, load, names

WITH_SUMMARY = [name for name in names() if load(name).summary]


@pytest.mark.parametrize("name", WITH_SUMMARY)
def test_every_accuracy_of_a_summary_is_a_published_one(name: str) -> None:
    family = name.rpartition("-")[0]
    known = {
        figure.value: figure.epochs
        for figure in results(metric="top1")
        if figure.id.startswith(family) and figure.test_set == "imagenet-1k"
    }
    told = re.findall(r"(\d+\.\d+) %", load(name).summary)
    assert told
    assert set(told) <= set(known)
    if family == "rsb":
        assert set(told) == {"80.4", "79.8", "78.1"}
        for value in told:
            assert f"{known[value]} epochs" in load(name).summary


@pytest.mark.parametrize("name", WITH_SUMMARY)
def test_a_summary_agrees_with_the_values_of_its_recipe(name: str) -> None:
    loaded = load(name)
    recipe, text = loaded.recipe, loaded.summary
    assert f"{recipe.epochs:.0f} epochs" in text
    if recipe.resolution.train != recipe.resolution.test:
        assert f"at {recipe.resolution.train} pixels" in text
    assert f"{recipe.resolution.test} pixels" in text
    for word, has in {
        "LAMB": recipe.optimizer.name == "lamb",
        "SGD": recipe.optimizer.name == "sgd",
        "RandAugment": recipe.augment.randaugment is not None,
        "TrivialAugment": recipe.augment.trivial_augment,
        "Mixup": recipe.augment.mix is not None,
    }.items():
        assert word not in text or has, word


def test_the_procedures_of_rsb_and_torchvision_are_summarised() -> None:
    assert WITH_SUMMARY == ["rsb-a1", "rsb-a2", "rsb-a3", "torchvision-v1", "torchvision-v2"]
    assert library_summary("rsb-a3").startswith("Wightman")
    assert library_summary("mine") == library_summary("standard") == ""


def test_a_summary_is_of_one_file_and_is_text(tmp_path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: {LIBRARY / 'rsb-a3.yaml'}\nepochs: 30\n")
    assert load(file).summary == ""
    file.write_text(file.read_text() + "summary: What\n  we asked.\n")
    assert load(file).summary == "What we asked."
    file.write_text("extends: rsb-a3\nsummary: [1]\n")
    with pytest.raises(BadFile, match=r"mine\.yaml:2: summary must be text"):
        load(file)
