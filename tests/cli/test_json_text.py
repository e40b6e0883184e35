"""What a program reads is what the standard library would have written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakeoff.cli.json_text import indented

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(st.text(), inner)
    ),
)


@given(VALUES)
def test_it_is_the_standard_librarys_text(value: object) -> None:
    assert indented(value) == json.dumps(value, indent=2, ensure_ascii=False)


def test_other_objects_become_text_and_what_is_no_number_is_refused() -> None:
    assert indented({"at": Path("a/b")}) == json.dumps({"at": "a/b"}, indent=2)
    with pytest.raises(ValueError, match="JSON"):
        indented([float("nan")])
