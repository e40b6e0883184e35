"""What `bakeoff data` tells: balance, duplicates, floors, and the picture sheet."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.optimize import minimize
from scipy.spatial import cKDTree
from scipy.special import log_softmax

from bakeoff.data import baselines as floors
from bakeoff.data import describe, load, open_data, picture_sheet
from bakeoff.data.augment import BatchAugment
from bakeoff.data.dataset import Dataset
from bakeoff.data.facts_report import measured_floors

Save = Callable[..., Path]


@pytest.fixture(scope="module")
def some_digits(mnist: Dataset) -> tuple[tuple[torch.Tensor, torch.Tensor], ...]:
    def part(split, n):
        return split.images[:n, 0].flatten(1).float() / 255, split.labels[:n]

    return part(mnist.train, 600), part(mnist.test, 300)


def test_the_nearest_neighbour_is_scipys(some_digits) -> None:
    (x, y), (x_test, y_test) = some_digits
    _, nearest = cKDTree(x.numpy()).query(x_test.numpy())
    expected = 100 * (y.numpy()[nearest] == y_test.numpy()).mean()
    assert floors.nearest_neighbour(*some_digits).accuracy == pytest.approx(expected)


def test_the_linear_model_is_the_one_scipy_finds(some_digits) -> None:
    (x, y), (x_test, y_test) = some_digits
    a, target = (x - x.mean(0)).double().numpy(), np.eye(10)[y.numpy()]

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        w, b = theta[:-10].reshape(-1, 10), theta[-10:]
        log_p = log_softmax(a @ w + b, axis=1)
        gap = (np.exp(log_p) - target) / len(a)
        value = -(target * log_p).sum() / len(a) + floors.PENALTY / 2 * (w**2).sum()
        return value, np.concatenate([(a.T @ gap + floors.PENALTY * w).ravel(), gap.sum(0)])

    best = minimize(loss, np.zeros(7850), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    logits = (x_test - x.mean(0)).double().numpy() @ best[:-10].reshape(-1, 10) + best[-10:]
    expected = 100 * (logits.argmax(1) == y_test.numpy()).mean()
    assert floors.linear(*some_digits, 10).accuracy == pytest.approx(expected, abs=1.5)


@pytest.mark.slow
def test_mnists_floors_are_the_published_ones(mnist: Dataset) -> None:
    """LeCun et al. 1998, table on the MNIST page: linear 8.4 to 12 % error; nearest neighbours
    3.1 % (k = 3). On 2,000 images a published error is met within sampling error."""
    report = describe(mnist)
    accuracy = {floor.name: floor.accuracy for floor in report.floors}
    assert accuracy["majority class"] == 100 * 1135 / 10_000
    assert 88 <= accuracy["linear model"] <= 93.5
    assert accuracy["1-nearest neighbour"] == pytest.approx(96.9, abs=1.2)
    assert report.train_per_class[:3] == (5923, 6742, 5958)
    assert report.duplicates is not None
    assert report.duplicates.test_in_train == 0


def test_floors_of_the_same_images_are_measured_once_and_of_others_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, image_folder: Save
) -> None:
    fitted = []
    linear = floors.linear
    monkeypatch.setattr(floors, "linear", lambda *data: fitted.append(1) or linear(*data))
    for name, seed in (("one", 0), ("two", 500)):
        image_folder(tmp_path / name / "train", {"a": 4, "b": 4}, first_seed=seed)
        image_folder(tmp_path / name / "test", {"a": 2, "b": 2}, first_seed=seed + 50)
    one, two = (load(f"folder:{tmp_path / name}") for name in ("one", "two"))
    assert measured_floors(one, 4) == measured_floors(one, 4)
    assert len(fitted) == 1
    measured_floors(two, 4)
    measured_floors(one, 2)
    assert len(fitted) == 3


def test_duplicates_are_counted_by_their_pixels(tmp_path: Path, image_folder: Save) -> None:
    image_folder(tmp_path / "train", {"a": 4, "b": 4})
    image_folder(tmp_path / "test", {"a": 2, "b": 2}, first_seed=50)
    one = tmp_path / "train" / "a" / "000.png"
    shutil.copy(one, tmp_path / "train" / "a" / "again.png")
    # The same pixels in another format and under another label.
    Image.open(one).save(tmp_path / "test" / "b" / "twin.bmp")
    report = describe(load(f"folder:{tmp_path}"))
    assert report.duplicates is not None
    assert report.duplicates.test_in_train == 1
    assert report.duplicates.within_train == 1
    assert report.duplicates.contradictory == 1


@pytest.mark.parametrize("stream", [False, True])
def test_the_report_speaks_of_any_data_and_is_json(
    tmp_path: Path, image_folder: Save, stream: bool
) -> None:
    image_folder(tmp_path, {"a": 10, "b": 30}, size=(50, 50))
    report = describe(open_data(f"folder:{tmp_path}", stream=stream))
    rows = dict(report.rows())
    assert rows["images"] == "32 to train on, 8 to test on"
    assert rows["balance"] == "8 to 24 training images a class"
    assert "75.00 %" in rows["majority class"]
    assert json.loads(json.dumps(report.to_dict()))["facts"]["classes"] == 2


def test_the_sheet_shows_each_image_beside_its_augmented_copies(mnist: Dataset) -> None:
    facts = mnist.facts
    mirror = BatchAugment(
        size=28,
        channels=3,
        classes=10,
        mean=facts.mean,
        std=facts.std,
        crop_area=None,
        horizontal_flip=1.0,
    )
    png = picture_sheet(mnist, mirror, title="mirror", images=3, copies=2)
    sheet = np.asarray(Image.open(io.BytesIO(png)).convert("L")).astype(int)
    assert png == picture_sheet(mnist, mirror, title="mirror", images=3, copies=2)
    cell, step = 84, 88
    left = sheet.shape[1] - 3 * step - 4
    original = sheet[22 : 22 + cell, left : left + cell]
    copy = sheet[22 : 22 + cell, left + step : left + step + cell]
    assert original.std() > 10
    assert np.abs(original[:, ::-1] - copy).max() <= 1


def test_the_sheet_takes_few_images_and_odd_names(tmp_path: Path, image_folder: Save) -> None:
    image_folder(tmp_path, {"<b>猫\u202e & a very long name indeed": 2, "x": 2}, size=(90, 30))
    data = load(f"folder:{tmp_path}", size=16)
    assert Image.open(io.BytesIO(picture_sheet(data))).format == "PNG"
