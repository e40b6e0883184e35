"""A report that follows a running bake-off, on this machine only.

The page asks how far the runs are, and for one word, a stamp of what it was made from; it loads
itself anew when the word changes. Nothing else is served, to nobody but this machine.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from http.server import ThreadingHTTPServer
from pathlib import Path

from markupsafe import Markup

from bakeoff.errors import BakeoffError, UsageError
from bakeoff.local_server import LOCAL, LocalHandler, bind, run
from bakeoff.records.manifest import MANIFEST_NAME
from bakeoff.records.running import PROGRESS_NAME, load_progress
from bakeoff.records.storage import as_place
from bakeoff.records.store import RECORD_NAME
from bakeoff.reporting.build import compose
from bakeoff.reporting.html import render_html
from bakeoff.reporting.running import Status, progress_of, status_of, with_curves
from bakeoff.reporting.source import Source, read_source

PATIENCE = 1.0
"""Seconds that a reader waits for a page; while the machine trains, making one may take longer."""
_WAITING = Markup(
    '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="2">'
    '<link rel="icon" href="data:,">'
    "<title>Waiting for a run</title><p>{}</p></html>"
)


class LivePage:
    """The page of a bake-off's folder as it stands; made anew only when a record has changed.

    A page is made beside what is asked for, so that nobody waits for it longer than PATIENCE: until
    it is there the one before is shown.
    """

    def __init__(self, folder: Path, data: str = "") -> None:
        self.folder, self.data = folder, data
        self._lock = threading.Lock()
        self._making: threading.Thread | None = None
        self._stamp = ""
        self._page = str(_WAITING.format("The report is being made."))
        self._source: Source | None = None

    def stamp(self) -> str:
        """Of the page that `page` would give at once; a newer one is begun where there is news."""
        self._begin()
        return self._stamp

    def progress(self) -> Status | None:
        """How far the runs of the page last made are; None before the first, and without a plan."""
        source = self._source
        return None if source is None else status_of(source, progress_of(source, time.time()))

    def page(self) -> str:
        """The report's HTML, or a page that waits until there is a run to report."""
        making = self._begin()
        if making is not None:
            making.join(PATIENCE)
        return self._page

    def _begin(self) -> threading.Thread | None:
        """Who makes a page of what lies in the folder now, unless the last one is of it."""
        with self._lock:
            if self._making is not None and self._making.is_alive():
                return self._making
            stamp = self._seen()
            if stamp == self._stamp:
                return None
            self._making = threading.Thread(target=self._make, args=(stamp,), daemon=True)
            self._making.start()
            return self._making

    def _make(self, stamp: str) -> None:
        try:
            source = replace(read_source(self.folder), data=self.data)
            told = progress_of(source, time.time())
            self._page = render_html(compose(with_curves(source, told)), live=stamp)
            self._source, self._stamp = source, stamp
        except BakeoffError as error:
            self._page = str(_WAITING.format(f"Nothing to report yet: {error}"))

    def _seen(self) -> str:
        """Changes whenever a record or a plan below the folder does, or a curve grows."""
        files = [*self.folder.rglob(RECORD_NAME), *self.folder.rglob(MANIFEST_NAME)]
        digest = hashlib.sha256()
        for path in sorted(files):
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            digest.update(f"{path}\0{found.st_mtime_ns}\0{found.st_size}\0".encode())
        for path in sorted(self.folder.rglob(PROGRESS_NAME)):
            told = load_progress(path.parent)
            digest.update(f"{path}\0{len(told.curves) if told else 0}\0".encode())
        return digest.hexdigest()[:16]


def _progress(status: Status | None) -> str:
    if status is None:
        return "{}"
    return json.dumps({"told": str(status), "share": status.share, "over": status.over})


def serve(
    folder: Path | str,
    *,
    port: int = 0,
    data: str = "",
    opened: Callable[[str], None] | None = None,
) -> None:
    """See `bakeoff.reporting.serve`."""
    place = as_place(folder)
    if not isinstance(place, Path):
        raise UsageError(
            f"{folder} is an address, and only a folder of this machine can be followed",
            f"Write its report as it stands: bakeoff report {folder}",
        )
    run(make_server(place, port, data), opened)


def make_server(folder: Path, port: int = 0, data: str = "") -> ThreadingHTTPServer:
    """The server, bound to 127.0.0.1 and not yet running. Raises OutputError."""
    live = LivePage(folder, data)
    live.stamp()

    class Handler(LocalHandler):
        def do_GET(self) -> None:
            # Another site that points its own name at this address must not read the report.
            host = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
            if host not in LOCAL:
                self.send_error(403)
            elif self.path in ("/", "/index.html"):
                self._send(live.page(), "text/html; charset=utf-8")
            elif self.path == "/stamp":
                self._send(live.stamp(), "text/plain; charset=utf-8")
            elif self.path == "/progress":
                self._send(_progress(live.progress()), "application/json")
            else:
                self.send_error(404)

        def _send(self, text: str, kind: str) -> None:
            self.answer(text.encode(), kind)

    return bind(port, Handler)
