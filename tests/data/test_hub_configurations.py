"""A hub set with several sets inside is never read as one; a part without labels is no test set."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from bakeoff.data import load
from bakeoff.errors import BadData, BadFile, UnknownName, UsageError

REVISION = "0123456789abcdef0123456789abcdef01234567"
BLOOD, SKIN = ["basophil", "lymphocyte"], ["melanoma", "nevus"]
BOTH = {
    "blood/train-00000-of-00001": [0, 1, 0],
    "blood/test-00000-of-00001": [0, 1],
    "skin/train-00000-of-00001": [1, 0, 1, 0],
    "skin/test-00000-of-00001": [1, 0, 1],
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAKEOFF_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def png(seed: int) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 6, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def lay(
    tmp_path: Path,
    files: Mapping[str, Sequence[int | None]],
    *,
    card: str = "",
    features: bool = True,
) -> None:
    """A set in the hub's cache: a Parquet file of each name, with these labels."""
    home = tmp_path / "hub" / "datasets--owner--sets"
    snapshot = home / "snapshots" / REVISION
    (home / "refs").mkdir(parents=True)
    (home / "refs" / "main").write_text(REVISION)
    for name, labels in files.items():
        images = [{"bytes": png(hash(name) % 1000 + i), "path": None} for i in range(len(labels))]
        table = pa.table({"image": images, "label": pa.array(labels, pa.int64())})
        names = SKIN if "skin" in name else BLOOD
        stated = {"image": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": names}}
        if features:
            information = json.dumps({"info": {"features": stated}})
            table = table.replace_schema_metadata({"huggingface": information})
        path = snapshot / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)
    if card:
        (snapshot / "README.md").write_text(f"---\n{card}\n---\n# A set\n", encoding="utf-8")


def opened(name: str = "hf:owner/sets") -> tuple[int, int, tuple[str, ...]]:
    facts = load(name, offline=True).facts
    return facts.train_images, facts.test_images, facts.class_names


ELSEWHERE = {
    "folder and part": lambda name: name.replace("-00000-of-00001", "/0000"),
    "data below": lambda name: name.replace("/", "/data/"),
    "in the file's name": lambda name: "data/" + name.replace("/", "-"),
    "old shards": lambda name: name + "-0123456789abcdef",
    "plain": lambda name: name.replace("-00000-of-00001", ""),
}


@pytest.mark.parametrize("rename", [str, *ELSEWHERE.values()], ids=["usual", *ELSEWHERE])
def test_configurations_are_chosen_and_never_mixed(tmp_path: Path, rename) -> None:
    lay(tmp_path, {rename(name): labels for name, labels in BOTH.items()})
    with pytest.raises(UsageError, match=r"2 configurations.*blood, skin.*hf:owner/sets:blood"):
        opened()
    assert opened("hf:owner/sets:blood") == (3, 2, tuple(BLOOD))
    assert opened("hf:owner/sets:skin") == (4, 3, tuple(SKIN))
    facts = load("hf:owner/sets:skin", offline=True).facts
    assert facts.name == "hf:owner/sets:skin"
    with pytest.raises(UnknownName, match=r"'bones'.*blood, skin"):
        opened("hf:owner/sets:bones")


@pytest.mark.parametrize("by", ["a mark", "its name", "dataset_info too"])
def test_the_default_configuration_of_the_card_is_taken(tmp_path: Path, by: str) -> None:
    name = "default" if by == "its name" else "skin"
    mark = "" if by == "its name" else "\n  default: true"
    card = (
        "configs:\n- config_name: blood\n  data_files:\n  - split: train\n    path: blood/train-*\n"
        "  - split: test\n    path: blood/test-*\n"
        f"- config_name: {name}\n  data_files:\n  - split: train\n    path: skin/train-*\n"
        f"  - split: test\n    path:\n    - skin/test-*{mark}"
    )
    if by == "dataset_info too":
        names = "names:\n          '0': melanoma\n          '1': nevus"
        card += (
            "\ndataset_info:\n- config_name: blood\n  features: []\n- config_name: skin\n"
            "  features:\n  - name: image\n    dtype: image\n  - name: label\n    dtype:\n"
            f"      class_label:\n        {names}"
        )
    lay(tmp_path, BOTH, card=card, features=by != "dataset_info too")
    assert opened() == (4, 3, tuple(SKIN))
    assert opened("hf:owner/sets:blood")[0] == 3
    notes = " ".join(load("hf:owner/sets", offline=True).facts.notes)
    assert f"owner/sets:{name} at revision" in notes


@pytest.mark.parametrize("files", ["data_dir: skin", "data_files: skin/*", "data_files: {train: "
                                   "skin/train-*, test: skin/test-*}"])  # fmt: skip
def test_a_card_may_name_files_in_other_ways(tmp_path: Path, files: str) -> None:
    lay(tmp_path, BOTH, card=f"configs:\n- config_name: only\n  {files}")
    assert opened() == (4, 3, tuple(SKIN))


@pytest.mark.parametrize("card", ["configs: [", "configs: !!python/object:os.system {}"])
def test_a_card_that_cannot_be_read_is_named(tmp_path: Path, card: str) -> None:
    lay(tmp_path, BOTH, card=card)
    with pytest.raises(BadFile, match=r"README\.md: its head cannot be read"):
        opened()


@pytest.mark.parametrize("card", ["configs: 3", "configs: [1, {}]", "license: mit", "- a", "3"])
def test_a_card_that_says_nothing_of_configurations_is_passed_over(
    tmp_path: Path, card: str
) -> None:
    lay(tmp_path, {"data/train-0": [0, 1], "data/test-0": [1, 0]}, card=card)
    assert opened()[:2] == (2, 2)


@pytest.mark.parametrize("none", [-1, None])
def test_a_part_without_labels_is_passed_over_with_a_note(tmp_path: Path, none: int | None) -> None:
    parts = {"data/train": [0, 1], "data/validation": [0, 1, 0], "data/test": [none] * 4}
    lay(tmp_path, parts)
    assert opened()[:2] == (2, 3)
    assert (
        "test has no labels and is passed over" in load("hf:owner/sets", offline=True).facts.notes
    )
    with pytest.raises(BadData, match=r"no labels in test\..*validation"):
        opened("hf:owner/sets::test")


def test_the_tested_part_can_be_chosen(tmp_path: Path) -> None:
    parts = {
        "train": [0, 1],
        "test": [0, 1, 0],
        "validation": [1, 0, 1, 0],
        "test_rotated": [0] * 5,
    }
    lay(tmp_path, {f"{config}/{p}": labels for config in "ab" for p, labels in parts.items()})
    assert opened("hf:owner/sets:b")[:2] == (2, 3)
    assert opened("hf:owner/sets:b::validation")[:2] == (2, 4)
    assert opened("hf:owner/sets:b::test_rotated")[:2] == (2, 5)
    with pytest.raises(UnknownName, match=r"'none'.*test, test_rotated, validation"):
        opened("hf:owner/sets:b::none")


def test_parts_that_number_their_classes_otherwise_are_refused(tmp_path: Path) -> None:
    lay(tmp_path, {"data/train": [0, 1], "data/test": [0, 1]})
    (path,) = (tmp_path / "hub").rglob("test.parquet")
    table = pq.read_table(path)
    said = (table.schema.metadata or {})[b"huggingface"].decode()
    names = said.replace('"basophil", "lymphocyte"', '"lymphocyte", "basophil"')
    pq.write_table(table.replace_schema_metadata({"huggingface": names}), path)
    with pytest.raises(BadData, match="calls its classes otherwise"):
        opened()
