"""A run that ended with a metric that is no number is a failure, wherever runs are judged."""

from __future__ import annotations

import math

from bakeoff.records.schema import Failure, Record


def as_counted(record: Record) -> Record:
    """The record; as a failed one where accuracy, top-5 or loss on the test set is not finite.

    What is no number is best of nothing, and no average over other runs may hide it.
    """
    result = record.result
    if record.status != "complete" or result is None:
        return record
    # What an imported run does not state is no number either, and no failure.
    for name in ("accuracy", "top5", "loss") if record.origin is None else ("accuracy",):
        if not math.isfinite(getattr(result, name)):
            failure = Failure(
                kind="diverged",
                message=f"its {name} is not a finite number",
                advice="Lower the learning rate; this seed counts as a failure of its arm",
                step=record.budget.steps,
            )
            return record.model_copy(
                update={"status": "failed", "failure": failure, "result": None}
            )
    return record
