"""Findings in six formats: complete, and inert whatever the document says."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from markdown_it import MarkdownIt

from bakeoff.auditing import audit
from bakeoff.auditing.telling import FORMATS
from bakeoff.auditing.telling.as_github import data, value
from bakeoff.auditing.telling.inert import visible
from bakeoff.errors import UsageError

SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0-reduced.json").read_text())
WRONG = "# CIFAR-10\n\nTest accuracy 95.3%, test error 4.9%.\n"
NASTY = (
    "# CIFAR-10 \x1b[31m\u202e<script>alert(1)</script>\n\n"
    "`x` \x07<img src=x onerror=alert(1)> Test accuracy 95.3%, test error 4.9%. "
    "[link](javascript:alert(1)) ::error::%0A\x1b]0;title\x07\n"
)


@pytest.fixture(scope="module")
def nasty():
    found = audit(NASTY)
    assert [f.rule for f in found.findings] == ["accuracy-plus-error"]
    return found


def test_text_shows_the_line_a_caret_and_the_arithmetic():
    lines = audit(WRONG).tell("text").splitlines()
    at = next(n for n, line in enumerate(lines) if line.endswith("4.9%."))
    carets = lines[at + 1]
    assert lines[at][carets.index("^") : carets.rindex("^") + 1] == "95.3%"
    told = "\n".join(lines)
    assert "inconsistent [accuracy-plus-error]" in told
    assert "arithmetic: A + E lies between" in told
    assert "would resolve it:" in told
    assert "1 inconsistent" in lines[-1]


def test_text_is_plain_unless_colour_is_asked_for(nasty):
    assert "\x1b" not in nasty.tell("text")
    assert "\x1b[" in nasty.tell("text", color=True)


@pytest.mark.parametrize("format", FORMATS)
def test_no_format_lets_control_characters_through(nasty, format):
    told = nasty.tell(format)
    assert not [c for c in told if c != "\n" and not c.isprintable()]


def test_json_has_the_documented_shape():
    found = json.loads(audit(WRONG).tell("json"))
    assert found["claims"] == 2
    assert found["files"] == ["<text>"]
    (finding,) = found["findings"]
    assert finding["verdict"] == "inconsistent"
    assert {"rule", "message", "arithmetic", "assumptions", "claims"} <= set(finding)
    first = finding["claims"][0]
    assert {"file", "line", "column", "text", "value", "metric"} <= set(first)
    assert (first["line"], first["value"], first["metric"]) == (3, 95.3, "accuracy")


@pytest.mark.parametrize("text", [WRONG, NASTY, "nothing\n"])
def test_sarif_keeps_to_its_schema(text):
    log = json.loads(audit(text).tell("sarif"))
    jsonschema.Draft7Validator(SCHEMA).validate(log)


def test_sarif_points_to_the_figure_and_to_the_rule():
    (run,) = json.loads(audit(WRONG).tell("sarif"))["runs"]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "accuracy-plus-error"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 3
    assert result["level"] == "error"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))


def test_html_is_self_contained_and_escaped(nasty):
    for page in (nasty.tell("html"), nasty._repr_html_()):
        tags = Tags()
        tags.feed(page)
        assert not {"script", "img", "a", "link", "iframe"} & {tag for tag, _ in tags.seen}
        assert not [a for _, attrs in tags.seen for a in attrs if a.startswith("on")]
        assert "http://" not in page
        assert "https://" not in page


def test_markdown_renders_no_html_and_no_link(nasty):
    html = MarkdownIt("commonmark").render(nasty.tell("markdown"))
    assert "<script" not in html
    assert "<img" not in html
    assert "<a " not in html


def test_github_annotations_are_one_line_each_and_escaped(nasty):
    first, summary = nasty.tell("github").splitlines()
    assert re.match(r"::error file=[^:,]*,line=3,col=\d+,title=[^:,]*::", first)
    assert "%0A" in first
    assert not summary.startswith("::")
    assert data("100%\r\n") == "100%25%0D%0A"
    assert value("a:b,c") == "a%3Ab%2Cc"


def test_hidden_characters_become_visible():
    assert visible("a\x1b\u202e\x00é") == "a\\x1b\\u202e\\x00é"


def test_an_unknown_format_says_which_there_are():
    with pytest.raises(UsageError, match="sarif"):
        audit(WRONG).tell("xml")
