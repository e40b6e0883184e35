"""What each arm trains on and how fast, as pictures; what its paper says, in words."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bakeoff.records.store import AUGMENTED_NAME
from bakeoff.reporting.document import Chart, Document, Paragraph, Section, Strips, plain
from bakeoff.reporting.html import render_html
from bakeoff.reporting.markdown import render_markdown
from bakeoff.reporting.material import Material
from bakeoff.reporting.parts.paper import paper
from bakeoff.reporting.source import read_source
from reporting.synthetic_runs import RSB_A3, run, two_arms, write_bakeoff

ROWS, ACROSS, SIDE = 3, 8, 28


def strip(shade: int) -> bytes:
    """As `bakeoff.data.sheet.picture_strip` leaves one: the first row is the same for all."""
    grey = np.full((ROWS * SIDE, ACROSS * SIDE), shade, np.uint8)
    grey[:SIDE] = np.repeat(20 * np.arange(ACROSS), SIDE)
    return png(Image.fromarray(grey).convert("RGB"))


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three arms, two of one recipe."""
    runs = [*two_arms(), *(run("standard-again", seed, 20 + seed) for seed in range(3))]
    return write_bakeoff(tmp_path / "runs", runs)


def section(folder: Path, **strips: bytes) -> Section:
    """The part on recipes, after the arms' runs left these strips."""
    for arm, content in strips.items():
        (folder / arm.replace("_", "-") / AUGMENTED_NAME).write_bytes(content)
    return paper(Material(read_source(folder)))


def shown(part: Section) -> list[str]:
    return [row.told for block in part.blocks if isinstance(block, Strips) for row in block.rows]


A3_ALONE = ["8 training images as they are", "The same images as rsb-a3 trains on them, twice"]


def test_each_arm_is_shown_on_the_same_images_and_equal_ones_once(folder: Path) -> None:
    part = section(folder, standard=strip(9), standard_again=strip(9), rsb_a3=strip(90))
    [figure] = [block for block in part.blocks if isinstance(block, Strips)]
    assert shown(part) == [
        A3_ALONE[0],
        "The same images as standard and standard-again trains on them, twice",
        A3_ALONE[1],
    ]
    pictures = [np.asarray(Image.open(io.BytesIO(row.image)).convert("L")) for row in figure.rows]
    assert (pictures[0][:, :: SIDE + 1] == 20 * np.arange(ACROSS)).all()
    # A line of one pixel between images.
    assert [picture.shape for picture in pictures] == [(SIDE, 231), (57, 231), (57, 231)]
    assert [np.unique(picture).tolist() for picture in pictures[1:]] == [[9, 128], [90, 128]]
    document = Document("t", "q", "v", "s", (), None, (Section("p", "P", (figure,)),), (), "B")
    page = render_html(document)
    assert re.findall(r'<img src="data:image/png;base64,[^"]+" alt="([^"]+)"', page) == shown(part)
    text, drawings = render_markdown(document, "charts")
    assert "charts/augmentation.svg" in text
    assert drawings["augmentation.svg"].count("<image ") == 3


@pytest.mark.parametrize(
    "content",
    [b"", b"not an image", b"\x89PNG\r\n\x1a\n" * 9, png(Image.new("RGB", (50, 31)))],
    ids=["empty", "text", "broken", "other shape"],
)
def test_a_strip_that_cannot_be_read_is_left_out(folder: Path, content: bytes) -> None:
    assert shown(section(folder, standard=content, rsb_a3=strip(2))) == A3_ALONE


def test_the_learning_rates_are_drawn_once_a_schedule(folder: Path) -> None:
    [chart] = [block for block in section(folder).blocks if isinstance(block, Chart)][:1]
    assert chart.name == "schedule"
    assert "standard, standard-again: onecycle, peak 0.1, warm-up over the first 20 %" in (
        chart.description
    )
    assert "rsb-a3: cosine, peak 0.002, warm-up over the first 5 %" in chart.description
    # Half of the way down a cosine is half of the peak, above its least rate.
    half = next(row for row in chart.data.rows if plain(row[0]) == "rsb-a3" and row[1] == "50")
    least, peak = RSB_A3.schedule.min_lr, RSB_A3.optimizer.lr
    assert float(plain(half[2])) == pytest.approx((least + peak) / 2, rel=0.02)


def test_the_paper_is_summarised_after_the_difference_in_words(folder: Path) -> None:
    said = [plain(block.text) for block in section(folder).blocks if isinstance(block, Paragraph)]
    assert said[0].startswith("rsb-a3 against standard, as used here: LAMB for SGD")
    [summary] = [text for text in said if "Wightman, Touvron and Jégou train" in text]
    assert "78.1 % top-1" in summary
