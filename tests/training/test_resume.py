"""A run that is there is neither run again nor replaced; for interrupted ones see tests/faults."""

import time

import pytest
import torch

from bakeoff.bakeoffs.execution.run_store import Place, execute_at
from bakeoff.errors import Diverged, UsageError
from bakeoff.records.storage import Address
from bakeoff.records.store import load_record, save_record
from bakeoff.training.callbacks import Listener
from bakeoff.training.run import execute

CPU = torch.device("cpu")


def test_a_complete_run_is_not_run_again(make_job, tmp_path):
    first = execute(make_job(), tmp_path, device=CPU)
    again = execute(make_job(), tmp_path, device=CPU)
    assert again == first


@pytest.mark.parametrize("status", ["failed", "incomplete"])
def test_a_run_of_something_else_is_refused_and_kept_however_it_ended(make_job, tmp_path, status):
    """No other job may put a success in the place of a failure."""
    wild = make_job(pins={"optimizer.lr": 1e30})
    with pytest.raises(Diverged):
        execute(wild, tmp_path, device=CPU)
    left = load_record(tmp_path)
    # As it is from the first step on, before there is a checkpoint.
    parts = {} if status == "failed" else {"status": status, "failure": None}
    save_record(left.model_copy(update=parts), tmp_path)
    before = (tmp_path / "record.json").read_bytes()
    for attempt in (execute, at_an_address(tmp_path)):
        with pytest.raises(UsageError, match=r"of something else \(recipe.optimizer.lr: 1e\+30"):
            attempt(make_job(pins={"optimizer.lr": 0.01}), tmp_path, device=CPU)
    assert (tmp_path / "record.json").read_bytes() == before
    with pytest.raises(Diverged):
        execute(wild, tmp_path, device=CPU)


def at_an_address(folder):
    """`execute` as at an address that holds the same record."""
    address = f"memory://{folder.name}-{time.monotonic_ns()}"
    Address(address).send(folder / "record.json", "record.json")

    def attempt(job, folder, *, device):
        return execute_at(job, Place.at(address), device=device, listener=Listener())

    return attempt
