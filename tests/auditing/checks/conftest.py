"""Claims made by hand, so that a rule is tested without any reader."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from bakeoff.auditing.checks import find_rule
from bakeoff.auditing.claims import Claim, Number, Place
from bakeoff.auditing.engine import examine
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding


def number(text: str, unit: str = "percent", qualifier: str = "") -> Number:
    """A number as printed; its last digit gives the half width."""
    value = Decimal(text.replace(",", ""))
    half = Decimal(5).scaleb(value.as_tuple().exponent - 1)
    return Number(text, value, half, unit, qualifier)  # type: ignore[arg-type]


def claim(
    metric: str,
    text: str | None = None,
    unit: str = "percent",
    *,
    group: str = "s1",
    **rest: object,
) -> Claim:
    """A claim of one group; words that are no fields of a claim are its context."""
    fields = {"runs", "spread", "spread_kind", "interval", "level", "word", "negated", "operands",
              "cell", "doubtful", "section", "line"}  # fmt: skip
    kept = {k: v for k, v in rest.items() if k in fields - {"line"}}
    context = {k.rstrip("_"): str(v) for k, v in rest.items() if k not in fields}
    place = Place("test.md", int(str(rest.get("line", 1))), 1, text or "", len(text or ""))
    figure = None if text is None else number(text, unit)
    return Claim(metric, figure, place, text or "", context, group=group, **kept)  # type: ignore[arg-type]


@pytest.fixture
def said() -> Callable[..., Claim]:
    return claim


@pytest.fixture
def printed() -> Callable[..., Number]:
    return number


@pytest.fixture
def judge() -> Callable[..., list[Finding]]:
    """judge(rule, *claims): what one rule says of claims."""

    def run(rule: str, *claims: Claim) -> list[Finding]:
        return examine(Evidence((), claims), Facts(), [find_rule(rule)])

    return run


@pytest.fixture
def verdicts(judge) -> Callable[..., list[str]]:
    """verdicts(rule, *claims): the verdicts of one rule."""
    return lambda rule, *claims: [f.verdict for f in judge(rule, *claims)]
