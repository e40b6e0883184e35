"""A report on seeds until it is decided shows the planned looks and every pair's path."""

from __future__ import annotations

from pathlib import Path

import pytest

from bakeoff.records.looks import LookedPair, LookPlan, LookTaken
from bakeoff.reporting import report
from reporting.synthetic_runs import two_arms, write_bakeoff

PLAN = LookPlan(looks=(3, 5, 7, 10), test="joint", give_up=True, race=False, alpha=0.05)


def look(seeds: int, p: float, bound: float, stop: str, winner: str = "") -> LookTaken:
    arms = ("standard", "rsb-a3")
    pair = LookedPair(a=arms[0], b=arms[1], p=p, bound=bound, stop=stop, winner=winner)
    running = () if winner else arms
    return LookTaken(seeds=seeds, at="2026-08-01T12:00:00Z", pairs=(pair,), running=running)


@pytest.mark.parametrize("over", [False, True])
def test_looks_are_shown_with_the_boundary_and_what_comes_next(tmp_path: Path, over: bool) -> None:
    taken = [look(3, 0.021, 0.0043, "open")]
    if over:
        taken.append(look(5, 0.0007, 0.0099, "decided", "rsb-a3"))
    home = write_bakeoff(tmp_path / "runs", two_arms(), look_plan=PLAN, looks=tuple(taken))
    text = report(home).md.read_text()
    assert "looks after 3, 5, 7 and 10 seeds of each arm were planned before the first run" in text
    rows = text.split("*The path of every pair through the looks")[1].split("\n\n")[1].splitlines()
    assert [cell.strip(" *") for cell in rows[2].split("|")[1:-1]] == [
        "3", "standard", "rsb-a3", "0.021", "0.0043", "open"
    ]  # fmt: skip
    if over:
        assert "decided: rsb-a3 is better" in rows[3]
        assert "2 of 4 looks were taken. No more seeds are due." in text
    else:
        assert "1 of 4 looks were taken. The next look comes after 5 seeds." in text
