"""A comparison of two recipes shows what differs, all of it and nothing else."""

from __future__ import annotations

import itertools

import pytest

from bakeoff.recipes import load, names
from bakeoff.recipes.diff import diff, diff_json
from bakeoff.recipes.values import effective_values


def test_rsb_a2_and_a3_differ_in_what_the_table_says():
    rows = {row.key: (row.a, row.b) for row in diff(load("rsb-a2"), load("rsb-a3"))}
    assert rows == {
        "epochs": (300, 100),
        "resolution.train": (224, 160),
        "optimizer.lr": (5e-3, 8e-3),
        "augment.randaugment.magnitude": (7, 6),
        "augment.repeats": (3, 1),
        "stochastic_depth": (0.05, 0.0),
    }


def test_a_recipe_does_not_differ_from_itself():
    assert diff(load("rsb-a1"), load("rsb-a1")) == []


def test_a_part_that_one_recipe_lacks_shows_each_value_of_the_other():
    rows = {row.key: row for row in diff(load("standard"), load("rsb-a3"))}
    assert rows["augment.mix.cutmix_alpha"].a is None
    assert rows["augment.mix.cutmix_alpha"].b == 1.0
    assert rows["augment.mix.cutmix_alpha"].a_source == "seed: no Mixup or CutMix"
    assert "augment.mix" not in rows


def test_values_without_effect_are_no_difference():
    keys = {row.key for row in diff(load("standard"), load("rsb-a3"))}
    assert not keys & {"schedule.step_epochs", "schedule.gamma"}


@pytest.mark.parametrize(
    ("a", "b"), [("rsb-a1", "mosaic-mild"), ("rsb-a1", "finetune"), ("finetune", "mosaic-mild")]
)
def test_turned_around_it_says_the_same(a, b):
    forth, back = diff(load(a), load(b)), diff(load(b), load(a))
    assert {r.key: (r.a, r.a_source, r.b) for r in forth} == {
        r.key: (r.b, r.b_source, r.a) for r in back
    }


def test_what_is_not_shown_is_equal():
    for a, b in itertools.combinations([load(name) for name in names()], 2):
        shown = {row.key for row in diff(a, b)}
        mine, theirs = effective_values(a.recipe), effective_values(b.recipe)
        for key in (mine.keys() & theirs.keys()) - shown:
            parts = any(other.startswith(f"{key}.") for other in shown)
            assert parts or mine[key] == theirs[key]


def test_json_holds_the_same_rows():
    shape = diff_json(load("rsb-a2"), load("rsb-a3"))
    assert (shape["a"], shape["b"]) == ("rsb-a2", "rsb-a3")
    assert [row["key"] for row in shape["differences"]] == [
        row.key for row in diff(load("rsb-a2"), load("rsb-a3"))
    ]
    assert set(shape["differences"][0]) == {"key", "a", "b", "a_source", "b_source"}
