from __future__ import annotations

import base64
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from bakeoff.reporting import Report
from bakeoff.reporting.pdf import write_pdf
from browser.conftest import CONTRASTS, OVERFLOWS, Browser

pytestmark = pytest.mark.browser
Open = Callable[..., Browser]
WIDTHS = (390, 1440)

VISIBLE_DRAWINGS = """
// A map of classes is a square, as large as they are many.
return [...document.querySelectorAll(
  "figure.chart:not([hidden], [data-name^=confusion])")].map(figure => {
  const seen = [...figure.querySelectorAll('.drawing')].filter(d => d.getClientRects().length);
  const box = seen[0].querySelector('svg').getBoundingClientRect();
  const marks = seen[0].querySelectorAll('[role=graphics-symbol]').length;
  return {seen: seen.length, width: box.width, height: box.height, marks};
});
"""


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_opens_offline_without_errors_or_requests(opened: Open, width: int, dark: bool) -> None:
    tab = opened(width=width, dark=dark)
    assert tab.errors() == []
    messages = [
        json.loads(entry["message"])["message"] for entry in tab.driver.get_log("performance")
    ]
    asked = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    assert asked
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_every_chart_is_drawn_once_and_readably(opened: Open, width: int) -> None:
    drawings = opened(width=width).js(VISIBLE_DRAWINGS)
    assert len(drawings) == 8
    for drawing in drawings:
        assert drawing["seen"] == 1
        assert drawing["marks"] >= 4
        assert 0.75 * min(width, 800) <= drawing["width"] + 40
        assert drawing["height"] > 80


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_runs_out_of_the_page(opened: Open, width: int) -> None:
    found = opened(width=width).js(OVERFLOWS)
    assert found == {"wide": 0, "out": []}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_all_text_has_the_contrast_that_wcag_asks_for(opened: Open, width: int, dark: bool) -> None:
    tab = opened(width=width, dark=dark)
    tab.js("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert tab.js(CONTRASTS) == []


def test_the_theme_follows_the_system_and_the_reader(opened: Open) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = opened(dark=False).js(ground)
    tab = opened(dark=True)
    dark = tab.js(ground)
    assert light == "rgb(255, 255, 255)"
    assert dark != light
    tab.js("document.getElementById('theme').click()")
    assert tab.js(ground) == light
    tab.js("document.getElementById('theme').click()")
    assert tab.js(ground) == dark
    tab.js("localStorage.clear()")


def test_the_first_screen_holds_verdict_notices_and_chart(opened: Open) -> None:
    tab = opened(width=1440)
    below = tab.js(
        "return ['.question', '.verdict', '.notice', '#verdict figure .drawing.wide svg']"
        ".filter(s => document.querySelector(s).getBoundingClientRect().bottom > innerHeight)"
    )
    assert below == []


FOCUSED = """
window.focused = [];
const all = [...document.querySelectorAll('*')];
document.addEventListener('focusin', event => window.focused.push(all.indexOf(event.target)));
"""


def test_the_keyboard_reaches_everything_in_reading_order(opened: Open) -> None:
    tab = opened(width=1440)
    tab.js("document.body.focus(); window.scrollTo(0, 0)")
    tab.js(FOCUSED)
    places: list[int] = []
    for _ in range(20):
        # Many at once: asking after each costs more than the keys. Past the last comes the first.
        ActionChains(tab.driver).send_keys(Keys.TAB * 25).perform()
        places = tab.js("return window.focused")
        left = tab.js("return document.activeElement === document.body")
        if left or len(set(places)) < len(places):
            break
    round_ = places[: len(dict.fromkeys(places))]
    wanted = tab.js(
        "const all = [...document.querySelectorAll('*')];"
        "return all.filter(n => n.matches('a[href], button, summary, [tabindex]') &&"
        " n.checkVisibility() && n.tabIndex >= 0).map(n => all.indexOf(n))"
    )
    assert round_ == sorted(set(round_))
    assert set(wanted) <= set(round_)


def test_focus_is_visible(opened: Open) -> None:
    tab = opened(width=1440)
    ActionChains(tab.driver).send_keys(Keys.TAB).perform()
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert tab.js(outline) != "none"


def test_a_screen_reader_finds_landmarks_headings_and_names(opened: Open) -> None:
    tab = opened(width=1440)
    tab.command("Accessibility.enable")
    nodes = tab.command("Accessibility.getFullAXTree")["nodes"]
    told = [
        (node["role"]["value"], node.get("name", {}).get("value", ""),
         node.get("description", {}).get("value", ""))
        for node in nodes
        if not node.get("ignored") and "role" in node
    ]  # fmt: skip
    roles = [role for role, _, _ in told]
    assert roles.count("main") == 1
    assert "navigation" in roles
    assert "banner" in roles
    images = [(name, description) for role, name, description in told if role == "image"]
    charts = [pair for pair in images if len(pair[1]) > 40]
    assert len(charts) == 9
    assert all(name for name, _ in images)
    assert all(name for role, name, _ in told if role in ("button", "link", "table", "heading"))
    levels = tab.js("return [...document.querySelectorAll('h1,h2,h3')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_data_of_a_chart_opens_as_a_table(opened: Open) -> None:
    tab = opened(width=390)
    summary = "document.querySelector('#chart-1 details summary')"
    rows = "return [...document.querySelectorAll('#chart-1 tbody tr')]"
    assert tab.js(f"{rows}.filter(r => r.checkVisibility()).length") == 0
    tab.js(f"{summary}.click()")
    assert tab.js(f"{rows}.filter(r => r.checkVisibility()).length") == 8
    assert tab.js(OVERFLOWS) == {"wide": 0, "out": []}


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_chart_can_be_saved(opened: Open, kind: str) -> None:
    tab = opened(width=1440)
    tab.js(f"document.querySelector('#chart-1 [data-download={kind}]').click()")
    target = tab.downloads / f"accuracy.{kind}"  # type: ignore[attr-defined]
    for _ in range(100):
        if target.exists() and target.stat().st_size:
            break
        time.sleep(0.1)
    content = target.read_bytes()
    assert content.startswith(b"<svg" if kind == "svg" else b"\x89PNG")
    assert b"var(--" not in content
    assert tab.errors() == []


def test_pointing_at_a_mark_tells_its_figure(opened: Open) -> None:
    tab = opened(width=1440)
    mark = tab.js(
        "return document.querySelector('#chart-1 .wide svg [aria-roledescription=point]')"
    )
    ActionChains(tab.driver).move_to_element(mark).perform()
    assert "seed" in tab.js("return document.getElementById('tip').textContent")
    assert tab.js("return document.getElementById('tip').hidden") is False


def test_it_prints_to_pdf_in_the_light_theme(opened: Open) -> None:
    tab = opened(width=1440, dark=True)
    pdf = base64.b64decode(tab.command("Page.printToPDF", printBackground=False)["data"])
    assert pdf.startswith(b"%PDF")
    # A short form: what was folded away stays so.
    assert 2 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 4
    tab.emulate(dark=True, media="print")
    ground = tab.js("return getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    hidden = "return document.querySelector(arguments[0]).getClientRects().length"
    assert tab.js(hidden, "#theme") == 0
    assert tab.js(hidden, ".contents") == 0


def test_it_is_whole_without_scripts(opened: Open, browser: Browser) -> None:
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        opened(width=1440)
        text = browser.driver.find_element("css selector", "main").text
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)
    assert "How to reproduce it" in text
    assert "SVG" not in text.split("Objective")[0]


def test_the_pdf_is_written_by_the_browser(opened: Open, page: Report, tmp_path: Path) -> None:
    opened()
    written = write_pdf(page.html, tmp_path / "report.pdf")
    assert written.read_bytes().startswith(b"%PDF")
    assert written.stat().st_size > 20_000
