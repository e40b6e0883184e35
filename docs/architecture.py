"""Draw docs/assets/architecture.svg from the import graph: which room imports from which.

    python docs/architecture.py          write the picture
    python docs/architecture.py --check  exit with 1 when it is not current

Rooms stand in the order that pyproject.toml gives to import-linter; an arc leads from a room to one
that it imports from. What everything may import (`errors`, `progress`, `threads` …) is left out.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from xml.sax.saxutils import escape

import grimp

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "assets" / "architecture.svg"
EVERYWHERE = {"errors", "progress", "version", "threads", "control_groups"}
WIDTH, ROW, TOP, LEFT, BOX = 760, 58, 30, 24, 292
SAID = {
    "published": "KNOWN what papers and tools report",
    "data": "WHAT data sets, augmentation, order",
    "recipes": "HOW typed recipes, scaling rules",
    "records": "KEEP records, manifests, whole files",
    "training": "DO one run: step, loop, checkpoint",
    "bakeoffs": "MANY arms × seeds under one budget",
    "comparison": "JUDGE statistics and verdicts",
    "audit": "DOUBT claims, rules, findings",
    "report": "TELL the page and its charts",
    "exporting": "HAND ON timm, the hub, ONNX",
    "machine": "what is here, and its use",
    "cli": "one thin function a verb",
}


def rooms() -> list[str]:
    """The rooms from the first, which imports from nobody, to the last."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = contracts["contracts"][0]["layers"]
    names = [part.strip().removeprefix("bakeoff.") for layer in layers for part in layer.split("|")]
    return [name for name in reversed(names) if name not in EVERYWHERE]


def imports(order: list[str]) -> set[tuple[str, str]]:
    """(importing room, imported room) of every pair of which there is such a module."""
    graph = grimp.build_graph("bakeoff", cache_dir=None)
    found: set[tuple[str, str]] = set()
    for module in graph.modules:
        own = _room(module)
        targets = {_room(other) for other in graph.find_modules_directly_imported_by(module)}
        found.update((own, other) for other in targets - {own} if {own, other} <= set(order))
    return found


def _room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def draw() -> str:
    """The picture, the same for the same imports."""
    order = rooms()
    height = TOP + ROW * len(order)
    middle = {name: TOP + ROW * i + ROW * 0.36 for i, name in enumerate(order)}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="system-ui, sans-serif" role="img" aria-labelledby="t d">',
        '<title id="t">The rooms of Bakeoff and who imports from whom</title>',
        '<desc id="d">Every arc leads upwards: a room imports only from rooms above it.</desc>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for own, other in sorted(imports(order)):
        y1, y2 = middle[own], middle[other]
        out = 40 + 0.62 * abs(y1 - y2)
        x = LEFT + BOX
        parts.append(
            f'<path d="M{x} {y1:.0f} C{x + out:.0f} {y1:.0f} {x + out:.0f} {y2:.0f} {x} {y2:.0f}" '
            f'fill="none" stroke="#0063a8" stroke-opacity="0.5" stroke-width="1.6">'
            f"<title>{own} imports from {other}</title></path>"
        )
    for name in order:
        y = middle[name] - ROW * 0.36
        parts.append(
            f'<rect x="{LEFT}" y="{y:.0f}" width="{BOX}" height="{ROW * 0.72:.0f}" rx="6" '
            'fill="#eef3f8" stroke="#5b646e"/>'
            f'<text x="{LEFT + 12}" y="{y + 18:.0f}" font-size="14" font-weight="600" '
            f'fill="#1c2024">{escape(name)}</text>'
            f'<text x="{LEFT + 12}" y="{y + 34:.0f}" font-size="12" fill="#5b646e">'
            f"{escape(SAID.get(name, ''))}</text>"
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    drawn = draw()
    if "--check" in sys.argv:
        sys.exit(0 if PICTURE.exists() and PICTURE.read_text() == drawn else 1)
    PICTURE.write_text(drawn)
