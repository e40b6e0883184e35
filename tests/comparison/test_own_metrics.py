"""A metric of the user's own is known to the call that names it, and to nobody else."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

import bakeoff
from bakeoff.cli import app
from bakeoff.comparison.metrics import METRICS
from bakeoff.errors import UnknownName, UsageError


def scores() -> pd.DataFrame:
    g = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "arm": np.repeat(["a", "b"], 4),
            "seed": np.tile(np.arange(4), 2),
            "score": np.concatenate([2 + 0.1 * g.standard_normal(4), g.standard_normal(4) / 10]),
        }
    )


def test_two_comparisons_may_call_different_things_by_one_name() -> None:
    up = bakeoff.compare(scores(), metrics="score[wins]", higher_is_better=True)
    down = bakeoff.compare(scores(), metrics="score[faults]", higher_is_better=False)
    assert [found.comparisons[0].verdict for found in (up, down)] == ["better", "worse"]
    assert "a has a higher score than b" in str(up)
    assert "b has a lower score than a" in str(down)
    assert "wins" in str(up)
    assert "wins" not in str(down)


def test_what_is_known_of_metrics_is_the_same_after_a_comparison() -> None:
    before = dict(METRICS)
    bakeoff.compare(scores(), metrics="score", higher_is_better=True)
    assert before == METRICS
    with pytest.raises(UnknownName):
        bakeoff.compare(scores(), metrics="score", higher_is_better=True, primary="another")


def test_a_comparison_of_an_own_metric_draws_saves_and_prints_as_any() -> None:
    found = bakeoff.compare(scores(), metrics="score[wins]", higher_is_better=True)
    assert "score (wins)" in found.chart("score").to_json()
    assert str(pickle.loads(pickle.dumps(found))) == str(found)
    assert found.to_dict()["comparisons"][0]["metric"] == "score"
    assert found.pair("a", "b", "score").verdict == "better"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("verb", [("compare",), ("import",)])
def test_a_mapping_is_shown_and_nothing_is_written(verb: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    scores().rename(columns={"score": "accuracy"}).assign(accuracy=90.5).to_csv(path, index=False)
    shown = run(*verb, str(path), "--show-mapping")
    assert shown.exit_code == 0, shown.output
    assert "8 runs of 2 arms" in shown.output
    assert list(tmp_path.iterdir()) == [path]


def test_the_mapping_of_an_own_metric_is_shown_with_its_figures(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    scores().round(3).to_csv(path, index=False)
    shown = run("compare", str(path), "--metric", "score", "--higher-is-better", "--show-mapping")
    assert shown.exit_code == 0, shown.output
    assert [line.split() for line in shown.output.splitlines() if "score" in line][-1] == [
        "arm", "seed", "status", "score",
    ]  # fmt: skip
    assert f"{scores().score.round(3)[0]:g}" in shown.output


def test_an_import_without_a_place_asks_for_one(tmp_path: Path) -> None:
    done = run("import", str(tmp_path))
    assert isinstance(done.exception, UsageError)
