"""A data set is the same set, however the way to it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.data.catalog import load, patterns_of_each
from bakeoff.data.places import same_place
from bakeoff.errors import UsageError


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("folder:x/", "folder:x"),
        ("folder:./x", "folder:x"),
        ("folder:x//", "folder:x"),
        ("folder:.//x/./y/", "folder:x/y"),
        ("folder:../x/", "folder:../x"),
        ("folder:/x/y/", "folder:/x/y"),
        ("folder:", "folder:"),
        ("folder:.", "folder:."),
        ("imagenet:a//b::./real.json", "imagenet:a/b::real.json"),
        ("x/", "./x"),
        ("./x//", "./x"),
        ("x//y/", "x/y"),
        ("mnist", "mnist"),
        ("hf:owner/set", "hf:owner/set"),
        ("webdataset:http://h//a.tar::b.tar", "webdataset:http://h//a.tar::b.tar"),
    ],
)
def test_ways_to_one_folder_are_one_name(written: str, same: str) -> None:
    assert same_place(written) == same == same_place(same)


def test_a_bake_off_knows_a_set_in_whatever_way_it_is_written() -> None:
    spec = {"name": "x", "arms": ["standard"]}
    assert BakeoffSpec.model_validate({**spec, "data": "folder:x/"}).data == "folder:x"
    with pytest.raises(ValueError, match="stands twice"):
        BakeoffSpec.model_validate({**spec, "data": ["folder:x", "folder:./x//"]})


@pytest.mark.parametrize("name", ["mnist", "hf:owner/set", "webdataset:a::b", "cifar-10"])
def test_patterns_for_a_set_that_is_no_folder_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="--exclude has no effect on"):
        load(name, exclude=["*.png"], offline=True)


def test_of_several_sets_each_takes_the_patterns_that_name_something_in_it(tmp_path: Path) -> None:
    for name in ("one/cat/1.png", "two/dog/1.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    sets = ["mnist", f"folder:{tmp_path}/one", f"folder:{tmp_path}/two"]
    assert patterns_of_each(sets, ["cat", "*/1.png"]) == [(), ("cat", "*/1.png"), ("*/1.png",)]
    with pytest.raises(UsageError, match="'eel' names nothing in any"):
        patterns_of_each(sets, ["cat", "eel"])
