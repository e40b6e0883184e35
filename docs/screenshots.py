"""Pictures of a report's first screen, light and dark, for the README and the guides.

    python docs/screenshots.py

writes report-light.png, report-dark.png (1280 px wide), report-phone.png (390 px wide, light and
dark side by side) and, with numbers for docs/reading-a-report.md, report-first.png,
report-results.png, report-recipes.png and report-mistakes.png into docs/images, from
docs/results/reproduce/report.html or the page given. Needs Chromium and its driver.
"""

from __future__ import annotations

import argparse
import base64
import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from bakeoff.reporting.pdf import find_browser

THEMES = ("light", "dark")
WIDE = {"width": 1280, "height": 860, "deviceScaleFactor": 1, "mobile": False}
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
GAP = 24
NUMBERED = {
    "first": (
        "#verdict",
        (
            "#verdict .question",
            "#verdict .verdict",
            "#verdict .conditions",
            "#verdict figure .drawing",
            "#verdict .care-title",
        ),
    ),
    "results": (
        "#results",
        (
            "#results > .scroll table th:nth-child(2)",
            "#results > .scroll table th:nth-child(3)",
            "#results > .scroll table th:nth-child(4)",
            "#results > .copying summary",
            "#results .views .switches",
            "#results .views .legend",
        ),
    ),
    "recipes": (
        "#paper",
        (
            "#paper > p",
            "#paper .strips",
            "#paper figure[data-name=schedule]",
            "#paper > figure ~ p",
        ),
    ),
    "mistakes": ("#mistakes", ("#mistakes figure", "#mistakes .filters", "#mistakes .answers")),
}
"""Of each picture: the part of the page, and what is numbered in it, from 1."""
TALLEST = 1500
DISC = 15


def take(page: Path, folder: Path) -> list[Path]:
    """One wide picture a theme, and one of both on a phone; returns their paths."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    browser, driver_path = find_browser(), shutil.which("chromedriver")
    if browser is None or driver_path is None:
        sys.exit("Chromium or chromedriver is missing: apt install chromium chromium-driver")
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = browser
        for flag in (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
        ):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=Service(driver_path))
        try:
            phones = []
            for theme in THEMES:
                scheme = {"name": "prefers-color-scheme", "value": theme}
                driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
                target = folder / f"report-{theme}.png"
                target.write_bytes(shot(driver, page, WIDE))
                written.append(target)
                phones.append(Image.open(io.BytesIO(shot(driver, page, PHONE))).convert("RGB"))
            written.append(folder / "report-phone.png")
            side_by_side(phones).save(written[-1], optimize=True)
            light = {"name": "prefers-color-scheme", "value": "light"}
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [light]})
            for name, (part, marks) in NUMBERED.items():
                written.append(folder / f"report-{name}.png")
                numbered(driver, page, part, marks).save(written[-1], optimize=True)
        finally:
            driver.quit()
    return written


def shot(driver: Any, page: Path, size: dict[str, Any]) -> bytes:
    """PNG of the first screen."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.get(page.resolve().as_uri())
    taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    return base64.b64decode(taken["data"])


def numbered(driver: Any, page: Path, part: str, marks: tuple[str, ...]) -> Image.Image:
    """A part of the page as a picture, with a numbered disc beside or above each mark."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {**WIDE, "height": 6000})
    driver.get(page.resolve().as_uri())
    boxes = driver.execute_script(
        "return [arguments[0], ...arguments[1]].map(s => document.querySelector(s))"
        ".map(n => n && n.getBoundingClientRect()).map(b => b && [b.x, b.y, b.width, b.height])",
        part,
        list(marks),
    )
    (left, top, width, height), *found = boxes
    left, width = left - 2.5 * DISC, width + 3.5 * DISC
    clip = {"x": left, "y": top, "width": width, "height": min(height, TALLEST), "scale": 1}
    taken = driver.execute_cdp_cmd(
        "Page.captureScreenshot", {"format": "png", "clip": clip, "captureBeyondViewport": True}
    )
    picture = Image.open(io.BytesIO(base64.b64decode(taken["data"]))).convert("RGB")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(18)
    for number, box in enumerate(found, start=1):
        if box is None or box[1] - top > TALLEST:
            continue
        x, y = box[0] - left - DISC - 3, box[1] - top + min(box[3] / 2, 14)
        if x > 3 * DISC:  # beside it stands something else
            x, y = box[0] - left + box[2] / 2, box[1] - top - DISC
        draw.ellipse((x - DISC, y - DISC, x + DISC, y + DISC), fill=(179, 36, 60))
        draw.text((x, y), str(number), (255, 255, 255), font, anchor="mm")
    return picture


def side_by_side(images: list[Image.Image]) -> Image.Image:
    """The images in a row, with a gap between them."""
    width = sum(image.width for image in images) + GAP * (len(images) - 1)
    row = Image.new("RGB", (width, max(image.height for image in images)), (128, 128, 128))
    left = 0
    for image in images:
        row.paste(image, (left, 0))
        left += image.width + GAP
    return row


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    docs = Path(__file__).parent
    usual = docs / "results" / "reproduce" / "report.html"
    parser.add_argument("page", type=Path, nargs="?", default=usual, help="a report.html")
    parser.add_argument("--out", type=Path, default=docs / "images")
    given = parser.parse_args()
    for path in take(given.page, given.out):
        print(path)
