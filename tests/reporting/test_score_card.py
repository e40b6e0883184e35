"""The first screen: who won, by how much, how sure, and what would make one doubt it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.errors import UsageError
from bakeoff.records.manifest import FloorFacts, SkippedArm
from bakeoff.records.schema import Failure
from bakeoff.reporting.build import compose
from bakeoff.reporting.document import plain
from bakeoff.reporting.markdown import render_markdown
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import NBSP
from bakeoff.reporting.score import CareCode, ScoreCard, made_from
from bakeoff.reporting.source import Run, read_source
from reporting.synthetic_runs import RSB_A3, data_facts, manifest, run, two_arms

KNOWN_TRAIN = "71d3be42f93ad20da73bb4a9744d0bebdaa6832be56dc010e21940e72c4c8b1e"
KNOWN_TEST = "4718853ea946af656684509414983beff2e65cf414265c27966161014c003b8b"


def card_of(runs: list[Any], **plan: Any) -> ScoreCard:
    planned = manifest(runs, **plan)
    read = read_source([record for record, _ in runs])
    of_plan = [Run(replace(one.stored, manifest=planned)) for one in read.runs]
    return made_from(Material(replace(read, runs=tuple(of_plan), manifest=planned)))


def said(card: ScoreCard) -> str:
    return plain(card.panels[0].answer).replace(NBSP, " ")


def codes(card: ScoreCard) -> list[CareCode]:
    return [care.code for care in card.care]


def many(arms: int = 9, seeds: int = 3) -> list[Any]:
    return [run(f"recipe-{a}", s, 15 + 7 * a + 3 * s) for a in range(arms) for s in range(seeds)]


def test_the_answer_has_both_means_the_gap_and_at_most_16_words() -> None:
    diverged = Failure(kind="diverged", message="not finite", step=4)
    failed = [run("standard-lr-1e6", s, failure=diverged) for s in range(3)]
    for runs in (
        two_arms(),
        [*two_arms(), *failed],
        [*failed, *(run("other", s, failure=diverged) for s in range(2)), *two_arms()],
        two_arms((17,), (90,)),
        two_arms((20, 24, 28), (21, 23, 29)),
        many(),
        [run("standard", s, 20 + s) for s in range(2)],
        failed,
    ):
        assert len(said(card_of(runs)).split()) <= 16, said(card_of(runs))
    assert (
        said(card_of(two_arms())) == "standard 98.2 %, rsb-a3 95.7 %: standard leads by 2.5 points."
    )
    assert said(card_of([*two_arms(), *failed])).startswith("standard-lr-1e6 did not train. ")
    assert said(card_of(two_arms((20, 24, 28), (21, 23, 29)))).endswith("undecided.")
    # One run each, and no predictions to test them by.
    assert said(card_of(two_arms((17,), (90,)))).endswith("undecided.")


def test_the_reference_is_the_files_own_else_its_first_arm() -> None:
    first, named = card_of(two_arms()), card_of(two_arms(), reference="rsb-a3")
    assert first.panels[0].reference == "standard"
    assert named.panels[0].reference == "rsb-a3"
    [ours] = [entry for entry in named.panels[0].entries if entry.name == "standard"]
    assert ours.difference == pytest.approx(2.5)
    assert ours.low is not None
    assert ours.high is not None
    assert ours.low < 2.5 < ours.high
    assert ours.verdict == "better"
    [theirs] = [entry for entry in first.panels[0].entries if entry.name == "rsb-a3"]
    assert (theirs.low, theirs.high) == pytest.approx((-ours.high, -ours.low))
    assert theirs.verdict == "worse"


def test_conditions_are_one_line_with_interval_seeds_test_and_p() -> None:
    line = plain(card_of(two_arms()).panels[0].conditions).replace(NBSP, " ")
    assert re.fullmatch(
        r"95 % interval 1\.84 to 3\.16 points; 3 seeds each; Welch, p = 0\.00\d; "
        r"300,000 training images a run \(5 epochs\)\.",
        line,
    )


def test_an_outlier_is_broken_off_the_axis_and_the_rest_keeps_its_room() -> None:
    runs = [*many(), *(run("lost", s, 500 + 40 * s) for s in range(3))]
    [panel] = card_of(runs).panels
    assert panel.entries[-1].name == "lost"
    assert panel.entries[-1].extent > panel.limit
    assert all(entry.extent <= panel.limit for entry in panel.entries[:-1])
    assert card_of(two_arms()).panels[0].limit >= 2.5


def test_read_with_care_is_in_order_of_weight() -> None:
    linear = FloorFacts(name="linear model", accuracy=99.5, images=1000, how="raw pixels")
    third = SkippedArm(arm="third", message="it has no weights")
    card = card_of(two_arms(), floors=(linear,), skipped=(third,), seeds=(0, 1, 2, 3))
    assert codes(card) == [
        CareCode.BELOW_BASELINE,
        CareCode.SHORT_BUDGET,
        CareCode.NOT_TUNED,
        CareCode.LEFT_OUT,
        CareCode.MISSING_RUNS,
    ]
    assert plain(card.care[0].text).replace(NBSP, " ") == (
        "No arm reaches a linear model (99.50 %) on raw pixels."
    )
    assert "learning-rate sensitivity was not checked" in plain(card.care[2].text)


def test_bundled_mnist_always_has_its_baselines_and_other_images_do_not() -> None:
    def on(train: str, test: str) -> ScoreCard:
        data = data_facts(train_hash=train, test_hash=test)
        runs = [run("standard", s, 120 + s, data=data) for s in range(2)]
        return card_of(
            [*runs, *(run("rsb-a3", s, 300 + s, recipe=RSB_A3, data=data) for s in range(2))]
        )

    known = on(KNOWN_TRAIN, KNOWN_TEST)
    assert "(92.45 %) or the nearest neighbour (97.20 %)" in plain(known.care[0].text).replace(
        NBSP, " "
    )
    drawn = {e.name: e.mean for e in known.panels[0].entries if e.kind == "baseline"}
    assert drawn == {"linear model": 92.45, "1-nearest neighbour": 97.2}
    for other in (on("a" * 64, KNOWN_TEST), on(KNOWN_TRAIN, "b" * 64)):
        assert CareCode.BELOW_BASELINE not in codes(other)
        assert all(entry.kind != "baseline" for entry in other.panels[0].entries)


def test_what_holds_on_every_data_set_is_said_once() -> None:
    clothes = data_facts(title="Clothes", test_hash="d" * 64)
    runs = [r for r, _ in two_arms()]
    runs += [run("standard", s, 90 + s, data=clothes)[0] for s in range(3)]
    runs += [run("rsb-a3", s, 60 + s, recipe=RSB_A3, data=clothes)[0] for s in range(3)]
    document = compose(read_source(runs))
    told = [notice for notice in document.notices if notice.code == "short-budget"]
    assert len(told) == 1
    assert plain(told[0].text).startswith("Shorter than published")
    assert [title for title, _, _ in document.answers] == ["MNIST", "Clothes"]


def test_markdown_draws_from_the_same_card() -> None:
    document = compose(read_source([record for record, _ in two_arms()]))
    text = render_markdown(document, "charts")[0].replace(NBSP, " ")
    first = text.split("## Objective")[0]
    assert "**standard 98.2 %, rsb-a3 95.7 %: standard leads by 2.5 points.**" in first
    assert "**Read with care**" in first
    assert "charts/score.svg" in first
    for notice in document.notices:
        assert re.sub(r"\s", " ", plain(notice.text)).split(":")[0] in first.replace("**", "")


def test_a_reference_that_no_arm_is_called_is_refused_by_name() -> None:
    values = {"name": "x", "data": "mnist", "arms": ["standard", "rsb-a3"]}
    assert BakeoffSpec.model_validate({**values, "reference": "rsb-a3"}).reference == "rsb-a3"
    with pytest.raises(UsageError, match=r"reference is rsb-a2\. Name one of the arms: standard"):
        read_spec({**values, "reference": "rsb-a2"})
