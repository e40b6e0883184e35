"""The document as one HTML page that asks nothing of the network.

Script and style are inline; a content security policy, which names the script by its hash, keeps
any other from running, whatever a record says.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from bakeoff.reporting.charts.draw import NARROW, WIDE, for_page
from bakeoff.reporting.charts.theme import DARK, LIGHT
from bakeoff.reporting.document import (
    Arm,
    Chart,
    Chip,
    Code,
    Document,
    Inline,
    Insight,
    Link,
    Strong,
    Text,
)
from bakeoff.reporting.escape import printable, web_address
from bakeoff.reporting.numbers import NBSP
from bakeoff.reporting.pictures import data_address, image_size

LONGEST_UNBROKEN = 22
LEADS = ("score",)
"""Charts of the first screen; the others are numbered."""


def render_html(document: Document, *, live: str = "") -> str:
    """The whole page as text.

    live: the stamp of what it was made from, for a page that is served and follows a bake-off;
    only such a page may ask its own server for anything.
    """
    script = _asset("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=_loader(),
    )
    environment.filters["inline"] = _Inline(document)
    environment.filters["kind"] = lambda block: type(block).__name__
    environment.filters["data_address"] = data_address
    environment.filters["breakable"] = _breakable
    environment.filters["printable"] = printable
    environment.tests["unmeasured"] = lambda b: isinstance(b, Insight) and not b.measured
    environment.tests["minor"] = lambda b: isinstance(b, Insight) and b.measured and b.minor
    environment.globals["NBSP"] = NBSP
    environment.globals["drawings"] = _Drawings()
    environment.globals["anchors"] = _Anchors()
    environment.globals["image_size"] = image_size
    environment.globals["arm_place"] = document.colour_of
    environment.globals["arm_mark"] = lambda name: arm_mark(document, name)
    page = environment.get_template("report.html.j2").render(
        doc=document,
        live=live,
        script=Markup(script),  # noqa: S704  our own file, named by its hash in the policy
        style=Markup(_style()),  # noqa: S704  our own file
        policy=(
            "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; "
            f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
            + ("; connect-src 'self'" if live else "")
        ),
    )
    return printable(page)


def arm_mark(document: Document, name: str) -> Markup:
    """An arm's name with its colour; the name is never told by colour alone."""
    whole = " whole" if len(name) <= LONGEST_UNBROKEN else ""
    return Markup('<span class="arm arm-{}{}">{}</span>').format(
        document.colour_of(name), whole, printable(name)
    )


class _Inline:
    """Turns a document's text into escaped markup."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def __call__(self, text: Text) -> Markup:
        parts = (text,) if isinstance(text, str) else text
        return Markup("").join(self._part(part) for part in parts)

    def _part(self, part: Inline) -> Markup:
        match part:
            case Code(text):
                return Markup("<code>{}</code>").format(_breakable(text))
            case Strong(text):
                return Markup("<strong>{}</strong>").format(printable(text))
            case Chip(text, level):
                return Markup('<span class="chip chip-{}">{}</span>').format(level, printable(text))
            case Arm(name):
                return arm_mark(self.document, name)
            case Link(text, url):
                safe = web_address(url)
                if safe is None:
                    return escape(printable(text))
                return Markup('<a href="{}" rel="noreferrer">{}</a>').format(safe, printable(text))
            case str():
                # A line must not break between a figure and its uncertainty.
                text = printable(part).replace(" ± ", f"{NBSP}±{NBSP}")
                return escape(text.replace("p = ", f"p{NBSP}={NBSP}"))


class _Anchors:
    """An id for each heading, from its words; no two alike."""

    def __init__(self) -> None:
        self.given: set[str] = set()

    def __call__(self, text: str) -> str:
        words = "-".join(re.findall(r"[a-z0-9]+", printable(text).lower())) or "part"
        name, number = f"h-{words}", 1
        while name in self.given:
            number += 1
            name = f"h-{words}-{number}"
        self.given.add(name)
        return name


class _Drawings:
    """Draws each chart for a wide and for a narrow column."""

    def __init__(self) -> None:
        self.drawn = 0

    def __call__(self, chart: Chart) -> dict[str, Any]:
        lead = chart.name in LEADS
        self.drawn += not lead
        prefix = chart.name if lead else f"chart-{self.drawn}"
        return {
            "id": prefix,
            # SVG made by Vega from our specification; Vega escapes the texts in it.
            "wide": Markup(for_page(chart, WIDE, f"{prefix}-wide", prefix)),  # noqa: S704
            "narrow": Markup(for_page(chart, NARROW, f"{prefix}-narrow", prefix)),  # noqa: S704
        }


def _breakable(text: str) -> Markup:
    """A dotted key that may break after a dot or an underscore, and nowhere else."""
    return Markup("<wbr>").join(re.findall(r"[^._]*[._]?", printable(text)))


@cache
def _asset(name: str) -> str:
    return (resources.files("bakeoff.reporting") / "templates" / name).read_text(encoding="utf-8")


def _style() -> str:
    return f"{_variables()}\n{_asset('report.css')}"


def _variables() -> str:
    """The palette as CSS: light, dark by the system's wish, and either by the reader's."""
    light = "".join(f"--{name}:{value};" for name, value in LIGHT.items())
    dark = "".join(f"--{name}:{value};" for name, value in DARK.items())
    return (
        f":root{{color-scheme:light;{light}}}"
        f"@media screen and (prefers-color-scheme:dark)"
        f"{{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}"
    )


def _loader() -> Any:
    from jinja2 import DictLoader

    names = ("report.html.j2", "blocks.html.j2")
    return DictLoader({name: _asset(name) for name in names})
