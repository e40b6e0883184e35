"""Pins as written on a command line."""

from __future__ import annotations

import pytest

from bakeoff.errors import UsageError
from bakeoff.recipes import load, scale
from bakeoff.recipes.pins import parse_pins, pinned_recipe


def test_pins_are_read_as_yaml_reads_values():
    written = [
        "optimizer.lr=5e-3",
        "batch_size = 64",
        "augment.mix=null",
        "augment.crop.area=[0.5, 1.0]",
    ]
    assert parse_pins([*written, "trains=head", "optimizer.nesterov=false"]) == {
        "optimizer.lr": 0.005,
        "batch_size": 64,
        "augment.mix": None,
        "augment.crop.area": [0.5, 1.0],
        "trains": "head",
        "optimizer.nesterov": False,
    }


@pytest.mark.parametrize("written", ["optimizer.lr", "=5", "  =5", "a=[", "a=!!int 3", "a=*x", ""])
def test_what_is_no_pin_is_refused(written):
    with pytest.raises(UsageError):
        parse_pins([written])


def test_a_pinned_list_is_a_value_of_the_recipe(mnist):
    pins = parse_pins(["augment.crop.area=[0.5, 1.0]"])
    scaled = scale(load("standard"), data=mnist, images=20_000, pins=pins)
    assert scaled.recipe.augment.crop.area == (0.5, 1.0)


def test_a_pin_may_write_a_part_that_the_recipe_has_not():
    pinned = pinned_recipe(load("standard").recipe, {"augment.mix.mixup_alpha": 0.2})
    assert pinned.augment.mix.mixup_alpha == 0.2
    assert pinned.augment.mix.cutmix_alpha == 0.0


def test_no_pins_change_nothing():
    recipe = load("rsb-a1").recipe
    assert pinned_recipe(recipe, {}) is recipe
