"""A real Chromium for the report; without one the tests are skipped with the reason, not in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bakeoff.records.schema import Failure
from bakeoff.reporting import Report, report
from bakeoff.reporting.pdf import find_browser
from reporting.synthetic_runs import RSB_A3, run, two_arms, write_bakeoff

# WCAG 2.1, relative luminance and contrast, on every element that holds text of its own.
CONTRASTS = """
const parse = text => {
  const parts = text.match(/[\\d.]+/g).map(Number);
  const srgb = text.startsWith('color(') ? parts.slice(0, 3).map(v => v * 255) : parts;
  return {rgb: srgb.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1};
};
const luminance = rgb => rgb.map(v => v / 255)
  .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const ground = node => {
  for (let at = node; at; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour.alpha > 0.99) return colour.rgb;
  }
  return [255, 255, 255];
};
const bad = [];
for (const node of document.querySelectorAll('body *')) {
  const own = [...node.childNodes].some(c => c.nodeType === 3 && c.textContent.trim());
  if (!own || !node.getClientRects().length || node.closest('script, .unseen, .skip')) continue;
  const style = getComputedStyle(node);
  const svg = node.closest('svg');
  const colour = parse(svg ? style.fill : style.color).rgb;
  const pair = [luminance(colour), luminance(ground(svg ? svg.parentElement : node))];
  const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  const wanted = parseFloat(style.fontSize) >= 24 ? 3 : 4.5;
  if (ratio < wanted) bad.push(`${node.tagName}.${node.className}: ${ratio.toFixed(2)} ` +
    node.textContent.trim().slice(0, 40));
}
return bad;
"""

OVERFLOWS = """
const wide = document.documentElement.scrollWidth - innerWidth;
const out = [...document.querySelectorAll('main *, header *, footer *')]
  .filter(n => n.getClientRects().length && !n.closest('.scroll, pre, .unseen, .skip'))
  .filter(n => n.getBoundingClientRect().right > innerWidth + 1 ||
               n.getBoundingClientRect().left < -1)
  .map(n => `${n.tagName}.${n.className.baseVal ?? n.className} ` +
            n.textContent.trim().slice(0, 40));
return {wide, out};
"""

ADVICE = "install chromium and chromium-driver (Debian), or set BAKEOFF_CHROMIUM to its path"


def missing_browser(why: str) -> None:
    """Skip and say why; in CI, where `make test` installs a browser, fail instead."""
    if os.environ.get("CI"):
        pytest.fail(f"{why}: in CI the report must be tested in a browser; {ADVICE}")
    pytest.skip(f"{why}; {ADVICE}")


@dataclass
class Browser:
    """One tab. Every page is loaded from file://, with the network refused."""

    driver: Any

    def open(self, page: Path, *, width: int = 1440, dark: bool = False, media: str = "") -> None:
        self.network(on=False)
        self.emulate(dark=dark, media=media)
        self._load(page.resolve().as_uri(), width)

    def visit(self, address: str, *, width: int = 1440) -> None:
        """Load a page that is served on this machine."""
        self.network(on=True)
        self.emulate()
        self._load(address, width)

    def network(self, *, on: bool) -> None:
        self.command("Network.enable")
        self.command("Network.emulateNetworkConditions", offline=not on, latency=0,
                     downloadThroughput=-1, uploadThroughput=-1)  # fmt: skip

    def _load(self, address: str, width: int) -> None:
        self.driver.get("about:blank")
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=900, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(address)

    def emulate(self, *, dark: bool = False, media: str = "") -> None:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def command(self, name: str, **parameters: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, parameters)

    def js(self, code: str, *arguments: Any) -> Any:
        return self.driver.execute_script(code, *arguments)

    def errors(self) -> list[Any]:
        return [entry for entry in self.driver.get_log("browser") if entry["level"] != "DEBUG"]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.service import Service

    binary, driver_path = find_browser(), shutil.which("chromedriver")
    if binary is None:
        missing_browser("no Chromium found")
    if driver_path is None:
        missing_browser("no chromedriver found")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--hide-scrollbars",
        f"--user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(flag)
    downloads = tmp_path_factory.mktemp("downloads")
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    try:
        driver = webdriver.Chrome(options=options, service=Service(driver_path))
    except WebDriverException as error:
        missing_browser(f"Chromium does not start ({str(error.msg).splitlines()[0]})")
    opened = Browser(driver)
    opened.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
    opened.downloads = downloads  # type: ignore[attr-defined]
    yield opened
    driver.quit()


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Two arms, a failed run, a notice, and long names: what a page must bear."""
    runs = [
        *two_arms(),
        *(run(f"standard-{'very-' * 8}long-name", seed, 30 + 2 * seed) for seed in range(2)),
        run("rsb-a3", 3, recipe=RSB_A3, failure=Failure(kind="diverged", message="loss is nan")),
    ]
    folder = tmp_path_factory.mktemp("runs") / "made-up"
    notice = "pretrained weights could not be reached, so arms that need them are missing"
    return report(write_bakeoff(folder, runs, notices=(notice,)))


@pytest.fixture
def opened(browser: Browser, page: Report) -> Callable[..., Browser]:
    """Opens the page as asked and hands back the browser."""

    def open_page(**how: Any) -> Browser:
        browser.open(page.html, **how)
        return browser

    return open_page
