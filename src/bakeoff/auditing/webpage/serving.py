"""The page served on this machine, for this machine: the audit runs in this Python."""

from __future__ import annotations

from collections.abc import Callable
from http.server import ThreadingHTTPServer
from importlib.resources import files
from urllib.parse import unquote

from bakeoff.auditing.reading.source import MAX_FILE
from bakeoff.auditing.webpage.answering import answer
from bakeoff.local_server import LOCAL, LocalHandler, bind, run

KINDS = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
LONGEST_NAME = 300


def page(backend: str) -> str:
    """The page for a backend: "server", or "pyodide" for the documentation."""
    text = files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    return text.replace("BACKEND", backend)


def serve(port: int = 0, opened: Callable[[str], None] | None = None) -> None:
    """Serve the page on 127.0.0.1 until Ctrl-C. opened: called with the address.

    Raises OutputError if the port cannot be had.
    """
    run(make_server(port), opened)


def make_server(port: int = 0) -> ThreadingHTTPServer:
    """The server, bound to 127.0.0.1 and not yet running. Raises OutputError."""
    return bind(port, _Handler)


class _Handler(LocalHandler):
    timeout = 60

    def do_GET(self) -> None:
        name = self.path.partition("?")[0].lstrip("/")
        if not self._is_ours():
            self.send_error(403)
        elif name in ("", "index.html"):
            self._send(page("server").encode(), "text/html; charset=utf-8")
        elif name in KINDS:
            self._send(files(__package__).joinpath(name).read_bytes(), KINDS[name])
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        # A header of our own: another site's page cannot send it without being asked for leave.
        if not self._is_ours() or self.path != "/audit" or "X-Document" not in self.headers:
            self.send_error(403)
            return
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            length = -1
        if not 0 <= length <= MAX_FILE:
            self.send_error(413)
            return
        name = unquote(self.headers["X-Document"])[:LONGEST_NAME] or "pasted text"
        told = answer(self.rfile.read(length), name)
        self._send(told.encode(), "application/json")

    def _is_ours(self) -> bool:
        """Whether the request is for this machine, and from no other site's page.

        Another site that points its own name at this address must not use the audit.
        """
        host = self.headers.get("Host", "")
        port = self.connection.getsockname()[1]
        if host not in {f"{name}:{port}" for name in LOCAL}:
            return False
        origin = self.headers.get("Origin")
        return origin is None or origin == f"http://{host}"

    def _send(self, body: bytes, kind: str) -> None:
        self.answer(body, kind, {"Content-Security-Policy": POLICY})
