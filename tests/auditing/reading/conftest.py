"""Shorthand for looking at what was read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bakeoff.auditing.claims import Claim, Format
from bakeoff.auditing.reading import read


def figures_of(text: str, format: Format = "markdown") -> list[tuple[str, str]]:
    """(metric, number as printed) of every figure of a text."""
    return [(c.metric, c.number.text) for c in read("x", text, format).claims if c.number]


def words_of(text: str) -> set[tuple[str, str, bool]]:
    """(metric, word, negated) of every claim in words."""
    return {(c.metric, c.word, c.negated) for c in read("x", text, "markdown").words}


def claim_of(text: str, metric: str, printed: str = "", format: Format = "markdown") -> Claim:
    """The one claim of a metric (and, if given, of a number)."""
    found = [
        c
        for c in read("x", text, format).claims
        if c.metric == metric and (not printed or (c.number and c.number.text == printed))
    ]
    assert len(found) == 1, f"{len(found)} claims of {metric} {printed}"
    return found[0]


@pytest.fixture
def figures() -> Callable[..., list[tuple[str, str]]]:
    return figures_of


@pytest.fixture
def words() -> Callable[[str], set[tuple[str, str, bool]]]:
    return words_of


@pytest.fixture
def claim() -> Callable[..., Claim]:
    return claim_of
