"""ImageNet's layouts, generated: validation only, ImageNet-V2's numbers, ReaL's several labels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from timm.data import ImageNetInfo

import bakeoff
from bakeoff.data import open_data
from bakeoff.errors import BadData, BadFile, UsageError
from bakeoff.records.predictions import Predictions

NAMES = ImageNetInfo("imagenet-1k").label_names()
MODEL, SIDE = "test_resnet", 16


def picture(number: int) -> Image.Image:
    pixels = np.random.default_rng(number).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """One image of each class in each layout, and a network's weights."""
    home = tmp_path_factory.mktemp("imagenet")
    numbers = np.random.default_rng(1).permutation(1000)  # file numbers know nothing of classes
    (home / "flat").mkdir()
    for label in range(1000):
        file = f"ILSVRC2012_val_{numbers[label] + 1:08d}.JPEG"
        for folder in (home / "val" / NAMES[label], home / "v2" / str(label)):
            folder.mkdir(parents=True)
            picture(label).save(folder / file, "PNG")
        picture(label).save(home / "flat" / file, "PNG")
    real = [[] for _ in range(1000)]
    for label in range(1000):
        if label % 10 == 3:
            continue
        also = [(label * 7 + 5) % 1000] if label % 4 == 0 else []
        real[numbers[label]] = [*also, label]
    (home / "real.json").write_text(json.dumps(real))
    torch.manual_seed(5)
    torch.save(timm.create_model(MODEL).state_dict(), home / "theirs.pth")
    return home


@pytest.fixture(scope="module")
def logits(home: Path) -> torch.Tensor:
    """What the network says of each class's image, without any code of ours."""
    model = timm.create_model(MODEL).eval()
    model.load_state_dict(torch.load(home / "theirs.pth", weights_only=True))
    config = model.default_cfg
    transform = timm.data.create_transform(
        SIDE, crop_pct=1.0, mean=config["mean"], std=config["std"], interpolation="bilinear"
    )
    with torch.no_grad():
        return model(torch.stack([transform(picture(label)) for label in range(1000)]))


def evaluated(home: Path, place: str, out: Path) -> tuple[object, Predictions]:
    record = bakeoff.evaluate(
        home / "theirs.pth", model=MODEL, data=place, size=SIDE, out=out, device="cpu"
    )
    return record, Predictions.load(out)


@pytest.mark.parametrize(
    ("layout", "name"), [("", "imagenet"), ("val", "imagenet"), ("v2", "imagenet-v2")]
)
def test_weights_are_tested_on_every_image_with_its_own_label(home, logits, tmp_path, layout, name):
    record, found = evaluated(home, f"imagenet:{home / layout}", tmp_path)
    assert (record.data.name, record.result.images) == (name, 1000)
    right = (logits.argmax(1) == torch.arange(1000)).sum()
    assert record.result.correct == pytest.approx(int(right), abs=1)
    folders = sorted(map(str, range(1000))) if layout == "v2" else list(range(1000))
    classes = torch.tensor([int(folder) for folder in folders])
    expected = torch.nn.functional.cross_entropy(logits[classes], classes, reduction="none")
    np.testing.assert_allclose(found.nll, expected, atol=0.02)


def test_any_of_reals_labels_is_right_and_images_without_one_are_left_out(home, logits, tmp_path):
    record, found = evaluated(home, f"imagenet:{home / 'flat'}::{home / 'real.json'}", tmp_path)
    real = json.loads((home / "real.json").read_text())
    by_file = {path.name: path for path in (home / "flat").iterdir()}
    own = {path.name: NAMES.index(path.parent.name) for path in (home / "val").glob("*/*")}
    names = [name for name in sorted(by_file) if real[int(name[-13:-5]) - 1]]
    valid = [real[int(name[-13:-5]) - 1] for name in names]
    said = logits[[own[name] for name in names]].log_softmax(1)
    assert (record.data.name, record.result.images) == ("imagenet-real", 900)
    correct = sum(int(row.argmax()) in labels for row, labels in zip(said, valid, strict=True))
    top5 = np.mean(
        [bool({*row.topk(5).indices.tolist()} & {*v}) for row, v in zip(said, valid, strict=True)]
    )
    assert record.result.correct == pytest.approx(correct, abs=1)
    assert record.result.top5 == pytest.approx(100 * top5, abs=0.25)
    best = [-max(row[label] for label in labels) for row, labels in zip(said, valid, strict=True)]
    np.testing.assert_allclose(found.nll, torch.stack(best), atol=0.02)
    wrong = ~found.correct
    assert (found.nll[wrong] >= np.log(2) - 1e-6).all()
    assert any("100 images without a valid one are left out" in note for note in record.data.notes)
    assert all(len(set(row)) == 5 for row in found.top5_class.tolist())


def test_records_of_two_networks_on_reals_labels_can_be_compared(home, tmp_path):
    place = f"imagenet:{home}::{home / 'real.json'}"
    torch.manual_seed(6)
    torch.save({"model": timm.create_model(MODEL).state_dict()}, tmp_path / "other.pth")
    evaluated(home, place, tmp_path / "runs" / "theirs" / "seed-0")
    bakeoff.evaluate(
        tmp_path / "other.pth", model=MODEL, data=place, size=SIDE,
        out=tmp_path / "runs" / "other" / "seed-0", device="cpu",
    )  # fmt: skip
    rows = bakeoff.compare(tmp_path / "runs").to_dict()["comparisons"]
    assert [row["verdict"] for row in rows if row["metric"] == "accuracy"]


def test_nothing_is_trained_where_there_are_no_training_images(home):
    for place in (f"imagenet:{home}", f"imagenet:{home / 'v2'}"):
        with pytest.raises(UsageError, match="no training images"):
            open_data(place)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("nonsense", "not JSON"),
        ("{}", "not a list"),
        ("[[1], [1000]]", "entry 2 is not a list of classes"),
        ("[[1], [true]]", "entry 2 is not a list of classes"),
        ("[[1]]", "no number from 1 to 1 in its name"),
    ],
)
def test_a_label_file_that_is_none_is_refused(home, tmp_path, content, says):
    (tmp_path / "real.json").write_text(content)
    with pytest.raises(BadFile, match=says):
        open_data(f"imagenet:{home}::{tmp_path / 'real.json'}", tested_only=True)


def test_another_number_of_classes_is_not_imagenet(home, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        picture(0).save(tmp_path / name / "x.png")
    with pytest.raises(BadData, match=r"2 classes, ImageNet has 1,000"):
        open_data(f"imagenet:{tmp_path}", tested_only=True)
