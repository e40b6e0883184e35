"""An arm of which every run failed did not train: it is named first, and never "undecided"."""

from __future__ import annotations

import re
from typing import Any

from bakeoff.records.schema import Failure
from bakeoff.reporting.build import compose
from bakeoff.reporting.document import Document, Table, plain
from bakeoff.reporting.markdown import render_markdown
from bakeoff.reporting.numbers import NBSP
from bakeoff.reporting.source import read_source
from reporting.synthetic_runs import run, two_arms

TOO_HIGH = "standard-lr-1e6"


def failed(seed: int, step: int) -> Any:
    why = Failure(kind="diverged", message="the loss is not finite", step=step)
    return run(TOO_HIGH, seed, failure=why)[0]


def composed(*more: Any) -> Document:
    return compose(read_source([*(record for record, _ in two_arms()), *more]))


def told(document: Document) -> str:
    return render_markdown(document, "charts")[0].replace(NBSP, " ").replace("**", "")


def test_it_is_named_first_with_step_and_cause() -> None:
    document = composed(*(failed(seed, 4) for seed in range(3)))
    said = plain(document.verdict).replace(NBSP, " ")
    assert said.startswith(f"{TOO_HIGH} did not train: 3 of 3 runs diverged at step 4. ")
    assert "standard" in said.partition(". ")[2]
    assert plain(document.notices[0].text).replace(NBSP, " ").startswith(f"{TOO_HIGH} did not")


def test_no_verdict_calls_it_undecided_and_it_stands_in_chart_and_table() -> None:
    document = composed(*(failed(seed, 4 + seed) for seed in range(3)))
    text = told(document)
    assert not re.search(rf"[Cc]annot (tell|be told)[^.|]*{TOO_HIGH}", text)
    assert f"{TOO_HIGH} did not train: diverged at steps 4 to 6" in text
    assert document.lead is not None
    assert f"{TOO_HIGH} did not train" in document.lead.description
    results = next(part for part in document.sections if part.id == "results")
    table = next(block for block in results.blocks if isinstance(block, Table))
    [row] = [row for row in table.rows if plain(row[0]) == TOO_HIGH]
    assert "did not train" in plain(row[1])


def test_an_arm_with_one_result_or_a_run_still_going_did_train() -> None:
    unfinished = run(TOO_HIGH, 3, status="incomplete", result=None, cost=None)[0]
    for more in (run(TOO_HIGH, 3, 40)[0], unfinished):
        assert "did not train" not in told(composed(failed(0, 4), more))
