"""A budget that was measured wrongly is corrected, not kept; clocks and rates are made up."""

import contextlib
from dataclasses import replace

import pytest
import torch

import bakeoff
from bakeoff.bakeoffs.execution.correcting import Watch, WrongRate
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.bakeoffs.execution.tuning import Search, _trial_plan
from bakeoff.bakeoffs.planning import lengths
from bakeoff.bakeoffs.planning.lengths import Left
from bakeoff.bakeoffs.planning.plan import plan
from bakeoff.bakeoffs.specification.spec import BakeoffSpec, default_spec
from bakeoff.records import load_records
from bakeoff.records.manifest import load_manifest
from bakeoff.records.store import SET_ASIDE_FOLDER
from bakeoff.training.callbacks import Listener
from bakeoff.training.step import train_step
from bakeoff.training.throughput import Rate

CPU = torch.device("cpu")
PINS = {"batch_size": 64}


@pytest.fixture
def machine(monkeypatch, quarters):
    """What the measurement before the runs finds, images/s, and seconds a step then takes."""
    known = {"measured": 100.0, "step": 2.0}
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
    monkeypatch.setattr(
        "bakeoff.bakeoffs.planning.plan.measure",
        lambda *_: Rate(known["measured"], 10 * known["measured"]),
    )

    class Time:
        now = 0.0

        def perf_counter(self):
            return self.now

    time = Time()

    def slow_step(*given):
        time.now += known["step"]
        return train_step(*given)

    monkeypatch.setattr("bakeoff.training.clock.time", time)
    monkeypatch.setattr("bakeoff.training.loop.train_step", slow_step)
    monkeypatch.setattr("bakeoff.training.clock.REPORT_SECONDS", 0.0)
    monkeypatch.setattr("bakeoff.training.clock.CHECKPOINT_SECONDS", 1e9)
    monkeypatch.setattr(lengths, "QUICK_SECONDS", 100.0)
    return known


def spec(**values):
    return {
        "name": "toy",
        "data": "quarters",
        "model": "test_resnet",
        "arms": [{"recipe": "standard", "pin": PINS}],
        "seeds": 1,
        "budget": "quick",
        "quick": "6000images",
        **values,
    }


class Told(BakeoffListener):
    def __init__(self):
        self.corrections, self.plans = [], []

    def corrected(self, correction):
        self.corrections.append(correction)

    def planned(self, plan, folder, workers=1):
        self.plans.append(plan)


class Stopping(BakeoffListener):
    """Stops the first run at a step."""

    def __init__(self, step=1):
        self.step = step

    def run_started(self, job, number, of):
        at = self.step

        class Stop(Listener):
            def stepped(self, step, *told):
                if step >= at:
                    raise KeyboardInterrupt

        return Stop()


def images(manifest):
    return {arm.name: arm.budget.allowed for arm in manifest.arms}


def test_a_machine_that_turns_out_slower_gets_a_shorter_plan_aloud(machine, tmp_path):
    told = Told()
    finished = bakeoff.run(spec(), out=tmp_path, device="cpu", listener=told)
    (correction,) = told.corrections
    assert correction.factor == pytest.approx(32 / 100)
    assert "3.1 times slower than measured before" in str(correction)
    assert [p.arms[0].job.budget.allowed for p in told.plans] == [6000, 2000]
    assert [r.budget.allowed for r in finished.records] == [2000]
    first, last = load_manifest(tmp_path).plans
    assert (first.because, first.images) == ("first", {"standard": 6000})
    assert (last.because, last.images) == ("wrong rate", {"standard": 2000})
    assert last.rates[0].measured == "training"
    assert last.rates[0].training == pytest.approx(32.0)


def test_a_machine_that_turns_out_faster_gets_a_longer_plan_and_finished_runs_are_set_aside(
    machine, tmp_path
):
    machine["measured"] = 10.0
    told = Told()
    finished = bakeoff.run(spec(budget="13s", seeds=5), out=tmp_path, device="cpu", listener=told)
    (correction,) = told.corrections
    assert correction.factor == pytest.approx(3.2)
    assert len(correction.aside) == 1
    assert "1 finished run of the old length set aside" in str(correction)
    assert {r.budget.allowed for r in finished.records} == {416}
    assert {r.budget.allowed for r in load_records(tmp_path)} == {416}
    assert len(load_records(tmp_path)) == 5
    aside = load_records(tmp_path / SET_ASIDE_FOLDER)
    assert {r.status for r in aside} == {"complete", "incomplete"}
    assert {r.budget.images for r in aside} == {128}


def test_a_rate_that_holds_changes_nothing(machine, tmp_path):
    machine["measured"] = 40.0
    told = Told()
    bakeoff.run(spec(quick="2500images"), out=tmp_path, device="cpu", listener=told)
    assert told.corrections == []


@pytest.mark.parametrize(("factor", "corrected"), [(0.5, True), (0.7, False), (1.4, False)])
def test_a_rate_is_wrong_beyond_one_and_a_half(machine, factor, corrected):
    made = plan(BakeoffSpec.model_validate(spec()), CPU)
    watch = Watch(made)
    with pytest.raises(WrongRate) if corrected else torch.no_grad():
        for _ in range(100):
            watch.heard("standard", 16, 16 / 100 / factor)


def test_after_a_tenth_of_the_planned_time_a_plan_stands(machine):
    made = plan(BakeoffSpec.model_validate(spec()), CPU)
    watch = Watch(made)
    for _ in range(100):
        watch.heard("standard", 16, 0.16)
    assert watch.over
    for _ in range(100):
        watch.heard("standard", 16, 16.0)


def test_a_slow_machine_is_found_out_within_a_tenth_of_the_planned_time(machine):
    made = plan(BakeoffSpec.model_validate(spec()), CPU)
    watch = Watch(made)
    for _ in range(int(made.seconds / 10) - 1):
        with contextlib.suppress(WrongRate):
            watch.heard("standard", 16, 1.0)
            continue
        return
    pytest.fail("not found out")


def test_each_of_several_workers_is_expected_to_have_its_share(machine):
    made = plan(BakeoffSpec.model_validate(spec()), CPU)
    watch = Watch(made, workers=2)
    for _ in range(100):
        watch.heard("standard", 16, 16 / 50)


@pytest.mark.parametrize("budget", ["96images", "1epochs"])
def test_a_length_that_was_asked_for_is_never_changed(machine, tmp_path, budget):
    machine["measured"] = 0.5
    told = Told()
    bakeoff.run(spec(budget=budget), out=tmp_path, device="cpu", listener=told)
    assert told.corrections == []


def test_a_bakeoff_without_a_finished_run_is_planned_anew(machine, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        bakeoff.run(spec(), out=tmp_path, device="cpu", listener=Stopping())
    assert images(load_manifest(tmp_path)) == {"standard": 6000}
    machine["measured"], machine["step"] = 20.0, 3.2
    finished = bakeoff.run(spec(), out=tmp_path, device="cpu")
    assert [r.budget.allowed for r in finished.records] == [2000]
    last = finished.manifest.plans[-1]
    assert last.because == "no finished run"
    assert "no run had finished, so this was planned anew" in finished.manifest.budget_reason


def test_a_rate_that_is_nearly_the_same_resumes_the_run(machine, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        bakeoff.run(spec(quick="2500images"), out=tmp_path, device="cpu", listener=Stopping())
    machine["measured"], machine["step"] = 30.0, 64 / 30
    finished = bakeoff.run(spec(quick="2500images"), out=tmp_path, device="cpu")
    assert [r.budget.allowed for r in finished.records] == [2500]


def test_much_that_was_trained_is_not_thrown_away(machine):
    asked = BakeoffSpec.model_validate(spec())
    before = manifest_of(plan(asked, CPU))
    machine["measured"] = 20.0
    anew = plan(asked, CPU, before=before, left=Left(0, unfinished_seconds=5.0))
    kept = plan(asked, CPU, before=before, left=Left(0, unfinished_seconds=50.0))
    assert anew.arms[0].job.budget.allowed == 2000
    assert kept.arms[0].job.budget.allowed == 6000
    assert anew.facts.by_rate
    assert not kept.facts.by_rate


def test_trials_of_tuning_are_as_long_as_was_planned(machine):
    """They are pinned to drawn values, which a plan made anew would not know."""
    tune = {"trials": 1, "optimizer.lr": [0.001, 0.01]}
    made = plan(BakeoffSpec.model_validate(spec(tune=tune)), CPU)
    arms = [arm for arm in made.arms if arm.factor == 1]
    drawn = {"standard": [{"optimizer.lr": 0.005}]}
    assert made.facts is not None
    assert _trial_plan(made, Search(made.spec.tune), arms, drawn).facts is None


def test_with_finished_runs_lengths_stay_and_todays_reason_is_told(machine, tmp_path):
    machine["measured"] = 32.0
    bakeoff.run(spec(quick="3000images", budget="quick"), out=tmp_path, device="cpu")
    machine["measured"], machine["step"] = 320.0, 0.2
    told = Told()
    again = spec(quick="3000images", seeds=2)
    finished = bakeoff.run(again, out=tmp_path, device="cpu", listener=told)
    assert {r.budget.allowed for r in finished.records} == {2000}
    last = finished.manifest.plans[-1]
    assert (last.because, last.finished) == ("finished runs", 1)
    assert last.today == {"standard": 3000}
    reason = finished.manifest.budget_reason
    assert "as the finished run here had" in reason
    assert "12 minutes" not in reason
    assert "To start over, choose another folder with --out" in reason
    assert told.corrections == []


def manifest_of(made):
    from bakeoff.bakeoffs.execution.deciding import _manifest

    return _manifest(made, "")


def large(quarters):
    return replace(quarters, facts=quarters.facts.model_copy(update={"train_images": 60_000}))


@pytest.mark.parametrize(("rate", "warned"), [(51.0, True), (340.0, False)])
def test_reproduce_says_first_that_few_images_are_worth_nothing(
    monkeypatch, quarters, rate, warned
):
    monkeypatch.setattr(
        "bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: large(quarters)
    )
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.measure", lambda *_: Rate(rate, 4 * rate))
    made = plan(default_spec(init="scratch", model="test_resnet"), CPU)
    counts = {arm.job.budget.allowed for arm in made.arms}
    assert made.facts.worthless is warned is (min(counts) < 10_000)
    assert (
        any(
            "worth nothing" in notice and "--budget 10000images" in notice and "To wait" in notice
            for notice in made.notices
        )
        is warned
    )


def test_a_quick_length_that_is_short_by_itself_is_no_matter(machine):
    made = plan(BakeoffSpec.model_validate(spec(quick="192images")), CPU)
    assert made.notices == ()
    assert not made.facts.worthless
