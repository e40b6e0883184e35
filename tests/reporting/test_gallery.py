"""The gallery of mistakes: the very test images, few and small, with who got them right."""

from __future__ import annotations

import base64
import html
import io
import re
from pathlib import Path

import numpy as np
import pytest
from markdown_it import MarkdownIt
from PIL import Image

from bakeoff.data.catalog import open_data
from bakeoff.records.predictions import Predictions
from bakeoff.reporting import report
from reporting.synthetic_runs import evaluation, run, write_bakeoff

CLASSES = ('"><img src=x onerror=alert(1)>', "<b>cat", "d&amp;g")
SIDE = 300


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of JPEGs, each of one grey level that tells it from the others."""
    root = tmp_path_factory.mktemp("photos")
    for k, name in enumerate(CLASSES):
        for half, images in (("train", 2), ("test", 10)):
            for n in range(images):
                path = root / half / name / f"{n:02d}.jpg"
                path.parent.mkdir(parents=True, exist_ok=True)
                level = 20 + 7 * (k * 10 + n)
                Image.new("RGB", (SIDE, SIDE), (level, level, level)).save(path, quality=95)
    return root


def bakeoff_on(photos: Path, folder: Path, *, place: str, exclude: tuple[str, ...] = ()) -> Path:
    """Image 4 is wrong in every run, image 7 in seed 1 only, all others right."""
    data = open_data(f"folder:{photos}", exclude=exclude, idle_patterns=True)
    facts = data.facts
    labels = data.test.labels.numpy().astype(np.int32)
    runs = []
    for seed in range(2):
        top = np.stack([labels, (labels + 1) % 3, (labels + 2) % 3], axis=1)
        for image in (4, 7) if seed else (4,):
            top[image, :2] = top[image, 1], top[image, 0]
        answers = Predictions(
            labels,
            top.astype(np.int32),
            np.tile(np.float32([0.8, 0.15, 0.05]), (len(labels), 1)),
            np.where(top[:, 0] == labels, 0.2, 2.0).astype(np.float32),
        )
        record, _ = run("standard", seed, data=facts, result=evaluation(answers, 3))
        runs.append((record, answers))
    return write_bakeoff(folder, runs, data=place)


def pictures(page: str) -> list[tuple[int, np.ndarray]]:
    image = r'<img src="data:image/(?:png|jpeg);base64,([^"]+)" alt="Test image (\d+)'
    found = re.findall(image, page)
    return [
        (int(index), np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))))
        for text, index in found
    ]


def test_hardest_first_with_the_very_images_and_the_seeds_that_were_right(
    photos: Path, tmp_path: Path
) -> None:
    made = report(bakeoff_on(photos, tmp_path / "a", place=f"folder:{photos}"))
    page = made.html.read_text()
    shown = pictures(page)
    assert [index for index, _ in shown] == [4, 7]
    for index, pixels in shown:
        assert max(pixels.shape[:2]) <= 192
        assert abs(float(pixels.mean()) - (20 + 7 * index)) < 3
    assert "seed 0 right" in page
    assert "2 of 30 test images were got wrong" in made.md.read_text()


def test_class_names_are_never_markup(photos: Path, tmp_path: Path) -> None:
    made = report(bakeoff_on(photos, tmp_path / "a", place=f"folder:{photos}"))
    page = made.html.read_text()
    for hostile, shown in zip(CLASSES, map(html.escape, CLASSES), strict=True):
        assert hostile not in page
        assert shown.replace("&quot;", "&#34;") in page
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render(made.md.read_text())
    assert "<b>" not in rendered
    assert "onerror=alert(1)>" not in rendered


def test_data_may_be_named_when_the_records_do_not_say_where(photos: Path, tmp_path: Path) -> None:
    folder = bakeoff_on(photos, tmp_path / "a", place="folder:gone")
    without = report(folder)
    assert "not at hand here" in without.md.read_text()
    assert pictures(without.html.read_text()) == []
    assert len(pictures(report(folder, data=str(photos)).html.read_text())) == 2


def test_images_that_are_not_the_tested_ones_are_not_shown(photos: Path, tmp_path: Path) -> None:
    folder = bakeoff_on(photos, tmp_path / "a", place=f"folder:{photos}")
    changed = next((photos / "test" / CLASSES[0]).iterdir())
    content = changed.read_bytes()
    try:
        Image.new("RGB", (SIDE, SIDE), (255, 0, 0)).save(changed)
        made = report(folder, formats=("html", "markdown"))
    finally:
        changed.write_bytes(content)
    assert "not the ones these runs were tested on" in made.md.read_text()
    assert pictures(made.html.read_text()) == []


@pytest.mark.parametrize("as_path", [False, True])
def test_images_left_out_of_the_set_are_left_out_of_the_gallery_too(
    photos: Path, tmp_path: Path, as_path: bool
) -> None:
    left_out = str(photos / "test" / CLASSES[0] / "02.jpg") if as_path else "test/*/02.jpg"
    folder = bakeoff_on(
        photos, tmp_path / "a", place=f"folder:{photos}", exclude=(left_out, "*/none.jpg")
    )
    shown = pictures(report(folder).html.read_text())
    assert [index for index, _ in shown] == [4, 7]
    for index, pixels in shown:
        assert abs(float(pixels.mean()) - (20 + 7 * (index + 1))) < 3
    assert str(photos) not in next(folder.rglob("record.json")).read_text()


def test_bundled_digits_need_no_telling(tmp_path: Path) -> None:
    facts = open_data("mnist").facts
    labels = open_data("mnist").test.labels.numpy().astype(np.int32)
    top = np.stack([(labels + k) % 10 for k in range(5)], axis=1).astype(np.int32)
    top[:100] = np.roll(top[:100], -1, axis=1)
    answers = Predictions(
        labels, top, np.full(top.shape, 0.2, np.float32), np.ones(len(labels), np.float32)
    )
    runs = [
        (run("standard", seed, data=facts, result=evaluation(answers))[0], answers)
        for seed in range(2)
    ]
    page = report(write_bakeoff(tmp_path / "digits", runs, data="mnist")).html.read_text()
    assert len(pictures(page)) == 24
    assert len(page) < 2_000_000
