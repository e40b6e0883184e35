"""Planted errors of every kind are found; their right twins are not accused.

The table with more documents is `docs/audit-quality.md`, made by `benchmarks/audit_quality`.
"""

import pytest

from auditing.corpus.judge import score
from auditing.corpus.planting import planters
from bakeoff.auditing.checks import rules

WANTED = 0.95
SEEDS = range(20)


def test_every_rule_has_its_planted_errors():
    planted = {number for planter in planters() for number in planter.rules}
    assert {rule.number for rule in rules().values()} <= planted


@pytest.mark.parametrize("planter", planters(), ids=lambda planter: planter.name)
def test_planted_errors_are_found_and_right_twins_are_not_accused(planter):
    result = score(planter, SEEDS)
    assert result.accused == 0
    assert result.recall >= WANTED, f"missed with seeds {result.missed}"
