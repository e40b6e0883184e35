"""From a specification to SVG: with CSS variables for the page, with fixed colours for a file."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from bakeoff.reporting.charts.theme import FONT, LIGHT
from bakeoff.reporting.document import Chart, Strips, plain
from bakeoff.reporting.escape import printable
from bakeoff.reporting.pictures import data_address, image_size

WIDE, NARROW = 800, 358
_EMPTY = re.compile(r'(<g class="mark-[^"]*") role="[^"]*" aria-roledescription="[^"]*"/>')
"""A group of marks without a mark: it has nothing to tell, and no name."""
_VARIABLE = re.compile(r"var\(--([a-z0-9-]+)\)")


def draw(spec: dict[str, Any]) -> str:
    """The SVG of a Vega-Lite specification; nothing is fetched."""
    return _drawn(json.dumps(_shown(spec)))


# A page that follows a running bake-off draws again every chart, and few of them have changed.
@lru_cache(maxsize=256)
def _drawn(specification: str) -> str:
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(specification, allowed_base_urls=[])
    return _EMPTY.sub(r"\1/>", svg)


def _shown(part: Any) -> Any:
    """The specification without characters that XML has not: the renderer would abort on them."""
    if isinstance(part, str):
        return printable(part)
    if isinstance(part, dict):
        return {_shown(key): _shown(value) for key, value in part.items()}
    return [_shown(item) for item in part] if isinstance(part, (list, tuple)) else part


def for_page(chart: Chart, width: int, prefix: str, figure: str) -> str:
    """An inline `<svg>` that takes its colours from the page and scales with its column.

    prefix: makes the drawing's ids its own among all drawings of a page. figure: id of the
    figure whose title and description name it.
    """
    spec = chart.spec(width)
    svg = _unique_ids(draw(_without_legend(spec) if chart.legend else spec), prefix)
    head, rest = svg.split(">", 1)
    box = re.search(r'viewBox="([^"]+)"', head)
    assert box is not None
    full = box[1].split()[2]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box[1]}" role="img" '
        f'aria-labelledby="{figure}-title" aria-describedby="{figure}-alt" '
        f'style="max-width:{full}px">{rest}'
    )


def as_file(chart: Chart, width: int) -> str:
    """The SVG alone, with the colours of the light theme."""
    return _VARIABLE.sub(lambda match: LIGHT[match[1]], draw(chart.spec(width)))


def for_file(chart: Chart) -> str:
    """A self-standing SVG in the light theme, with its own ground, title and description."""
    from markupsafe import escape

    svg = as_file(chart, WIDE)
    head, rest = svg.split(">", 1)
    ground = f'<rect width="100%" height="100%" fill="{LIGHT["ground"]}"/>'
    told = f"<title>{escape(chart.title)}</title><desc>{escape(chart.description)}</desc>"
    return f"{head}>{told}{ground}{rest}"


def strips_for_file(strips: Strips) -> str:
    """Rows of images as one self-standing SVG in the light theme, each with its label above it."""
    from markupsafe import escape

    across, line, gap = 560, 22, 10
    parts, top = [], gap
    for row in strips.rows:
        width, height = image_size(row.image)
        high = round(height * across / width)
        parts.append(
            f'<text x="{gap}" y="{top + line - 7}" font-size="13" fill="{LIGHT["ink"]}">'
            f"{escape(printable(plain(row.label)))}</text>"
            f'<image x="{gap}" y="{top + line}" width="{across}" height="{high}" '
            f'style="image-rendering:{"pixelated" if width < across else "auto"}" '
            f'href="{data_address(row.image)}"/>'
        )
        top += line + high + gap
    told = "; ".join(row.told for row in strips.rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across + 2 * gap} {top}" '
        f'width="{across + 2 * gap}" height="{top}" font-family="{escape(FONT)}">'
        f"<title>{escape(printable(strips.title))}</title><desc>{escape(printable(told))}</desc>"
        f'<rect width="100%" height="100%" fill="{LIGHT["ground"]}"/>{"".join(parts)}</svg>'
    )


def _without_legend(part: Any) -> Any:
    """The specification without the legend of the arms, which the page has as buttons."""
    if isinstance(part, list):
        return [_without_legend(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _without_legend(value) for key, value in part.items()}
    for channel in ("color", "shape"):
        if isinstance(found := kept.get(channel), dict) and found.get("field") == "arm":
            kept[channel] = {**found, "legend": None}
    return kept


def _unique_ids(svg: str, prefix: str) -> str:
    svg = re.sub(r'(\sid=")([^"]+)"', rf'\g<1>{prefix}-\2"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", svg)
    return re.sub(r'(href="#)([^"]+)"', rf'\g<1>{prefix}-\2"', svg)
