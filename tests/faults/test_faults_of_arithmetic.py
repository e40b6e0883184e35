"""Faults 11 to 14: numbers that are not, and memory that is not there."""

import pytest
import torch

from bakeoff.errors import Diverged, OutOfMemory
from bakeoff.records.store import load_record
from bakeoff.training import run as running
from bakeoff.training.run import execute

CPU = torch.device("cpu")


@pytest.mark.parametrize("rate", [1e30, 1e38], ids=["NaN loss", "infinite gradient"])
def test_11_12_a_run_that_diverges_stops_before_the_update_and_counts_as_a_failure(
    make_job, tmp_path, rate
):
    with pytest.raises(Diverged, match="not finite at step"):
        execute(make_job(pins={"optimizer.lr": rate}), tmp_path, device=CPU)
    record = load_record(tmp_path)
    assert record.status == "failed"
    assert record.failure.kind == "diverged"
    assert record.result is None
    assert "Lower the learning rate" in record.failure.advice


def test_11_nothing_is_updated_by_a_gradient_that_is_not_finite(make_job):
    from bakeoff.training.assemble import assemble
    from bakeoff.training.step import train_step

    parts = assemble(make_job(), CPU)
    state = parts.state
    before = {k: v.clone() for k, v in state.model.named_parameters()}
    state.objective = lambda logits, targets: logits.sum() * float("nan")
    with pytest.raises(Diverged):
        train_step(state, parts.feed.batch(0))
    assert state.step == 0
    for name, value in state.model.named_parameters():
        assert torch.equal(value, before[name]), name


def test_14_out_of_memory_is_a_recorded_failure_and_the_batch_is_not_changed(
    make_job, tmp_path, monkeypatch
):
    def exhausted(self, checkpoint):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(running.Loop, "run", exhausted)
    job = make_job()
    with pytest.raises(OutOfMemory, match="batch 16"):
        execute(job, tmp_path, device=CPU)
    record = load_record(tmp_path)
    assert record.failure.kind == "out-of-memory"
    assert record.recipe.batch_size == job.scaled.recipe.batch_size == 16
