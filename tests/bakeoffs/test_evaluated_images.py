"""Which images weights are tested on: all of a test folder, none that their run left out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image

import bakeoff
from bakeoff.data import load
from bakeoff.errors import UsageError
from bakeoff.records.predictions import Predictions
from bakeoff.training.run import execute

NAMES = ("cat", "dog", "eel")


def folders(root: Path, count: int, *, names: tuple[str, ...] = NAMES, first: int = 0) -> Path:
    """`count` noisy pictures of 16 px of each class, in its own colour."""
    for number, name in enumerate(names):
        (root / name).mkdir(parents=True, exist_ok=True)
        for i in range(first, first + count):
            random = np.random.default_rng(1000 * NAMES.index(name) + i)
            pixels = random.integers(0, 80, (16, 16, 3)) + np.eye(3, dtype=int)[number] * 120
            Image.fromarray(pixels.astype(np.uint8)).save(root / name / f"{i:04d}.png")
    return root


@pytest.fixture
def run(tmp_path, make_job):
    """Trains on a folder, as `bakeoff train` does, for a few steps; gives the run's folder."""

    def train(data: str, **options) -> Path:
        dataset = load(data, progress=lambda *_: None, **options)
        execute(make_job(dataset=dataset, images=32), tmp_path / "run", device=torch.device("cpu"))
        return tmp_path / "run"

    return train


def evaluated(weights, data: str, out: Path, **options):
    record = bakeoff.evaluate(weights, data=data, out=out, device="cpu", **options)
    return record, Predictions.load(out)


def test_all_images_of_a_folder_of_test_images_are_tested(tmp_path, run):
    folders(tmp_path / "pets/train", 6)
    folders(tmp_path / "pets/val", 3, first=100)
    weights = run(f"folder:{tmp_path}/pets")
    folders(tmp_path / "new", 5, first=200)
    for part in ("val", "test", "validation"):
        folders(tmp_path / f"only-{part}" / part, 5, first=200)
    hashes = set()
    for data in ("new", "only-val", "only-test", "only-validation"):
        record, answers = evaluated(weights, f"folder:{tmp_path / data}", tmp_path / f"e-{data}")
        assert (record.result.images, len(answers.label)) == (15, 15)
        assert any("another test set" in note for note in record.notes)
        hashes.add(record.data.test_hash)
    assert len(hashes) == 1, "the same images under the same classes are the same test set"
    _, own = evaluated(weights, f"folder:{tmp_path}/pets", tmp_path / "own")
    np.testing.assert_array_equal(own.top5_class, Predictions.load(weights).top5_class)


def test_a_test_set_other_than_the_runs_is_told_by_its_hash(tmp_path, run):
    folders(tmp_path / "pets/train", 6)
    folders(tmp_path / "pets/val", 3, first=100)
    weights = run(f"folder:{tmp_path}/pets")
    [trained] = bakeoff.load_records(weights)
    folders(tmp_path / "pets/val", 1, first=900)
    record, _ = evaluated(weights, f"folder:{tmp_path}/pets", tmp_path / "again")
    [note] = [note for note in record.notes if "another test set" in note]
    assert record.data.test_hash[:12] in note
    assert trained.data.test_hash[:12] in note
    assert record.weights.trained_test_hash == trained.data.test_hash


def test_a_runs_own_exclusions_are_kept_and_more_can_be_given(tmp_path, run):
    folders(tmp_path / "pets/train", 6)
    folders(tmp_path / "pets/val", 4, first=100)
    weights = run(f"folder:{tmp_path}/pets", exclude=["val/cat/010[01].png"])
    record, _ = evaluated(weights, f"folder:{tmp_path}/pets", tmp_path / "again")
    [trained] = bakeoff.load_records(weights)
    assert record.result.images == trained.result.images == 10
    assert record.data.test_hash == trained.data.test_hash
    assert any("left out as by the run" in note for note in record.notes)
    damaged = tmp_path / "pets/val/dog/0100.png"
    damaged.write_bytes(damaged.read_bytes()[:300])
    words = (
        "evaluate", weights, "--data", f"folder:{tmp_path}/pets", "--exclude", "val/dog/0100.png",
        "--out", tmp_path / "damaged",
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", "from bakeoff.cli import main; main()", *map(str, words)],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(Predictions.load(tmp_path / "damaged").label) == 9
    with pytest.raises(UsageError, match="names nothing"):
        evaluated(weights, f"folder:{tmp_path}/pets", tmp_path / "x", exclude=["val/cow/*"])


def test_test_images_that_a_run_drew_from_its_folder_are_found_again(tmp_path, run):
    folders(tmp_path / "pets", 10)
    weights = run(f"folder:{tmp_path}/pets")
    record, answers = evaluated(weights, f"folder:{tmp_path}/pets", tmp_path / "again")
    own = Predictions.load(weights)
    assert len(own.label) == 6
    np.testing.assert_array_equal(answers.top5_class, own.top5_class)
    assert not any("another test set" in note for note in record.notes)
    folders(tmp_path / "pets", 1, first=500)
    record, answers = evaluated(weights, f"folder:{tmp_path}/pets", tmp_path / "changed")
    assert len(answers.label) == 33
    assert any(note.startswith("WARNING: the run was trained") for note in record.notes)


@pytest.mark.parametrize("some", [("dog", "eel"), ("eel",)])
def test_images_of_some_of_the_classes_are_tested_among_all(tmp_path, run, some):
    folders(tmp_path / "pets/train", 6)
    folders(tmp_path / "pets/val", 3, first=100)
    weights = run(f"folder:{tmp_path}/pets")
    own = Predictions.load(weights)
    for name in some:
        (tmp_path / "part").mkdir(exist_ok=True)
        (tmp_path / "pets/val" / name).rename(tmp_path / "part" / name)
    record, answers = evaluated(weights, f"folder:{tmp_path}/part", tmp_path / "e")
    among = np.isin(own.label, [NAMES.index(name) for name in some])
    np.testing.assert_array_equal(answers.label, own.label[among])
    np.testing.assert_array_equal(answers.top5_class, own.top5_class[among])
    assert record.data.class_names == NAMES
    assert any("there are no images of class" in note for note in record.data.notes)


def test_some_classes_of_weights_that_name_none_are_asked_about(tmp_path):
    torch.manual_seed(0)
    model = timm.create_model("test_resnet", num_classes=3)
    torch.save(model.state_dict(), tmp_path / "w.pth")
    data = f"folder:{folders(tmp_path / 'part', 2, names=('cat', 'eel'))}"
    options = {"model": "test_resnet", "size": 16}
    with pytest.raises(UsageError, match="--classes FILE"):
        evaluated(tmp_path / "w.pth", data, tmp_path / "e", **options)
    (tmp_path / "names.txt").write_text("eel\ncat\ndog\n")
    record, answers = evaluated(
        tmp_path / "w.pth", data, tmp_path / "e", classes=str(tmp_path / "names.txt"), **options
    )
    assert record.data.class_names == NAMES
    assert set(answers.label) == {0, 2}
    assert answers.top5_class.shape[1] == 3
