"""Whatever stands in a file, reading it ends in a recipe or in a BakeoffError, soon."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bakeoff.errors import BakeoffError
from bakeoff.recipes import Recipe, load, scale
from bakeoff.recipes.loading import LIBRARY, LoadedRecipe
from bakeoff.recipes.pins import parse_pins
from bakeoff.recipes.strict_yaml import MAX_BYTES, parse_yaml
from bakeoff.recipes.values import all_keys

from .conftest import facts

MNIST = facts("mnist", 60_000, 28, tuple("0123456789"))
FUZZ = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
A1 = (LIBRARY / "rsb-a1.yaml").read_text()
RSB_A1 = load("rsb-a1")
T = TypeVar("T")


def read(path: Path, content: str | bytes) -> LoadedRecipe | None:
    path.write_bytes(
        content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    )
    loaded, error = caught(lambda: load(path))
    assert len(str(error)) < 1000 + len(str(path))
    return loaded


def caught(call: Callable[[], T]) -> tuple[T | None, BakeoffError | None]:
    """What a call returns, or the BakeoffError it ends in, whose message is one line."""
    try:
        return call(), None
    except BakeoffError as refused:
        error = refused
    assert "\n" not in error.message
    return None, error


@FUZZ
@given(st.binary(max_size=300))
def test_bytes(tmp_path, content):
    read(tmp_path / "x.yaml", content)


@FUZZ
@given(st.text(max_size=300))
def test_text(tmp_path, content):
    read(tmp_path / "x.yaml", content)


@FUZZ
@given(st.text(alphabet="{}[]:,-?&*!|>'\"%@`#~ \n\tab01.<=\\", max_size=80))
def test_yaml_punctuation(content):
    caught(lambda: parse_yaml(content, Path("x.yaml")))


@FUZZ
@given(data=st.data())
def test_a_damaged_recipe(tmp_path, data):
    at = data.draw(st.integers(0, len(A1)))
    until = data.draw(st.integers(at, min(len(A1), at + 40)))
    junk = data.draw(st.text(alphabet=string.printable, max_size=12))
    loaded = read(tmp_path / "x.yaml", A1[:at] + junk + A1[until:])
    if loaded is not None:
        assert Recipe.model_validate_json(loaded.recipe.model_dump_json()) == loaded.recipe


scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(), st.text(max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([key.split(".")[-1] for key in all_keys()]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@FUZZ
@given(key=st.sampled_from(all_keys()), value=values, images=st.integers(1, 10**12))
def test_any_value_anywhere_is_refused_or_can_be_scaled(key, value, images):
    scaled, _ = caught(lambda: scale(RSB_A1, data=MNIST, images=images, pins={key: value}))
    if scaled is None:
        return
    assert scaled.total_steps >= 1
    assert scaled.recipe.optimizer.lr > 0
    if isinstance(value, dict):  # a whole part, whose other values are their defaults
        return
    used = scaled.recipe.model_dump(mode="json")
    for part in key.split("."):
        used = used[part]
    assert used == json.loads(json.dumps(value))  # tuples are lists there


@FUZZ
@given(st.text(max_size=40))
def test_any_pin_written(text):
    pins, _ = caught(lambda: parse_pins([text]))
    if pins is not None:
        key, equals, _ = text.partition("=")
        assert equals
        assert list(pins) == [key.strip()]


@pytest.mark.parametrize(
    "bomb",
    [
        "a: " + "[" * (MAX_BYTES - 10),
        "a: " + "{a: " * 10_000,
        "- " * 20_000,
        "? " * 20_000,
        "a: &a [x]\n" + "".join(f"b{i}: [*a, *a]\n" for i in range(1000)),
        "epochs: " + "9" * 50_000,
        "epochs: 0x" + "f" * 50_000,
        "epochs: 1e" + "9" * 50_000,
        "'" + "a" * 60_000 + "': 1",
        "".join(f"k{i}: 1\n" for i in range(6_000)),
        "title: " + "word " * 12_000,
        "title: |\n" + "  line\n" * 9_000,
        '"' + "\\x41" * 15_000 + '": 1',
    ],
    ids=range(13),
)
def test_a_bomb_is_refused_without_going_off(tmp_path, bomb):
    assert read(tmp_path / "x.yaml", bomb) is None
