"""Test images in groups (patients, videos): McNemar and its interval draw whole groups."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from typer.testing import CliRunner

import bakeoff
from bakeoff.cli.app import app
from bakeoff.comparison import reasons as why
from bakeoff.errors import BadFile, UsageError
from bakeoff.statistics import cluster_t


def world(g: np.random.Generator, groups: int, size: int, gap: float = 0.0) -> pd.DataFrame:
    """Two models; in each group one of them is better, by the luck of what it shows."""
    taste = 1.2 * g.standard_normal((groups, 1))
    rows = []
    for arm, skill in (("a", 2 + gap + taste), ("b", 2 - taste)):
        right = g.random((groups, size)) < special.expit(skill)
        rows.append(
            pd.DataFrame(
                {
                    "arm": arm,
                    "image": np.arange(groups * size),
                    "patient": np.repeat(np.arange(groups), size),
                    "correct": right.ravel().astype(int),
                    "nll": np.where(right, 0.1, 2.0).ravel(),
                }
            )
        )
    return pd.concat(rows)


def test_equal_models_are_told_apart_as_rarely_as_promised_by_group_and_not_without() -> None:
    g = np.random.default_rng(0)
    worlds = [world(g, 100, 10) for _ in range(120)]
    by_group = [bakeoff.compare(w, metrics="accuracy").pair("a", "b") for w in worlds]
    plain = [
        bakeoff.compare(w.drop(columns="patient"), metrics="accuracy").pair("a", "b")
        for w in worlds
    ]
    # Three standard errors of 120 experiments.
    assert np.mean([r.p < 0.05 for r in by_group]) <= 0.05 + 0.06
    assert np.mean([r.interval.contains(0) for r in by_group]) >= 0.95 - 0.06
    assert np.mean([r.p < 0.05 for r in plain]) > 0.15
    fact = next(f for f in by_group[0].facts if isinstance(f, why.McNemarByCluster))
    assert (fact.clusters, by_group[0].test) == (100, "McNemar by cluster")
    assert "100 clusters that belong together" in " ".join(by_group[0].reasons)


def test_one_image_a_group_is_mcnemars_own_test() -> None:
    frame = world(np.random.default_rng(1), 400, 1, gap=1.0)
    grouped = bakeoff.compare(frame).pair("a", "b")
    plain = bakeoff.compare(frame.drop(columns="patient")).pair("a", "b")
    assert grouped.p == pytest.approx(plain.p, rel=1e-6)
    assert grouped.discordant == plain.discordant
    assert bakeoff.compare(frame).pair("a", "b", "loss").test == "t over clusters of images"


def test_losses_by_group_are_the_paired_t_test_where_groups_are_single_images() -> None:
    g = np.random.default_rng(2)
    d = g.standard_normal(60) + 0.3
    ours, theirs = cluster_t(d, np.arange(60)), stats.ttest_1samp(d, 0)
    assert ours.p == pytest.approx(theirs.pvalue)
    assert ours.interval == pytest.approx(tuple(theirs.confidence_interval()))
    with pytest.raises(UsageError, match="too few"):
        cluster_t(d, np.arange(60) // 10)


def test_a_group_column_may_have_other_names_and_no_column_for_the_arm(tmp_path: Path) -> None:
    frame = world(np.random.default_rng(3), 30, 5, gap=2.0)
    for arm, rows in frame.groupby("arm"):
        rows.rename(columns={"patient": "group"}).drop(columns="arm").to_csv(
            tmp_path / f"{arm}.csv", index=False
        )
    row = bakeoff.compare(tmp_path).pair("a", "b")
    assert row.test == "McNemar by cluster"


def test_two_groupings_and_an_image_without_a_group_are_refused() -> None:
    frame = world(np.random.default_rng(4), 30, 5).reset_index(drop=True)
    other = frame.copy()
    other.loc[other["arm"] == "b", "patient"] //= 2
    with pytest.raises(UsageError, match="group the test images otherwise"):
        bakeoff.compare(other)
    with pytest.raises(UsageError, match="has no group"):
        bakeoff.compare(frame.assign(patient=frame["patient"].where(frame["image"] != 7)))


def test_seeds_on_grouped_images_promise_nothing_of_new_single_images() -> None:
    g = np.random.default_rng(5)
    runs = [world(g, 30, 5).assign(seed=seed) for seed in range(3)]
    row = bakeoff.compare(pd.concat(runs), metrics="accuracy").pair("a", "b")
    assert row.test == "Welch"
    assert row.interval_new_images is None


def test_records_take_their_groups_from_a_table_in_the_data_sets_order(
    tmp_path: Path, write_run: Callable[..., Path]
) -> None:
    g = np.random.default_rng(6)
    for arm in "ab":
        write_run(arm, 0, np.repeat(g.random(100) < 0.8, 10))
    table = tmp_path / "patients.csv"
    pd.DataFrame({"patient": np.repeat(np.arange(100), 10)}).to_csv(table, index=False)
    said = CliRunner().invoke(
        app, ["compare", str(tmp_path / "runs"), "--groups", str(table), "--format", "json"]
    )
    row = json.loads(said.stdout)["comparisons"][0]
    assert row["test"] == "McNemar by cluster"
    assert row["p"] > bakeoff.compare(tmp_path / "runs").comparisons[0].p
    with pytest.raises(UsageError, match="500 images have a group"):
        bakeoff.compare(tmp_path / "runs", groups=[0] * 500)
    pd.DataFrame({"age": [1]}).to_csv(table, index=False)
    with pytest.raises(BadFile, match="no column group, but age"):
        bakeoff.compare(tmp_path / "runs", groups=table)
