from __future__ import annotations

import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bakeoff.errors import OutputError, UsageError
from bakeoff.local_server import address_of
from bakeoff.reporting import live, serve
from bakeoff.reporting.live import make_server
from reporting.synthetic_runs import run, two_arms, write_bakeoff

Serve = Callable[[Path], str]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Who asks for a page waits until it is made."""
    monkeypatch.setattr(live, "PATIENCE", 300.0)
    running = []

    def start(folder: Path) -> str:
        server = make_server(folder)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        running.append((server, thread))
        return address_of(server)

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


def get(address: str, host: str | None = None) -> str:
    request = urllib.request.Request(address, headers={"Host": host} if host else {})
    with urllib.request.urlopen(request, timeout=500) as answer:
        return answer.read().decode()


def test_a_new_run_changes_the_stamp_and_the_page(served: Serve, tmp_path: Path) -> None:
    folder = write_bakeoff(tmp_path / "running", two_arms()[:4])
    address = served(folder)
    before, stamp = get(address), get(f"{address}stamp")
    assert f'data-live="{stamp}"' in before
    assert get(f"{address}stamp") == stamp
    write_bakeoff(folder, two_arms())
    assert "6\u00a0runs" in get(address)
    assert get(f"{address}stamp") != stamp


def test_nobody_waits_for_a_page_that_takes_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = threading.Event()

    def slow(document: object, live: str) -> str:
        assert ready.wait(300)
        return f"a page of {live}"

    monkeypatch.setattr(live, "render_html", slow)
    monkeypatch.setattr(live, "PATIENCE", 0.01)
    page = live.LivePage(write_bakeoff(tmp_path / "running", two_arms()[:4]))
    assert "The report is being made" in page.page()
    assert page.stamp() == ""
    ready.set()
    monkeypatch.setattr(live, "PATIENCE", 300.0)
    first, stamp = page.page(), page.stamp()
    assert first == f"a page of {stamp}"
    ready.clear()
    monkeypatch.setattr(live, "PATIENCE", 0.01)
    write_bakeoff(tmp_path / "running", two_arms())
    assert page.page() == first, "the one before is shown meanwhile"
    assert page.stamp() == stamp
    ready.set()
    monkeypatch.setattr(live, "PATIENCE", 300.0)
    assert page.page() == f"a page of {page.stamp()}" != first


def test_before_the_first_run_the_page_waits(served: Serve, tmp_path: Path) -> None:
    address = served(tmp_path)
    assert "Nothing to report yet" in get(address)
    write_bakeoff(tmp_path, [run("standard", 0, 20)])
    assert "data-live" in get(address)


def test_only_the_page_and_its_stamp_are_served_and_only_here(
    served: Serve, bakeoff_folder: Path
) -> None:
    address = served(bakeoff_folder)
    for path in ("bakeoff.json", "../../etc/passwd", "standard/seed-0/record.json"):
        with pytest.raises(urllib.error.HTTPError, match="404") as error:
            get(f"{address}{path}")
        error.value.close()
    with pytest.raises(urllib.error.HTTPError, match="403") as error:
        get(address, host="elsewhere.example")
    error.value.close()
    assert re.match(r"http://127\.0\.0\.1:\d+/$", address)


def test_a_port_in_use_is_one_clear_error(tmp_path: Path) -> None:
    first = make_server(tmp_path)
    try:
        with pytest.raises(OutputError, match="cannot be had"):
            make_server(tmp_path, first.server_address[1])
    finally:
        first.server_close()


def test_an_address_is_not_followed_and_nothing_is_announced() -> None:
    announced: list[str] = []
    with pytest.raises(UsageError, match="s3://b/runs/x is an address") as error:
        serve("s3://b/runs/x", opened=announced.append)
    assert "bakeoff report s3://b/runs/x" in error.value.advice
    assert announced == []
