"""Other reports than two arms on one set: a ladder, and several data sets."""

from __future__ import annotations

import itertools

import pytest

from bakeoff.reporting import Report, report
from browser.conftest import CONTRASTS, OVERFLOWS, Browser
from reporting.synthetic_runs import RSB_A3, data_facts, ladder, run

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=["ladder", "sets"])
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "ladder":
        return report(ladder(folder / "runs"), formats=("html",))
    clothes = data_facts(
        title="Clothes with a very long and unbroken_title_of_a_set", test_hash="d"
    )
    runs = [
        run(arm, seed, 20 + 3 * seed + 9 * len(arm), recipe=recipe, data=data)[0]
        for data in (data_facts(), clothes)
        for arm, recipe in (("standard", run()[0].recipe), ("rsb-a3", RSB_A3))
        for seed in range(2)
    ]
    return report(runs, out=folder, formats=("html",))


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1440, False)])
def test_it_fits_reads_and_complains_of_nothing(
    browser: Browser, other: Report, width: int, dark: bool
) -> None:
    browser.open(other.html, width=width, dark=dark)
    assert browser.errors() == []
    assert browser.js(OVERFLOWS) == {"wide": 0, "out": []}
    browser.js("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.js(CONTRASTS) == []
    levels = browser.js("return [...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])")
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
