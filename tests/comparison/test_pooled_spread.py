"""`test: pooled`: one spread for all arms, chosen before the runs."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multicomp import pairwise_tukeyhsd
from typer.testing import CliRunner

import bakeoff
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.cli.app import app
from bakeoff.comparison import reasons as why
from bakeoff.errors import UsageError


def frame(g: np.random.Generator, means: list[float], spreads: list[float], n: int) -> pd.DataFrame:
    rows = [
        {"arm": f"arm{at}", "seed": seed, "accuracy": 80 + mean + spread * g.standard_normal()}
        for at, (mean, spread) in enumerate(zip(means, spreads, strict=True))
        for seed in range(n)
    ]
    return pd.DataFrame(rows)


def test_every_pair_is_tukeys_as_statsmodels_and_scipy_have_it() -> None:
    runs = frame(np.random.default_rng(1), [0, 0.4, 1.5, 2.5], [1] * 4, 5)
    found = bakeoff.compare(runs, test="pooled")
    theirs = pairwise_tukeyhsd(runs.accuracy, runs.arm)
    of = {arm: runs.accuracy[runs.arm == arm] for arm in sorted(set(runs.arm))}
    hsd = stats.tukey_hsd(*of.values())
    for at, (i, j) in enumerate(itertools.combinations(range(4), 2)):
        row = found.pair(f"arm{i}", f"arm{j}")
        assert row.test == "Tukey"
        assert row.p_adjusted == pytest.approx(theirs.pvalues[at], abs=1e-6)
        assert row.p_adjusted == pytest.approx(hsd.pvalue[i, j], abs=1e-9)
        assert row.interval.low == pytest.approx(hsd.confidence_interval().low[i, j])
        assert (row.verdict != "cannot tell") == (row.p_adjusted < 0.05)
        fact = next(f for f in row.facts if isinstance(f, why.PooledSpread))
        assert (fact.arms, fact.degrees_of_freedom) == (4, 16)
    assert "Tukey p" in found.pair("arm0", "arm3").sentence
    assert "Holm" not in found.pair("arm0", "arm3").sentence
    json.dumps(found.to_dict())


def test_equal_arms_have_a_winner_as_rarely_as_promised_and_true_ones_more_often_than_by_holm() -> (
    None
):
    g = np.random.default_rng(2)
    false = [
        any(row.verdict != "cannot tell" for row in bakeoff.compare(w, test="pooled").comparisons)
        for w in (frame(g, [0.0] * 3, [1.0] * 3, 4) for _ in range(100))
    ]
    assert np.mean(false) <= 0.05 + 0.066  # three standard errors of 100
    found = []
    for _ in range(20):
        runs = frame(g, [2.0, 0, 0, 0, 0, 0], [1.0] * 6, 5)
        row = []
        for test in ("pooled", None):
            judged = bakeoff.compare(runs, metrics="accuracy", test=test)
            won = [judged.pair("arm0", f"arm{k}").verdict == "better" for k in range(1, 6)]
            row.append(np.mean(won))
        found.append(row)
    pooled, usual = np.mean(found, axis=0)
    assert pooled > usual + 0.1


def test_arms_that_do_not_vary_alike_are_told_of() -> None:
    runs = frame(np.random.default_rng(3), [0, 0, 3], [0.1, 0.1, 3.0], 8)
    row = bakeoff.compare(runs, test="pooled").pair("arm0", "arm2")
    fact = next(f for f in row.facts if isinstance(f, why.SpreadsDiffer))
    theirs = stats.levene(*(runs.accuracy[runs.arm == f"arm{k}"] for k in range(3)))
    assert fact.p == pytest.approx(theirs.pvalue)
    assert "do not vary alike" in row.sentence


def test_where_it_cannot_be_pairs_are_tested_as_usual_and_say_so() -> None:
    runs = frame(np.random.default_rng(4), [0, 3], [1, 1], 3)
    runs["status"] = ["failed", *["ok"] * 5]
    row = bakeoff.compare(runs, test="pooled").pair("arm0", "arm1")
    assert any(isinstance(f, why.PooledNotPossible) for f in row.facts)
    assert row.test != "Tukey"
    good = frame(np.random.default_rng(4), [0, 3], [1, 1], 3)
    for more, said in (
        ({"paired": True}, "declared pairs"),
        ({"looks": [3, 5]}, "planned looks"),
        ({"family": "all"}, "several metrics"),
    ):
        with pytest.raises(UsageError, match=f"does not go with {said}"):
            bakeoff.compare(good, test="pooled", **more)
    with pytest.raises(UsageError, match="no test called"):
        bakeoff.compare(good, test="tukey")  # type: ignore[arg-type]


def test_on_the_command_line_and_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    frame(np.random.default_rng(5), [0, 5, 5], [1, 1, 1], 4).to_csv(path, index=False)
    told = CliRunner().invoke(app, ["compare", str(path), "--test", "pooled", "--format", "json"])
    assert told.exit_code == 0, told.output
    assert {row["test"] for row in json.loads(told.stdout)["comparisons"]} == {"Tukey"}
    spec = {"name": "x", "data": "mnist", "arms": ["standard", "rsb-a3"], "test": "pooled"}
    assert read_spec(spec).test == "pooled"
    for more, said in (({"paired": True}, "paired"), ({"seeds": {"at_most": 5}}, "until decided")):
        with pytest.raises(UsageError, match=said):
            read_spec({**spec, **more})


def test_a_bakeoff_is_judged_as_it_planned_and_cannot_change_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quarters: object
) -> None:
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
    spec = {"name": "toy", "data": "quarters", "model": "test_resnet", "budget": "96images",
            "arms": ["standard", "rsb-a3", "rsb-a2"], "seeds": 2, "test": "pooled"}  # fmt: skip
    bakeoff.run(spec, out=tmp_path, device="cpu")
    assert bakeoff.compare(tmp_path).comparisons[0].test == "Tukey"
    assert "Tukey" in bakeoff.report(tmp_path).md.read_text()
    with pytest.raises(UsageError, match="decides by pooled test"):
        bakeoff.run({**spec, "test": None}, out=tmp_path, device="cpu")
