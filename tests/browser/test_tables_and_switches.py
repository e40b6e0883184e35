"""What a reader does with the page: switch an axis, hide an arm, sort, copy, link, print, count."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bakeoff.reporting import Report, report
from browser.conftest import OVERFLOWS, Browser

pytestmark = pytest.mark.browser
Open = Callable[..., Browser]
SHIPPED = Path(__file__).parents[2] / "docs" / "results" / "mnist-epoch"

SHOWN = """
return [...document.querySelectorAll('.views')].map(v =>
  [...v.querySelectorAll('figure')].filter(f => f.checkVisibility()).map(f => f.dataset.name));
"""

WORDS = """
const unseen = node => {
  for (let at = node.parentElement; at; at = at.parentElement) {
    if (at.matches('.unseen, .skip, [hidden], script, style')) return true;
    if (getComputedStyle(at).display === 'none') return true;
    if (at.tagName === 'DETAILS' && !at.open && !at.querySelector('summary').contains(node))
      return true;
    if (at.tagName === 'SELECT' && node.parentElement !== at.selectedOptions[0]) return true;
  }
  return false;
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let words = 0;
while (walker.nextNode())
  if (!unseen(walker.currentNode))
    words += walker.currentNode.textContent.split(/\\s+/)
      .filter(w => /[\\p{L}\\p{N}]/u.test(w)).length;
return words;
"""


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Four arms, one data set, as the project ships it."""
    return report(SHIPPED, out=tmp_path_factory.mktemp("shipped"), formats=("html",))


def test_a_switch_changes_the_axis_and_the_scale(opened: Open) -> None:
    tab = opened(width=1440)
    maps = ["confusion-difference"]
    assert tab.js(SHOWN) == [["loss-over-epochs"], ["accuracy-over-epochs"], maps]
    click = "document.querySelectorAll('.views')[0].querySelector('[data-word={}]').click()"
    tab.js(click.format("images"))
    assert tab.js(SHOWN)[0] == ["loss-over-images"]
    tab.js(click.format("linear"))
    assert tab.js(SHOWN) == [["loss-over-images-linear"], ["accuracy-over-epochs"], maps]
    pressed = "return [...document.querySelectorAll('.views')[0].querySelectorAll("
    pressed += "'.switch [aria-pressed=true]')].map(b => b.textContent)"
    assert tab.js(pressed) == ["images", "linear"]


def test_a_click_on_the_legend_hides_an_arm_in_every_view_and_shows_it_again(opened: Open) -> None:
    tab = opened(width=1440)
    marks = (
        "return [...document.querySelectorAll('.views')[1].querySelectorAll("
        "'figure:not([hidden]) .wide svg [aria-label^=\"rsb-a3,\"]')]"
        ".filter(m => m.checkVisibility()).length"
    )
    entry = "[...document.querySelectorAll('.views')[1].querySelectorAll('.legend button')]"
    entry += ".find(b => b.textContent === 'rsb-a3')"
    there = tab.js(marks)
    assert there > 0
    tab.js(f"{entry}.click()")
    assert tab.js(marks) == 0
    assert tab.js(f"return {entry}.getAttribute('aria-pressed')") == "false"
    tab.js("document.querySelectorAll('.views')[1].querySelector('[data-word=time]').click()")
    assert tab.js(marks) == 0
    tab.js(f"{entry}.click()")
    assert tab.js(marks) == there


def test_a_point_tells_arm_place_mean_and_range_with_units(opened: Open) -> None:
    tab = opened(width=1440)
    labels = tab.js(
        "return [...document.querySelectorAll('[data-name=loss-over-images] [aria-label]')]"
        ".map(n => n.getAttribute('aria-label')).filter(t => t.startsWith('standard, test'))"
    )
    whole = r"standard, test set, after [\d,]+ training images: [\d.]+ nats \([\d.]+ to [\d.]+ nats"
    assert labels
    assert all(re.match(whole, label) for label in labels)


COLUMN = """
const table = [...document.querySelectorAll('#results table')]
  .find(t => t.caption.textContent.startsWith('Test results'));
return [...table.tBodies[0].rows].map(r => r.cells[arguments[0]].textContent);
"""


def test_a_table_is_sorted_by_a_click_and_by_the_keyboard(
    shipped: Report, browser: Browser
) -> None:
    browser.open(shipped.html)
    head = (
        "const table = [...document.querySelectorAll('#results table')]"
        ".find(t => t.caption.textContent.startsWith('Test results'));"
        "const th = table.tHead.rows[0].cells[2]; th.firstElementChild.click();"
        "return [th.getAttribute('aria-sort'), th.firstElementChild.tagName]"
    )
    assert browser.js(head) == ["ascending", "BUTTON"]
    found = [float(text.split()[0]) for text in browser.js(COLUMN, 2)]
    assert found == sorted(found)
    assert browser.js(head)[0] == "descending"
    found = [float(text.split()[0]) for text in browser.js(COLUMN, 2)]
    assert found == sorted(found, reverse=True)


def copied(tab: Browser, kind: str) -> str:
    tab.js(
        "Object.defineProperty(navigator, 'clipboard', {configurable: true, value:"
        " {writeText: async text => { window.copied = text; }}});"
        "const table = [...document.querySelectorAll('#results table')]"
        ".find(t => t.caption.textContent.startsWith('Test results'));"
        "const menu = table.closest('.scroll').nextElementSibling;"
        "[...menu.querySelectorAll('button')].find(b => b.textContent === arguments[0]).click()",
        kind,
    )
    return str(tab.js("return window.copied"))


def test_a_table_is_copied_as_csv_markdown_and_latex(shipped: Report, browser: Browser) -> None:
    browser.open(shipped.html)
    csv = copied(browser, "CSV").splitlines()
    assert csv[0].startswith("Arm,Verdict,Accuracy (%)")
    assert len(csv) == 5
    markdown = copied(browser, "Markdown").splitlines()
    assert markdown[1].startswith("| --- | --- | ---: |")
    assert all(line.count("|") == markdown[0].count("|") for line in markdown)
    latex = copied(browser, "LaTeX")
    assert r"\label{tab:test-results-at-the-last-epoch" in latex
    assert r"\textbf{96.82 $\pm$ 0.38}" in latex  # the highest accuracy
    assert r"\textbf{0.0984 $\pm$ 0.0170}" in latex  # the lowest loss
    assert latex.count(r"\textbf") == 2
    assert r"resnet50\_noskip" in latex
    assert latex.count("{") == latex.count("}")


def test_every_heading_has_an_address_of_its_own(opened: Open) -> None:
    tab = opened(width=1440)
    links = tab.js(
        "return [...document.querySelectorAll('h2 .anchor, h3 .anchor')].map(a => a.hash.slice(1))"
    )
    assert len(links) == len(set(links)) > 10
    missing = "return arguments[0].filter(id => !document.getElementById(id))"
    assert tab.js(missing, links) == []
    ids = tab.js("return [...document.querySelectorAll('[id]')].map(n => n.id)")
    assert len(ids) == len(set(ids))


def test_tables_are_cards_on_a_phone_with_every_value_named(
    shipped: Report, browser: Browser
) -> None:
    browser.open(shipped.html, width=390)
    found = browser.js(
        "const table = document.querySelector('#results table.cards');"
        "const cell = table.tBodies[0].rows[0].cells[2];"
        "return [getComputedStyle(cell).display, getComputedStyle(cell, '::before').content]"
    )
    assert found == ["block", '"Accuracy (%)"']
    assert browser.js(OVERFLOWS) == {"wide": 0, "out": []}


def test_four_arms_take_at_most_1500_visible_words(shipped: Report, browser: Browser) -> None:
    browser.open(shipped.html)
    assert browser.js(WORDS) <= 1500


def test_four_arms_are_printed_on_four_numbered_pages(shipped: Report, browser: Browser) -> None:
    browser.open(shipped.html)
    pdf = base64.b64decode(browser.command("Page.printToPDF", preferCSSPageSize=False)["data"])
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 4
    pypdfium2 = pytest.importorskip("pypdfium2")
    pages = pypdfium2.PdfDocument(pdf)
    texts = [page.get_textpage().get_text_range() for page in pages]
    assert all(f"{n} / {len(texts)}" in text for n, text in enumerate(texts, start=1))
    assert "Read with care" in texts[0]


def test_mistakes_are_filtered_by_who_was_right_by_class_and_by_arm(
    shipped: Report, browser: Browser
) -> None:
    browser.open(shipped.html)
    choose = (
        "const select = document.querySelector(`.filters [data-filter=${arguments[0]}]`);"
        "select.value = arguments[1]; select.dispatchEvent(new Event('change', {bubbles: true}));"
        "return [...document.querySelectorAll('.gallery > li')].filter(n => n.checkVisibility())"
        ".map(n => [n.dataset.outcomes, n.dataset.label])"
    )
    # Arms stand in the plan's order: standard, rsb-a3, standard-resnet50_noskip, …-from-letters.
    right_and_wrong = browser.js(choose, "who", "rw..")
    assert right_and_wrong
    assert all(outcomes.startswith("rw") for outcomes, _ in right_and_wrong)
    assert f"{len(right_and_wrong)} of " in browser.js(
        "return document.querySelector('.filters .count').textContent"
    )
    everyone = browser.js(choose, "who", "wwww")
    assert everyone
    assert {outcomes for outcomes, _ in everyone} == {"wwww"}
    label = everyone[0][1]
    assert {found for _, found in browser.js(choose, "label", label)} == {label}
    browser.js(choose, "label", "")
    browser.js(choose, "who", "")
    assert all(outcomes[1] == "w" for outcomes, _ in browser.js(choose, "arm", "1"))


def test_classes_are_sorted_by_the_gap_and_maps_take_turns(
    shipped: Report, browser: Browser
) -> None:
    browser.open(shipped.html)
    rows = browser.js(
        "return [...document.querySelectorAll('figure[data-name=classes] tbody tr')]"
        ".map(r => [...r.cells].map(c => c.textContent))"
    )
    heads = browser.js(
        "return [...document.querySelectorAll('figure[data-name=classes] thead th')]"
        ".map(c => c.textContent)"
    )
    first, second = heads.index("standard-from-letters"), heads.index("standard")
    gaps = [float(row[first]) - float(row[second]) for row in rows]
    assert gaps == sorted(gaps, reverse=True)
    assert rows[0][0] == "8"
    shown = (
        "const views = document.querySelector('#mistakes .views');"
        "views.querySelector(`[data-word='${arguments[0]}']`).click();"
        "return [...views.querySelectorAll('figure')].filter(f => f.checkVisibility())"
        ".map(f => f.querySelector('.chart-title').textContent)"
    )
    assert browser.js(shown, "rsb-a3") == ["Mistakes of rsb-a3"]
    assert browser.js(shown, "difference") == ["Mistakes, standard-from-letters against standard"]
