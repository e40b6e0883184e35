"""`bakeoff report --serve`, as a reader sees it: the page follows the runs and keeps its place."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser.conftest import Browser
from reporting.synthetic_runs import two_arms, write_bakeoff

pytestmark = pytest.mark.browser
SECONDS = 120


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bakeoff(tmp_path / "running", two_arms()[:4])


@pytest.fixture
def command(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The real command, as typed, on a free port."""
    line = [sys.executable, "-m", "bakeoff.cli", "report", str(folder), "--serve"]
    running = subprocess.Popen(
        line,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # A test suite in the background ignores Ctrl-C, and its children would too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    yield running
    running.kill()
    running.communicate()


def address(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    found = re.match(r"(http://127\.0\.0\.1:\d+/) shows .*running", running.stdout.readline())
    assert found
    return found[1]


def until(tab: Browser, code: str) -> bool:
    for _ in range(SECONDS * 5):
        if tab.js(f"return Boolean({code})"):
            return True
        time.sleep(0.2)
    return False


def test_a_served_page_follows_the_runs_keeps_its_place_and_stops(
    browser: Browser, folder: Path, command: subprocess.Popen[str]
) -> None:
    url = address(command)
    with pytest.raises(urllib.error.HTTPError, match="404") as refused:
        urllib.request.urlopen(f"{url}..%2f..%2fetc%2fpasswd", timeout=SECONDS)
    refused.value.close()

    browser.visit(url, width=1440)
    # The first page is made while a reader waits, and comes by itself.
    assert until(browser, "document.querySelector('.subtitle')")
    assert "4\u00a0runs" in browser.js("return document.querySelector('.subtitle').textContent")
    browser.js("document.querySelector('#compared details').open = true")
    browser.js("document.querySelector('#insights').scrollIntoView({behavior: 'instant'})")
    browser.js("window.sameDocument = true")
    top = "return document.querySelector('#insights').getBoundingClientRect().top"
    before = browser.js(top)

    write_bakeoff(folder, two_arms())
    assert until(
        browser, "document.querySelector('.subtitle').textContent.includes('6\\u00a0runs')"
    )
    assert browser.js("return window.sameDocument")
    assert abs(browser.js(top) - before) < 3
    assert browser.js("return document.querySelector('#compared details').open")
    assert browser.js("return [...document.querySelectorAll('.downloads')].every(d => !d.hidden)")
    assert browser.errors() == []

    command.send_signal(signal.SIGINT)
    _, complaint = command.communicate(timeout=SECONDS)
    assert command.returncode == 0
    assert complaint == ""
