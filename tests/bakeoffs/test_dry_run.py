"""--dry-run says what a start would do, and a start then does exactly that."""

import json

import pytest
import torch

import bakeoff
from bakeoff.bakeoffs.execution.dry_run import look_ahead_at_one
from bakeoff.bakeoffs.execution.single_run import single_run
from bakeoff.errors import RunFailed, UsageError

SPEC = {
    "name": "toy",
    "data": "quarters",
    "model": "test_resnet",
    "arms": ["standard", "rsb-a3"],
    "seeds": 2,
    "budget": "200images",
}


@pytest.fixture(autouse=True)
def _toy_data(monkeypatch, quarters):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)


def test_what_is_foretold_is_what_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ahead = bakeoff.dry_run(SPEC, device="cpu", price_per_hour=2.0)
    assert list(tmp_path.iterdir()) == [], "something was written"
    finished = bakeoff.run(SPEC, device="cpu")
    assert str(finished.folder) == ahead.folder
    assert ahead.runs == len(finished.records) == 4
    for arm in ahead.arms:
        runs = [r for r in finished.records if r.arm == arm.arm]
        assert arm.missing == tuple(r.seed for r in runs) == (0, 1)
        for record in runs:
            assert (arm.steps, arm.images) == (record.budget.steps, record.cost.images)
            assert arm.flops == record.cost.flops
            assert arm.batch_size == record.recipe.batch_size
            assert len(arm.scaling) == len(record.scaling)
    assert ahead.flops == pytest.approx(sum(r.cost.flops for r in finished.records))


def test_the_total_is_the_sum_of_the_runs_and_the_price_follows():
    ahead = bakeoff.dry_run(SPEC, device="cpu", workers=2, price_per_hour=3.0)
    assert ahead.rates == "measured"
    assert ahead.seconds == pytest.approx(sum(2 * a.seconds for a in ahead.arms) / 2)
    assert ahead.hours == pytest.approx(ahead.seconds / 3600)
    assert ahead.price == pytest.approx(3.0 * ahead.hours)
    assert bakeoff.dry_run(SPEC, device="cpu").price is None
    json.dumps(ahead.to_dict(), allow_nan=False)


def test_the_time_is_reckoned_from_the_measured_rates(monkeypatch, quarters):
    from bakeoff.bakeoffs.planning.planned_runs import RUN_OVERHEAD_SECONDS, Rate

    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.measure", lambda *job: Rate(10.0, 1e12))
    arm = bakeoff.dry_run(SPEC, device="cpu").arms[0]
    assert arm.seconds == pytest.approx(arm.images / 10 + RUN_OVERHEAD_SECONDS)
    assert arm.images_per_second == 10.0


def test_what_is_there_already_is_not_counted(tmp_path):
    bakeoff.run(SPEC, out=tmp_path, device="cpu", seeds=1)
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    ahead = bakeoff.dry_run(SPEC, out=tmp_path, device="cpu")
    assert ahead.runs == 2
    assert {(a.there, a.missing) for a in ahead.arms} == {((0,), (1,))}
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before
    all_there = bakeoff.dry_run(SPEC, out=tmp_path, device="cpu", seeds=1)
    assert (all_there.runs, all_there.seconds, all_there.flops) == (0, 0, 0)
    assert "none, all are there" in str(all_there)


def test_only_the_heads_features_are_counted_where_only_the_head_is_trained(tmp_path):
    spec = {**SPEC, "arms": ["linear-probe"], "seeds": 1}
    ahead = bakeoff.dry_run(spec, device="cpu")
    record = bakeoff.run(spec, out=tmp_path, device="cpu").records[0]
    assert ahead.flops == pytest.approx(record.cost.flops, rel=0.1)


def test_several_data_sets_are_foretold_one_after_the_other(tmp_path):
    one = bakeoff.dry_run(SPEC, out=tmp_path / "one", device="cpu", price_per_hour=2.0)
    both = bakeoff.dry_run(
        {**SPEC, "data": ["quarters", "others"]}, out=tmp_path, device="cpu", price_per_hour=2.0
    )
    assert (both.runs, both.flops) == (2 * one.runs, 2 * one.flops)
    assert both.seconds == pytest.approx(sum(arm.seconds * len(arm.missing) for arm in both.arms))
    assert both.price == pytest.approx(2.0 * both.hours)
    assert [arm.arm for arm in both.arms] == ["standard", "rsb-a3"] * 2
    assert list(tmp_path.iterdir()) == []


def test_a_single_run_is_foretold_too(tmp_path, monkeypatch):
    from bakeoff.cli import main

    monkeypatch.chdir(tmp_path)
    torch.set_num_threads(1)
    with pytest.raises(SystemExit) as ended:
        main(
            [
                "train",
                "--data",
                "quarters",
                "--model",
                "test_resnet",
                "--budget",
                "200images",
                "--device",
                "cpu",
                "--seed",
                "3",
                "--dry-run",
                "--price-per-hour",
                "4",
            ]
        )
    assert ended.value.code == 0
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_tells_it_as_json(tmp_path, monkeypatch, capsys):
    from bakeoff.cli import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.yaml").write_text(
        "data: quarters\nmodel: test_resnet\narms: [standard]\nbudget: 200images\n"
    )
    with pytest.raises(SystemExit):
        main(["run", "toy.yaml", "--dry-run", "--format", "json", "--device", "cpu"])
    said = json.loads(capsys.readouterr().out)
    assert (said["runs"], said["seeds"]) == (3, [0, 1, 2])
    assert said["arms"][0]["scaling"][0].keys() >= {"key", "published", "used", "rule", "source"}
    assert [p.name for p in tmp_path.iterdir()] == ["toy.yaml"]


def test_what_could_not_start_is_refused_here_too():
    with pytest.raises(UsageError, match="no recipe is called"):
        bakeoff.dry_run({**SPEC, "arms": ["rsb-a4"]}, device="cpu")
    with pytest.raises(UsageError, match="is no price"):
        bakeoff.dry_run(SPEC, device="cpu", price_per_hour=-1)


def test_a_single_run_that_failed_is_foretold_as_one_that_will_run(tmp_path):
    asked = {"data": "quarters", "model": "test_resnet", "budget": "64images", "init": "scratch"}
    wild = {"optimizer.lr": 1e30}
    with pytest.raises(RunFailed):
        bakeoff.train(**asked, pins=wild, out=tmp_path, device="cpu")
    spec = single_run(
        "standard", **asked, seed=0, channels=None, exclude=(), pins=wild, micro_batch=None
    )
    assert look_ahead_at_one(spec, out=tmp_path, device="cpu").arms[0].missing == (0,)
