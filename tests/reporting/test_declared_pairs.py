"""Pairs that a bake-off's file declares: one test and one verdict, wherever it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scipy import stats

import bakeoff
from bakeoff.cli import main
from reporting.synthetic_runs import RSB_A3, run, two_arms, write_bakeoff

STANDARD, A3 = (17, 29, 48), (24, 35, 55)
"""Misses that go up and down together: pairs tell the arms apart, and Welch does not."""
PAIRED = stats.ttest_rel(STANDARD, A3).pvalue


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    return write_bakeoff(tmp_path / "pairs", two_arms(STANDARD, A3), paired=True)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    with pytest.raises(SystemExit) as ended:
        main(["compare", *arguments, "--format", "json"])
    assert ended.value.code in (0, None)
    return json.loads(capsys.readouterr().out)


def test_compare_and_report_follow_the_bakeoffs_file(
    declared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = bakeoff.compare(declared).pair("standard", "rsb-a3")
    assert (row.test, row.p) == ("paired t", pytest.approx(PAIRED))
    assert row.sentence.startswith("standard beats rsb-a3")
    told = said(capsys, str(declared))
    assert told["paired"] is True
    assert told["comparisons"][0]["test"] == "paired t"
    text = bakeoff.report(declared).md.read_text()
    assert "Test: paired t" in text
    assert row.sentence.partition(" by ")[2] in text.replace("\\<", "<")


def test_what_is_asked_for_on_the_command_line_counts_more(
    declared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, str(declared), "--no-paired")["comparisons"][0]["test"] == "Welch"
    undeclared = str(write_bakeoff(tmp_path / "undeclared", two_arms(STANDARD, A3)))
    assert said(capsys, undeclared)["comparisons"][0]["test"] == "Welch"
    assert said(capsys, undeclared, "--paired")["comparisons"][0]["test"] == "paired t"


def test_runs_of_two_bakeoffs_are_no_pairs_of_either(declared: Path, tmp_path: Path) -> None:
    other = [run("third", seed, 60 + seed, recipe=RSB_A3) for seed in range(3)]
    beside = write_bakeoff(tmp_path / "beside", other, paired=True, name="beside")
    for row in bakeoff.compare([declared, beside]).pairs():
        assert row.test == "Welch"
    text = bakeoff.report([declared, beside], out=tmp_path / "out").md.read_text()
    assert "Test: Welch" in text
    assert "paired t" not in text


def test_while_a_pair_is_incomplete_nothing_is_paired_and_a_note_says_so(tmp_path: Path) -> None:
    running = write_bakeoff(tmp_path / "running", two_arms((17, 19, 18), (40, 46)), paired=True)
    found = bakeoff.compare(running)
    assert found.paired is False
    assert found.pairs()[0].test != "paired t"
    [note] = [note for note in found.notes if "pairs" in note]
    assert "only one of them has seed 2" in note
    text = bakeoff.report(running).md.read_text()
    assert "Seeds were declared to be pairs, and were not tested as such" in text
    assert "The arms were not ranked" not in text
