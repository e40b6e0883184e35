"""The audit's page in Chromium, offline: by this machine's Python and by the browser's."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from bakeoff.auditing.webpage.serving import make_server
from browser.conftest import CONTRASTS, OVERFLOWS, Browser

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
TEXT = """# CIFAR-10 \N{BROWN HEART}

<img src=x onerror=alert(1)> Test accuracy 95.3%, test error 4.9%.

| Model | Top-1 accuracy | Top-5 accuracy |
|---|---|---|
| ResNet-50 | 93.1 % | 92.0 % |
"""
ASK = """
document.getElementById('text').value = arguments[0];
document.getElementById('kind').value = 'text.md';
document.getElementById('form').requestSubmit();
"""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page as the documentation carries it."""
    spec = importlib.util.spec_from_file_location("audit_page", ROOT / "tools" / "audit_page.py")
    assert spec is not None
    assert spec.loader is not None
    tool: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    given = os.environ.get("BAKEOFF_PYODIDE")
    package = Path(given) if given else ROOT / "build" / f"pyodide-{tool.PYODIDE}.tgz"
    if not package.exists():
        if shutil.which("npm") is None or os.environ.get("BAKEOFF_OFFLINE"):
            pytest.skip(f"needs npm's pyodide {tool.PYODIDE}; set BAKEOFF_PYODIDE to its package")
        package.parent.mkdir(exist_ok=True)
        tool.fetched(package.parent)
    folder = tmp_path_factory.mktemp("site")
    tool.build(folder, package)
    return folder


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None: ...


@pytest.fixture(params=["server", "pyodide"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "server":
        server: http.server.HTTPServer = make_server()
    else:
        handler = functools.partial(_Quiet, directory=str(request.getfixturevalue("site")))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


def until(browser: Browser, code: str, seconds: float = 90) -> Any:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = browser.js(f"return {code}")
        if found:
            return found
        time.sleep(0.1)
    said = browser.js("return document.getElementById('status').textContent")
    pytest.fail(f"{code} never held; the page says: {said}")


ARTICLES = "document.querySelectorAll('article').length"


def test_a_pasted_document_gets_its_findings_under_the_lines(browser: Browser, address: str):
    """One visit for all that the page must do: Python for the browser starts once."""
    for page_address in (address,):
        browser.visit(page_address)
        browser.emulate()
        browser.js(ASK, TEXT)
        assert until(browser, ARTICLES) == 2
        said = browser.js(
            "return [...document.querySelectorAll('article')].map(a => "
            "[a.previousElementSibling.querySelector('code').textContent, "
            " a.previousElementSibling.querySelector('mark').textContent, a.textContent])"
        )
        assert said[0][0] == TEXT.split("\n")[2]
        assert said[0][1] == "95.3%"
        assert "Arithmetic" in said[0][2]
        assert said[1][1].startswith("9")

    # What the document says is text, never markup.
    assert browser.js("return document.querySelector('#result img')") is None

    # Keys: to the next finding, and back.
    browser.js("document.activeElement.blur()")
    at = "[...document.querySelectorAll('article')].indexOf(document.activeElement)"
    for key, where in (("n", 0), ("n", 1), ("n", 1), ("p", 0)):
        browser.driver.switch_to.active_element.send_keys(key)
        assert browser.js(f"return {at}") == where

    # Readable in both themes, and nothing is cut off on a phone.
    for dark in (False, True):
        browser.emulate(dark=dark)
        assert browser.js(CONTRASTS) == []
    phone = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    browser.command("Emulation.setDeviceMetricsOverride", **phone)
    told = browser.js(OVERFLOWS)
    assert (told["wide"] <= 0, told["out"]) == (True, [])
    small = browser.js(
        "return [...document.querySelectorAll('button, .button, select')]"
        ".filter(n => n.getBoundingClientRect().height < 40).map(n => n.textContent)"
    )
    assert small == []
    browser.emulate()

    # A link holds the document behind the #, and gives the same findings.
    browser.js("document.getElementById('share').click()")
    until(browser, "location.hash.startsWith('#d=')")
    shared = browser.js("return location.href")
    browser.driver.get("about:blank")
    browser.driver.get(shared)
    assert until(browser, ARTICLES) == 2
    assert browser.js("return document.getElementById('text').value") == TEXT

    # Ctrl+Enter audits; nothing to read is said to be nothing.
    area = browser.driver.find_element("id", "text")
    browser.js("document.getElementById('text').value = 'Nothing here.'")
    area.send_keys(Keys.CONTROL, Keys.ENTER)
    until(browser, "document.getElementById('status').textContent.includes('nothing was read')")
    assert browser.js(f"return {ARTICLES}") == 0

    # All of it came from this address.
    loaded = browser.js("return performance.getEntriesByType('resource').map(e => e.name)")
    assert loaded
    assert [name for name in loaded if not name.startswith(address)] == []
    assert browser.errors() == []


def test_a_file_is_opened_and_one_that_cannot_be_read_is_named(
    browser: Browser, address: str, tmp_path: Path
):
    path = tmp_path / "results.csv"
    path.write_text("model,accuracy,error\nresnet18,95.3,4.9\nresnet50,96.0,4.0\n")
    picture = tmp_path / "plot.md"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    browser.visit(address)
    browser.driver.find_element("id", "file").send_keys(str(path))
    assert until(browser, ARTICLES) == 1
    browser.driver.find_element("id", "file").send_keys(str(picture))
    until(browser, "document.getElementById('status').textContent.includes('PNG')")
    assert browser.js("return document.getElementById('status').className") == "bad"
    browser.driver.get("about:blank")
    browser.driver.get(f"{address}#d=AAAA")
    until(browser, "document.getElementById('status').textContent.includes('damaged')")
