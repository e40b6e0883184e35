"""A bake-off file says what it means, or says where it is wrong."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bakeoff.bakeoffs.specification.spec import arm_name, default_spec
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.errors import BakeoffError, UsageError

GOOD = "data: mnist\narms: [standard, rsb-a3]\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(text)
    return path


def test_a_small_file_is_enough_and_its_name_is_the_bakeoffs(tmp_path):
    spec = read_spec(write(tmp_path, GOOD))
    assert spec.name == "mine"
    assert [arm.recipe for arm in spec.arms] == ["standard", "rsb-a3"]
    assert spec.seeds == (0, 1, 2)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (GOOD + "sedes: 3\n", r"mine\.yaml:3: unknown key 'sedes'.*seeds"),
        (
            "data: mnist\narms:\n  - recipe: standard\n    modle: resnet18\n",
            r"mine\.yaml:4: unknown key 'modle'.*model",
        ),
        (GOOD + "seeds: 0\n", r"mine\.yaml:3: seeds"),
        (GOOD + "seeds: [1, 1]\n", "stands twice"),
        (GOOD + "budget: 3parsecs\n", r"mine\.yaml:3: .*parsecs"),
        ("data: mnist\narms: [standard, standard]\n", "two arms are called standard"),
        ("data: mnist\narms: []\n", r"mine\.yaml:2: arms"),
        ("arms: [standard]\n", "data is missing"),
        (GOOD + "data: cifar10\n", r"mine\.yaml:3: .*data"),
        (GOOD + "name: ../up\n", r"mine\.yaml:3: name"),
        (GOOD + "x: !!python/object:os.system {}\n", r"mine\.yaml:3"),
        ("- a\n- b\n", "not a bake-off"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path, text, complaint):
    with pytest.raises(BakeoffError, match=complaint) as caught:
        read_spec(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_recipe_file_is_found_beside_the_bakeoff_file(tmp_path):
    spec = read_spec(write(tmp_path, "data: mnist\narms: [own.yaml, standard]\n"))
    assert spec.arms[0].recipe == str(tmp_path / "own.yaml")


def test_the_command_line_overrides_the_file(tmp_path):
    spec = read_spec(write(tmp_path, GOOD + "seeds: 5\n"), budget="2epochs", seeds=2)
    assert spec.budget == "2epochs"
    assert spec.seeds == (0, 1)
    with pytest.raises(UsageError, match="parsecs"):
        read_spec(write(tmp_path, GOOD), budget="3parsecs")


def test_the_default_bakeoff_has_pretrained_arms_only_where_weights_can_be_had():
    arms = default_spec().arms
    assert [(a.recipe, a.init, a.optional) for a in arms] == [
        ("standard", None, False),
        ("rsb-a3", None, False),
        ("standard", "timm:default", True),
        ("rsb-a3", "timm:default", True),
    ]
    assert [a.init for a in default_spec(init="scratch").arms] == [None, None]
    grey = default_spec(init="scratch", channels=1)
    assert [arm_name(a) for a in grey.arms] == ["standard-1ch", "rsb-a3-1ch"]
    asked = default_spec(init="timm:a1_in1k").arms
    assert [(a.init, a.optional) for a in asked] == [("timm:a1_in1k", False)] * 2


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200) | st.binary(max_size=200))
def test_no_file_raises_anything_but_our_errors(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("fuzz") / "any.yaml"
    path.write_bytes(text.encode(errors="surrogatepass") if isinstance(text, str) else text)
    with pytest.raises(BakeoffError):
        read_spec(path)
