"""Faults 11 to 14: numbers that are not, and memory that is not there."""

import json
import math
import re

import pytest
import torch

import bakeoff
from bakeoff.errors import Diverged
from bakeoff.records.store import load_record
from bakeoff.reporting import report
from bakeoff.training.assemble import assemble
from bakeoff.training.run import execute
from bakeoff.training.step import train_step
from faults_tools import CPU
from reporting.synthetic_runs import RSB_A3, run, two_arms, write_bakeoff


@pytest.mark.parametrize("recipe", ["standard", "rsb-a3"])
@pytest.mark.parametrize("rate", [1e30, 1e38])
def test_fault_11_12_a_run_that_diverges_stops_and_is_recorded_as_a_failure(
    make_job, tmp_path, recipe, rate
):
    with pytest.raises(Diverged, match="not finite at step"):
        execute(make_job(recipe, pins={"optimizer.lr": rate}), tmp_path, device=CPU)
    record = load_record(tmp_path)
    assert record.status == "failed"
    assert record.failure.kind == "diverged"
    assert record.result is None
    assert "Lower the learning rate" in record.failure.advice
    assert not list(tmp_path.glob("*.checkpoint"))


OBJECTIVES = {
    "NaN loss": lambda logits, targets: logits.sum() * float("nan"),
    "infinite loss": lambda logits, targets: logits.sum() * 1e38 * 1e38,
    # d sqrt(x) / dx is infinite where x is 0: the loss itself is fine.
    "infinite gradient": lambda logits, targets: (logits - logits.detach()).sum().sqrt(),
}


@pytest.mark.parametrize("micro_batch", [None, 4])
@pytest.mark.parametrize("objective", OBJECTIVES.values(), ids=OBJECTIVES)
def test_fault_11_12_nothing_is_updated_by_a_gradient_that_is_not_finite(
    make_job, objective, micro_batch
):
    parts = assemble(make_job("rsb-a2"), CPU)
    state = parts.state
    state.micro_batch = micro_batch
    before = {k: v.clone() for k, v in state.model.named_parameters()}
    rate = state.optimizer.param_groups[0]["lr"]
    state.objective = objective
    with pytest.raises(Diverged, match="at step 1 "):
        train_step(state, parts.feed.batch(0))
    assert state.step == 0
    assert state.optimizer.param_groups[0]["lr"] == rate
    assert not state.optimizer.state
    for name, value in state.model.named_parameters():
        assert torch.equal(value, before[name]), name


def test_fault_11_a_failed_seed_is_counted_and_named_as_one(tmp_path):
    from bakeoff.records.schema import Failure

    lost = Failure(kind="diverged", message="the gradient is not finite at step 7", step=7)
    runs = [*two_arms(), run("rsb-a3", 3, recipe=RSB_A3, seconds=1800.0, failure=lost)]
    folder = write_bakeoff(tmp_path / "b", runs, seeds=(0, 1, 2, 3))
    [row] = [c for c in bakeoff.compare(folder).comparisons if c.metric == "accuracy"]
    assert any("failed" in reason for reason in row.reasons), row.reasons
    assert "the gradient is not finite at step 7" in report(folder).md.read_text()


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("metric", ["accuracy", "loss"])
def test_fault_13_a_metric_that_is_no_number_is_never_best_and_never_averaged_away(
    tmp_path, metric, value
):
    runs = two_arms()
    for at in (0, 1):  # two of three seeds of the arm that is better
        record, answers = runs[at]
        result = record.result.model_copy(update={metric: value})
        runs[at] = (record.model_copy(update={"result": result}), answers)
    found = bakeoff.compare([record for record, _ in runs])
    assert {arm.arm: arm.failed for arm in found.arms} == {"standard": 2, "rsb-a3": 0}
    verdicts = {row.metric: row.verdict for row in found.comparisons}
    assert verdicts["accuracy"] == verdicts["loss"] == "cannot tell"
    json.dumps(found.to_dict(), allow_nan=False)
    page = report(write_bakeoff(tmp_path / "b", runs))
    assert f"its {metric} is not a finite number" in page.md.read_text()
    assert not re.search(r"\b(nan|inf)\b", page.md.read_text(), re.IGNORECASE)


def test_fault_14_memory_that_runs_out_is_a_recorded_failure_and_the_batch_is_not_changed(
    training, tmp_path
):
    one = training(images=192, side=160, batch_size=96, more_bytes=200 << 20)
    code, said = one.end()
    assert code == 3, said
    assert "batch 96 of test_resnet does not fit on cpu. Use --micro-batch" in said
    record = load_record(tmp_path / "run")
    assert (record.status, record.failure.kind) == ("failed", "out-of-memory")
    assert record.recipe.batch_size == 96
    assert "never changed silently" in record.failure.advice
