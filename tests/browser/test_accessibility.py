"""axe-core, with its rules for WCAG and best practice, finds nothing wrong with the report."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from browser.conftest import Browser

pytestmark = pytest.mark.browser
Open = Callable[..., Browser]

ROOT = Path(__file__).parents[2]
AXE = "4.14.1"
INTEGRITY = (
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ["violations"]}).then(found => done(found.violations.map(
  rule => `${rule.impact} ${rule.id}: ` +
    rule.nodes.slice(0, 3).map(node => node.target.join(" ")).join(" | ")
)));
"""


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core's script, from npm's package of it."""
    given = os.environ.get("BAKEOFF_AXE")
    package = Path(given) if given else ROOT / "build" / f"axe-core-{AXE}.tgz"
    if not package.exists():
        npm = shutil.which("npm")
        if npm is None or os.environ.get("BAKEOFF_OFFLINE"):
            pytest.skip(f"needs npm's axe-core {AXE}; set BAKEOFF_AXE to its package")
        package.parent.mkdir(exist_ok=True)
        subprocess.run(
            [npm, "pack", "--silent", "--fetch-retries=1", f"axe-core@{AXE}"],
            cwd=package.parent, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    content = package.read_bytes()
    assert base64.b64encode(hashlib.sha512(content).digest()).decode() == INTEGRITY
    with tarfile.open(package) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


def violations(tab: Browser, axe: str) -> list[Any]:
    tab.driver.set_script_timeout(300)
    tab.command("Runtime.evaluate", expression=axe)
    found: list[Any] = tab.driver.execute_async_script(RUN)
    return found


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1440, False)], ids=["phone", "desk"])
def test_axe_finds_no_violation(opened: Open, axe: str, width: int, dark: bool) -> None:
    tab = opened(width=width, dark=dark)
    tab.js("document.querySelectorAll('main details').forEach(d => d.open = true)")
    assert violations(tab, axe) == []


def test_axe_finds_what_is_wrong(opened: Open, axe: str) -> None:
    tab = opened()
    tab.js("document.querySelector('main').append(new Image())")
    assert any("image-alt" in rule for rule in violations(tab, axe))
