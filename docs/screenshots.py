"""Pictures of a report's first screen, light and dark, for the README and the guides.

    python docs/screenshots.py

writes report-light.png, report-dark.png (1280 px wide) and report-phone.png (390 px wide, light and
dark side by side) into docs/images, from docs/results/reproduce/report.html or the page given.
Needs Chromium and its driver.
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

from PIL import Image

from bakeoff.reporting.pdf import find_browser

THEMES = ("light", "dark")
WIDE = {"width": 1280, "height": 860, "deviceScaleFactor": 1, "mobile": False}
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
GAP = 24


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
        finally:
            driver.quit()
    return written


def shot(driver: Any, page: Path, size: dict[str, Any]) -> bytes:
    """PNG of the first screen."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.get(page.resolve().as_uri())
    taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    return base64.b64decode(taken["data"])


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
