"""How long the report of many runs takes to read, to build and to open, and how large it is.

    python benchmarks/report/thousand_runs.py [--runs 1000] [--arms 20]

Runs are made up (no training): each has a record with five evaluations and per-image predictions
on 1,000 test images. Opening is timed by the browser itself: `loadEventEnd` of a cold load from
file://, in a headless Chromium at 1440 px, the best of three.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from bakeoff.records import load_records
from bakeoff.reporting import report
from bakeoff.reporting.pdf import find_browser

LOADED = "return performance.getEntriesByType('navigation')[0].loadEventEnd"


def measure(runs: int, arms: int) -> dict[str, float]:
    """Seconds, and bytes of the page."""
    from reporting.synthetic_runs import run, write_bakeoff

    with tempfile.TemporaryDirectory() as place:
        made = [
            run(f"arm-{arm:02d}", seed, 20 + 2 * arm + seed % 7)
            for arm in range(arms)
            for seed in range(runs // arms)
        ]
        folder = write_bakeoff(Path(place) / "many", made)
        start = time.perf_counter()
        read = len(load_records(folder))
        reading = time.perf_counter() - start
        start = time.perf_counter()
        page = report(folder, formats=("html",)).html
        building = time.perf_counter() - start
        return {
            "runs": read,
            "reading_seconds": round(reading, 2),
            "building_seconds": round(building, 2),
            "page_bytes": page.stat().st_size,
            "opening_seconds": round(opened(page), 2),
        }


def opened(page: Path) -> float:
    """Seconds until the page has loaded, the best of three; NaN without a browser."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    browser, driver_path = find_browser(), shutil.which("chromedriver")
    if browser is None or driver_path is None:
        return float("nan")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = browser
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1440,900",
                     "--disable-dev-shm-usage", f"--user-data-dir={profile}"):  # fmt: skip
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=Service(driver_path))
        try:
            times = []
            for _ in range(3):
                driver.get("about:blank")
                driver.get(page.as_uri())
                times.append(float(driver.execute_script(LOADED)) / 1000)
            return min(times)
        finally:
            driver.quit()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--arms", type=int, default=20)
    given = parser.parse_args()
    print(json.dumps(measure(given.runs, given.arms), indent=1))
