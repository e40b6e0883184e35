"""Seeds until it is decided, several runs at a time: killed in their midst, it goes on alike."""

import os
import signal

import pytest

import bakeoff
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.errors import Stopped
from bakeoff.training.callbacks import Listener

WILD = {"recipe": "standard", "name": "wild", "pin": {"optimizer.lr": 1e30}}
SPEC = {
    "name": "toy",
    "data": "quarters",
    "model": "test_resnet",
    "arms": ["standard", WILD],
    # One look before the last: by ranks alone, nobody is decided before five seeds.
    "seeds": {"at_most": 5, "looks": [3, 5], "give_up": False},
    "budget": "96images",
}


class Told(BakeoffListener):
    """Notes what happens; asks for a stop once the first of `stop_after` did."""

    def __init__(self, stop_after=""):
        self.ended, self.looks, self.stop_after = [], [], stop_after

    def run_started(self, job, number, of):
        return Listener()

    def run_ended(self, job, record, *, skipped):
        if not skipped:
            self.ended.append((job.arm, job.seed))
            self._happened("run")

    def looked(self, look):
        self.looks.append(look.seeds)
        self._happened("look")

    def _happened(self, what):
        if what == self.stop_after:
            self.stop_after = ""
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.slow
def test_workers_that_are_stopped_between_two_looks_lose_no_run_and_repeat_no_look(
    tmp_path, monkeypatch, quarters
):
    """Each worker's run begins with a process that imports torch, so that only two runs have one
    here: the calls before and after run in this process."""
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
    to_the_look, stopped, last = Told("look"), Told("run"), Told()
    with pytest.raises(Stopped):
        bakeoff.run(SPEC, out=tmp_path, device="cpu", listener=to_the_look)
    with pytest.raises(Stopped):
        bakeoff.run(SPEC, out=tmp_path, device="cpu", workers=2, listener=stopped)
    assert stopped.ended
    finished = bakeoff.run(SPEC, out=tmp_path, device="cpu", listener=last)
    everyone = sorted((arm, seed) for arm in ("standard", "wild") for seed in range(5))
    assert sorted(to_the_look.ended + stopped.ended + last.ended) == everyone
    assert to_the_look.looks == [3]
    assert [look.seeds for look in finished.manifest.looks] == [3, 5]
    assert finished.manifest.looks[-1].pairs[0].winner == "standard"
    assert bakeoff.compare(tmp_path).pair("standard", "wild").verdict == "better"
