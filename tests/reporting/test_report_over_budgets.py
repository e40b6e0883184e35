"""The report of several budgets: a curve for each arm, the crossing, and what was foretold."""

from __future__ import annotations

from pathlib import Path

import pytest

import bakeoff
from bakeoff.records.schema import BudgetFacts
from bakeoff.reporting import Report
from bakeoff.reporting.material import Material
from bakeoff.reporting.parts.budgets import budget_charts
from bakeoff.reporting.source import read_source
from reporting.synthetic_runs import RSB_A3, STANDARD, run, write_bakeoff
from reporting.test_report_of_several_sets import CLOTHES

IMAGES = {"20000images": 20_000, "1epochs": 60_000, "5epochs": 300_000}
WRONG = {
    "standard": {"20000images": 100, "1epochs": 70, "5epochs": 50},
    "rsb-a3": {"20000images": 160, "1epochs": 90, "5epochs": 30},
}


def write(home: Path, wrong: dict = WRONG, **change) -> Path:
    for asked, images in IMAGES.items():
        budget = BudgetFacts(asked=asked, reason="", epochs=images / 60_000, images=images, steps=9)
        runs = [
            run(
                arm,
                seed,
                of[asked] + 2 * seed,
                recipe=RSB_A3 if arm == "rsb-a3" else STANDARD,
                budget=budget,
                **change,
            )
            for arm, of in wrong.items()
            for seed in range(3)
        ]
        write_bakeoff(home / asked, runs, budgets=tuple(IMAGES), budget_asked=asked)
    return home


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return bakeoff.report(write(tmp_path_factory.mktemp("runs") / "lengths"))


def test_a_crossing_is_told_with_its_interval_and_its_budgets(made: Report) -> None:
    assert "standard is better at 20,000 images and 1 epoch; rsb-a3 is better at 5 epochs" in (
        made.verdict
    )
    assert "rsb-a3 overtakes standard near 130,000 images (95 % interval " in made.verdict
    assert "between 1 epoch and 5 epochs)" in made.verdict
    assert "would have been" in made.verdict


def test_the_first_screen_and_the_section_have_the_curves(made: Report) -> None:
    text = made.md.read_text()
    head, _, section = text.partition("## Which recipe at which budget?")
    assert "accuracy-over-budget.svg" in head
    section = section.partition("\n## ")[0]
    assert "accuracy-over-budget.svg" not in section
    assert "difference-over-budget.svg" in section
    assert section.count("▲ better") == 2
    assert section.count("▼ worse") == 1
    for chart in ("accuracy", "difference"):
        drawn = (made.md.parent / "report-charts" / f"{chart}-over-budget.svg").read_text()
        assert "300,000" in drawn


def test_without_a_crossing_the_longest_budget_is_named(tmp_path: Path) -> None:
    worse = {
        arm: {k: n + (40 if arm == "rsb-a3" else 0) for k, n in of.items()}
        for arm, of in WRONG.items()
    }
    [pair] = bakeoff.compare(write(tmp_path, worse)).budgets
    assert pair.state == "no crossing"
    assert "No crossing seen up to 5 epochs (300,000 images)." in pair.sentence
    assert pair.foretold is not None
    assert pair.foretold.missed_by == pytest.approx(
        pair.foretold.difference - pair.foretold.measured
    )


def test_two_data_sets_have_a_curve_each(tmp_path: Path) -> None:
    write(tmp_path / "x")
    write(tmp_path / "y", data=CLOTHES)
    for part in [*(tmp_path / "x").iterdir(), *(tmp_path / "y").iterdir()]:
        part.rename(tmp_path / f"{part.parent.name}-{part.name}")
    for home in tmp_path.glob("*-*"):
        plan = home / "bakeoff.json"
        text = plan.read_text()
        plan.write_text(text.replace('"datasets": []', '"datasets": ["mnist", "fashion-mnist"]'))
    found = bakeoff.compare(tmp_path)
    assert {pair.data for pair in found.budgets} == {"MNIST", "Fashion-MNIST"}
    assert len(found.pairs()) == 6
    charts = [chart.name for chart in budget_charts(Material(read_source(tmp_path)))]
    assert charts == [
        f"{what}-over-budget-{number}" for number in (1, 2) for what in ("accuracy", "difference")
    ]
