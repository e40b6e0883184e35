"""Arms × seeds: fair lengths, nothing run twice, failures counted, interruptions harmless."""

import os
import signal

import pytest
import torch

import bakeoff
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.bakeoffs.planning.plan import QUICK_SECONDS, Rate, plan
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.errors import Stopped, UsageError
from bakeoff.records import load_records
from bakeoff.records.manifest import load_manifest
from bakeoff.training.callbacks import Listener
from bakeoff.training.hub import WeightsUnavailable
from conftest import make_dataset

LARGE = make_dataset(train=30_000, test=10_000, side=8)

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


class Told(BakeoffListener):
    def __init__(self):
        self.started, self.ended = [], []

    def run_started(self, job, number, of):
        self.started.append((job.arm, job.seed))
        return Listener()

    def run_ended(self, job, record, *, skipped):
        self.ended.append((job.arm, job.seed, record.status, skipped))


def test_every_arm_runs_with_every_seed_and_sees_equally_many_images(tmp_path):
    told = Told()
    finished = bakeoff.run(SPEC, out=tmp_path, device="cpu", listener=told)
    assert told.started == [("standard", 0), ("rsb-a3", 0), ("standard", 1), ("rsb-a3", 1)]
    assert {r.cost.images for r in finished.records} == {192}
    assert {r.status for r in finished.records} == {"complete"}
    assert (tmp_path / "standard" / "seed-1" / "predictions.npz").exists()
    assert load_manifest(tmp_path).seeds == (0, 1)


def test_a_second_call_runs_only_what_is_missing(tmp_path):
    bakeoff.run(SPEC, out=tmp_path, device="cpu")
    told = Told()
    finished = bakeoff.run(SPEC, seeds=3, out=tmp_path, device="cpu", listener=told)
    assert told.started == [("standard", 2), ("rsb-a3", 2)]
    assert len(finished.records) == 6


def test_runs_at_a_time_give_the_records_of_runs_one_by_one(tmp_path, monkeypatch):
    one = bakeoff.run(SPEC, out=tmp_path / "one", device="cpu")
    two = bakeoff.run(SPEC, out=tmp_path / "two", device="cpu", workers=2)
    for a, b in zip(one.records, two.records, strict=True):
        assert (a.arm, a.seed, a.result, a.train_result) == (
            b.arm,
            b.seed,
            b.result,
            b.train_result,
        )


def test_a_diverged_run_is_kept_as_a_failure_and_the_others_go_on(tmp_path):
    spec = {
        **SPEC,
        "arms": ["standard", {"recipe": "standard", "name": "wild", "pin": {"optimizer.lr": 1e30}}],
    }
    finished = bakeoff.run(spec, out=tmp_path, device="cpu")
    failed = [r for r in finished.records if r.status == "failed"]
    assert {(r.arm, r.failure.kind) for r in failed} == {("wild", "diverged")}
    assert len(failed) == 2
    assert all(r.result is None for r in failed)
    told = Told()
    bakeoff.run(spec, out=tmp_path, device="cpu", listener=told)
    assert told.started == []
    finished = bakeoff.run(spec, out=tmp_path, device="cpu", listener=told, retry=True)
    assert told.started == [("wild", 0), ("wild", 1)]
    tries = {(r.arm, tuple(f.kind for f in r.failed_before)) for r in finished.records}
    assert tries == {("standard", ()), ("wild", ("diverged",))}


def test_another_bakeoff_in_the_folder_is_refused(tmp_path):
    bakeoff.run(SPEC, out=tmp_path, device="cpu")
    with pytest.raises(UsageError, match="another budget"):
        bakeoff.run(SPEC, budget="96images", out=tmp_path, device="cpu")
    with pytest.raises(UsageError, match="another bake-off"):
        bakeoff.run({**SPEC, "name": "other"}, out=tmp_path, device="cpu")


def test_a_folder_of_other_things_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(UsageError, match="other files"):
        bakeoff.run(SPEC, out=tmp_path, device="cpu")


def test_an_interrupted_bakeoff_keeps_what_was_finished_and_goes_on(tmp_path):
    class Stop(Told):
        def run_ended(self, job, record, *, skipped):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Stopped) as caught:
        bakeoff.run(SPEC, out=tmp_path, device="cpu", listener=Stop())
    assert caught.value.exit_code == 143
    assert [r.status for r in load_records(tmp_path)].count("complete") == 1
    told = Told()
    bakeoff.run(SPEC, out=tmp_path, device="cpu", listener=told)
    assert ("standard", 0) not in told.started
    assert {r.status for r in load_records(tmp_path)} == {"complete"}


def test_optional_arms_without_weights_are_left_out_with_a_notice(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise WeightsUnavailable("pretrained weights x cannot be reached", "Connect")

    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.build", refuse)
    arms = ["standard", {"recipe": "rsb-a3", "init": "timm:default", "optional": True}]
    finished = bakeoff.run({**SPEC, "arms": arms}, out=tmp_path, device="cpu")
    assert {r.arm for r in finished.records} == {"standard"}
    [skipped] = finished.manifest.skipped
    assert (skipped.arm, "cannot be reached" in skipped.message) == ("rsb-a3-pretrained", True)
    arms[1] = {"recipe": "rsb-a3", "init": "timm:default"}
    with pytest.raises(WeightsUnavailable):
        bakeoff.run({**SPEC, "arms": arms}, out=tmp_path / "must", device="cpu")


@pytest.mark.parametrize("rate", [100.0, 150.0, 1000.0])
def test_a_quick_bakeoff_is_planned_to_end_within_12_minutes(monkeypatch, rate):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.measure", lambda *_: Rate(rate, 4 * rate))
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: LARGE)
    spec = BakeoffSpec.model_validate({**SPEC, "seeds": 3, "budget": "quick"})
    planned = plan(spec, torch.device("cpu"))
    images = {arm.job.budget.images for arm in planned.arms}
    assert len(images) == 1
    assert planned.seconds <= QUICK_SECONDS < 12 * 60
    assert images.pop() <= 20_000
    if rate < 1000:
        assert "12 minutes" in planned.reason


def test_a_machine_too_slow_for_quick_is_told_so(monkeypatch):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.measure", lambda *_: Rate(5.0, 20.0))
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: LARGE)
    spec = BakeoffSpec.model_validate({**SPEC, "seeds": 3, "budget": "quick"})
    planned = plan(spec, torch.device("cpu"))
    assert planned.seconds > 12 * 60
    assert "and so do 2,000" in planned.reason


@pytest.mark.parametrize(
    ("budget", "images"), [("2epochs", 192), ("96images", 96), ("full", 480), ("10s", 1000)]
)
def test_budgets_mean_what_they_say(monkeypatch, quarters, budget, images):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.measure", lambda *_: Rate(100.0, 400.0))
    spec = BakeoffSpec.model_validate({**SPEC, "budget": budget, "full": "5epochs"})
    planned = plan(spec, torch.device("cpu"))
    for arm in planned.arms:
        assert images - arm.job.scaled.recipe.batch_size < arm.job.budget.images <= images


def test_without_a_gpu_the_budget_is_quick_and_says_why(monkeypatch):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.measure", lambda *_: Rate(1e6, 1e6))
    spec = BakeoffSpec.model_validate({**SPEC, "budget": None, "quick": "192images"})
    planned = plan(spec, torch.device("cpu"))
    assert planned.asked == "quick"
    assert "no GPU" in planned.reason
