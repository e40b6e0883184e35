"""The speed benchmark runs in one command, guards its ratios, and its page tells its results."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.speed import check, checkouts, page
from benchmarks.speed.__main__ import guard
from benchmarks.speed.turns import in_turn, ratios

ROOT = Path(__file__).parents[1]
COMMITTED = ROOT / "benchmarks" / "results"


def run(*options, **environment):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.speed", *map(str, options)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=500,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
    )


@pytest.mark.slow
def test_the_gpu_rows_run_at_toy_size_in_one_command(tmp_path):
    out = tmp_path / "toy.json"
    done = run("--gpu", "--toy", "--device", "cpu", "--out", out)
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    assert set(found["works"]) == {"toy-standard", "toy-rsb-a3", "toy-colour", "toy-jpeg"}
    for row in found["works"].values():
        assert set(row["ratios"]["epoch"]) == {"plain script", "timm", "torchvision"}
        assert all(rate > 0 for part in row["rates"].values() for rate in part.values())
    assert found["five_epochs"]["images_per_second"] > 0
    assert "toy of rsb-a3" in done.stdout
    assert not check.fallen(found, found)
    assert "a toy of rsb-a3" in page.page(None, found)


def results(ratio=2.0):
    """One row, one rival."""
    parts = {part: {"timm": ratio} for part in ("epoch", "resident", "evaluate")}
    return {
        "works": {"mnist": {"ratios": parts}},
        "augmentation": {"a": {"title": "crop", "ratios": {"timm": 50.0}}},
    }


@pytest.mark.parametrize(("now", "told"), [(2.5, 0), (1.71, 0), (1.69, 3)])
def test_a_ratio_that_fell_by_more_than_15_percent_is_named(now, told):
    lines = check.fallen(results(), results(now))
    assert len(lines) == told
    assert all("against timm" in line and "1.69 × where 2.00 ×" in line for line in lines)


def test_a_slower_augmentation_is_named_and_rows_without_a_partner_are_passed_over():
    now = copy.deepcopy(results())
    now["augmentation"]["a"]["ratios"]["timm"] = 40.0
    del now["works"]["mnist"]
    assert check.fallen(results(), now) == [
        "crop, against timm: 40.00 × where 50.00 × was committed (20% less)"
    ]


def test_the_guard_ends_with_1_when_a_ratio_fell_and_0_when_none_did(tmp_path, capsys):
    files = {}
    for name, ratio in (("committed", 2.0), ("same", 1.9), ("slower", 1.6)):
        files[name] = tmp_path / f"{name}.json"
        files[name].write_text(json.dumps(results(ratio)))
    assert guard(files["committed"], files["same"]) == 0
    assert guard(files["committed"], files["slower"]) == 1
    assert "mnist, epoch, against timm: 1.60 ×" in capsys.readouterr().out
    assert guard(files["committed"], tmp_path / "absent.json") == 2
    assert "make bench" in capsys.readouterr().err


def test_the_page_is_written_from_the_committed_results():
    found = {
        kind: json.loads(file.read_text())
        if (file := COMMITTED / f"{kind}.json").exists()
        else None
        for kind in ("cpu", "gpu")
    }
    written = (ROOT / "docs" / "performance.md").read_text()
    assert written == page.page(found["cpu"], found["gpu"])


def test_rows_that_nobody_measured_say_so():
    nothing = page.page(None, None)
    assert "The CPU rows are not measured." in nothing
    for what, target in page.GPU_ROWS:
        assert f"| {what} | not measured | {target} |" in nothing


def test_contenders_take_turns_in_alternating_order():
    import torch

    called = []
    calls = {name: lambda n=name: called.append(n) for name in "abc"}
    seconds = in_turn(calls, 2, torch.device("cpu"))
    assert called == ["a", "b", "c", "c", "b", "a"]
    assert {name: len(each) for name, each in seconds.items()} == {"a": 2, "b": 2, "c": 2}


def test_ratios_say_how_many_times_as_fast_bakeoff_is():
    assert ratios({"bakeoff": 300.0, "timm": 150.0}) == {"timm": 2.0}


def test_what_the_rivals_own_programs_print_is_read():
    timm = (
        "Train: 0 [   0/20 (  5%)]  Loss: 2.4 (2.40)  Time: 1.2s,  106.67/s  (1.2s,  106.67/s)\n"
        "Train: 0 [   1/20 ( 11%)]  Loss: 2.3 (2.35)  Time: 0.8s,  160.10/s  (1.0s,  128.04/s)\n"
    )
    torchvision = (
        "Epoch: [0]  [ 0/20]  eta: 0:00:20  lr: 0.1  img/s: 100.5  loss: 2.4 (2.4)\n"
        "Epoch: [0]  [ 1/20]  eta: 0:00:20  lr: 0.1  img/s: 150.25  loss: 2.4 (2.4)\n"
    )
    assert checkouts.told_rates("timm", timm) == [160.10]
    assert checkouts.told_rates("torchvision", torchvision) == [150.25]


def test_a_checkout_without_the_program_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"train\.py"):
        checkouts.measure("timm", tmp_path, [], tmp_path)


def test_beside_a_busy_process_a_rival_has_its_own_default_and_bakeoff_what_it_sets(monkeypatch):
    from benchmarks.speed import busy

    for name, value in (("GOMP_SPINCOUNT", "7"), ("OMP_NUM_THREADS", "1")):
        monkeypatch.setenv(name, value)
    ours, theirs = busy.environment("bakeoff"), busy.environment("timm")
    assert "GOMP_SPINCOUNT" not in ours
    assert theirs["GOMP_SPINCOUNT"] == busy.RUNTIMES_OWN
    assert "OMP_NUM_THREADS" not in {*ours, *theirs}


def test_the_row_beside_a_busy_process_is_told():
    told = {"alone": 300.0, "busy": 160.0, "kept": 160 / 300}
    assert "| bakeoff | 300 | 160 | 53% |" in page._busy({"work": "mnist", "bakeoff": told})
