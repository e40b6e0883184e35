"""A batch through the whole augmentation: what is promised of the result."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import stats
from timm.data import create_transform
from torchvision import transforms

from bakeoff.data.augment import BatchAugment, RandAugment, TestView, TrivialAugment
from bakeoff.data.dataset import Dataset
from bakeoff.data.order import rank_rows

MEAN, STD = (0.48, 0.45, 0.40), (0.22, 0.23, 0.24)
COMMON = {"size": 20, "channels": 3, "classes": 5, "mean": MEAN, "std": STD}
EVERYTHING = {
    "policy": RandAugment(6, 0.5, increasing=True),
    "random_erasing": 0.3,
    "mixup_alpha": 0.1,
    "cutmix_alpha": 1.0,
    "smoothing": 0.1,
}


def colour_batch(picture, n: int = 24) -> tuple[torch.Tensor, torch.Tensor]:
    images = torch.from_numpy(np.stack([picture(seed, 28, 36) for seed in range(n)]))
    return images.permute(0, 3, 1, 2).contiguous(), torch.arange(n) % 5


@pytest.mark.parametrize("channels_last", [False, True])
def test_shapes_types_and_memory_format(picture, channels_last: bool) -> None:
    images, labels = colour_batch(picture)
    augment = BatchAugment(**COMMON, **EVERYTHING, channels_last=channels_last)
    out, targets = augment(images, labels, torch.Generator().manual_seed(0))
    assert out.shape == (24, 3, 20, 20)
    assert out.dtype == targets.dtype == torch.float32
    wanted = torch.channels_last if channels_last else torch.contiguous_format
    assert out.is_contiguous(memory_format=wanted)
    torch.testing.assert_close(targets.sum(1), torch.ones(24))
    assert out.isfinite().all()


def test_the_generator_alone_decides(picture) -> None:
    images, labels = colour_batch(picture)
    before = images.clone()
    augment = BatchAugment(**COMMON, **EVERYTHING)
    first = augment(images, labels, torch.Generator().manual_seed(3))
    torch.manual_seed(99)
    again = augment(images, labels, torch.Generator().manual_seed(3))
    other = augment(images, labels, torch.Generator().manual_seed(4))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])
    assert torch.equal(images, before)


def test_copies_of_an_image_in_a_batch_are_augmented_differently(picture) -> None:
    images, labels = colour_batch(picture, 1)
    out, _ = BatchAugment(**COMMON)(
        images.repeat(3, 1, 1, 1), labels.repeat(3), torch.Generator().manual_seed(0)
    )
    assert not torch.equal(out[0], out[1])
    assert not torch.equal(out[1], out[2])


@pytest.mark.parametrize("processes", [2, 3])
def test_processes_together_train_on_what_one_would(picture, processes: int) -> None:
    images, labels = colour_batch(picture)
    augment = BatchAugment(**COMMON, **EVERYTHING)
    draws = augment.draw(24, 28, 36, torch.Generator().manual_seed(5))
    whole, targets = augment.apply(images, labels, draws)
    for rank in range(processes):
        rows = rank_rows(24, rank=rank, processes=processes)
        mine, my_targets = augment.apply(images[rows], labels[rows], draws.rows(rows))
        torch.testing.assert_close(mine, whole[rows], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(my_targets, targets[rows])


def test_equal_channels_stay_equal_to_working_on_all_of_them(mnist: Dataset) -> None:
    images, labels = mnist.train.batch(torch.arange(64))
    for policy in (None, RandAugment(9, 0.5, increasing=True), TrivialAugment()):
        augment = BatchAugment(
            size=28,
            channels=3,
            classes=10,
            mean=mnist.facts.mean,
            std=mnist.facts.std,
            policy=policy,
            cutmix_alpha=1.0,
        )
        draws = augment.draw(64, 28, 28, torch.Generator().manual_seed(6))
        one, _ = augment.apply(images, labels, draws)
        three, _ = augment.apply(images.contiguous(), labels, draws)
        torch.testing.assert_close(one, three, atol=1e-4, rtol=1e-4)


def test_grey_images_get_a_coloured_fill_and_different_statistics(mnist: Dataset) -> None:
    images, labels = mnist.train.batch(torch.arange(64))
    common = {**COMMON, "classes": 10}
    augment = BatchAugment(**common, policy=RandAugment(10, operations=4, probability=1.0))
    out, _ = augment(images, labels, torch.Generator().manual_seed(0))
    assert out.shape == (64, 3, 20, 20)
    assert not torch.allclose(out[:, 0], out[:, 1])


def test_without_any_augmentation_images_are_only_normalised(picture) -> None:
    images, labels = colour_batch(picture)
    augment = BatchAugment(**{**COMMON, "size": 28}, crop_area=None, horizontal_flip=0.0)
    square = images[:, :, :, :28]
    out, targets = augment(square, labels, torch.Generator().manual_seed(0))
    expected = transforms.Normalize(MEAN, STD)(square / 255)
    torch.testing.assert_close(out, expected, atol=1e-5, rtol=1e-5)
    assert torch.equal(targets.argmax(1), labels)


def test_flips_come_as_often_as_asked(generator: torch.Generator) -> None:
    augment = BatchAugment(**COMMON, horizontal_flip=0.3)
    flips = int(augment.draw(20_000, 28, 28, generator).boxes.flip.sum())
    assert stats.binomtest(flips, 20_000, 0.3).pvalue > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("config", ["", "rand-m6-mstd0.5-inc1"])
def test_images_are_distributed_as_timms(picture, config: str) -> None:
    """One picture augmented many times: pixels by both ways have the same law.

    Kolmogorov-Smirnov over repetitions at 30 places, and on the image's mean level.
    """
    n, size = 1500, 20
    array = picture(11, 28, 36)
    theirs = create_transform(
        (3, size, size),
        is_training=True,
        auto_augment=config or None,
        color_jitter=None,
        interpolation="bilinear",
        mean=MEAN,
        std=STD,
    )
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - timm draws from the global states
    image = Image.fromarray(array)
    their_images = torch.stack([theirs(image) for _ in range(n)])
    policy = RandAugment(6, 0.5, increasing=True) if config else None
    augment = BatchAugment(**COMMON, policy=policy)
    pixels = torch.from_numpy(array).permute(2, 0, 1)[None].expand(n, 3, 28, 36)
    our_images, _ = augment(
        pixels, torch.zeros(n, dtype=torch.int64), torch.Generator().manual_seed(1)
    )
    places = torch.randperm(3 * size * size, generator=torch.Generator().manual_seed(2))[:30]
    for place in places:
        a, b = their_images.flatten(1)[:, place], our_images.flatten(1)[:, place]
        # Whole levels on one side, fractions on the other: compare on a common grid.
        assert stats.ks_2samp(a.mul(55).round(), b.mul(55).round()).pvalue > 1e-4
    assert stats.ks_2samp(their_images.mean((1, 2, 3)), our_images.mean((1, 2, 3))).pvalue > 1e-3


@pytest.mark.parametrize(("height", "width"), [(28, 28), (60, 41), (33, 90)])
def test_the_test_view_is_torchvisions_resize_and_centre_crop(
    picture, height: int, width: int
) -> None:
    array = picture(2, height, width)
    view = TestView(size=24, channels=3, mean=MEAN, std=STD, crop_ratio=0.875)
    theirs = transforms.Compose(
        [
            transforms.Resize(27),
            transforms.CenterCrop(24),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, STD),
        ]
    )(Image.fromarray(array))
    ours = view(torch.from_numpy(array).permute(2, 0, 1)[None])[0]
    # One grey level, in units of the standard deviation.
    assert (ours - theirs).abs().max() <= 1.01 / 255 / min(STD)


@pytest.mark.parametrize("policy", [RandAugment(9, 0.5, increasing=True), TrivialAugment()])
def test_shapes_that_never_change_give_the_same_images(
    picture, monkeypatch: pytest.MonkeyPatch, policy: RandAugment | TrivialAugment
) -> None:
    """What an accelerator computes, for all images and then chosen from, tried on the CPU."""
    images, labels = colour_batch(picture, 90)
    augment = BatchAugment(**COMMON, policy=policy, mixup_alpha=0.2)
    chosen = augment(images, labels, torch.Generator().manual_seed(1))
    monkeypatch.setattr("bakeoff.data.augment.rows.work_is_what_costs", lambda _: False)
    computed = augment(images, labels, torch.Generator().manual_seed(1))
    assert torch.equal(chosen[0], computed[0])
    assert torch.equal(chosen[1], computed[1])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_batch_equals_the_cpus(picture) -> None:
    images, labels = colour_batch(picture)
    here = BatchAugment(**COMMON, **EVERYTHING)(images, labels, torch.Generator().manual_seed(8))
    there = BatchAugment(**COMMON, **EVERYTHING, device="cuda")(
        images.cuda(), labels.cuda(), torch.Generator().manual_seed(8)
    )
    close = (here[0] - there[0].cpu()).abs() <= 2 / 255 / min(STD)
    assert close.float().mean() >= 0.99
    torch.testing.assert_close(here[1], there[1].cpu())
