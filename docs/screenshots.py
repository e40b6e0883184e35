"""Pictures of a report's first screen, light and dark, for the README.

    python docs/screenshots.py docs/results/reproduce/report.html

writes docs/images/report-light.png and docs/images/report-dark.png. Needs Chromium and its driver.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import sys
import tempfile
from pathlib import Path

from bakeoff.report.pdf import find_browser

WIDTH, HEIGHT = 1280, 860


def take(page: Path, folder: Path) -> list[Path]:
    """One picture a theme; returns their paths."""
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
            for theme in ("light", "dark"):
                scheme = {"name": "prefers-color-scheme", "value": theme}
                driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
                size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
                driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
                driver.get(page.resolve().as_uri())
                shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
                target = folder / f"report-{theme}.png"
                target.write_bytes(base64.b64decode(shot["data"]))
                written.append(target)
        finally:
            driver.quit()
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path, help="report.html")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "images")
    given = parser.parse_args()
    for path in take(given.page, given.out):
        print(path)
