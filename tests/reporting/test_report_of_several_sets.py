"""Several data sets in one report: each under its own heading, on its own axis, never ranked."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

import bakeoff
from bakeoff.records.manifest import (
    FloorFacts,
    PretrainingFacts,
    SkippedArm,
    TrialFacts,
    TunedArm,
    TuningFacts,
)
from bakeoff.records.store import save_record
from bakeoff.reporting import Report, report
from reporting.synthetic_runs import (
    RSB_A3,
    data_facts,
    manifest,
    run,
    two_arms,
    write_bakeoff,
)

CLOTHES = data_facts(name="fashion-mnist", title="Fashion-MNIST", test_hash="d" * 64)


def clothes() -> list:
    return [
        *(run("standard", seed, 100 + 5 * seed, data=CLOTHES) for seed in range(3)),
        *(run("rsb-a3", seed, 60 + 5 * seed, recipe=RSB_A3, data=CLOTHES) for seed in range(3)),
    ]


def write_parts(home: Path, parts: dict[str, list], **change: Any) -> Path:
    """A bake-off on several data sets as `bakeoff run` leaves it: a plan in each set's folder."""
    for name, runs in parts.items():
        write_bakeoff(home / name, runs, data=name, datasets=tuple(parts), **change)
    return home


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One bake-off whose runs lie under a folder for each set."""
    home = tmp_path_factory.mktemp("runs") / "two-sets"
    digits = two_arms()
    for name, runs in (("mnist", digits), ("fashion-mnist", clothes())):
        for record, answers in runs:
            folder = home / name / record.arm / f"seed-{record.seed}"
            save_record(record, folder)
            answers.save(folder)
    manifest(digits, question="").save(home)
    return report(home)


def part(text: str, title: str) -> str:
    return re.split(r"^## ", text.split(f"## {title}\n")[1], flags=re.MULTILINE)[0]


def test_each_set_has_its_own_verdict_and_none_is_ranked(made: Report) -> None:
    assert "rsb-a3 beats standard by 4.0" in made.verdict
    assert "on Fashion-MNIST" in made.verdict
    assert "standard beats rsb-a3 by 2.50" in made.verdict
    assert made.verdict.endswith("not ranked against each other.")


def test_no_table_or_difference_mixes_two_sets(made: Report) -> None:
    compared = part(made.md.read_text(), "Accuracy, loss and cost compared")
    halves = re.split(r"^### ", compared, flags=re.MULTILINE)[1:]
    assert [half.splitlines()[0] for half in halves] == ["Fashion-MNIST", "MNIST"]
    for half in halves:
        row = r"\| \*\*standard\*\* \| . (better|worse) \| \*\*rsb-a3\*\* \| accuracy \(points\)"
        assert len(re.findall(row, half)) == 1
    results = part(made.md.read_text(), "Results at the last epoch")
    tables = results.split("*Test results at the last epoch")[1:]
    assert "89.50" in tables[0]
    assert "98.20" not in tables[0]
    assert "98.20" in tables[1]


def test_each_set_has_an_axis_of_its_own_and_an_arm_one_colour(made: Report) -> None:
    svg = ET.fromstring((made.html.parent / "report-charts" / "accuracy.svg").read_text())
    axes = [
        node
        for node in svg.iter()
        if node.get("aria-roledescription") == "axis" and "X-axis" in node.get("aria-label", "")
    ]
    assert len(axes) == 2
    page = made.html.read_text()
    assert '<span class="arm arm-1 whole">standard on MNIST</span>' in page
    assert '<span class="arm arm-1">standard on Fashion-MNIST</span>' in page


def test_charts_of_two_sets_are_two_files(made: Report) -> None:
    drawn = {path.stem for path in (made.html.parent / "report-charts").glob("*.svg")}
    assert {"cost-1", "cost-2", "accuracy-over-epochs-1", "accuracy-over-epochs-2"} <= drawn
    assert made.md.read_text().count("(report-charts/cost-2.svg)") == 1


def test_latex_tables_say_which_set_they_are_of(made: Report) -> None:
    captions = re.findall(r"\\caption\{([^:]+):", made.tex.read_text())
    assert set(captions) == {"Fashion-MNIST", "MNIST"}


def test_two_bakeoffs_side_by_side_tell_how_hard_each_set_is(tmp_path: Path) -> None:
    floor = {"name": "linear model", "images": 1000, "how": "raw pixels"}
    homes = [
        write_bakeoff(tmp_path / name, runs, floors=(FloorFacts(accuracy=accuracy, **floor),))
        for name, runs, accuracy in (("mnist", two_arms(), 92.0), ("clothes", clothes(), 84.0))
    ]
    made = report(homes, out=tmp_path / "both")
    text = part(made.md.read_text(), "Insights").replace("\u00a0", " ")
    hard = next(line for line in text.splitlines() if "How hard are the data sets" in line)
    assert "pixels of MNIST, without a network: linear model 92.00 %" in hard
    assert "pixels of Fashion-MNIST, without a network: linear model 84.00 %" in hard
    assert "not ranked" in hard


def test_two_sets_of_one_title_are_told_apart(tmp_path: Path) -> None:
    changed = data_facts(test_hash="e" * 64)
    runs = [run("standard", s, 20 + s)[0] for s in range(2)]
    runs += [run("standard", s, 30 + s, data=changed)[0] for s in range(2)]
    text = report(runs, out=tmp_path).md.read_text()
    assert "### MNIST (test set bbbbbbbb)" in text
    assert "### MNIST (test set eeeeeeee)" in text


def test_what_a_bakeoff_on_several_sets_was_asked_and_shown_beside_is_in_its_report(
    tmp_path: Path,
) -> None:
    home = write_parts(
        tmp_path / "both",
        {"mnist": two_arms(), "fashion-mnist": clothes()},
        question="Does the order of the recipes hold on clothes?",
        published=("torchvision-v1",),
        skipped=(SkippedArm(arm="third", message="it has no weights"),),
    )
    written = report(home)
    text = written.md.read_text()
    assert "**Does the order of the recipes hold on clothes?**" in text
    assert "torchvision-v1: 76.130" in part(text, "The paper and its procedures")
    assert sum("Arm third was left out" in notice for notice in written.notices) == 1
    assert "third" not in part(text, "Limits of this comparison")


def test_what_pretraining_cost_is_told_once_for_all_data_sets(tmp_path: Path) -> None:
    before = PretrainingFacts(
        name="letters-standard", arms=("started",), data="Letters", recipe="standard",
        model="resnet50", seed=0, images=40_000, accuracy=91.0, seconds=300.0, flops=1e15,
        weights_hash="f" * 64,
    )  # fmt: skip
    model = run()[0].model.model_copy(update={"init": "file:letters/weights.safetensors"})
    parts = {}
    for name, more in (("mnist", {}), ("fashion-mnist", {"data": CLOTHES})):
        parts[name] = [run("standard", s, 40 + s, **more) for s in range(3)]
        parts[name] += [run("started", s, 20 + s, model=model, **more) for s in range(3)]
    text = report(write_parts(tmp_path / "both", parts, pretraining=(before,))).md.read_text()
    insight = next(
        line
        for line in part(text, "Insights").splitlines()
        if "How much does transfer learning help?" in line
    )
    assert insight.count("Not counted for started: a pretraining on Letters by standard") == 1
    assert "40,000 images" in insight


def test_tuning_on_several_sets_is_told_for_each(tmp_path: Path) -> None:
    def tuned(rate: float) -> TuningFacts:
        trial = TrialFacts(
            number=0, values={"optimizer.lr": rate}, status="complete", accuracy=90.0, loss=0.4,
            images=5_000, seconds=60.0, flops=1e12,
        )  # fmt: skip
        arms = tuple(
            TunedArm(arm=arm, ranges={"optimizer.lr": "0.001 to 0.1"}, chosen=trial.values,
                     trial=0, trials=(trial,))
            for arm in ("standard", "rsb-a3")
        )  # fmt: skip
        return TuningFacts(
            trials=1, search="random", seed=0, training_images=54_000, held_out_images=6_000,
            held_out_hash="9" * 64, arms=arms,
        )  # fmt: skip

    home = tmp_path / "both"
    write_bakeoff(
        home / "mnist", two_arms(), datasets=("mnist", "fashion-mnist"), tuning=tuned(0.013)
    )
    write_bakeoff(
        home / "fashion-mnist", clothes(), datasets=("mnist", "fashion-mnist"), tuning=tuned(0.037)
    )
    text = part(report(home).md.read_text(), "Training epochs and budget")
    assert "Nothing here shows that the arms were tuned alike" not in text
    for title, rate in (("MNIST", "0.013"), ("Fashion-MNIST", "0.037")):
        assert f"Every arm was tuned on {title} with 1 trial" in text
        table = text.split(f"*What was tuned on {title}, and what was chosen*")[1].split("\n\n")[1]
        assert table.count(rate) == 2


def test_pairs_declared_for_several_data_sets_are_tested_as_pairs_on_each(tmp_path: Path) -> None:
    odd = [run("rsb-a3", s, 58 + s * s, recipe=RSB_A3, data=CLOTHES) for s in range(3)]
    parts = {"mnist": two_arms(), "fashion-mnist": [*clothes()[:3], *odd]}
    text = report(write_parts(tmp_path / "both", parts, paired=True)).md.read_text()
    assert text.count("Test: paired t. ") >= 2
    over = part(text, "Over all data sets")
    assert "Cannot tell standard from rsb-a3 over data sets: 2 sets are too few" in over
    assert "Test: Welch" not in text
    found = bakeoff.compare(tmp_path / "both")
    assert {row.test for row in found.pairs()} == {"paired t"}


def test_each_data_set_is_held_beside_the_papers_own(tmp_path: Path) -> None:
    paper = data_facts(name="imagenet-1k", title="ImageNet-1k", test_hash="f" * 64)
    runs = [run("standard", s, 20 + s, data=paper)[0] for s in range(2)]
    runs += [run("standard", s, 30 + s, data=CLOTHES)[0] for s in range(2)]
    runs += [run("standard", s, 40 + s)[0] for s in range(2)]
    text = part(report(runs, out=tmp_path).md.read_text(), "How the data sets differ")
    assert "All arms were tested on" not in text
    assert "as many classes as Fashion-MNIST" in text
    assert "as many classes as MNIST" in text
