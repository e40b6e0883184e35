"""The report as PDF, printed by a Chromium where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from bakeoff.errors import OutputError, UsageError
from bakeoff.records.files import write_atomically

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 120


def find_browser() -> str | None:
    """Path of a Chromium: BAKEOFF_CHROMIUM where set, else the first on the PATH."""
    named = os.environ.get("BAKEOFF_CHROMIUM")
    return named or next((path for name in BROWSERS if (path := shutil.which(name))), None)


def require_browser() -> str:
    """Path of a Chromium. Raises UsageError where there is none."""
    browser = find_browser()
    if browser is None:
        raise UsageError(
            "a PDF needs a Chromium, and none was found",
            "Install chromium or set BAKEOFF_CHROMIUM, or print report.html from your browser",
        )
    return browser


def write_pdf(page: Path, out: Path | None = None) -> Path:
    """Print a report's HTML page to a PDF, by default beside it. The browser has no network.

    An earlier PDF is kept until the new one is whole. Raises UsageError where there is no browser,
    OutputError when it prints nothing or the folder cannot be written.
    """
    browser = require_browser()
    out = (out or page.with_suffix(".pdf")).resolve()
    with tempfile.TemporaryDirectory() as profile:
        printed = Path(profile) / "report.pdf"
        command = [
            browser,
            "--headless=new",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--no-pdf-header-footer",
            f"--user-data-dir={profile}",
            f"--print-to-pdf={printed}",
            page.resolve().as_uri(),
        ]
        # Chromium refuses to sandbox the superuser; the page is our own and has no network.
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")
        try:
            done = subprocess.run(  # noqa: S603  a browser's path and our own arguments
                command, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise OutputError(
                f"{browser} did not print the report ({error})", "Print it from your browser"
            ) from error
        if not printed.is_file():
            last = done.stderr.strip().splitlines()[-1:] or ["no message"]
            raise OutputError(
                f"{out} was not written by {browser}: {last[0]}",
                "Print report.html from your browser",
            )
        content = printed.read_bytes()
    write_atomically(out, lambda file: file.write(content))
    return out
