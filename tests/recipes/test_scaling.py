"""The scaling rules, against the formulas of their sources and the timm and torchvision code."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bakeoff.errors import UsageError
from bakeoff.recipes import load, names, scale
from bakeoff.recipes.cautions import of_characters
from bakeoff.recipes.values import training_values

from .conftest import facts

IMAGENET = facts("imagenet", 1_281_167, 500, tuple(f"class {i}" for i in range(1000)))
MNIST = facts("mnist", 60_000, 28, tuple("0123456789"))
PHOTOS = facts("photos", 5_000, 300, ("cat", "dog"))


@pytest.mark.parametrize("name", [n for n in names() if n != "torchvision-v2"])
def test_at_its_own_length_and_batch_a_recipe_is_not_changed(name):
    loaded = load(name)
    scaled = scale(loaded, data=IMAGENET, images=int(loaded.recipe.epochs * 1_281_167))
    assert scaled.steps == ()
    assert scaled.recipe == loaded.recipe
    assert scaled.total_steps == int(loaded.recipe.epochs * 1_281_167) // loaded.recipe.batch_size


def test_torchvision_v2_at_its_own_length_changes_only_as_its_train_py_does():
    """train.py: alpha = (1 - decay) * world_size * batch_size * steps / epochs."""
    scaled = scale(load("torchvision-v2"), data=IMAGENET, images=600 * 1_281_167)
    alpha = (1 - 0.99998) * 8 * 128 * 32 / 600
    assert scaled.recipe.ema.decay == pytest.approx(1 - alpha, rel=1e-6)
    assert scaled.recipe.ema.every_steps == 32
    assert {step.key for step in scaled.steps} == {"ema.decay", "ema.adjust"}


@pytest.mark.parametrize("name", names())
def test_a_third_of_an_epoch_of_mnist_is_156_steps_of_128(name):
    """And 104 steps of 192 = 3 × 64 where each image stands 3 times in a batch."""
    scaled = scale(load(name), data=MNIST, images=20_000)
    batch = 192 if name in ("rsb-a1", "rsb-a2") else 128
    assert scaled.recipe.batch_size == batch
    assert scaled.images == scaled.total_steps * batch == 156 * 128
    assert scaled.recipe.epochs == pytest.approx(1 / 3)
    assert scaled.steps_per_epoch == pytest.approx(60_000 / batch)


@pytest.mark.parametrize("name", ["rsb-a1", "rsb-a2", "torchvision-v2"])
@pytest.mark.parametrize("images", [500, 20_000, 100_000, 300_000])
def test_scaled_batches_hold_each_image_as_often_as_the_recipe_repeats_it(name, images):
    from bakeoff.data.order import batch_indices

    scaled = scale(load(name), data=MNIST, images=images)
    batch, repeats = scaled.recipe.batch_size, scaled.recipe.augment.repeats
    for step in range(min(5, scaled.total_steps)):
        chosen = batch_indices(60_000, seed=1, step=step, batch_size=batch, repeats=repeats)
        assert set(chosen.bincount().tolist()) == {0, repeats}
    for processes in (2, 4):
        assert batch % (2 * processes) == 0


def test_lamb_scales_with_the_square_root_of_the_batch():
    """You et al. 2019: lr ∝ sqrt(batch)."""
    used = scale(load("rsb-a3"), data=MNIST, images=20_000).recipe
    assert used.optimizer.lr == pytest.approx(8e-3 * math.sqrt(128 / 2048))
    assert used.schedule.warmup_lr / used.optimizer.lr == pytest.approx(1e-4 / 8e-3)
    assert used.schedule.min_lr / used.optimizer.lr == pytest.approx(1e-6 / 8e-3)


def test_sgd_scales_in_proportion_to_the_batch():
    """Goyal et al. 2017: lr = 0.1 · batch / 256, which is torchvision-v1's own rate."""
    used = scale(load("torchvision-v1"), data=IMAGENET, images=90 * 1_281_167, batch_size=8192)
    assert used.recipe.optimizer.lr == pytest.approx(0.1 * 8192 / 256)


def test_adamw_scales_with_the_square_root_of_the_batch():
    used = scale(load("linear-probe"), data=MNIST, images=60_000, batch_size=64).recipe
    assert used.optimizer.lr == pytest.approx(1e-3 * math.sqrt(64 / 256))


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("images", [20_000, 60_000, 5 * 60_000])
def test_the_schedule_keeps_its_shares_of_the_run(name, images):
    loaded = load(name)
    used = scale(loaded, data=MNIST, images=images).recipe
    before, after = loaded.recipe.schedule, used.schedule
    assert after.warmup_epochs / used.epochs == pytest.approx(
        before.warmup_epochs / loaded.recipe.epochs
    )
    if before.name == "step":
        assert after.step_epochs / used.epochs == pytest.approx(30 / 90)


def test_images_of_28_pixels_keep_their_size_and_are_not_cropped_in_tests():
    used = scale(load("rsb-a3"), data=MNIST, images=20_000).recipe.resolution
    assert (used.train, used.test, used.crop_ratio) == (28, 28, 1.0)


def test_images_of_300_pixels_are_seen_at_the_recipes_size():
    used = scale(load("rsb-a3"), data=PHOTOS, images=50_000).recipe.resolution
    assert (used.train, used.test, used.crop_ratio) == (160, 224, 0.95)


def test_a_long_run_on_few_images_gets_enough_steps_an_epoch(few_photos):
    """open-mmlab/mmpretrain#944: A1 as written makes nothing of a small set."""
    scaled = scale(load("rsb-a1"), data=few_photos, images=600 * 1_020)
    assert scaled.recipe.batch_size == 96
    assert scaled.steps_per_epoch >= 10


def test_an_average_does_not_outlive_the_run(write_recipe):
    mine = load(write_recipe("extends: standard\nema: {decay: 0.9999}\n"))
    used = scale(mine, data=MNIST, images=20_000)
    memory = used.recipe.ema.every_steps / (1 - used.recipe.ema.decay)
    assert memory <= 0.1 * used.total_steps + 1e-9
    long = scale(mine, data=MNIST, images=300 * 60_000)
    assert long.recipe.ema.decay == 0.9999


def test_torchvisions_average_keeps_its_share_of_any_run():
    """Share of the run that the average remembers: 1 / alpha updates of all updates."""

    def share(scaled):
        updates = scaled.total_steps / scaled.recipe.ema.every_steps
        return 1 / ((1 - scaled.recipe.ema.decay) * updates)

    own = scale(load("torchvision-v2"), data=IMAGENET, images=600 * 1_281_167)
    short = scale(load("torchvision-v2"), data=MNIST, images=5 * 60_000)
    assert share(short) == pytest.approx(share(own), rel=1e-6)


def test_repeats_count_against_the_budget():
    with_repeats = scale(load("rsb-a2"), data=MNIST, images=20_000)
    without = scale(load("rsb-a3"), data=MNIST, images=20_000)
    assert with_repeats.images == without.images
    assert any("3 times in a batch" in note for note in with_repeats.notes)


def test_classes_called_by_one_character_only_may_be_digits():
    ill_and_well = MNIST.model_copy(update={"name": "folder:xray", "class_names": ("0", "1")})
    photos = ill_and_well.model_copy(update={"class_names": ("0", "ill")})
    assert [of_characters(data) for data in (MNIST, ill_and_well, photos)] == [True, None, False]
    notes = scale(load("standard"), data=ill_and_well, images=20_000).notes
    assert any("may hold digits" in note for note in notes)


def test_mirrored_digits_are_warned_of_and_mirrored_photos_are_not():
    assert any("mirror" in n for n in scale(load("standard"), data=MNIST, images=20_000).notes)
    gentle = scale(load("standard-gentle"), data=MNIST, images=20_000).notes
    photos = scale(load("standard"), data=PHOTOS, images=20_000).notes
    assert not any("mirror" in note for note in (*gentle, *photos))


def test_pins_win_over_every_rule():
    pins = {
        "optimizer.lr": 0.003,
        "batch_size": 256,
        "resolution.train": 32,
        "schedule.warmup_epochs": 0.1,
        "augment.mix": None,
    }
    scaled = scale(load("rsb-a3"), data=MNIST, images=20_000, pins=pins)
    used = scaled.recipe
    assert (used.optimizer.lr, used.batch_size, used.resolution.train) == (0.003, 256, 32)
    assert used.schedule.warmup_epochs == 0.1
    assert used.augment.mix is None
    assert used.resolution.test == 28
    pinned = {step.key for step in scaled.steps if step.rule == "pinned"}
    assert pinned == set(pins)


def test_a_pinned_batch_moves_the_rate_with_it():
    published = load("torchvision-v1")
    used = scale(published, data=MNIST, images=60_000, pins={"batch_size": 64}).recipe
    assert used.optimizer.lr == pytest.approx(0.1 * 64 / 256)


@pytest.mark.parametrize(
    ("pins", "words"),
    [
        ({"optimiser.lr": 0.1}, r"optimizer\.lr"),
        ({"optimizer.lr": "fast"}, "number"),
        ({"optimizer.lr": -1}, "greater than 0"),
        ({"epochs": 5}, "budget"),
        ({"name": "mine"}, "no value 'name'"),
        ({"schedule.warmup_lr": 1.0}, "above the learning rate"),
        ({"resolution": 28}, "resolution"),
        ({"augment.mix.mixup_alpha": 0.0, "augment.mix.cutmix_alpha": 0.0}, "neither"),
    ],
)
def test_a_pin_that_makes_no_recipe_is_refused(pins, words):
    with pytest.raises(UsageError, match=words):
        scale(load("rsb-a3"), data=MNIST, images=20_000, pins=pins)


def test_budgets_below_one_batch_are_refused():
    with pytest.raises(UsageError, match="trains nothing"):
        scale(load("standard"), data=MNIST, images=0)
    with pytest.raises(UsageError, match="batch of 512 does not fit in 100 images"):
        scale(load("standard"), data=MNIST, images=100, batch_size=512)


def test_a_pinned_warmup_as_long_as_the_run_is_refused():
    pins = {"schedule.warmup_epochs": 5}
    with pytest.raises(UsageError, match="5 warm-up epochs do not fit in the 1 epochs"):
        scale(load("standard"), data=MNIST, images=60_000, pins=pins)
    assert scale(load("standard"), data=MNIST, images=600_000, pins=pins).warmup_steps


def test_every_change_is_said_with_rule_and_source():
    scaled = scale(load("torchvision-v2"), data=MNIST, images=20_000)
    published, used = load("torchvision-v2").recipe, scaled.recipe
    said = {step.key for step in scaled.steps}
    before, after = training_values(published), training_values(used)
    assert said == {key for key in after if after[key] != before[key]}
    assert all(step.rule and step.source for step in scaled.steps)
    for step in scaled.steps:
        assert (step.published, step.used) == (before[step.key], after[step.key])


LIBRARY = {name: load(name) for name in names()}
sizes = st.integers(1, 2_000_000)


@settings(deadline=None, max_examples=150)
@given(
    name=st.sampled_from(names()),
    train=sizes,
    images=st.integers(1, 10**9),
    side=st.integers(1, 900),
)
def test_any_budget_on_any_set_gives_a_run_within_the_budget(name, train, images, side):
    data = facts("folder:x", train, side, ("cat", "dog"))
    scaled = scale(LIBRARY[name], data=data, images=images)
    used = scaled.recipe
    assert scaled.total_steps >= 1
    assert images - used.batch_size < scaled.images <= images
    assert used.batch_size <= LIBRARY[name].recipe.batch_size
    assert used.batch_size <= train
    assert 0 <= scaled.warmup_steps < scaled.total_steps
    assert used.epochs * train == pytest.approx(images)
    assert 0 < used.optimizer.lr <= LIBRARY[name].recipe.optimizer.lr
    if used.batch_size > 32:
        assert scaled.total_steps >= 100
        assert scaled.steps_per_epoch >= 10
    if used.ema is not None:
        assert used.ema.adjust == "none"
        assert used.ema.every_steps <= scaled.total_steps
    assert scaled == scale(LIBRARY[name], data=data, images=images)


@settings(deadline=None, max_examples=60)
@given(
    name=st.sampled_from(names()), images=st.lists(st.integers(64, 10**8), min_size=2, max_size=2)
)
def test_more_images_never_mean_a_smaller_batch_or_rate(name, images):
    less, more = (scale(LIBRARY[name], data=MNIST, images=n) for n in sorted(images))
    assert less.recipe.batch_size <= more.recipe.batch_size
    assert less.recipe.optimizer.lr <= more.recipe.optimizer.lr
    assert less.recipe.epochs <= more.recipe.epochs
