"""Whatever stands in a record is shown, and never becomes markup, script or a link."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bakeoff.records.schema import Failure
from bakeoff.reporting import report
from bakeoff.reporting.escape import latex_text, markdown_code, markdown_text, web_address
from reporting.synthetic_runs import STANDARD, data_facts, run

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></script><script>alert(1)</script>",
    "a|b`c*d_e[f](javascript:alert(1))",
    "{{ 7*7 }}{% raw %}",
    "](javascript:alert(1)) ![x](http://example.org/x.png)",
    "&lt;b&gt; &amp; \\ $x$ %",
)


@pytest.fixture(scope="module")
def page_and_text(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Path]:
    recipe = STANDARD.model_copy(
        update={"title": HOSTILE[1], "citation": f"javascript:alert(1) {HOSTILE[3]}"}
    )
    other = STANDARD.model_copy(update={"name": "other", "notes": HOSTILE[2]})
    data = data_facts(title=HOSTILE[4], class_names=tuple(f"{HOSTILE[0]}{k}" for k in range(10)))
    records = [
        *(
            run(HOSTILE[0], seed, 20 + seed, recipe=recipe, data=data, notes=(HOSTILE[5],))[0]
            for seed in range(2)
        ),
        *(run(HOSTILE[3], seed, 40 + seed, recipe=other, data=data)[0] for seed in range(2)),
        run(
            HOSTILE[3], 7, recipe=other, data=data,
            failure=Failure(kind="crash", message=HOSTILE[6], advice=HOSTILE[1]),
        )[0],
    ]  # fmt: skip
    out = tmp_path_factory.mktemp("hostile")
    made = report(records, out=out, title=HOSTILE[2])
    return made.html.read_text(), made.md.read_text(), out


def test_only_our_script_stands_in_the_page(page_and_text: tuple[str, str, Path]) -> None:
    page = page_and_text[0]
    assert page.count("<script") == 1
    assert page.count("</script") == 1
    assert page.count("<style") == 1
    assert not re.search(r"<[a-z][^>]*\son[a-z]+\s*=", page)
    assert not re.search(r'(href|src)\s*=\s*"(?!https?://|#|data:)', page)
    assert "49" not in re.findall(r"<h1[^>]*>(.*?)</h1>", page)


def test_hostile_markdown_stays_text(page_and_text: tuple[str, str, Path]) -> None:
    html = MarkdownIt("gfm-like", {"linkify": False}).render(page_and_text[1])
    assert "<script" not in html
    assert not re.search(r"<[a-z][^>]*\son[a-z]+\s*=", html)
    for address in re.findall(r'(?:href|src)="([^"]+)"', html):
        assert address.startswith(("https://", "http://", "report-charts/")), address
    assert "example.org" not in "".join(re.findall(r'src="([^"]+)"', html))


def test_drawings_of_hostile_names_are_well_formed(page_and_text: tuple[str, str, Path]) -> None:
    for file in (page_and_text[2] / "report-charts").glob("*.svg"):
        root = ET.fromstring(file.read_text())
        assert not [node for node in root.iter() if node.tag.endswith(("script", "foreignObject"))]


texts = st.text(alphabet=st.characters(codec="utf-8"), max_size=60)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(texts, st.sampled_from(HOSTILE)))
def test_any_text_survives_markdown_as_itself(text: str) -> None:
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table")
    html = rendered.render(f"| a |\n| --- |\n| x{markdown_text(text)}x |")
    assert html.count("<td>") == 1
    inner = html.split("<td>")[1].split("</td>")[0]
    assert "<" not in inner


@settings(max_examples=300)
@given(st.one_of(texts, st.sampled_from([*HOSTILE, "# a", " - a", "12. a", "===", "> a", "---"])))
def test_any_text_at_the_beginning_of_a_line_is_a_paragraph(text: str) -> None:
    html = MarkdownIt("commonmark", {"html": True}).render(f"{markdown_text(text)}x")
    assert html.startswith("<p>")
    assert html.count("<") == 2


@settings(max_examples=300)
@given(st.one_of(texts, st.sampled_from(HOSTILE)))
def test_any_text_survives_inline_code(text: str) -> None:
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table")
    html = rendered.render(f"| a |\n| --- |\n| {markdown_code('x' + text + 'x')} |")
    assert html.count("<td>") == 1
    assert html.count("<code>") == 1


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//evil.example", 'https://a"b', "https://a b", ""],
)
def test_only_plain_web_addresses_become_links(address: str) -> None:
    assert web_address(address) is None


def test_latex_specials_are_escaped() -> None:
    assert latex_text(r"a_b & 50 % \input{x}") == (r"a\_b \& 50 \% \textbackslash{}input\{x\}")
