"""What a page served on this machine for this machine shares: binding, running, answering."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bakeoff.errors import OutputError

LOCAL = ("127.0.0.1", "localhost")


class LocalHandler(BaseHTTPRequestHandler):
    """Answers without being cached, sniffed or logged."""

    server_version = "bakeoff"
    sys_version = ""

    def answer(self, body: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        """Send a whole body. kind: its content type."""
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: nobody watches the terminal."""


def bind(port: int, handler: type[LocalHandler]) -> ThreadingHTTPServer:
    """A server on 127.0.0.1, not yet running. Raises OutputError if the port cannot be had."""
    try:
        return ThreadingHTTPServer((LOCAL[0], port), handler)
    except (OSError, OverflowError) as error:
        raise OutputError(
            f"port {port} cannot be had ({error})", "Choose another, or 0 for any free one"
        ) from error


def address_of(server: ThreadingHTTPServer) -> str:
    """Where a browser on this machine finds it."""
    return f"http://{LOCAL[0]}:{server.server_address[1]}/"


def run(server: ThreadingHTTPServer, opened: Callable[[str], None] | None = None) -> None:
    """Serve until Ctrl-C. opened: called once with the address."""
    if opened is not None:
        opened(address_of(server))
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
