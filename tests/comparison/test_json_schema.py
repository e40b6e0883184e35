"""What `compare --format json` prints is what its documented schema says, field by field."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

import bakeoff
from bakeoff.comparison import wording
from bakeoff.comparison.reasons import Reason
from bakeoff.comparison.result import (
    AcrossBudgets,
    ArmSummary,
    AtBudget,
    Compared,
    Concern,
    Crossing,
    FailedRun,
    Foretold,
    MetricSummary,
    OverSets,
    PairVerdict,
    PublishedVerdict,
    TableRoles,
)
from comparison.worlds import failed_record, frame_of, make_record

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "docs" / "schemas" / "compare.schema.json").read_text()
)


def check(found: Compared) -> None:
    text = json.dumps(found.to_dict(), allow_nan=False)
    Draft202012Validator(SCHEMA).validate(json.loads(text))


@pytest.mark.parametrize(
    "source",
    [
        frame_of(a=[95.0, 95.1, 95.3], b=[94.0, 94.1, 94.4]),
        frame_of(a=[95.0], b=[94.0]),
        frame_of(a=[95.0, 95.1, math.nan], b=[math.nan] * 3, c=[11.0, 12.0, 13.0]),
        [*(make_record("a", s, 950 + s) for s in range(3)), failed_record("b", 0)],
    ],
)
def test_every_answer_is_of_the_schema(source: Any) -> None:
    check(bakeoff.compare(source, margin=0.2, published="rsb-a2"))


def test_answers_about_two_models_are_of_the_schema(write_run: Callable[..., Path]) -> None:
    folders = [write_run(arm, 0, np.arange(1000) >= wrong) for arm, wrong in (("a", 9), ("b", 50))]
    check(bakeoff.compare(folders))


def test_every_code_of_a_reason_is_in_the_schema_and_has_words() -> None:
    kinds = Reason.__subclasses__()
    described = SCHEMA["$defs"]["pair"]["properties"]["facts"]["items"]["properties"]["code"]
    assert sorted({kind.code for kind in kinds}) == described["enum"]
    worded = (Path(wording.__file__)).read_text()
    assert [kind.__name__ for kind in kinds if f"why.{kind.__name__}(" not in worded] == []


@pytest.mark.parametrize(
    ("kind", "described"),
    [
        (Compared, SCHEMA),
        (PairVerdict, SCHEMA["$defs"]["pair"]),
        (ArmSummary, SCHEMA["$defs"]["arm"]),
        (PublishedVerdict, SCHEMA["$defs"]["published"]),
        (TableRoles, SCHEMA["$defs"]["table"]),
        (Concern, SCHEMA["$defs"]["concern"]),
        (OverSets, SCHEMA["$defs"]["over"]),
        (AcrossBudgets, SCHEMA["$defs"]["across_budgets"]),
        (AtBudget, SCHEMA["$defs"]["at_budget"]),
        (Crossing, SCHEMA["$defs"]["crossing"]),
        (Foretold, SCHEMA["$defs"]["foretold"]),
        (FailedRun, SCHEMA["$defs"]["arm"]["properties"]["failed_runs"]["items"]),
        (MetricSummary, SCHEMA["$defs"]["arm"]["properties"]["metrics"]["additionalProperties"]),
    ],
)
def test_every_field_is_described_and_required(kind: type, described: dict[str, Any]) -> None:
    fields = {field.name for field in dataclasses.fields(kind)}
    assert fields == set(described["properties"]) == set(described["required"])


def test_the_schema_is_itself_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)
