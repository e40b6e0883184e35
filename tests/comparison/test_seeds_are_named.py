"""A seed that is missing, chosen or was run again stands beside the verdict."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bakeoff
from bakeoff.comparison import reasons as why
from bakeoff.errors import UsageError
from bakeoff.records.manifest import Manifest, PlannedArm
from bakeoff.records.schema import Failure
from bakeoff.records.store import run_folder, save_record
from comparison.worlds import frame_of, make_record


def table(**seeds: list[object]) -> pd.DataFrame:
    g = np.random.default_rng(0)
    rows = [(arm, seed, 90 + g.standard_normal()) for arm, of in seeds.items() for seed in of]
    return pd.DataFrame(rows, columns=["arm", "seed", "accuracy"])


def facts(frame: object) -> list[why.Reason]:
    kinds = (why.SeedsMissing, why.DifferentSeeds, why.RunAgain)
    row = bakeoff.compare(frame).pair("a", "b")
    found = [fact for fact in row.facts if isinstance(fact, kinds)]
    for fact in found:
        assert why.codes([fact])[0] in [f["code"] for f in row.to_dict()["facts"]]
    return found


@pytest.mark.parametrize(
    ("seeds", "named"),
    [
        # One arm's worst seed was left out.
        ({"a": [0, 1, 2, 4], "b": [0, 1, 2, 3, 4]}, [why.SeedsMissing("a", (3,))]),
        ({"a": [1, 2, 3, 4], "b": [0, 1, 2, 3, 4]}, [why.SeedsMissing("a", (0,))]),
        # The same one in both: each has a gap of its own.
        (
            {"a": [0, 1, 2, 4], "b": [0, 1, 2, 4]},
            [why.SeedsMissing("a", (3,)), why.SeedsMissing("b", (3,))],
        ),
        ({"a": [0, 1, 2], "b": [0, 1, 2, 3, 4]}, [why.DifferentSeeds("a", "b", 3, 5, True)]),
        ({"a": [0, 1, 2], "b": [7, 8, 9]}, [why.DifferentSeeds("a", "b", 3, 3, False)]),
        # Numbers that were chosen before, the same for both, are nobody's choice of results.
        ({"a": [1, 42, 1337], "b": [1, 42, 1337]}, []),
        ({"a": [0, 1, 2], "b": [0, 1, 2]}, []),
        # Names of runs have no order, and are never the same.
        ({"a": ["xu", "yp", "zt"], "b": ["qa", "rb", "sc"]}, []),
    ],
)
def test_seeds_that_are_missing_or_other_are_named(
    seeds: dict[str, list[object]], named: list[why.Reason]
) -> None:
    assert facts(table(**seeds)) == named


def test_the_sentence_says_which_seed_is_not_there() -> None:
    row = bakeoff.compare(table(a=[0, 1, 2, 4], b=[0, 1, 2, 3, 4])).pair("a", "b")
    assert "seed 3 of a is not there: say why, or run it" in row.sentence


def test_copies_that_count_as_one_are_not_called_missing() -> None:
    frame = frame_of(a=[91.2345, 91.2345, 90.1234, 92.3456], b=[88.1, 89.2345, 90.3456, 87.4567])
    assert facts(frame) == []


def folder(tmp_path: Path, seeds: dict[str, list[int]], **change: object) -> Path:
    g = np.random.default_rng(1)
    for arm, of in seeds.items():
        for seed in of:
            record = make_record(arm, seed, int(g.integers(880, 920)), **change)
            save_record(record, run_folder(tmp_path, arm, seed))
    arms = tuple(
        PlannedArm(name=arm, recipe=arm, model="resnet50", init="scratch", budget=record.budget)
        for arm in seeds
    )
    Manifest(
        name="toy",
        created="2026-01-01T00:00:00+00:00",
        data="mnist",
        budget_asked="quick",
        budget_reason="asked",
        arms=arms,
        seeds=tuple(range(5)),
    ).save(tmp_path)
    return tmp_path


def test_a_planned_seed_whose_run_is_gone_is_named_in_both_arms(tmp_path: Path) -> None:
    place = folder(tmp_path, {"a": [0, 1, 2, 3], "b": [0, 1, 2, 3]})
    assert facts(place) == [why.SeedsMissing("a", (4,)), why.SeedsMissing("b", (4,))]


def test_a_run_that_failed_and_was_tried_again_is_named(tmp_path: Path) -> None:
    place = folder(tmp_path, {"a": [0, 1, 2, 3, 4], "b": [0, 1, 2, 3, 4]})
    failed = Failure(kind="diverged", message="loss is not finite", step=7)
    record = make_record("b", 2, 903, failed_before=(failed,))
    save_record(record, run_folder(place, "b", 2))
    assert facts(place) == [why.RunAgain("b", (2,))]
    sentence = bakeoff.compare(place).pair("a", "b").sentence
    assert "seed 2 of b failed and was run again" in sentence


def test_two_records_of_one_seed_are_refused_by_name(tmp_path: Path) -> None:
    one = folder(tmp_path / "one", {"a": [0, 1], "b": [0, 1]})
    two = folder(tmp_path / "two", {"a": [1]})
    save_record(make_record("a", 1, 700), run_folder(two, "a", 1))
    with pytest.raises(UsageError, match="seed 1 of a is there 2 times"):
        bakeoff.compare([one, two])
