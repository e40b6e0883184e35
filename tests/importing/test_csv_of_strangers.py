"""CSV files as people keep them are read, or answered by one question that one option settles."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import bakeoff
from bakeoff.comparison.answer import Comparison
from bakeoff.errors import UsageError
from importing.strangers_csv import CASES, MODELS, Case, accuracy, summary, table


def judged(case: Case, found: Comparison) -> None:
    row = next(
        row
        for row in found.comparisons
        if row.metric == case.metric and {row.a, row.b} == set(case.arms)
    )
    sign = 1 if row.a == case.arms[0] else -1
    assert row.difference is not None
    assert sign * row.difference == pytest.approx(case.gap, abs=0.02)
    word = {1: "better", -1: "worse"}[sign] if case.decides else "cannot tell"
    assert row.verdict == word


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_csv_is_read_or_one_question_settles_it(case: Case, tmp_path: Path) -> None:
    path = tmp_path / f"{case.name}.csv"
    path.write_text(case.text)
    if case.lone:
        with pytest.raises(UsageError, match="only one arm"):
            bakeoff.compare(path)
    elif case.best or case.answer:
        with pytest.raises(UsageError) as asked:
            bakeoff.compare(path)
        option = "--accept-best" if case.best else f"--map {case.answer}"
        assert option in asked.value.advice
        mapping = case.answer or None
        judged(case, bakeoff.compare(path, mapping=mapping, accept_best=case.best))
    else:
        judged(case, bakeoff.compare(path))


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_means_and_deviations_are_tested_as_scipy_tests_them(tmp_path: Path) -> None:
    text = "model,acc_mean,acc_std,n\na,91.2,0.4,5\nb,90.5,0.6,4\n"
    row = bakeoff.compare(written(tmp_path / "r.csv", text)).comparisons[0]
    oracle = stats.ttest_ind_from_stats(91.2, 0.4, 5, 90.5, 0.6, 4, equal_var=False)
    assert row.p == pytest.approx(oracle.pvalue)
    assert (row.n_a, row.n_b, row.test) == (5, 4, "Welch")
    # Nothing that needs the runs themselves is made up.
    assert row.permutation_p is None
    assert row.p_superiority is None
    assert next(fact.code for fact in row.facts) == "welch-of-summaries"


def test_a_mean_of_an_unknown_number_of_runs_is_a_question(tmp_path: Path) -> None:
    path = written(tmp_path / "r.csv", summary("model,acc_mean,acc_std", "{m},{mean},{sd}"))
    with pytest.raises(UsageError) as asked:
        bakeoff.compare(path)
    assert "over how many runs" in asked.value.message
    assert "--map runs=5" in asked.value.advice
    row = bakeoff.compare(path, mapping="runs=5").comparisons[0]
    assert (row.n_a, row.verdict) == (5, "better")


def test_folds_are_tested_by_the_corrected_resampled_t(tmp_path: Path) -> None:
    text = table("model,fold,acc", "{m},{s},{a}", seeds=5)
    row = bakeoff.compare(written(tmp_path / "r.csv", text)).comparisons[0]
    d = np.array([100 * (accuracy(MODELS[0], s) - accuracy(MODELS[1], s)) for s in range(5)])
    # Nadeau & Bengio 2003: variance of the mean is (1/J + n_test/n_train) s².
    t = d.mean() / np.sqrt(d.var(ddof=1) * (1 / 5 + (1 / 5) / (4 / 5)))
    assert row.p == pytest.approx(2 * stats.t.sf(abs(t), 4))
    assert row.test == "corrected resampled t"
    assert "5 folds each" in row.sentence
    assert row.more_seeds is None


def test_a_column_is_made_the_folds_by_one_option(tmp_path: Path) -> None:
    path = written(tmp_path / "r.csv", table("model,split,acc", "{m},{s},{a}", seeds=5))
    with pytest.raises(UsageError) as asked:
        bakeoff.compare(path)
    assert "--map fold=split" in asked.value.advice
    assert "--map seed=split" in asked.value.advice
    folds = bakeoff.compare(path, mapping="fold=split").comparisons[0]
    seeds = bakeoff.compare(path, mapping="seed=split").comparisons[0]
    assert (folds.test, seeds.test) == ("corrected resampled t", "Welch or ranks")


def test_folds_that_arms_do_not_share_are_refused(tmp_path: Path) -> None:
    text = "model,fold,acc\na,0,90\na,1,91\na,2,92\nb,0,80\nb,1,81\n"
    with pytest.raises(UsageError, match="not each of k folds once"):
        bakeoff.compare(written(tmp_path / "r.csv", text))


@pytest.mark.parametrize(("unit", "gap"), [("percent", 0.03), ("fraction", 3.0)])
def test_small_errors_are_asked_for_their_unit(tmp_path: Path, unit: str, gap: float) -> None:
    path = written(tmp_path / "r.csv", table("model,seed,test_error", "{m},{s},{e}"))
    with pytest.raises(UsageError, match="percent or fractions"):
        bakeoff.compare(path)
    row = bakeoff.compare(path, unit=unit).comparisons[0]
    assert row.difference == pytest.approx(gap)
    assert row.verdict == "better"  # the smaller error is the better arm


def test_a_table_of_two_data_sets_has_a_verdict_on_each() -> None:
    frame = pd.DataFrame(
        [
            (data, arm, seed, level + 0.001 * seed)
            for data, levels in {"x": (0.9, 0.8), "y": (0.6, 0.7)}.items()
            for arm, level in zip("ab", levels, strict=True)
            for seed in range(3)
        ],
        columns=["dataset", "method", "seed", "acc"],
    )
    found = bakeoff.compare(frame)
    assert [(row.a, row.verdict) for row in found.comparisons] == [
        ("a on x", "better"),
        ("a on y", "worse"),
    ]
    assert found.ranking == ()
