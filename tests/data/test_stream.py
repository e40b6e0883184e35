"""Large sets stream from disk: the same images, the same order, the same distribution."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import stats

from bakeoff.data import load, open_data
from bakeoff.data.augment import BatchAugment, RandAugment, TestView, TrivialAugment
from bakeoff.data.folder import list_folder
from bakeoff.data.order import batch_indices
from bakeoff.data.stream import StreamedDataset, StreamFeed
from bakeoff.errors import BadData, BadFile, RunFailed

Save = Callable[..., Path]
SIZE = 24


@pytest.fixture
def folder(tmp_path: Path, image_folder: Save) -> Path:
    return image_folder(tmp_path / "pictures", {"a": 8, "b": 8, "c": 8}, size=(36, 36))


def streamed(folder: Path) -> StreamedDataset:
    data = open_data(f"folder:{folder}", stream=True, size=36)
    assert isinstance(data, StreamedDataset)
    return data


def augmentation(data: StreamedDataset, **options: object) -> BatchAugment:
    facts = data.facts
    return BatchAugment(size=SIZE, channels=3, classes=3, mean=facts.mean, std=facts.std, **options)


def test_streamed_and_resident_images_are_tested_alike(folder: Path) -> None:
    data, resident = streamed(folder), load(f"folder:{folder}")
    assert data.facts.test_hash == resident.facts.test_hash
    assert data.facts.mean == pytest.approx(resident.facts.mean)
    assert torch.equal(data.test.labels, resident.test.labels)
    view = TestView(size=SIZE, channels=3, mean=data.facts.mean, std=data.facts.std, crop_ratio=0.8)
    assert torch.equal(view(data.test.images[0:3]), view(resident.test.images[0:3]))
    chosen = torch.tensor([4, 1, 3])
    assert torch.equal(data.train.batch(chosen)[0], resident.train.batch(chosen)[0])
    assert data.train.subset(chosen).labels.tolist() == resident.train.labels[chosen].tolist()


def test_the_order_is_that_of_resident_sets(folder: Path) -> None:
    data = streamed(folder)
    feed = StreamFeed(data.train, augmentation(data), batch_size=6, seed=3, repeats=3, workers=0)
    for step in range(4):
        indices = batch_indices(len(data.train), seed=3, step=step, batch_size=6, repeats=3)
        images, labels = feed.batch(step)
        assert images.shape == (6, 3, SIZE, SIZE)
        assert images.dtype == torch.uint8
        assert torch.equal(labels, data.train.labels[indices])
        assert not torch.equal(images[0], images[1])  # copies of one image, augmented differently


@pytest.mark.parametrize("policy", [RandAugment(10, 0.0, increasing=True), TrivialAugment()])
def test_streamed_grey_images_stay_grey(tmp_path: Path, image_folder: Save, policy: object) -> None:
    folder = image_folder(tmp_path / "grey", {"a": 8, "b": 8}, size=(36, 36))
    for path in folder.rglob("*.png"):
        Image.open(path).convert("L").save(path)
    data = streamed(folder)
    augment = BatchAugment(
        size=SIZE, channels=3, classes=2, mean=data.facts.mean, std=data.facts.std, policy=policy
    )
    feed = StreamFeed(data.train, augment, batch_size=64, seed=3, repeats=8, workers=0)
    images, _ = feed.batch(0)
    assert torch.equal(images, images[:, :1].expand_as(images))


@pytest.mark.slow
@pytest.mark.parametrize("policy", [RandAugment(6, 0.5, increasing=True), TrivialAugment()])
def test_workers_and_resumes_do_not_change_the_images(folder: Path, policy: object) -> None:
    data = streamed(folder)

    def feed(workers: int) -> StreamFeed:
        augment = augmentation(data, policy=policy)
        return StreamFeed(data.train, augment, batch_size=6, seed=3, workers=workers)

    alone, many = feed(0), feed(2)
    steps = [alone.batch(step) for step in range(6)]
    for step, (images, labels) in enumerate(steps):
        others, their_labels = many.batch(step)
        assert torch.equal(images, others)
        assert torch.equal(labels, their_labels)
    resumed = many.batch(4)
    assert torch.equal(resumed[0], steps[4][0])
    many.close()


@pytest.mark.slow
@pytest.mark.parametrize("policy", [None, RandAugment(6, 0.5, increasing=True), TrivialAugment()])
def test_streamed_and_resident_images_have_the_same_distribution(
    folder: Path, policy: object
) -> None:
    """One image, cropped, flipped and changed 1,200 times by both ways."""
    data, n = streamed(folder), 1200
    augment = augmentation(data, policy=policy)
    one = data.train.subset(torch.tensor([5]))
    feed = StreamFeed(one, augment, batch_size=n, seed=1, workers=0)
    rest = augment.after_workers()
    generator = torch.Generator().manual_seed(2)
    theirs, _ = rest(*feed.batch(0), generator)
    pixels, labels = load(f"folder:{folder}").train.batch(torch.full((n,), 5))
    ours, _ = augment(pixels, labels, generator)
    level = 255 * min(data.facts.std)
    places = torch.randperm(3 * SIZE * SIZE, generator=generator)[:30]
    for place in places:
        a, b = (x.flatten(1)[:, place].mul(level / 4).round() for x in (theirs, ours))
        assert stats.ks_2samp(a, b).pvalue > 1e-4
    assert stats.ks_2samp(theirs.mean((1, 2, 3)), ours.mean((1, 2, 3))).pvalue > 1e-3


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_training_image_is_named(folder: Path, workers: int) -> None:
    data = streamed(folder)
    bad = data.train.files.paths[7]
    bad.write_bytes(bad.read_bytes()[:200])
    feed = StreamFeed(data.train, augmentation(data), batch_size=9, seed=0, workers=workers)
    with pytest.raises(BadFile, match=rf"{bad.name}: truncated after 200") as caught:
        [feed.batch(step) for step in range(3)]
    assert caught.value.path == bad
    feed.close()


def test_a_damaged_test_image_is_refused_never_substituted(folder: Path) -> None:
    data = streamed(folder)
    bad = data.test.files.paths[1]
    bad.write_bytes(b"not an image")
    with pytest.raises(BadFile, match=bad.name):
        data.test.images[0:3]


# torch's loader joins the dead worker once more when it is collected, and then says so again where
# nobody can catch it; that is collected here, so that it reaches no other test.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_killed_worker_is_an_error_not_a_hang(folder: Path) -> None:
    data = streamed(folder)
    feed = StreamFeed(data.train, augmentation(data), batch_size=4, seed=0, workers=1)
    feed.batch(0)
    (worker,) = feed._batches._workers
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(RunFailed, match="worker process died"):
        [feed.batch(step) for step in range(1, 50)]
    feed.close()
    gc.collect()


def test_a_set_too_large_for_memory_streams_unless_told_otherwise(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bakeoff.data.file_sets.RESIDENT_BYTES", 1000)
    data = open_data(f"folder:{folder}")
    assert isinstance(data, StreamedDataset)
    assert "streamed from its files" in data.facts.notes[0]
    with pytest.raises(BadData, match="GiB in memory"):
        load(f"folder:{folder}")


def test_files_too_many_to_read_are_hashed_by_name_and_size(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bakeoff.data.file_sets.MOST_READ", 1000)
    facts = open_data(f"folder:{folder}").facts
    assert facts.test_hash.startswith("names-and-sizes:")
    listing = list_folder(folder)
    listing.test.paths[0].write_bytes(listing.train.paths[0].read_bytes() + b" ")
    assert open_data(f"folder:{folder}").facts.test_hash != facts.test_hash
    assert np.isfinite(facts.mean).all()
