"""A length that followed from a measured rate is decided once, for each arm."""

import pytest

import bakeoff
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.records.store import load_record
from bakeoff.training.callbacks import Listener
from bakeoff.training.throughput import Rate

PINS = {"batch_size": 8}


@pytest.fixture
def rates(monkeypatch, quarters):
    """Images per second that a look at this machine finds, by the arm's model."""
    found = {"test_resnet": 200.0, "test_vit": 50.0}
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
    monkeypatch.setattr(
        "bakeoff.bakeoffs.planning.plan.measure", lambda job, *_: Rate(found[job.model], 1000.0)
    )
    return found


class Stopping(BakeoffListener):
    """Stops the run at its first step."""

    def run_started(self, job, number, of):
        class Told(Listener):
            def stepped(self, *told):
                raise KeyboardInterrupt

        return Told()


def test_a_single_run_resumes_though_the_machine_is_slower_now(tmp_path, rates):
    asked = {
        "data": "folder:/somewhere/quarters",
        "model": "test_resnet",
        "budget": "1s",
        "pins": PINS,
        "device": "cpu",
        "out": tmp_path,
    }
    with pytest.raises(KeyboardInterrupt):
        bakeoff.train(**asked, listener=Stopping())
    assert load_record(tmp_path).status == "incomplete"
    rates["test_resnet"] = 90.0
    record = bakeoff.train(**asked)
    assert (record.status, record.budget.images) == ("complete", 200)
    assert bakeoff.train(**asked) == record


def test_an_arm_added_to_a_time_budget_gets_that_time_and_not_the_others_images(tmp_path, rates):
    spec = {
        "name": "timed",
        "data": "quarters",
        "model": "test_resnet",
        "arms": [{"recipe": "standard", "pin": PINS}],
        "seeds": 1,
        "budget": "1s",
    }
    bakeoff.run(spec, out=tmp_path, device="cpu")
    slow = {"recipe": "standard", "model": "test_vit", "pin": PINS}
    rates["test_resnet"] = 90.0
    finished = bakeoff.run({**spec, "arms": [*spec["arms"], slow]}, out=tmp_path, device="cpu")
    images = {r.model.name: r.budget.images for r in finished.records}
    assert images == {"test_resnet": 200, "test_vit": 48}
