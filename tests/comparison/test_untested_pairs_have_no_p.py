from __future__ import annotations

import bakeoff
from bakeoff.records.schema import Failure
from reporting.synthetic_runs import run, two_arms


def test_a_pair_that_was_not_tested_has_no_p_in_any_metric() -> None:
    """An arm that failed in every run stands beside two that trained."""
    why = Failure(kind="diverged", message="the loss is not finite", step=4)
    runs = [record for record, _ in two_arms()]
    runs += [run("never", seed, failure=why)[0] for seed in range(3)]
    rows = [row for row in bakeoff.compare(runs).comparisons if "never" in (row.a, row.b)]
    assert rows
    assert all(row.p_adjusted is None for row in rows if row.p is None)
