"""What `compare` says of arms with several seeds."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

import bakeoff
from bakeoff.comparison.telling import as_html
from comparison.worlds import frame_of

AHEAD = [95.42, 95.51, 95.36]
BEHIND = [95.01, 94.95, 95.08]


def test_a_clear_difference_names_the_winner_whichever_arm_comes_first() -> None:
    found = bakeoff.compare(frame_of(standard=AHEAD, rsb=BEHIND)).comparisons[0]
    assert (found.a, found.b, found.verdict, found.metric) == (
        "standard",
        "rsb",
        "better",
        "accuracy",
    )
    turned = bakeoff.compare(frame_of(rsb=BEHIND, standard=AHEAD)).comparisons[0]
    assert turned.verdict == "worse"
    assert turned.difference == pytest.approx(-found.difference)
    assert turned.sentence == found.sentence
    assert found.sentence.startswith("standard beats rsb by 0.42 ± ")


def test_swapping_the_results_of_two_arms_swaps_the_conclusion() -> None:
    one = bakeoff.compare(frame_of(standard=AHEAD, rsb=BEHIND)).comparisons[0].sentence
    other = bakeoff.compare(frame_of(standard=BEHIND, rsb=AHEAD)).comparisons[0].sentence
    assert one.replace("standard", "X").replace("rsb", "standard").replace("X", "rsb") == other


def test_two_arms_get_scipys_welch_and_its_interval() -> None:
    found = bakeoff.compare(frame_of(a=AHEAD, b=BEHIND)).comparisons[0]
    theirs = stats.ttest_ind(AHEAD, BEHIND, equal_var=False)
    assert found.test == "Welch"
    assert found.p == pytest.approx(theirs.pvalue)
    assert found.p_adjusted == pytest.approx(theirs.pvalue)
    assert found.interval == pytest.approx(tuple(theirs.confidence_interval(0.95)))
    assert (found.n_a, found.n_b) == (3, 3)


def test_fields_are_there_by_attribute_and_by_key() -> None:
    found = bakeoff.compare(frame_of(a=AHEAD, b=BEHIND)).comparisons[0]
    asked = "a b metric difference interval test p p_adjusted verdict n_a n_b reasons"
    wanted = asked.split()
    assert all(found[name] == getattr(found, name) for name in wanted)
    assert set(wanted) <= set(dict(found)) == set(found.to_dict())
    with pytest.raises(KeyError):
        found["winner"]


def test_no_clear_difference_says_how_many_more_seeds_would_tell() -> None:
    generator = np.random.default_rng(1)
    a, b = 95 + 0.1 * generator.standard_normal((2, 3))
    found = bakeoff.compare(frame_of(a=a, b=b), margin=0.1).comparisons[0]
    assert found.verdict == "cannot tell"
    assert found.more_seeds_for == 0.1
    sd = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    needed = 3 + found.more_seeds
    generator = np.random.default_rng(2)
    x = 0.1 + sd * generator.standard_normal((20_000, needed))
    y = sd * generator.standard_normal((20_000, needed))
    power = (stats.ttest_ind(x, y, axis=1, equal_var=False).pvalue < 0.05).mean()
    assert 0.79 < power < 0.92
    assert f"{found.more_seeds} more seeds each would show a gap of 0.1" in found.sentence


def test_the_same_needs_a_margin_and_an_interval_inside_it() -> None:
    generator = np.random.default_rng(3)
    close = {name: 95 + 0.02 * generator.standard_normal(6) for name in "ab"}
    assert bakeoff.compare(frame_of(**close)).comparisons[0].verdict == "cannot tell"
    found = bakeoff.compare(frame_of(**close), margin=0.2).comparisons[0]
    assert found.verdict == "same"
    assert found.equivalence_p < 0.05
    assert "the same in accuracy within ±0.2 points" in found.sentence
    assert bakeoff.compare(frame_of(**close), margin=0.001).comparisons[0].verdict == "cannot tell"


def test_a_difference_below_the_margin_is_the_same_and_says_that_it_exists() -> None:
    generator = np.random.default_rng(3)
    a, b = 95 + 0.01 * generator.standard_normal((2, 6))
    found = bakeoff.compare(frame_of(a=a + 0.1, b=b), margin=0.5).comparisons[0]
    assert found.verdict == "same"
    assert "they differ, by less than the margin" in found.reasons


def test_a_difference_beyond_the_margin_is_better_in_spite_of_it() -> None:
    found = bakeoff.compare(frame_of(a=AHEAD, b=BEHIND), margin=0.05).comparisons[0]
    assert found.verdict == "better"


def test_all_pairs_are_corrected_together_with_holm() -> None:
    generator = np.random.default_rng(4)
    arms = {name: 95 + 0.1 * generator.standard_normal(4) for name in "abcd"}
    rows = bakeoff.compare(frame_of(**arms)).comparisons
    assert [(row.a, row.b) for row in rows] == list(itertools.combinations("abcd", 2))
    from statsmodels.stats.multitest import multipletests

    theirs = multipletests([row.p for row in rows], method="holm")[1]
    assert [row.p_adjusted for row in rows] == pytest.approx(list(theirs))


def test_significant_alone_but_not_together_is_said() -> None:
    rows = bakeoff.compare(
        frame_of(a=[95.3, 95.4, 95.5], b=[95.0, 95.1, 95.2], c=[95.1, 95.2, 95.42])
    ).comparisons
    alone = rows[0]
    assert alone.p < 0.05 < alone.p_adjusted
    assert alone.verdict == "cannot tell"
    assert any("not after the correction" in reason for reason in alone.reasons)


def test_arms_that_cannot_be_told_apart_share_a_rank() -> None:
    found = bakeoff.compare(
        frame_of(low=[90.0, 90.1, 90.2], high=[95.0, 95.1, 95.2], also=[95.02, 95.08, 95.25])
    )
    assert found.ranking == (("also", "high"), ("low",))
    assert [found.arm(name).rank for name in ("also", "high", "low")] == [1, 1, 3]


def test_identical_means_are_a_tie() -> None:
    found = bakeoff.compare(frame_of(a=[95.0, 95.2], b=[95.2, 95.0]))
    assert found.comparisons[0].verdict == "cannot tell"
    assert found.comparisons[0].difference == pytest.approx(0)
    assert len(found.ranking) == 1


@pytest.mark.parametrize(("n_a", "n_b"), [(2, 3), (2, 10), (1, 5), (1, 2)])
def test_too_unequal_numbers_get_no_interval_and_no_verdict(n_a: int, n_b: int) -> None:
    a, b = 99 + 0.1 * np.arange(n_a), 90 + 0.1 * np.arange(n_b)
    found = bakeoff.compare(frame_of(a=a, b=b)).comparisons[0]
    assert (found.verdict, found.interval, found.p) == ("cannot tell", None, None)
    assert found.difference == pytest.approx(a.mean() - b.mean())
    assert "at least 3" in found.reasons[0] or "one finished run" in found.reasons[0]


def test_permutation_p_is_shown_from_four_runs_each() -> None:
    three = bakeoff.compare(frame_of(a=AHEAD, b=BEHIND)).comparisons[0]
    assert three.permutation_p is None
    four = bakeoff.compare(frame_of(a=[*AHEAD, 95.5], b=[*BEHIND, 95.0])).comparisons[0]
    assert four.permutation_p == pytest.approx(2 / 70)


def test_pairing_is_used_only_when_it_is_declared() -> None:
    common = np.array([0.0, 1.0, -1.0, 0.5])
    frame = frame_of(a=95 + common + [0.1, 0.12, 0.09, 0.11], b=95 + common)
    assert bakeoff.compare(frame).comparisons[0].verdict == "cannot tell"
    found = bakeoff.compare(frame, paired=True).comparisons[0]
    assert (found.verdict, found.test) == ("better", "paired t")
    a = frame.accuracy[frame.arm == "a"].to_numpy()
    b = frame.accuracy[frame.arm == "b"].to_numpy()
    assert found.p == pytest.approx(stats.ttest_rel(a, b).pvalue)


def test_pairs_are_told_how_many_more_by_the_spread_of_their_differences() -> None:
    a, b = np.array([90.0, 92.0, 94.0, 96.0]), np.array([89.9, 91.6, 93.95, 95.75])
    found = bakeoff.compare(frame_of(a=a, b=b), paired=True).comparisons[0]
    d = a - b
    theirs = TTestPower().solve_power(d.mean() / d.std(ddof=1), power=0.8, alpha=0.05)
    assert (found.verdict, found.more_seeds) == ("cannot tell", math.ceil(theirs) - 4)
    assert found.more_seeds_for == pytest.approx(0.2)
    assert "4 more seeds each would show a gap of 0.2" in found.sentence


def test_pairs_are_matched_by_seed_not_by_row() -> None:
    frame = frame_of(a=[95.0, 96.0, 97.0], b=[94.9, 95.92, 96.87])
    shuffled = frame.iloc[[2, 0, 1, 4, 3, 5]]
    one, other = (bakeoff.compare(f, paired=True).comparisons[0] for f in (frame, shuffled))
    assert one.p == pytest.approx(other.p)


def test_fractions_and_percent_give_the_same_points() -> None:
    percent = bakeoff.compare(frame_of(a=AHEAD, b=BEHIND)).comparisons[0]
    fractions = bakeoff.compare(
        frame_of(a=[x / 100 for x in AHEAD], b=[x / 100 for x in BEHIND])
    ).comparisons[0]
    assert fractions.difference == pytest.approx(percent.difference)
    assert fractions.unit == "points"


def test_every_metric_given_gets_its_rows_and_lower_loss_is_better() -> None:
    frame = frame_of(a=AHEAD, b=BEHIND).assign(loss=[0.2, 0.21, 0.19, 0.3, 0.31, 0.29])
    found = bakeoff.compare(frame)
    assert [row.metric for row in found.comparisons] == ["accuracy", "loss"]
    loss = found.pair("a", "b", "loss")
    assert loss.difference == pytest.approx(-0.1)
    assert loss.verdict == "better"
    assert loss.p_superiority == 1.0
    assert "a has a lower test cross-entropy than b by 0.100" in loss.sentence
    assert [r.metric for r in bakeoff.compare(frame, metrics="loss").comparisons] == ["loss"]


def test_polars_like_frames_are_read_by_their_columns() -> None:
    frame = frame_of(Arm=AHEAD, b=BEHIND).rename(columns={"arm": "Arm", "accuracy": "Top1"})
    assert bakeoff.compare(frame).comparisons[0].verdict == "better"


def test_one_constant_arm_is_compared_and_the_reader_warned() -> None:
    found = bakeoff.compare(frame_of(a=[95.0, 95.0, 95.0], b=[94.0, 94.1, 94.2])).comparisons[0]
    assert found.verdict == "better"
    assert any("check that the seed was used" in reason for reason in found.reasons)


def test_an_arm_without_spread_does_not_win_by_the_rounding_of_its_mean() -> None:
    assert np.var([95.1] * 3) > 0, "numpy's own rounding, which this is about"
    found = bakeoff.compare(frame_of(a=[95.1] * 3, b=[95.3] * 3, c=[94.0, 94.5, 95.2]))
    row = found.pair("a", "b")
    assert (row.verdict, row.test, row.p, row.interval) == ("cannot tell", "none", None, None)
    assert row.difference == pytest.approx(-0.2)
    assert "no spread between seeds" in row.sentence
    assert found.arm("a").metrics["accuracy"].sd == 0
    assert found.arm("a").metrics["accuracy"].interval == pytest.approx((95.1, 95.1), abs=1e-12)
    assert {concern.code for concern in found.concerns} == {"copied run"}


def test_pairs_that_all_differ_by_the_same_are_not_told_apart_by_rounding() -> None:
    a, b = [95.1, 95.2, 95.4], [95.0, 95.1, 95.3]
    assert stats.ttest_rel(a, b).pvalue < 1e-20, "scipy's own rounding, which this is about"
    row = bakeoff.compare(frame_of(a=a, b=b), paired=True).comparisons[0]
    assert (row.verdict, row.test, row.p, row.interval) == ("cannot tell", "none", None, None)
    assert "the seeds' differences do not vary" in row.sentence


def test_spread_however_small_that_is_not_rounding_decides_as_scipy_does() -> None:
    a, b = [95.1, 95.1 + 1e-8, 95.1 - 1e-8], [95.0, 95.0 + 1e-8, 95.0]
    row = bakeoff.compare(frame_of(a=a, b=b)).comparisons[0]
    assert row.p == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue, rel=1e-4)


def test_the_answer_survives_json_a_data_frame_a_notebook_and_a_terminal() -> None:
    found = bakeoff.compare(frame_of(**{"a": AHEAD, "<script>b": BEHIND, "[red]c": AHEAD[:2]}))
    again = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert again["comparisons"][0]["interval"] == list(found.comparisons[0].interval)
    table = found.to_frame()
    assert isinstance(table, pd.DataFrame)
    assert list(table.verdict) == [row.verdict for row in found.comparisons]
    assert "<script>" not in as_html(found)
    assert "&lt;script&gt;" in found._repr_html_()
    text = str(found)
    assert "\x1b" not in text
    assert "<script>b" in text
    assert "[red]c" in text
    assert found.comparisons[0].sentence in text


def test_rates_are_told_from_arms_on_several_data_sets_too() -> None:
    arms = {"a on X": AHEAD, "b on X": BEHIND, "a+lr2 on X": AHEAD, "b+lr2 on X": BEHIND}
    found = bakeoff.compare(frame_of(**arms))
    assert [summary.arm for summary in found.arms] == ["a on X", "b on X"]
    assert found.comparisons[0].verdict_at_rates == {"2": "better"}


def test_a_pair_is_the_same_pair_at_every_rate_whatever_the_order_of_the_runs() -> None:
    arms = {"b": BEHIND, "a": AHEAD, "a+lr2": BEHIND, "b+lr2": AHEAD}
    row = bakeoff.compare(frame_of(**arms)).comparisons[0]
    assert (row.a, row.verdict, row.verdict_at_rates) == ("b", "worse", {"2": "better"})
    assert row.survives_rate is False
    assert "does not survive another learning rate (at × 2: better)" in row.sentence


def test_other_learning_rates_are_not_ranked_but_say_whether_the_verdict_survives() -> None:
    arms = {"a": AHEAD, "b": BEHIND, "a+lr0.5": AHEAD, "b+lr0.5": BEHIND}
    survives = bakeoff.compare(frame_of(**arms, **{"a+lr2": AHEAD, "b+lr2": BEHIND}))
    assert [summary.arm for summary in survives.arms] == ["a", "b"]
    row = survives.comparisons[0]
    assert row.survives_rate is True
    assert "survives the learning rate × 0.5 and × 2" in row.reasons
    falls = bakeoff.compare(frame_of(**arms, **{"a+lr2": BEHIND, "b+lr2": AHEAD}))
    row = falls.comparisons[0]
    assert row.survives_rate is False
    assert any("at × 2: worse" in reason for reason in row.reasons)
    assert bakeoff.compare(frame_of(a=AHEAD, b=BEHIND)).comparisons[0].survives_rate is None
