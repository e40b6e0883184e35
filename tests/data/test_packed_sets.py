"""Sets of the hub and of webdataset shards, from files laid out as those tools lay them out."""

from __future__ import annotations

import io
import json
import tarfile
import urllib.error
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from bakeoff.data import load
from bakeoff.data.webdataset_sets import expand_braces
from bakeoff.errors import BadData, BadFile, UsageError

REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BAKEOFF_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "cache"


def png(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def lay_hub_set(hub: Path, parts: dict[str, list[int]], picture, features: bool = True) -> None:
    """A data set in the hub's cache: refs/main and a snapshot with a Parquet file a part."""
    home = hub / "datasets--owner--digits"
    snapshot = home / "snapshots" / REVISION
    (snapshot / "data").mkdir(parents=True)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text(REVISION)
    stated = {
        "image": {"_type": "Image"},
        "label": {"_type": "ClassLabel", "names": ["<zero>", "one/1"]},
    }
    for part, labels in parts.items():
        table = pa.table(
            {
                "image": [
                    {"bytes": png(picture(i)), "path": "../x.png"} for i in range(len(labels))
                ],
                "label": labels,
            }
        )
        if features:
            information = json.dumps({"info": {"features": stated}})
            table = table.replace_schema_metadata({"huggingface": information})
        pq.write_table(table, snapshot / "data" / f"{part}-00000-of-00001.parquet")


def test_a_hub_set_loads_from_the_hubs_own_cache(tmp_path: Path, picture) -> None:
    lay_hub_set(tmp_path / "hub", {"train": [0, 1, 0], "test": [1, 0], "validation": [1]}, picture)
    for _ in range(2):  # imported, then found again
        data = load("hf:owner/digits", offline=True)
        assert data.facts.class_names == ("<zero>", "one/1")
        assert data.test.labels.tolist() == [1, 0]
        image = data.train.images[2].permute(1, 2, 0).numpy()
        assert np.array_equal(image, picture(2))
        assert REVISION[:12] in " ".join(data.facts.notes)


def test_a_hub_set_without_stated_features_goes_by_its_columns(tmp_path: Path, picture) -> None:
    parts = {"train": [0, 1, 2], "validation": [2, 0]}
    lay_hub_set(tmp_path / "hub", parts, picture, features=False)
    assert load("hf:owner/digits", offline=True).facts.class_names == ("0", "1", "2")


def test_a_hub_set_without_test_part_is_refused(tmp_path: Path, picture) -> None:
    lay_hub_set(tmp_path / "hub", {"train": [0, 1]}, picture)
    with pytest.raises(BadData, match="no train and test parts"):
        load("hf:owner/digits", offline=True)


def test_the_folder_names_a_hub_sets_part_where_the_file_does_not(tmp_path: Path, picture) -> None:
    parts = {"train": [0, 1, 0], "test": [1, 0], "validation": [1, 1, 1]}
    lay_hub_set(tmp_path / "hub", parts, picture)
    for part in parts:
        (path,) = (tmp_path / "hub").rglob(f"{part}-*.parquet")
        (path.parent / part).mkdir()
        path.rename(path.parent / part / "0000.parquet")
    data = load("hf:owner/digits", offline=True)
    assert data.train.labels.tolist() == [0, 1, 0]
    assert data.test.labels.tolist() == [1, 0]


def rewritten(hub: Path, column: str, values: list[object]) -> None:
    """Give `column` of the training part other values."""
    (path,) = hub.rglob("train-*.parquet")
    table = pq.read_table(path)
    place = table.column_names.index(column)
    pq.write_table(table.set_column(place, column, pa.array(values)), path)


def test_a_hub_sets_images_may_be_plain_bytes(tmp_path: Path, picture) -> None:
    lay_hub_set(tmp_path / "hub", {"train": [0, 1], "test": [0, 1]}, picture)
    rewritten(tmp_path / "hub", "image", [png(picture(5)), png(picture(6))])
    image = load("hf:owner/digits", offline=True).train.images[1]
    assert np.array_equal(image.permute(1, 2, 0).numpy(), picture(6))


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("label", ["cat", "dog"], "'cat', not the number of a class"),
        ("label", [0.5, 1.0], "0.5, not the number of a class"),
        ("image", ["a.png", "b.png"], "holds no image files"),
        ("image", [[1, 2], [3, 4]], "holds no image files"),
    ],
)
def test_a_hub_sets_strange_columns_are_named(
    tmp_path: Path, picture, column: str, values: list[object], says: str
) -> None:
    lay_hub_set(tmp_path / "hub", {"train": [0, 1], "test": [0, 1]}, picture)
    rewritten(tmp_path / "hub", column, values)
    with pytest.raises(BadFile, match=f"train-.*{says}"):
        load("hf:owner/digits", offline=True)


@pytest.mark.parametrize("place", [4, -20])
def test_a_damaged_hub_file_is_named(tmp_path: Path, picture, place: int) -> None:
    lay_hub_set(tmp_path / "hub", {"train": [0, 1], "test": [0, 1]}, picture)
    (path,) = (tmp_path / "hub").rglob("train-*.parquet")
    content = bytearray(path.read_bytes())
    content[place : place + 16] = bytes(16)
    path.write_bytes(content)
    with pytest.raises(BadFile, match=r"train-.*damaged Parquet.*Download the set again"):
        load("hf:owner/digits", offline=True)


def test_a_hub_set_that_is_not_here_is_one_clear_line_offline() -> None:
    with pytest.raises(UsageError, match=r"hf:owner/none is not in the hub's cache"):
        load("hf:owner/none", offline=True)
    with pytest.raises(UsageError, match="is not a name of the hub"):
        load("hf:a/b/c/../d", offline=True)


def write_shard(path: Path, samples: list[dict[str, bytes]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for number, sample in enumerate(samples):
            for extension, content in sample.items():
                info = tarfile.TarInfo(f"../../evil/{path.stem}-{number}.{extension}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return path


def test_webdataset_shards_load_in_order(tmp_path: Path, picture, cache: Path) -> None:
    for shard in range(3):
        samples = [
            {"png": png(picture(shard)), "cls": b"%d" % (shard % 2)},
            {"jpg": png(picture(10 + shard)), "json": b'{"label": 1}', "txt": b"a caption"},
        ]
        write_shard(tmp_path / f"train-{shard:03d}.tar", samples)
    write_shard(tmp_path / "val.tar", [{"png": png(picture(5)), "cls": b"0"}])
    data = load(f"webdataset:{tmp_path}/train-{{000..002}}.tar::{tmp_path}/val.tar")
    assert data.train.labels.tolist() == [0, 1, 1, 1, 0, 1]
    assert np.array_equal(data.train.images[2].permute(1, 2, 0).numpy(), picture(1))
    assert not (tmp_path / "evil").exists()
    assert all(path.is_relative_to(cache) or path.suffix == ".tar" or path == cache
               for path in tmp_path.rglob("*"))  # fmt: skip


def test_another_picture_of_a_sample_is_not_its_image(tmp_path: Path, picture) -> None:
    sample = {"png": png(picture(1)), "cls": b"0", "seg.png": png(picture(2)), "old.cls": b"7"}
    other = {"mask.png": png(picture(2)), "png": png(picture(3)), "cls": b"1"}
    shard = write_shard(tmp_path / "a.tar", [sample, other])
    data = load(f"webdataset:{shard}::{shard}")
    assert data.train.labels.tolist() == [0, 1]
    for image, seed in zip(data.train.images, (1, 3), strict=True):
        assert np.array_equal(image.permute(1, 2, 0).numpy(), picture(seed))


@pytest.mark.parametrize("scheme", ["", "file://", "~"])
def test_changed_shards_are_unpacked_anew(
    tmp_path: Path, picture, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    place = "~/a.tar" if scheme == "~" else f"{scheme}{tmp_path}/a.tar"
    for labels in ([b"0", b"1"], [b"1", b"0", b"1"]):
        samples = [{"png": png(picture(i)), "cls": label} for i, label in enumerate(labels)]
        write_shard(tmp_path / "a.tar", samples)
        data = load(f"webdataset:{place}::{place}")
        assert data.train.labels.tolist() == [int(label) for label in labels]


@pytest.mark.parametrize(
    ("sample", "says"),
    [
        ({"png": b"x", "jpg": b"y", "cls": b"0"}, "has two files of image"),
        ({"cls": b"0"}, "has not an image"),
        ({"png": b"x"}, "has not a label"),
        ({"png": b"x", "cls": b"cat"}, "has not a label"),
        ({"png": b"x", "json": b"[" * 100_000}, "has not a label"),
    ],
)
def test_a_broken_sample_is_named(tmp_path: Path, sample: dict[str, bytes], says: str) -> None:
    shard = write_shard(tmp_path / "a.tar", [sample])
    with pytest.raises(BadFile, match=rf"a\.tar: sample .*{says}"):
        load(f"webdataset:{shard}::{shard}")


def test_a_part_without_labels_is_named_and_one_with_some_is_not_made_smaller(
    tmp_path: Path, picture
) -> None:
    labels = [0, 1, -1, 1]
    samples = [{"png": png(picture(i)), "cls": b"%d" % n} for i, n in enumerate(labels)]
    train = write_shard(tmp_path / "train.tar", samples)
    hidden = write_shard(
        tmp_path / "hidden.tar", [{"png": png(picture(9)), "json": b'{"cls": -1}'}]
    )
    with pytest.raises(BadData, match="labels -1 to 1: 1 of its train images have none"):
        load(f"webdataset:{train}::{train}")
    train = write_shard(tmp_path / "whole.tar", [one for n, one in enumerate(samples) if n != 2])
    with pytest.raises(BadData, match=r"no test images with a label \(of 1, each is -1 or missing"):
        load(f"webdataset:{train}::{hidden}")


def test_a_damaged_or_missing_shard_is_named(tmp_path: Path) -> None:
    shard = tmp_path / "a.tar"
    with pytest.raises(BadFile, match="no such shard"):
        load(f"webdataset:{shard}::{shard}")
    shard.write_bytes(b"not a tar file")
    with pytest.raises(BadFile, match="damaged shard"):
        load(f"webdataset:{shard}::{shard}")
    assert not list((tmp_path / "cache" / "webdataset").iterdir())


def test_shards_that_cannot_be_fetched_are_one_clear_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise urllib.error.URLError("timed out")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    pattern = "webdataset:https://example.org/a.tar::https://example.org/b.tar"
    with pytest.raises(UsageError, match="could not be fetched"):
        load(pattern)
    with pytest.raises(UsageError, match="is not in"):
        load(pattern, offline=True)


def test_braces_stand_for_number_ranges_and_lists() -> None:
    assert expand_braces("a.tar") == ["a.tar"]
    assert expand_braces("t-{08..11}.tar") == ["t-08.tar", "t-09.tar", "t-10.tar", "t-11.tar"]
    assert expand_braces("{0..1}/{5..6}") == ["0/5", "0/6", "1/5", "1/6"]
    assert expand_braces("{new,old}-{0..1}") == ["new-0", "new-1", "old-0", "old-1"]
    assert expand_braces("{one}.tar") == ["{one}.tar"]
    for wrong in ("x{5..1}", "{0..99999999999}"):
        with pytest.raises(UsageError, match="stands for"):
            expand_braces(wrong)


@pytest.mark.parametrize("pattern", ["", "only.tar", "a::b::c"])
def test_training_and_test_shards_must_both_be_named(pattern: str) -> None:
    with pytest.raises(UsageError, match="does not name training and test shards"):
        load(f"webdataset:{pattern}")


def test_a_folder_in_place_of_a_shard_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match=r"cannot be read .*Name a tar file"):
        load(f"webdataset:{tmp_path}::{tmp_path}")
