"""The score card as a picture: of the size that sites show, with the page's own words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bakeoff.reporting import Report, report
from bakeoff.reporting.card import card_svg
from bakeoff.reporting.document import plain
from reporting.synthetic_runs import two_arms, write_bakeoff


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("card") / "runs"
    return report(write_bakeoff(folder, two_arms()), formats=("card",))


def words(svg: str) -> str:
    return " ".join(" ".join(node.itertext()) for node in ET.fromstring(svg).iter())


def test_the_card_is_a_png_of_1200_by_630_with_something_on_it(written: Report) -> None:
    assert [Path(path).name for path in written.files] == ["report-card.png"]
    with Image.open(written.files[0]) as picture:
        assert picture.size == (1200, 630)
        grey = np.asarray(picture.convert("L"))
    # Text at the top, marks of the chart in the midst, a foot line.
    for rows in (grey[40:200], grey[260:480], grey[570:600]):
        assert (rows < 140).sum() > 200


def test_the_card_says_what_the_first_screen_says(written: Report) -> None:
    document = written.document
    assert document is not None
    told = words(card_svg(document))
    [(_, answer, _)] = document.answers
    assert plain(answer) in told
    assert plain(document.question) in told
    assert "Read with care" in told
    assert card_svg(document) in (written._repr_html_() or "")


def test_long_names_and_questions_stay_on_the_card(written: Report) -> None:
    assert written.document is not None
    long = ("", "standard-" + "very-" * 30 + "long leads " * 20, "conditions " * 60)
    document = replace(written.document, question="Why? " * 80, answers=(long,) * 4)
    svg = card_svg(document)
    heights = [float(y) for y in re.findall(r'<text x="48" y="([\d.]+)"', svg)]
    assert max(heights) <= 630
    assert all(len(text) < 130 for text in re.findall(r'<text x="48"[^>]*>([^<]*)<', svg))
