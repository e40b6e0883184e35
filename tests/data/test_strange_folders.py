"""Folders as systems and people leave them: junk, unlabelled parts, odd names, idle patterns."""

from __future__ import annotations

import io
import os
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bakeoff.data import load
from bakeoff.data.folder import list_folder
from bakeoff.data.imagenet_sets import _images_below
from bakeoff.errors import BadData, BadFile, UsageError

Save = Callable[..., Path]
JUNK = [
    "__MACOSX/a/._000.png",
    "._a",
    ".DS_Store",
    "a/.DS_Store",
    "a/._000.png",
    "a/Thumbs.db",
    "a/desktop.ini",
    "a/@eaDir/000.png/SYNOPHOTO_THUMB_M.jpg",
    "@eaDir/a/000.png",
    "#recycle/000.png",
    "lost+found/000.png",
    "System Volume Information/000.png",
    ".ipynb_checkpoints/000-checkpoint.png",
    "b/.ipynb_checkpoints/000-checkpoint.png",
    "Thumbs.db",
    "@tmp/000.png",
    "@Recently-Snapshot/000.png",
    "FOUND.000/000.png",
]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAKEOFF_DATA", str(tmp_path / "cache"))


@pytest.mark.parametrize("kind", ["folder", "zip", "tar", "tar.gz", "wrapped.zip"])
def test_what_systems_leave_behind_is_no_data_in_any_container(
    tmp_path: Path, image_folder: Save, kind: str
) -> None:
    clean = image_folder(tmp_path / "clean", {"a": 6, "b": 6})
    files = {p.relative_to(clean).as_posix(): p.read_bytes() for p in clean.rglob("*.png")}
    files |= dict.fromkeys(JUNK, b"\0\5\x16\7")
    place = tmp_path / f"set.{kind}"
    if kind.endswith("zip"):
        with zipfile.ZipFile(place, "w") as zipped:
            if kind.startswith("wrapped"):
                zipped.writestr("README.txt", "Photographs")
            for name, content in files.items():
                inside = "photos/" * (kind.startswith("wrapped") and not name.startswith("__"))
                zipped.writestr(inside + name, content)
    elif kind.startswith("tar"):
        with tarfile.open(place, "w:gz" if kind == "tar.gz" else "w") as tar:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    else:
        for name, content in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content)
    dirty = load(f"folder:{place}").facts
    expected = load(f"folder:{clean}").facts
    assert dirty.class_names == expected.class_names == ("a", "b")
    assert (dirty.train_hash, dirty.test_hash) == (expected.train_hash, expected.test_hash)
    notes = " ".join(dirty.notes)
    assert "left behind" not in notes
    assert "#recycle" in notes
    assert "@eaDir" in notes


def test_what_systems_leave_behind_is_no_sample_of_a_shard(tmp_path: Path, image_folder) -> None:
    folder = image_folder(tmp_path / "clean", {"a": 2})
    shards = []
    for dirty in (False, True):
        shards.append(tmp_path / f"{dirty}.tar")
        with tarfile.open(shards[-1], "w") as tar:
            for label, path in enumerate(sorted(folder.rglob("*.png"))):
                files = {path.name: path.read_bytes(), f"{path.stem}.cls": b"%d" % label}
                if dirty:  # as macOS's tar writes them
                    files = {f"{p}{n}": c for n, c in files.items() for p in ("._", "")}
                    files |= {"Thumbs.db": b"?", "README": b"?", f"__MACOSX/._{path.name}": b"?"}
                for name, content in files.items():
                    info = tarfile.TarInfo(name)
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
    clean, dirty = (load(f"webdataset:{shard}::{shard}").facts for shard in shards)
    assert clean.train_hash == dirty.train_hash


def test_what_systems_leave_behind_is_no_image_of_imagenet(tmp_path: Path) -> None:
    for name in ("n1/x_1.JPEG", "n1/._x_1.JPEG", "@eaDir/x_1.JPEG", "._y.JPEG"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in _images_below(tmp_path)] == ["x_1.JPEG"]


@pytest.mark.parametrize("flat", ["images", "empty", "one unnamed folder"])
def test_a_test_folder_without_labels_is_passed_over_where_val_has_some(
    tmp_path: Path, image_folder: Save, flat: str
) -> None:
    image_folder(tmp_path / "train", {"a": 3, "b": 3})
    image_folder(tmp_path / "val", {"a": 2, "b": 2}, first_seed=30)
    inside = image_folder(tmp_path / "kept", {"unknown": 3}, first_seed=60) / "unknown"
    if flat == "empty":
        (tmp_path / "test").mkdir()
    elif flat == "images":
        inside.rename(tmp_path / "test")
    else:
        inside.parent.rename(tmp_path / "test")
    listing = list_folder(tmp_path)
    assert {path.parent.parent.name for path in listing.test.paths} == {"val"}
    assert any(note.startswith("test/ is not used: it has no folder") for note in listing.notes)


def test_a_test_folder_without_labels_is_refused_where_nothing_else_serves(
    tmp_path: Path, image_folder: Save
) -> None:
    image_folder(tmp_path / "train", {"a": 5, "b": 5})
    image_folder(tmp_path, {"test": 3}, first_seed=60)
    with pytest.raises(BadData, match=r"images have no labels.* --exclude test "):
        list_folder(tmp_path)
    listing = list_folder(tmp_path, exclude=["test"])  # the advice can be followed
    assert len(listing.test) == 2


def test_names_are_compared_in_composed_unicode(tmp_path: Path, image_folder: Save) -> None:
    mac, linux = (unicodedata.normalize(form, "café") for form in ("NFD", "NFC"))
    image_folder(tmp_path / "train", {mac: 3, "tea": 3})
    image_folder(tmp_path / "val", {linux: 2, "tea": 2}, first_seed=30)
    listing = list_folder(tmp_path)
    assert listing.class_names == (linux, "tea")
    assert listing.test.labels == (0, 0, 1, 1)
    left_out = list_folder(tmp_path, exclude=[f"train/{linux}/000.png", f"val/{mac}/001.png"])
    assert (len(left_out.train), len(left_out.test)) == (5, 3)


def test_two_classes_that_look_alike_are_refused(tmp_path: Path, image_folder: Save) -> None:
    image_folder(tmp_path, {unicodedata.normalize(form, "é"): 3 for form in ("NFD", "NFC")})
    with pytest.raises(BadData, match=r"look alike.*\\xe9"):
        list_folder(tmp_path)


@pytest.mark.parametrize("where", ["train", "val"])
def test_a_class_that_no_record_can_hold_is_refused_by_name(
    tmp_path: Path, image_folder: Save, where: str
) -> None:
    image_folder(tmp_path / "train", {"a": 3, "b": 3})
    image_folder(tmp_path / "val", {"a": 2, "b": 2}, first_seed=30)
    (tmp_path / where / "a").rename(tmp_path / where / os.fsdecode(b"caf\xe9"))
    with pytest.raises(BadData, match=r"not UTF-8: b'caf\\+xe9'\. Rename it"):
        load(f"folder:{tmp_path}")


@pytest.fixture
def pets(tmp_path: Path, image_folder: Save) -> Path:
    image_folder(tmp_path / "pets" / "train", {"cat": 4, "dog": 4, "eel": 4})
    image_folder(tmp_path / "pets" / "val", {"cat": 2, "dog": 2}, first_seed=30)
    return tmp_path / "pets"


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("train/eel", 8),
        ("train/eel/", 8),
        ("./train/eel", 8),
        ("./train//eel/./", 8),
        ("train/*/000.png", 9),
        ("train/**/000.png", 9),
        ("./train/dog/0001.png", None),
        ("trian/cat/*", None),
        ("train/cat/000.png/", None),  # no folder
        ("*.PNG", None),
        ("train/Cat", None),
        ("/train/cat", None),
        ("../pets/train/cat", None),
        ("", None),
        (".", None),
        ("./", None),
    ],
)
def test_a_pattern_means_what_it_means_to_a_shell_and_one_without_a_match_is_refused(
    pets: Path, pattern: str, left: int | None
) -> None:
    if left is not None:
        assert len(list_folder(pets, exclude=[pattern]).train) == left
        return
    with pytest.raises(UsageError, match=r"pattern to exclude .* names no") as refused:
        list_folder(pets, exclude=["train/eel", pattern])
    assert refused.value.advice
    if pattern.strip("./"):  # those of a record may name what is gone
        assert list_folder(pets, exclude=["train/eel", pattern], idle_patterns=True)


def test_a_pattern_without_a_match_comes_with_what_was_meant(pets: Path) -> None:
    with pytest.raises(UsageError, match=r"'train/cat': capitals count"):
        list_folder(pets, exclude=["train/CAT"])
    with pytest.raises(UsageError, match=r"Did you mean 'train/cat/000\.png'"):
        list_folder(pets, exclude=["trian/cat/000.png"])


def test_a_pattern_that_another_one_covers_is_no_mistake(pets: Path) -> None:
    listing = list_folder(pets, exclude=["train/eel", "train/eel/000.png"])
    assert listing.excluded == ("train/eel", "train/eel/000.png")


def test_a_misspelt_pattern_is_told_before_what_it_was_to_leave_out(
    tmp_path: Path, image_folder: Save
) -> None:
    image_folder(tmp_path, {"a": 3, "b": 3, "lonely": 1})
    with pytest.raises(UsageError, match="names nothing"):
        list_folder(tmp_path, exclude=["lonly"])


def test_a_folder_that_may_not_be_read_is_one_line(
    tmp_path: Path, image_folder: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_folder(tmp_path, {"a": 3, "b": 3})
    is_dir = Path.is_dir

    def refused(path: Path, **options: bool) -> bool:
        if path.name == "b":
            raise PermissionError(13, "Permission denied")
        return is_dir(path, **options)

    monkeypatch.setattr(Path, "is_dir", refused)
    with pytest.raises(BadFile, match=r"b: cannot be read \(Permission denied\)"):
        list_folder(tmp_path)
