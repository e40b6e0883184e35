"""The library against a table typed by hand from the publications, not from the YAML files."""

from __future__ import annotations

import math

import pytest

from bakeoff.recipes import load, names
from bakeoff.recipes.loading import NOT_SET
from bakeoff.recipes.values import idle_keys, training_values

RSB_COMMON = {
    "batch_size": 2048,
    "resolution.test": 224,
    "resolution.crop_ratio": 0.95,
    "optimizer.name": "lamb",
    "optimizer.decay_norm_and_bias": False,
    "schedule.name": "cosine",
    "schedule.warmup_epochs": 5,
    "schedule.warmup_lr": 1e-4,
    "schedule.min_lr": 1e-6,
    "loss.name": "bce",
    "loss.target_threshold": 0.2,
    "augment.horizontal_flip": 0.5,
    "augment.random_erasing": 0,
    "augment.mix.cutmix_alpha": 1.0,
    "augment.randaugment.magnitude_std": 0.5,
    "augment.randaugment.increasing": True,
    "ema": None,
}

SGD = {"optimizer.name": "sgd", "augment.horizontal_flip": 0.5, "stochastic_depth": 0}

PUBLISHED = {
    "rsb-a1": RSB_COMMON
    | {
        "epochs": 600,
        "resolution.train": 224,
        "optimizer.lr": 5e-3,
        "optimizer.weight_decay": 0.01,
        "loss.smoothing": 0.1,
        "augment.mix.mixup_alpha": 0.2,
        "augment.randaugment.magnitude": 7,
        "augment.repeats": 3,
        "stochastic_depth": 0.05,
    },
    "rsb-a2": RSB_COMMON
    | {
        "epochs": 300,
        "resolution.train": 224,
        "optimizer.lr": 5e-3,
        "optimizer.weight_decay": 0.02,
        "loss.smoothing": 0.0,
        "augment.mix.mixup_alpha": 0.1,
        "augment.randaugment.magnitude": 7,
        "augment.repeats": 3,
        "stochastic_depth": 0.05,
    },
    "rsb-a3": RSB_COMMON
    | {
        "epochs": 100,
        "resolution.train": 160,
        "optimizer.lr": 8e-3,
        "optimizer.weight_decay": 0.02,
        "loss.smoothing": 0.0,
        "augment.mix.mixup_alpha": 0.1,
        "augment.randaugment.magnitude": 6,
        "augment.repeats": 1,
        "stochastic_depth": 0.0,
    },
    "torchvision-v1": SGD
    | {
        "epochs": 90,
        "batch_size": 8 * 32,
        "optimizer.lr": 0.1,
        "optimizer.momentum": 0.9,
        "optimizer.weight_decay": 1e-4,
        "optimizer.decay_norm_and_bias": True,
        "schedule.name": "step",
        "schedule.step_epochs": 30,
        "schedule.gamma": 0.1,
        "resolution.train": 224,
        "resolution.test": 224,
        "resolution.crop_ratio": 224 / 256,
        "augment.mix": None,
        "augment.repeats": 1,
        "loss.name": "cross_entropy",
        "loss.smoothing": 0,
    },
    "torchvision-v2": SGD
    | {
        "epochs": 600,
        "batch_size": 8 * 128,
        "optimizer.lr": 0.5,
        "optimizer.momentum": 0.9,
        "optimizer.weight_decay": 2e-5,
        "optimizer.decay_norm_and_bias": False,
        "schedule.name": "onecycle",
        "schedule.warmup_epochs": 5,
        "schedule.warmup_lr": 0.01 * 0.5,
        "loss.name": "cross_entropy",
        "loss.smoothing": 0.1,
        "augment.mix.mixup_alpha": 0.2,
        "augment.mix.cutmix_alpha": 1.0,
        "augment.trivial_augment": True,
        "augment.random_erasing": 0.1,
        "augment.repeats": 4,
        "ema.decay": 0.99998,
        "ema.every_steps": 32,
        "resolution.train": 176,
        "resolution.test": 224,
    },
    "mosaic-mild": SGD
    | {
        "epochs": 36,
        "batch_size": 2048,
        "optimizer.lr": 2.048,
        "optimizer.momentum": 0.875,
        "schedule.name": "onecycle",
        "schedule.warmup_epochs": 8,
        "loss.name": "bce",
        "loss.smoothing": 0.08,
        "resolution.train": 176,
        "resolution.test": 224,
    },
    **{
        f"ffcv-{epochs}": SGD
        | {
            "epochs": epochs,
            "batch_size": 8 * 512,
            "optimizer.lr": 1.7,
            "optimizer.weight_decay": 1e-4,
            "optimizer.decay_norm_and_bias": False,
            "loss.smoothing": 0.1,
            "resolution.train": 160,
            "resolution.test": 256,
        }
        for epochs in (16, 24, 32, 40, 56, 88)
    },
    "standard": {
        "epochs": 5,
        "augment.mix": None,
        "augment.randaugment": None,
        "augment.crop.area": [0.08, 1.0],
        "augment.crop.ratio": [3 / 4, 4 / 3],
    },
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_values_are_those_published(name):
    values = training_values(load(name).recipe)
    assert {key: values[key] for key in PUBLISHED[name]} == PUBLISHED[name]


@pytest.mark.parametrize("name", names())
def test_every_value_that_trains_has_a_source(name):
    loaded = load(name)
    assert set(loaded.sources) == set(training_values(loaded.recipe))
    unsourced = {key for key, source in loaded.sources.items() if source == NOT_SET}
    unsourced |= {key for key, source in loaded.sources.items() if "no source given" in source}
    assert unsourced <= idle_keys(loaded.recipe)


@pytest.mark.parametrize("name", names())
def test_every_recipe_says_who_to_cite(name):
    recipe = load(name).recipe
    assert recipe.name == name
    assert len(recipe.citation) > 10
    assert recipe.title


def test_the_library_is_what_the_documentation_lists():
    assert set(names()) == set(PUBLISHED) | {"standard-gentle", "linear-probe", "finetune"}


def test_what_was_chosen_says_so():
    standard = load("standard").sources
    for key in ("batch_size", "optimizer.lr", "schedule.name", "resolution.train"):
        assert standard[key].startswith("chosen: ")
    for key in ("epochs", "augment.horizontal_flip", "augment.mix"):
        assert standard[key].startswith("seed: ")


def test_the_gentle_sibling_differs_in_crop_and_flip_only():
    standard = training_values(load("standard").recipe)
    gentle = training_values(load("standard-gentle").recipe)
    changed = {key: gentle[key] for key in standard if gentle[key] != standard[key]}
    assert changed == {"augment.crop.area": [0.6, 1.0], "augment.horizontal_flip": 0.0}


def test_torchvisions_test_resize_follows_from_the_crop_ratio():
    assert math.floor(224 / load("torchvision-v1").recipe.resolution.crop_ratio) == 256
    assert math.floor(224 / load("torchvision-v2").recipe.resolution.crop_ratio) == 232


def test_mosaics_decay_shrinks_weights_as_much_as_its_decoupled_one():
    """Coupled decay w moves a weight by lr·w/(1-m) a step in steady state, decoupled by w."""
    optimizer = load("mosaic-mild").recipe.optimizer
    steady = optimizer.lr * optimizer.weight_decay / (1 - optimizer.momentum)
    assert steady == pytest.approx(5e-4, rel=1e-12)


def test_mosaics_average_has_a_half_life_of_100_batches():
    ema = load("mosaic-mild").recipe.ema
    assert ema.decay ** (100 / ema.every_steps) == pytest.approx(0.5)


def test_only_the_probe_trains_the_head_alone():
    assert [name for name in names() if load(name).recipe.trains == "head"] == ["linear-probe"]
