"""A budget is read as a person writes it, or refused with the ways to write one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bakeoff.errors import UsageError
from bakeoff.recipes import Budget


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("quick", "quick", None),
        ("full", "full", None),
        ("FULL ", "full", None),
        ("5epochs", "epochs", 5),
        ("1 epoch", "epochs", 1),
        ("0.5epochs", "epochs", 0.5),
        ("20000images", "images", 20_000),
        ("20,000images", "images", 20_000),
        ("20_000 images", "images", 20_000),
        ("30min", "seconds", 1800),
        ("2h", "seconds", 7200),
        ("1.5 hours", "seconds", 5400),
        ("90s", "seconds", 90),
    ],
)
def test_budgets_are_read(text, kind, value):
    budget = Budget.parse(text)
    assert (budget.kind, budget.value) == (kind, value)
    assert budget.asked == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        *("", "5", "epochs", "-5epochs", "0epochs", "0images", "1.5images", "5parsecs", "quick!"),
        *("1e3images", "infepochs", "nanh", "9" * 30 + "h", "5epochs 3h", "٥epochs", "5\nepochs"),
    ],
)
def test_what_is_no_budget_is_refused_with_advice(text):
    with pytest.raises(UsageError, match="20000images"):
        Budget.parse(text)


@given(st.text(max_size=30))
def test_any_text_is_a_budget_or_a_usage_error(text):
    try:
        budget = Budget.parse(text)
    except UsageError:
        return
    assert budget.value is None or budget.value > 0


def test_only_epochs_and_images_are_a_number_of_images():
    assert Budget.parse("5epochs").images(60_000) == 300_000
    assert Budget.parse("20000images").images(60_000) == 20_000
    assert Budget.parse("0.00001epochs").images(10) == 1
    assert Budget.parse("30min").images(60_000) is None
    assert Budget.parse("quick").images(60_000) is None
