"""What a run leaves for whoever looks at it: its augmentation in pictures, and how far it is."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import bakeoff
from bakeoff.bakeoffs.execution.run_store import Place
from bakeoff.bakeoffs.execution.showing import show_augmentation
from bakeoff.data import open_data
from bakeoff.records.running import PROGRESS_NAME, RunProgress, load_progress
from bakeoff.records.store import AUGMENTED_NAME
from bakeoff.training.callbacks import Listener
from bakeoff.training.run import execute

SIDE, ACROSS, ROWS = 28, 8, 3


def tiles(path: Path) -> np.ndarray:
    """(row, image, height, width) of a strip."""
    grey = np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("L"))
    return grey.reshape(ROWS, SIDE, ACROSS, SIDE).swapaxes(1, 2)


def test_a_bakeoff_leaves_the_same_images_under_each_arms_augmentation(tmp_path: Path) -> None:
    finished = bakeoff.run(
        {
            "name": "shown",
            "data": "mnist",
            "model": "test_resnet",
            "arms": ["standard", "standard-gentle", "linear-probe"],
            "seeds": 1,
            "budget": "32images",
        },
        out=tmp_path / "runs",
    )
    strips = {
        arm: tiles(Path(finished.folder) / arm / AUGMENTED_NAME)
        for arm in ("standard", "standard-gentle")
    }
    # Images as they are, the same for both: eight digits of eight classes of the training set.
    first = strips["standard"][0]
    assert (first == strips["standard-gentle"][0]).all()
    data = open_data("mnist").train
    digits = [data.images[torch.nonzero(data.labels == k)[:, 0]][:, 0].numpy() for k in range(10)]
    assert all((digits[k] == first[k]).all((1, 2)).any() for k in range(ACROSS))
    # Trained on, they are others, and gentle crops leave more of a digit than hard ones.
    for rows in strips.values():
        assert (rows[1] != rows[0]).any((1, 2)).all()
        assert (rows[1] != rows[2]).any()
    assert not (Path(finished.folder) / "linear-probe" / AUGMENTED_NAME).exists()


def test_what_is_there_is_left_alone_and_bad_places_stop_nothing(make_job, tmp_path: Path) -> None:
    there = tmp_path / AUGMENTED_NAME
    there.write_bytes(b"mine")
    show_augmentation(make_job(), Place.at(tmp_path))
    assert there.read_bytes() == b"mine"
    show_augmentation(make_job(), Place.at(there))


def test_a_run_tells_how_far_it_is_until_it_ends(make_job, tmp_path: Path) -> None:
    told: list[RunProgress | None] = []

    class Watching(Listener):
        def evaluated(self, point) -> None:
            told.append(load_progress(tmp_path))

        def stepped(self, step: int, total_steps: int, images_per_second: float) -> None:
            told.append(load_progress(tmp_path))

    record = execute(make_job(), tmp_path, device=torch.device("cpu"), listener=Watching())
    seen = [one for one in told if one is not None]
    assert seen
    assert all(one.steps == record.budget.steps for one in seen)
    assert [one.step for one in seen] == sorted(one.step for one in seen)
    assert len(seen[-1].curves) in (len(record.curves) - 1, len(record.curves))
    assert seen[-1].curves == record.curves[: len(seen[-1].curves)]
    assert not (tmp_path / PROGRESS_NAME).exists()
