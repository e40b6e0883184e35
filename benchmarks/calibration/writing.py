"""A section of docs/calibration.md: printed, or kept beside its script and put into the page."""

import argparse
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs" / "calibration.md"
BEFORE = "## One run each"
"""Where a section goes that the page does not have yet."""


def print_or_write(about: str | None, section: Callable[[], str], name: str) -> None:
    """The script's command line. about: its docstring; section: its text, from the mark
    `<!-- name -->` to `<!-- /name -->`; what --write keeps is NAME.md, of the script's name."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="into docs/calibration.md")
    options = parser.parse_args()
    text = section()
    if not options.write:
        print(text)
        return
    begin, end = text.partition("\n")[0], text.rpartition("\n")[2]
    (HERE / f"{name}.md").write_text(text + "\n", encoding="utf-8")
    page = DOCS.read_text(encoding="utf-8")
    if begin in page:
        before, rest = page.split(begin)
        page = before + text + rest.split(end)[1]
    else:
        at = page.index(BEFORE)
        page = page[:at] + text + "\n\n" + page[at:]
    DOCS.write_text(page, encoding="utf-8")
