"""docs/recipes.md says what the library holds, and its example is a recipe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bakeoff.recipes import load, names
from bakeoff.recipes.scaling import (
    EMA_SHARE,
    IMAGENET_IMAGES,
    MIN_STEPS,
    MIN_STEPS_PER_EPOCH,
    SMALL_SIDE,
    SMALLEST_BATCH,
)

PAGE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("`"): cells[1:]
    for line in PAGE.splitlines()
    if line.startswith("| `")
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
}


def test_every_recipe_has_its_row():
    assert set(ROWS) == set(names())


@pytest.mark.parametrize("name", names())
def test_the_row_holds_the_recipes_values(name):
    recipe = load(name).recipe
    assert ROWS[name] == [
        f"{recipe.epochs:g}",
        str(recipe.batch_size),
        recipe.optimizer.name,
        f"{recipe.optimizer.lr:g}",
        recipe.loss.name,
        f"{recipe.resolution.train} / {recipe.resolution.test}",
    ]


def test_the_example_is_a_recipe(tmp_path):
    example = re.search(r"```yaml\n(# mine.yaml.*?)```", PAGE, re.DOTALL)
    assert example is not None
    (tmp_path / "mine.yaml").write_text(example[1], encoding="utf-8")
    loaded = load(tmp_path / "mine.yaml")
    assert loaded.recipe.augment.mix is None
    assert loaded.sources["epochs"] == "chosen: our budget"
    assert loaded.sources["augment.mix"].startswith("chosen: photographs")


def test_the_rules_are_stated_with_their_numbers():
    assert f"fewer than {MIN_STEPS} steps in the run or {MIN_STEPS_PER_EPOCH} in an epoch" in PAGE
    assert f"no less than {SMALLEST_BATCH}" in PAGE
    assert f"at most {SMALL_SIDE} pixels a side" in PAGE
    assert f"{IMAGENET_IMAGES:,}" in PAGE
    assert EMA_SHARE == 0.1
    assert "at most a tenth of the run" in PAGE


def test_what_is_not_carried_is_on_the_page():
    for name in names():
        for missing in load(name).recipe.not_carried:
            first = missing.split(",")[0].split()[0]
            assert first.lower() in PAGE.lower()
