"""Each ingredient can be left out, alone, and what is left still is a recipe that can be run."""

from __future__ import annotations

import pytest

from bakeoff.recipes import Recipe, load, names, scale
from bakeoff.recipes.ablation import ablate, ingredients
from bakeoff.recipes.mistakes import contradictions
from bakeoff.recipes.values import training_values


def changed(name: str) -> dict[str, set[str]]:
    before = training_values(load(name).recipe)
    return {
        item.name: {
            key
            for key, value in training_values(item.without).items()
            if key not in before or before[key] != value
        }
        for item in ingredients(load(name).recipe)
    }


def test_a1_has_every_ingredient_that_the_paper_names():
    assert set(changed("rsb-a1")) == {
        "loss",
        "smoothing",
        "lamb",
        "mixup",
        "cutmix",
        "randaugment",
        "repeats",
        "stochastic-depth",
    }


def test_a3_has_no_repeats_no_smoothing_and_no_stochastic_depth():
    assert set(changed("rsb-a3")) == {"loss", "lamb", "mixup", "cutmix", "randaugment"}


def test_torchvision_v2_has_the_steps_of_its_published_ladder():
    ladder = {"trivialaugment", "erasing", "smoothing", "mixup", "cutmix", "ema", "repeats"}
    assert set(changed("torchvision-v2")) == ladder


def test_of_the_standard_procedure_only_the_optimizer_can_be_replaced():
    assert [item.name for item in ingredients(load("standard").recipe)] == ["adamw"]
    assert ingredients(load("torchvision-v1").recipe) == []


def test_only_the_ingredient_is_changed():
    assert changed("rsb-a1") == {
        "loss": {"loss.name", "loss.target_threshold"},
        "smoothing": {"loss.smoothing"},
        "lamb": {
            "optimizer.name",
            "optimizer.lr",
            "optimizer.weight_decay",
            "optimizer.nesterov",
            "schedule.warmup_lr",
            "schedule.min_lr",
        },
        "mixup": {"augment.mix.mixup_alpha"},
        "cutmix": {"augment.mix.cutmix_alpha"},
        "randaugment": {"augment.randaugment"},
        "repeats": {"augment.repeats"},
        "stochastic-depth": {"stochastic_depth"},
    }


def test_sgd_in_the_place_of_lamb_has_the_rate_of_its_source():
    """Goyal et al. 2017: 0.1 for 256 images, so 0.8 for 2048; the warm-up starts at its share."""
    [lamb] = [item for item in ingredients(load("rsb-a3").recipe) if item.name == "lamb"]
    assert lamb.without.optimizer.lr == pytest.approx(0.1 * 2048 / 256)
    assert lamb.without.schedule.warmup_lr == pytest.approx(0.8 * 1e-4 / 8e-3)
    assert "Goyal" in lamb.source


def test_without_both_mixes_there_is_no_mix_at_all():
    recipe = load("rsb-a3").recipe
    [no_mixup] = [item.without for item in ingredients(recipe) if item.name == "mixup"]
    [nothing] = [item.without for item in ingredients(no_mixup) if item.name == "cutmix"]
    assert nothing.augment.mix is None


@pytest.mark.parametrize("name", names())
def test_what_is_left_is_a_valid_recipe_with_a_name_of_its_own(name, mnist):
    arms = ablate(load(name))
    assert len({item.without.name for item, _ in arms}) == len(arms)
    for item, arm in arms:
        again = Recipe.model_validate_json(item.without.model_dump_json(), strict=True)
        assert again == item.without == arm.recipe
        assert list(contradictions(item.without)) == []
        assert item.without.name != name
        assert set(arm.sources) == set(training_values(arm.recipe))
        scaled = scale(arm, data=mnist, images=20_000)
        assert scaled.images == scale(load(name), data=mnist, images=20_000).images


def test_values_that_were_changed_say_so():
    for item, arm in ablate(load("rsb-a2")):
        new = {key for key, source in arm.sources.items() if source.startswith("left out: ")}
        assert new == changed("rsb-a2")[item.name]
