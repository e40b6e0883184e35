"""Seeds until it is decided: looks as planned, nothing run twice, every look kept."""

import os
import signal

import pytest

import bakeoff
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.errors import BadFile, Stopped, UsageError
from bakeoff.records.manifest import load_manifest
from bakeoff.training.callbacks import Listener

WILD = {"recipe": "standard", "name": "wild", "pin": {"optimizer.lr": 1e30}}
SPEC = {
    "name": "toy",
    "data": "quarters",
    "model": "test_resnet",
    "arms": ["standard", WILD],
    "seeds": {"at_most": 10, "until": "decided"},
    "budget": "96images",
}


@pytest.fixture(autouse=True)
def _toy_data(monkeypatch, quarters):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)


class Told(BakeoffListener):
    def __init__(self):
        self.started, self.looks = [], []

    def run_started(self, job, number, of):
        self.started.append((job.arm, job.seed))
        return Listener()

    def looked(self, look):
        self.looks.append(look)


def test_it_stops_at_the_look_that_decides_and_keeps_every_look(tmp_path):
    """An arm whose every run fails is beaten by ranks, which five runs are the first to show."""
    told = Told()
    finished = bakeoff.run(SPEC, out=tmp_path, device="cpu", listener=told)
    assert sorted(set(told.started)) == sorted(
        (a, s) for a in ("standard", "wild") for s in range(5)
    )
    assert len(finished.records) == 10
    kept = load_manifest(tmp_path)
    assert kept.look_plan.looks == (3, 5, 7, 10)
    assert [look.seeds for look in kept.looks] == [3, 5] == [look.seeds for look in told.looks]
    assert [look.pairs[0].stop for look in kept.looks] == ["open", "decided"]
    assert kept.looks[-1].pairs[0].winner == "standard"
    assert kept.looks[-1].running == ()
    assert kept.verdicts_at == ()


def test_killed_between_looks_it_goes_on_and_ends_as_if_it_had_not_been(tmp_path):
    class Stop(Told):
        def looked(self, look):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Stopped):
        bakeoff.run(SPEC, out=tmp_path, device="cpu", listener=Stop())
    assert [look.seeds for look in load_manifest(tmp_path).looks] == [3]
    told = Told()
    finished = bakeoff.run(SPEC, out=tmp_path, device="cpu", listener=told)
    assert min(seed for _, seed in told.started) >= 3
    assert [look.seeds for look in finished.manifest.looks] == [3, 5]
    again = Told()
    bakeoff.run(SPEC, out=tmp_path, device="cpu", listener=again)
    assert again.started == []
    assert [look.seeds for look in load_manifest(tmp_path).looks] == [3, 5]
    with pytest.raises(UsageError, match="planned with looks after 3, 5, 7, 10"):
        bakeoff.run(SPEC, seeds=12, out=tmp_path, device="cpu", until_decided=True)


def test_looks_are_planned_before_the_first_and_not_changed_after(tmp_path):
    fixed = {**SPEC, "seeds": 1}
    bakeoff.run(fixed, out=tmp_path, device="cpu")
    assert load_manifest(tmp_path).verdicts_at == (1,)
    bakeoff.run(fixed, seeds=2, out=tmp_path, device="cpu")
    assert load_manifest(tmp_path).verdicts_at == (1, 2)
    with pytest.raises(UsageError, match="judged at 1, 2 seeds"):
        bakeoff.run(SPEC, out=tmp_path, device="cpu")


def test_before_it_starts_it_says_what_is_expected_and_the_most_there_can_be(tmp_path):
    ahead = bakeoff.dry_run(SPEC, out=tmp_path, device="cpu", price_per_hour=2.0)
    assert ahead.runs == 20
    assert ahead.looks == (3, 5, 7, 10)
    assert 6 <= ahead.expected_runs["apart"] < 20
    assert 6 <= ahead.expected_runs["equal"] < 20
    assert "Looks after 3, 5, 7, 10 seeds" in " ".join(str(ahead).split())
    assert not bakeoff.dry_run({**SPEC, "seeds": 3}, out=tmp_path, device="cpu").looks


def test_the_flag_plans_the_usual_looks_and_seeds_is_their_most():
    base = {**SPEC, "seeds": 3}
    assert read_spec(base, decided=True).looks.after == (3, 5, 7, 10)
    assert read_spec(base, seeds=12, decided=True).looks.after == (3, 5, 6, 7, 8, 9, 12)
    assert read_spec(SPEC, seeds=4).looks is None
    spec = read_spec(SPEC)
    assert read_spec(spec) == spec


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{at_mst: 10}", "at_mst"),
        ("{at_most: 99}", "at_most is 99"),
        ("{at_most: 10, looks: [3, 5]}", "looks must rise"),
        ("{until: won}", "until"),
    ],
)
def test_a_mistake_in_the_plan_is_named_with_its_line(tmp_path, line, said):
    path = tmp_path / "bad.yaml"
    path.write_text(f"data: mnist\narms: [standard, rsb-a3]\nseeds: {line}\n", encoding="utf-8")
    with pytest.raises(BadFile, match=said) as caught:
        read_spec(path)
    assert ":3:" in str(caught.value)
