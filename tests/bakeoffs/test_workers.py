"""--workers: the machine is used, and not oversubscribed."""

import pytest
import torch

import bakeoff
from bakeoff.bakeoffs.execution import workers
from bakeoff.bakeoffs.execution.workers import Slot, share_out


@pytest.mark.parametrize(
    ("count", "device", "cores", "gpus", "slots"),
    [
        (1, "cpu", 8, 0, [("cpu", 8)]),
        (3, "cpu", 8, 0, [("cpu", 3), ("cpu", 3), ("cpu", 2)]),
        (8, "cpu", 2, 0, [("cpu", 1), ("cpu", 1)]),
        (2, "cuda", 8, 2, [("cuda:0", 4), ("cuda:1", 4)]),
        (5, "cuda", 16, 2, [("cuda:0", 4), *[(f"cuda:{i % 2}", 3) for i in (1, 2, 3, 4)]]),
        (3, "cuda:1", 4, 2, [("cuda:1", 2), ("cuda:1", 1), ("cuda:1", 1)]),
        (2, "mps", 8, 0, [("mps", 4), ("mps", 4)]),
    ],
)
def test_cores_and_gpus_are_shared_out(count, device, cores, gpus, slots):
    found = share_out(count, torch.device(device), cores=cores, gpus=gpus)
    assert found == [Slot(*slot) for slot in slots]


@pytest.mark.parametrize("cores", range(1, 17))
@pytest.mark.parametrize("count", range(1, 12))
def test_every_core_is_used_once(cores, count):
    found = share_out(count, torch.device("cpu"), cores=cores, gpus=0)
    assert sum(slot.threads for slot in found) == cores
    assert len(found) == min(count, cores)


def test_workers_have_the_threads_they_were_given(tmp_path, monkeypatch, quarters):
    """The record says what torch had in the worker's own process: 3 + 2 of 5 cores."""
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
    monkeypatch.setattr(workers, "cores", lambda: 5)
    spec = {
        "name": "toy",
        "data": "quarters",
        "model": "test_resnet",
        "arms": ["standard", "rsb-a3"],
        "seeds": 1,
        "budget": "96images",
    }
    finished = bakeoff.run(spec, out=tmp_path, device="cpu", workers=2)
    assert sorted(record.environment.threads for record in finished.records) == [2, 3]
