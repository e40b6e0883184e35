"""The audit's page on this machine: what it answers, and whom it answers."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator

import pytest

from bakeoff.auditing.webpage.answering import answer
from bakeoff.auditing.webpage.serving import make_server
from bakeoff.errors import OutputError

WRONG = "# CIFAR-10\n\nTest accuracy 95.3%, test error 4.9%.\n"


def test_findings_come_with_their_line_and_what_to_mark_in_it():
    told = json.loads(answer(WRONG.encode(), "a.md"))
    (finding,) = told["findings"]
    assert (finding["line"], finding["verdict"]) == (3, "inconsistent")
    line = {n: text for n, _, text in told["lines"]}[3]
    assert line[finding["start"] : finding["start"] + finding["length"]] == "95.3%"
    assert dict(map(tuple, finding["details"]))["Arithmetic"]
    assert not told["empty"]
    assert json.loads(answer(b"Nothing.", "a.md"))["empty"]


def test_what_cannot_be_read_is_an_error_in_one_line():
    assert "PNG" in json.loads(answer(b"\x89PNG\r\n\x1a\n\0", "a.md"))["error"]


@pytest.fixture
def port() -> Iterator[int]:
    server = make_server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def ask(port: int, method: str, path: str, body: bytes = b"", **headers: str):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    names = {"host": "Host", "origin": "Origin", "document": "X-Document"}
    connection.request(method, path, body, {names[k]: v for k, v in headers.items()})
    told = connection.getresponse()
    content = told.read()
    connection.close()
    return told, content


def test_the_page_is_served_with_all_it_needs_and_nothing_else(port):
    told, page = ask(port, "GET", "/")
    assert told.status == 200
    assert b'data-backend="server"' in page
    assert "default-src 'none'" in told.headers["Content-Security-Policy"]
    assert b"//" not in page.replace(b"<!doctype", b"")
    for name, kind in (("page.css", "text/css"), ("page.js", "text/javascript")):
        told, _ = ask(port, "GET", f"/{name}")
        assert (told.status, told.headers["Content-Type"].partition(";")[0]) == (200, kind)
    for path in ("/serving.py", "/../answering.py", "/page.html/", "/%2e%2e/x"):
        assert ask(port, "GET", path)[0].status == 404


def test_a_document_that_is_sent_is_audited(port):
    told, body = ask(port, "POST", "/audit", WRONG.encode(), document="a.md")
    assert told.status == 200
    assert len(json.loads(body)["findings"]) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example", "document": "a"},
        {"host": "127.0.0.1:1", "document": "a"},
        {"host": "localhost", "document": "a"},
        {"origin": "https://evil.example", "document": "a"},
        {"origin": "null", "document": "a"},
        {},
    ],
)
def test_other_sites_get_no_answer(port, headers):
    assert ask(port, "POST", "/audit", WRONG.encode(), **headers)[0].status == 403
    if "host" in headers:
        assert ask(port, "GET", "/", host=headers["host"])[0].status == 403


def test_a_body_that_is_too_long_is_refused_unread(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest("POST", "/audit")
    connection.putheader("X-Document", "a.md")
    connection.putheader("Content-Length", str(10**12))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_only_this_machine_is_listened_to_and_a_taken_port_is_told():
    server = make_server()
    assert server.server_address[0] == "127.0.0.1"
    with pytest.raises(OutputError, match="cannot be had"):
        make_server(server.server_address[1])
    server.server_close()
