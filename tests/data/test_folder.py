"""The user's own images: found, split and described, or refused in one clear line."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import ImageFolder

from bakeoff.data import load, open_data
from bakeoff.data.folder import list_folder
from bakeoff.errors import BadData, BadFile, UnknownName, UsageError

Save = Callable[..., Path]


def test_train_and_val_are_read_as_torchvision_reads_them(
    tmp_path: Path, image_folder: Save
) -> None:
    image_folder(tmp_path / "train", {"cat": 3, "ant": 2, "Zebra": 4})
    image_folder(tmp_path / "val", {"ant": 1, "cat": 2, "Zebra": 1}, first_seed=50)
    data = load(f"folder:{tmp_path}")
    for split, name in ((data.train, "train"), (data.test, "val")):
        theirs = ImageFolder(str(tmp_path / name))
        assert data.facts.class_names == tuple(theirs.classes)
        assert split.labels.tolist() == theirs.targets
        for image, (other, _) in zip(split.images, theirs, strict=True):
            assert np.array_equal(image.permute(1, 2, 0).numpy(), np.asarray(other))
    assert (data.facts.height, data.facts.width) == (30, 40)
    assert "the images' own size" in " ".join(data.facts.notes)


def test_one_folder_is_split_by_class_with_a_recorded_seed(
    tmp_path: Path, image_folder: Save
) -> None:
    image_folder(tmp_path, {"a": 10, "b": 5, "c": 2})
    listing = list_folder(tmp_path)
    assert Counter(listing.test.labels) == {0: 2, 1: 1, 2: 1}
    assert Counter(listing.train.labels) == {0: 8, 1: 4, 2: 1}
    assert not set(listing.train.paths) & set(listing.test.paths)
    assert list_folder(tmp_path) == listing
    assert list_folder(tmp_path, split_seed=1).test != listing.test
    assert any("split seed 0" in note for note in load(str(tmp_path)).facts.notes)


def test_class_names_may_hold_any_characters(tmp_path: Path, image_folder: Save) -> None:
    names = [
        "<script>alert(1)</script>".replace("/", "⁄"),
        "ünï cödé 猫",
        "a|b`c",
        "--exclude",
        "'\"; x",
    ]
    image_folder(tmp_path, dict.fromkeys(names, 3))
    assert load(f"folder:{tmp_path}").facts.class_names == tuple(sorted(names))


def test_images_of_different_sizes_are_brought_to_one(tmp_path: Path, image_folder: Save) -> None:
    image_folder(tmp_path / "train", {"a": 2, "b": 2}, size=(64, 48))
    image_folder(tmp_path / "test", {"a": 1, "b": 1}, size=(40, 90))
    data = load(f"folder:{tmp_path}", size=32)
    assert data.train.images.shape == (4, 3, 32, 32)
    assert "shorter side is resized and the centre kept" in data.facts.notes[0]
    first = sorted((tmp_path / "train" / "a").iterdir())[0]
    expected = Image.open(first).resize((43, 32), Image.Resampling.BILINEAR).crop((5, 0, 37, 32))
    assert np.array_equal(data.train.images[0].permute(1, 2, 0).numpy(), np.asarray(expected))


def test_grey_images_are_kept_once_and_shown_as_equal_channels(tmp_path: Path, picture) -> None:
    for part in ("train", "test"):
        for name in "ab":
            (tmp_path / part / name).mkdir(parents=True)
            grey = Image.fromarray(picture(ord(name))[:, :, 0])
            grey.save(tmp_path / part / name / f"{part}.png")
    data = load(f"folder:{tmp_path}")
    assert data.train.images.shape[1] == 3
    assert data.train.images.stride(1) == 0
    assert load(f"folder:{tmp_path}", channels=1).facts.test_hash == data.facts.test_hash


def test_the_hash_knows_files_and_labels_not_decoding(tmp_path: Path, image_folder: Save) -> None:
    image_folder(tmp_path / "one", {"a": 5, "b": 5})
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    one, two = load(f"folder:{tmp_path / 'one'}"), load(f"folder:{tmp_path / 'two'}", size=16)
    assert one.facts.test_hash == two.facts.test_hash
    changed = list_folder(tmp_path / "two").test.paths[0]
    Image.new("RGB", (40, 30)).save(changed)
    assert load(f"folder:{tmp_path / 'two'}").facts.test_hash != one.facts.test_hash


def test_a_test_set_that_overlaps_training_is_warned_of_with_the_count(
    tmp_path: Path, image_folder: Save
) -> None:
    image_folder(tmp_path / "train", {"a": 4, "b": 4})
    image_folder(tmp_path / "test", {"a": 2, "b": 2}, first_seed=90)
    for name in ("000.png", "001.png", "002.png"):
        shutil.copy(tmp_path / "train" / "a" / name, tmp_path / "test" / "a" / f"copy-{name}")
    notes = load(f"folder:{tmp_path}").facts.notes
    assert any("WARNING: 3 of 7 test images are training images too" in note for note in notes)


def test_odd_images_are_counted_in_the_notes(tmp_path: Path, image_folder: Save, picture) -> None:
    image_folder(tmp_path, {"a": 4, "b": 4})
    Image.fromarray(picture(1)).convert("CMYK").save(tmp_path / "a" / "x.tif")
    frames = [Image.fromarray(picture(seed)).quantize(64) for seed in range(2)]
    frames[0].save(tmp_path / "b" / "y.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "b" / "Thumbs.db").write_bytes(b"?")
    notes = " ".join(load(f"folder:{tmp_path}").facts.notes)
    assert "1 image CMYK: converted to RGB" in notes
    assert "1 image animated: first frame taken" in notes
    assert "not images by their names: 1 (.db)" in notes


def remove_test_class(root: Path) -> None:
    (root / "train" / "b").rename(root / "train" / "c")


def empty_a_class(root: Path) -> None:
    (root / "train" / "empty").mkdir()


def nest_a_class(root: Path) -> None:
    (root / "train" / "a" / "more").mkdir()


def leave_one_class(root: Path) -> None:
    shutil.rmtree(root / "train" / "b")
    shutil.rmtree(root / "test" / "b")


def leave_no_class(root: Path) -> None:
    for part in ("train", "test"):
        shutil.rmtree(root / part)
        (root / part).mkdir()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (remove_test_class, r"test has class 'b', which .*train lacks"),
        (empty_a_class, "train has no images in class 'empty'"),
        (nest_a_class, "more is a folder inside a class"),
        (leave_one_class, "train has one class only, 'a'"),
        (leave_no_class, "train has no class folders"),
    ],
)
def test_what_is_no_classification_set_is_refused_saying_which(
    tmp_path: Path, image_folder: Save, spoil: Callable[[Path], None], says: str
) -> None:
    image_folder(tmp_path / "train", {"a": 2, "b": 2})
    image_folder(tmp_path / "test", {"a": 1, "b": 1}, first_seed=9)
    spoil(tmp_path)
    with pytest.raises(BadData, match=says) as caught:
        load(f"folder:{tmp_path}")
    assert caught.value.advice


def test_an_empty_or_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="no class folders"):
        load(f"folder:{tmp_path}")
    with pytest.raises(BadFile, match="no such folder"):
        load(f"folder:{tmp_path / 'nowhere'}")
    with pytest.raises(UsageError, match="needs a folder"):
        load("folder:")


def test_a_class_with_one_image_cannot_be_split(tmp_path: Path, image_folder: Save) -> None:
    image_folder(tmp_path, {"a": 3, "lonely": 1})
    with pytest.raises(BadData, match="'lonely' has one image"):
        load(f"folder:{tmp_path}")
    image_folder(tmp_path, {"b": 2})
    assert load(f"folder:{tmp_path}", exclude=["lonely"]).facts.class_names == ("a", "b")


@pytest.mark.parametrize("stream", [False, True])
def test_a_truncated_image_is_named_and_can_be_excluded(
    tmp_path: Path, image_folder: Save, stream: bool
) -> None:
    image_folder(tmp_path, {"cats": 6, "dogs": 6}, suffix=".jpg")
    bad = list_folder(tmp_path).train.paths[2]
    bad.write_bytes(bad.read_bytes()[:400])
    name = f"{bad.parent.name}/{bad.name}"

    def read_all() -> None:
        data = open_data(f"folder:{tmp_path}", stream=stream)
        data.train.batch(torch.arange(len(data.train)))

    with pytest.raises(BadFile, match=rf"{name}: truncated after 400 bytes.*file: exclude\)"):
        read_all()
    assert load(f"folder:{tmp_path}", exclude=[name]).facts.train_images < 10


def test_flat_images_are_refused(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        for i in range(3):
            Image.new("RGB", (8, 8)).save(tmp_path / name / f"{i}.png")
    with pytest.raises(BadData, match="one flat colour"):
        load(f"folder:{tmp_path}")


def test_a_folder_that_is_not_imagenet_is_refused_as_imagenet(
    tmp_path: Path, image_folder: Save
) -> None:
    image_folder(tmp_path, {"a": 3, "b": 3})
    with pytest.raises(BadData, match="2 classes, ImageNet has 1,000"):
        load(f"imagenet:{tmp_path}")


def test_a_word_that_is_neither_name_nor_folder_offers_names() -> None:
    with pytest.raises(UnknownName, match="cifar-10"):
        load("cifar10")


def test_the_split_folders_may_be_written_in_capitals(tmp_path: Path, image_folder: Save) -> None:
    image_folder(tmp_path / "Train", {"a": 3, "b": 3})
    image_folder(tmp_path / "VAL", {"a": 1, "b": 2}, first_seed=50)
    facts = load(f"folder:{tmp_path}").facts
    assert (facts.train_images, facts.test_images, facts.class_names) == (6, 3, ("a", "b"))


def test_test_images_alone_are_no_set_to_train_on(tmp_path: Path, image_folder: Save) -> None:
    image_folder(tmp_path / "val", {"a": 3, "b": 3})
    with pytest.raises(BadData, match=r"has val/ but no train/"):
        load(f"folder:{tmp_path}")


def test_a_link_to_nothing_is_named(tmp_path: Path, image_folder: Save) -> None:
    image_folder(tmp_path, {"a": 3, "b": 3})
    (tmp_path / "a" / "gone.jpg").symlink_to("nowhere")
    with pytest.raises(BadFile, match=r"a/gone\.jpg: cannot be read"):
        load(f"folder:{tmp_path}")


def test_turned_images_and_hidden_names_are_counted_in_the_notes(
    tmp_path: Path, image_folder: Save, picture
) -> None:
    image_folder(tmp_path, {"a": 3, "b": 3, ".hidden": 1})
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(picture(9, 30, 40)).save(tmp_path / "a" / "phone.jpg", exif=turned)
    upright = Image.Exif()
    upright[0x0112] = 1
    Image.fromarray(picture(8, 30, 40)).save(tmp_path / "a" / "camera.jpg", exif=upright)
    data = load(f"folder:{tmp_path}")
    notes = " / ".join(data.facts.notes)
    assert "1 image turned by its EXIF data: taken as stored" in notes
    assert "begin with a dot: 1" in notes
    assert data.facts.classes == 2
    assert (data.facts.height, data.facts.width) == (30, 40)  # as stored, like torchvision
