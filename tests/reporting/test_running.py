"""How far a running bake-off is: planted progress, known answers."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from bakeoff.local_server import address_of
from bakeoff.records.manifest import load_manifest
from bakeoff.records.running import STALE_SECONDS, RunProgress, load_progress, progress_now
from bakeoff.records.schema import Record
from bakeoff.records.store import run_folder, save_record
from bakeoff.reporting import live
from bakeoff.reporting.document import Document, Views
from bakeoff.reporting.html import render_html
from bakeoff.reporting.live import LivePage, make_server
from bakeoff.reporting.material import Material
from bakeoff.reporting.parts.results import results
from bakeoff.reporting.running import progress_of, status_of
from bakeoff.reporting.source import read_source
from reporting.synthetic_runs import RSB_A3, run, two_arms, write_bakeoff

SEEDS = (0, 1, 2, 3)


def bakeoff_under_way(folder: Path) -> Path:
    """Two arms of four seeds: three of each ended, `standard` seed 3 is half done."""
    write_bakeoff(folder, two_arms(), seeds=SEEDS)
    begun, _ = run("standard", 3, 20, seconds=1200.0)
    unfinished = begun.model_copy(
        update={"status": "incomplete", "result": None, "curves": (), "cost": None}
    )
    home = run_folder(folder, "standard", 3)
    save_record(unfinished, home)
    told(begun, step=50, ago=1.0).save(home)
    return folder


def told(record: Record, *, step: int, ago: float) -> RunProgress:
    now = progress_now(step=step, steps=100, from_step=0, began=time.time() - 600)
    points = record.curves[: len(record.curves) * step // 100]
    return now.model_copy(update={"curves": points, "written": time.time() - ago})


def test_the_status_counts_runs_and_tells_the_time_left(tmp_path: Path) -> None:
    source = read_source(bakeoff_under_way(tmp_path / "runs"))
    status = status_of(source, progress_of(source, time.time()))
    assert status is not None
    assert (status.ended, status.planned) == (6, 8)
    assert [(one.arm, one.seed, one.share) for one in status.running] == [("standard", 3, 0.5)]
    # What runs of each arm took: 1,200 and 1,800 s, 1 % more by seed, and 40 s of evaluation.
    each = {"standard": 1200 * 1.01 + 40, "rsb-a3": 1800 * 1.01 + 40}
    assert status.left == pytest.approx(each["standard"] / 2 + each["rsb-a3"])
    assert str(status) == "6 of 8 runs · standard seed 3, 50 % · about 41 min left"


def test_the_first_run_tells_the_time_by_its_pace(tmp_path: Path) -> None:
    begun, _ = run("standard", 0, 20)
    record = begun.model_copy(update={"status": "incomplete", "result": None, "cost": None})
    folder = write_bakeoff(tmp_path / "runs", [(record, None)], seeds=(0, 1))  # type: ignore[list-item]
    home = run_folder(folder, "standard", 0)
    told(begun, step=25, ago=0.0).save(home)
    source = read_source(folder)
    status = status_of(source, progress_of(source, time.time()))
    assert status is not None
    # A quarter in 600 s: the whole takes 2,400, of which two runs are to come but for a quarter.
    assert status.left == pytest.approx(0.75 * 2400 + 2400, rel=0.02)


def test_who_is_silent_or_dead_does_not_run(tmp_path: Path) -> None:
    now = told(run()[0], step=50, ago=0.0)
    assert now.is_alive(time.time())
    assert not now.is_alive(time.time() + STALE_SECONDS + 1)
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    assert not now.model_copy(update={"pid": child}).is_alive(time.time())
    assert now.model_copy(update={"pid": child, "host": "elsewhere"}).is_alive(time.time())
    (tmp_path / "progress.json").write_text("{")
    assert load_progress(tmp_path) is None


def test_the_live_page_says_how_far_it_is_and_its_curves_grow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "render_html", lambda document, live: document.provisional)
    monkeypatch.setattr(live, "PATIENCE", 300.0)
    folder = bakeoff_under_way(tmp_path / "runs")
    followed = LivePage(folder)
    page, stamp = followed.page(), followed.stamp()
    assert page == "Provisional: 6 of 8 runs have ended"
    assert str(followed.progress()).startswith("6 of 8 runs · standard seed 3, 50 %")
    begun, _ = run("standard", 3, 20)
    told(begun, step=55, ago=0.0).save(run_folder(folder, "standard", 3))
    assert followed.stamp() == stamp, "a step alone makes no new page"
    assert "55 %" in str(followed.progress())
    told(begun, step=90, ago=0.0).save(run_folder(folder, "standard", 3))
    followed.page()
    assert followed.stamp() != stamp


def test_a_page_is_provisional_until_the_last_run_has_ended(tmp_path: Path) -> None:
    document = Document("t", "q", "v", "s", (), None, (), (), "B", answers=(("", "a", "c"),))
    assert "so-far" not in render_html(document).partition("</style>")[2]
    page = render_html(replace(document, provisional="Provisional: 1 of 2 runs have ended"))
    assert 'class="verdict so-far"' in page
    assert '<p class="provisional">Provisional: 1 of 2 runs have ended</p>' in page


def test_an_arm_without_a_finished_run_is_drawn_so_far(tmp_path: Path) -> None:
    folder = write_bakeoff(tmp_path / "runs", two_arms()[:3])
    begun, _ = run("rsb-a3", 0, 40, recipe=RSB_A3)
    home = run_folder(folder, "rsb-a3", 0)
    save_record(begun.model_copy(update={"status": "incomplete", "result": None}), home)
    material = Material(read_source(folder))
    curves = [block for block in results(material).blocks if isinstance(block, Views)]
    assert len(curves) == 2
    assert all("Not ended yet: rsb-a3." in str(views.first.caption) for views in curves)


def test_a_bakeoff_that_ended_is_not_provisional(tmp_path: Path) -> None:
    folder = write_bakeoff(tmp_path / "runs", two_arms())
    assert load_manifest(folder) is not None
    source = read_source(folder)
    status = status_of(source, {})
    assert status is not None
    assert status.over
    assert str(status) == "6 of 6 runs"


def test_the_server_tells_the_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "render_html", lambda document, live: "the page")
    monkeypatch.setattr(live, "PATIENCE", 300.0)
    server = make_server(bakeoff_under_way(tmp_path / "runs"))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        address = address_of(server)
        urllib.request.urlopen(address).read()
        now = json.loads(urllib.request.urlopen(f"{address}progress").read())
        assert now["share"] == pytest.approx(6.5 / 8)
        assert now["over"] is False
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
