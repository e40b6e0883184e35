"""Records of schema version 1 come out as today's, with their words read once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bakeoff.comparison.from_records import from_record
from bakeoff.records.store import load_record
from comparison.worlds import make_record

RESULTS = Path(__file__).parents[2] / "docs/results"
NOTE = (
    "tuned: optimizer.lr 0.0029: the best of 8 trials by accuracy on 5,999 held-out training images"
    " (trial 5, random search)"
)


def version_1(tmp_path: Path, notes: list[str], source: str) -> Path:
    record = make_record("a", 0, 950).model_dump(mode="json")
    del record["tuning"]
    step = {"key": "optimizer.lr", "published": 0.1, "used": 0.0029, "rule": "tuned"}
    record |= {"schema_version": 1, "notes": notes, "scaling": [{**step, "source": source}]}
    (tmp_path / "record.json").write_text(json.dumps(record))
    return tmp_path


def test_a_tuned_run_is_tuned(tmp_path):
    record = load_record(version_1(tmp_path, [NOTE], "the best of 8 trials"))
    assert record.schema_version == 2
    assert record.tuning is not None
    assert (record.tuning.trial, record.tuning.trials, record.tuning.search) == (5, 8, "random")
    assert record.tuning.values == {"optimizer.lr": 0.0029}
    assert [step.code for step in record.scaling] == ["tuned"]
    assert from_record(record).tuned is True


def test_a_run_at_another_learning_rate_was_not_tuned(tmp_path):
    source = "× 0.5 of the arm's own rate, to test its verdicts (robust: lr)"
    record = load_record(version_1(tmp_path, ["a note that speaks of being tuned: no"], source))
    assert record.tuning is None
    assert [step.code for step in record.scaling] == ["varied"]
    assert from_record(record).tuned is False


@pytest.mark.parametrize("path", sorted(RESULTS.rglob("record.json")), ids=lambda p: p.parent.name)
def test_every_committed_record_is_readable(path):
    assert load_record(path).schema_version == 2
