"""A bake-off that leaves ingredients out is told as a ladder, beside a published one."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from scipy import stats

from bakeoff.published import results
from bakeoff.reporting import Report, report
from reporting.synthetic_runs import MISSES, WHOLE, ladder, two_arms, write_bakeoff


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report(ladder(tmp_path_factory.mktemp("runs") / "ladder"))


def section(made: Report) -> str:
    text = made.md.read_text().split("## What each ingredient does\n")[1]
    return text.split("\n## ")[0].replace("\u00a0", " ")


def test_every_ingredient_has_its_difference_and_welchs_interval(made: Report) -> None:
    table = section(made).split("| Left out |")[1]
    for name, misses in MISSES.items():
        without = [100 - miss / 10 for miss in misses]
        whole = [100 - miss / 10 for miss in WHOLE]
        change = sum(without) / 3 - sum(whole) / 3
        interval = stats.ttest_ind(without, whole, equal_var=False).confidence_interval(0.95)
        row = next(line for line in table.splitlines() if line.startswith(f"| `{name}` |"))
        cells = [cell.strip().replace("\u2212", "-") for cell in row.split("|")[1:-1]]
        assert float(cells[2]) == pytest.approx(change, abs=0.006)
        low, high = (float(end) for end in cells[3].split(" to "))
        assert (low, high) == pytest.approx((interval.low, interval.high), abs=0.006)


def test_the_verdict_names_what_helps_and_what_cannot_be_told(made: Report) -> None:
    verdict = made.verdict.replace("\u00a0", " ")
    helps = verdict.split("it is worse without ")[1].split(";")[0]
    assert helps.startswith("randaugment (")
    assert "cutmix" in helps
    assert "lamb" in verdict.split("no difference can be told without ")[1]
    assert "What does each ingredient of rsb-a3 do" in made.md.read_text()


def test_the_published_ladder_stands_on_its_own_axis_and_is_not_ranked(made: Report) -> None:
    folder = made.html.parent / "report-charts"
    published = (folder / "published-ladder.svg").read_text()
    measured = (folder / "ladder.svg").read_text()
    page = made.html.read_text()
    steps = [f for f in results(metric="top1") if f.id.startswith("torchvision-v2-ladder-")]
    assert len(steps) > 5
    for step in steps:
        assert step.value in published
        assert step.value not in measured
        assert re.search(rf"<td[^>]*>{re.escape(step.value)}</td>", page)
    assert "no randaugment" not in published
    assert "not ranked against the ladder above" in section(made)
    for svg in (published, measured):
        assert ET.fromstring(svg).tag.endswith("svg")


def test_published_changes_are_the_differences_of_the_printed_figures(made: Report) -> None:
    page = made.html.read_text()
    steps = [f for f in results(metric="top1") if f.id.startswith("torchvision-v2-ladder-")]
    table = page.split("torchvision’s steps to its new recipe")[2].split("</table>")[0]
    rows = re.findall(
        r"<tr[^>]*><th[^>]*scope=.row.[^>]*>([^<]*)</th><td[^>]*>([^<]*)</td><td[^>]*>([^<]*)</td>",
        table,
    )
    assert [row[1] for row in rows] == [step.value for step in steps]
    for before, row, step in zip(steps, rows[1:], steps[1:], strict=False):
        assert float(row[2].replace("\u2212", "-")) == pytest.approx(
            float(step.value) - float(before.value), abs=1e-9
        )


def test_one_seed_speaks_of_models_not_of_ingredients(tmp_path: Path) -> None:
    made = report(ladder(tmp_path / "one", seeds=1), formats=("markdown",))
    assert "models are told apart and not ingredients" in made.verdict


def test_without_ablation_there_is_no_ladder(written: Report) -> None:
    assert "What each ingredient does" not in written.md.read_text()


def test_a_ladder_whose_whole_recipe_failed_is_told_arm_by_arm(tmp_path: Path) -> None:
    made = report(write_bakeoff(tmp_path / "gone", two_arms(), ablates="rsb-a2"))
    assert "standard" in made.verdict
