"""Charts as a reader points at them: what a mark says is what it shows, in the arm's own colour."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains

from bakeoff.reporting import Report, report
from browser.conftest import Browser
from reporting.synthetic_runs import RSB_A3, data_facts, run, two_arms, write_bakeoff

pytestmark = pytest.mark.browser

MARKS = """
const figure = document.querySelector(`figure[data-name="${arguments[0]}"]`);
// A drawing that waits for its switch is asked for, word by word.
(figure.dataset.view ?? '').split(' ').filter(Boolean).forEach(word =>
  figure.closest('.views').querySelector(`.switch [data-word="${word}"]`).click());
const svg = figure.querySelector('.wide svg');
const centre = node => { const b = node.getBoundingClientRect(); return b.x + b.width / 2; };
const axis = [...svg.querySelectorAll('[aria-roledescription=axis]')]
  .find(node => node.getAttribute('aria-label').startsWith('X-axis'));
// A label at the end of an axis is set flush with it, so the place is that of the tick itself.
const lines = [...axis.querySelectorAll('.role-axis-tick line')].map(centre);
const ticks = [...axis.querySelectorAll('.role-axis-label text')]
  .map((node, at) => [Number(node.textContent.replace(/,/g, '')), lines[at]])
  .filter(([figure], at, all) => all[at][1] !== undefined);
const marks = [...svg.querySelectorAll('[aria-label][aria-roledescription=point]')]
  .map(node => [node.getAttribute('aria-label'), centre(node), node.getAttribute('stroke')]);
const others = [...svg.querySelectorAll('.mark-line [aria-label], .mark-area [aria-label]')].length;
return {ticks, marks, others};
"""


def along(ticks: list[list[float]], place: float) -> float:
    """The axis' figure at a place in pixels."""
    (a, at_a), (b, at_b) = ticks[0], ticks[-1]
    return a + (b - a) * (place - at_a) / (at_b - at_a)


@pytest.mark.parametrize(
    ("chart", "says", "tolerance"),
    [
        ("accuracy-over-epochs", r"epoch ([\d.]+)", 0.03),
        ("loss-over-epochs", r"epoch ([\d.]+)", 0.03),
        ("accuracy-over-time", r"([\d.]+) minutes", 0.1),
        ("cost", r" in (\d+\smin\s\d+)", 0.1),
        ("accuracy", r": ([\d.]+)\s%", 0.03),
    ],
)
def test_the_label_of_a_mark_says_where_it_stands(
    opened: Callable[..., Browser], chart: str, says: str, tolerance: float
) -> None:
    found = opened(width=1440).js(MARKS, chart)
    assert len(found["marks"]) >= 6
    assert found["others"] == 0
    for label, place, _ in found["marks"]:
        told = re.search(says, label)
        assert told is not None, label
        minutes = re.fullmatch(r"(\d+)\smin\s(\d+)", told[1])
        figure = int(minutes[1]) + int(minutes[2]) / 60 if minutes else float(told[1])
        assert along(found["ticks"], place) == pytest.approx(figure, abs=tolerance), label
        assert not re.search(r"\d\.\d{5,}", label)
        assert re.search(r"%|nats| min", label)


def test_pointing_at_a_line_tells_the_nearest_points_figure(opened: Callable[..., Browser]) -> None:
    tab = opened(width=1440)
    mark = tab.js(
        "const m = document.querySelectorAll('figure[data-name=accuracy-over-epochs] .wide svg "
        "[aria-roledescription=point]'); const n = [...m].find(e => / epoch 4:/.test("
        "e.getAttribute('aria-label'))); n.scrollIntoView({block: 'center'}); return n"
    )
    ActionChains(tab.driver).move_to_element_with_offset(mark, 14, 0).move_by_offset(1, 0).perform()
    told = tab.js("return document.getElementById('tip').textContent")
    assert "epoch 4: " in told
    assert "%" in told


@pytest.fixture(scope="module")
def two_sets(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The plan names standard first; the data set that comes first has runs of rsb-a3 first."""
    clothes: dict[str, Any] = {"name": "clothes", "title": "Clothes", "test_hash": "d" * 64}
    data = data_facts(**clothes)
    home: Path = tmp_path_factory.mktemp("runs") / "both"
    later = [run("rsb-a3", s, 60 + 5 * s, recipe=RSB_A3, data=data) for s in range(2)]
    later += [run("standard", s, 90 + 5 * s, data=data) for s in range(2)]
    sets = ("mnist", "clothes")
    plan = write_bakeoff(home / "mnist", two_arms(), data="mnist", datasets=sets)
    write_bakeoff(home / "clothes", later, data="clothes", datasets=sets)
    assert plan.name == "mnist"
    return report(home, formats=("html",))


def test_an_arm_has_one_colour_in_text_and_in_every_chart_of_every_set(
    browser: Browser, two_sets: Report
) -> None:
    browser.open(two_sets.html)
    text = browser.js(
        "const seen = {};"
        "document.querySelectorAll('.arm').forEach(n => {"
        " const arm = n.textContent.split(' on ')[0];"
        " (seen[arm] ??= new Set()).add(n.className.match(/arm-(\\d)/)[1]); });"
        "return Object.entries(seen).map(([arm, found]) => [arm, [...found]])"
    )
    colours = dict(text)
    assert all(len(found) == 1 for found in colours.values())
    for chart in ("accuracy-over-epochs-1", "accuracy-over-epochs-2", "cost-1", "cost-2"):
        for label, _, stroke in browser.js(MARKS, chart)["marks"]:
            arm = re.split(r"[, ]", label)[0]
            assert stroke in (f"var(--arm-{colours[arm][0]})", "var(--ground)", None)
            assert arm in colours
