"""On a terminal of 80 columns: answers in a dozen lines, names whole, help that fits."""

from __future__ import annotations

import io
import math
import re
import shlex
from pathlib import Path

import pytest
import typer
from rich.cells import cell_len
from rich.console import Console
from typer.testing import CliRunner

import bakeoff
from bakeoff.bakeoffs.execution.dry_run import DryArm, DryRun
from bakeoff.bakeoffs.execution.plan_table import plan_table
from bakeoff.cli import app
from bakeoff.comparison.brief import tell_briefly
from bakeoff.errors import UnknownName
from bakeoff.published import results
from bakeoff.published.show import as_table
from comparison.worlds import frame_of

WIDTH = 80
RESULTS = Path(__file__).parents[2] / "docs" / "results"
VERBS = typer.main.get_command(app).commands


def console() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=WIDTH, color_system=None), out


def told(comparison: bakeoff.Comparison) -> list[str]:
    there, out = console()
    tell_briefly(comparison, there, more="More: --verbose.")
    lines = out.getvalue().splitlines()
    assert all(cell_len(line) <= WIDTH for line in lines), lines
    return lines


def row_of(lines: list[str], arm: str) -> str:
    return next(line for line in lines if re.search(rf"(^|\s){re.escape(arm)}(\s|$)", line))


class TestCompare:
    def test_several_sets_and_budgets_are_named_by_the_heading_and_not_by_every_arm(self) -> None:
        lines = told(bakeoff.compare(RESULTS / "budgets"))
        headings = [line for line in lines if line.startswith("Test accuracy on")]
        assert len(headings) == 6
        assert "Test accuracy on Fashion-MNIST at 5 epochs, 5 seeds each" in headings
        rows = [line for line in lines if re.match(r"\s+\d\s+(standard|rsb-a3)\s", line)]
        assert len(rows) == 12
        assert "Differences are from standard, with 95 % intervals" in " ".join(lines)
        # Whole batches of one budget are no other budget; two sets are said to be too few once.
        assert "unequal budgets" not in " ".join(lines)
        assert len([line for line in lines if "over data sets" in line]) == 1

    def test_four_arms_take_about_a_dozen_lines_with_what_decides(self) -> None:
        lines = told(bakeoff.compare(RESULTS / "mnist-epoch"))
        assert len(lines) <= 13
        assert lines[1].split() == ["rank", "arm", "%", "difference", "p", "verdict"]
        assert "standard-resnet50_noskip" in row_of(lines, "standard-resnet50_noskip")
        assert row_of(lines, "standard-from-letters").split()[0] == "1"
        assert "▲ better" in row_of(lines, "standard-from-letters")
        assert "reference" in row_of(lines, "standard")
        assert "−11.9 ± 3.0   0.006  ▼ worse" in row_of(lines, "rsb-a3")
        text = " ".join(lines)
        assert "Differences are from standard, with 95 % intervals; test: Welch" in text
        assert "p adjusted for 6 pairs (Holm)" in text
        assert text.count("not tuned") == 1
        assert lines[-1] == "More: --verbose."

    def test_one_seed_each_is_said_to_compare_models(self) -> None:
        text = " ".join(told(bakeoff.compare(RESULTS / "flips")))
        assert "compares these models, not the recipes" in text
        assert "exact McNemar" in text

    def test_the_reference_is_the_files_else_the_first_and_can_be_chosen(self) -> None:
        frame = frame_of(a=[95.0, 95.1, 95.3], b=[94.0, 94.1, 94.4])
        # Records are read in the order of their folders; the file's first arm is "standard".
        assert bakeoff.compare(RESULTS / "reproduce").references == ("standard",)
        assert "reference" in row_of(told(bakeoff.compare(frame)), "a")
        chosen = told(bakeoff.compare(frame, reference="b"))
        assert "reference" in row_of(chosen, "b")
        assert "+0.97 ± " in row_of(chosen, "a")
        with pytest.raises(UnknownName, match="Did you mean"):
            bakeoff.compare(RESULTS / "reproduce", reference="standart")

    def test_long_names_are_whole_on_lines_of_their_own(self) -> None:
        names = [f"resnet50-with-a-very-long-name-of-an-arm-that-goes-on-{n}" for n in (1, 2)]
        frame = frame_of(**{names[0]: [95.0, 95.1, 95.3], names[1]: [94.0, 94.1, 94.4]})
        lines = told(bakeoff.compare(frame))
        assert any(line.endswith(names[0]) for line in lines)
        assert any(line.endswith(names[1]) for line in lines)

    def test_a_failed_arm_and_failed_runs_are_told(self) -> None:
        frame = frame_of(a=[95.0, 95.1, 95.3], b=[94.0, math.nan, 94.4], c=[math.nan] * 3)
        text = "\n".join(told(bakeoff.compare(frame)))
        assert "did not train" in text
        assert re.search(r"^b: 1 of 3 runs failed", text, re.M)

    def test_verbose_has_every_pair_and_metric_and_no_name_is_cut_there_either(self) -> None:
        said = CliRunner().invoke(
            app, ["compare", str(RESULTS / "mnist-epoch"), "--verbose"], env={"COLUMNS": "80"}
        )
        assert "Verdicts" in said.output
        assert "…" not in said.output


class TestHelp:
    @pytest.mark.parametrize("verb", ["", *sorted(VERBS)])
    def test_it_fits_and_has_no_column_of_types(self, verb: str) -> None:
        said = CliRunner().invoke(app, [*filter(None, [verb]), "--help"], env={"COLUMNS": "80"})
        assert said.exit_code == 0
        assert max(cell_len(line) for line in said.output.splitlines()) <= WIDTH
        assert not re.search(r"<(bool|str|int|float|path|list)", said.output)
        assert "…]" not in said.output or "[FILES…]" in said.output or "…] " in said.output
        assert len(said.output.splitlines()) <= 70

    def test_verbs_are_in_four_groups(self) -> None:
        groups = {command.rich_help_panel for command in VERBS.values()}
        assert len(groups) == 4
        said = CliRunner().invoke(app, ["--help"]).output
        assert all(f"\n{group}\n" in said for group in groups)

    @pytest.mark.parametrize("verb", sorted(VERBS))
    def test_every_verb_has_two_examples_that_it_understands(self, verb: str) -> None:
        examples = VERBS[verb].epilog.splitlines()
        assert len(examples) == 2
        said = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "100"}).output
        for example in examples:
            program, name, *words = shlex.split(example)
            assert (program, name) == ("bakeoff", verb)
            VERBS[verb].make_context(verb, words)  # raises for what does not exist
            assert example in said

    @pytest.mark.parametrize("verb", sorted(VERBS))
    def test_options_of_a_verb_with_many_are_in_groups(self, verb: str) -> None:
        options = [p for p in VERBS[verb].params if p.param_type_name == "option"]
        grouped = {p.name: p.rich_help_panel for p in options}
        assert all(isinstance(panel, str) for panel in grouped.values()), grouped


def dry_arm(name: str, **more: object) -> DryArm:
    facts = {
        "data": "MNIST", "recipe": name, "model": "resnet50", "init": "scratch", "steps": 468,
        "batch_size": 128, "epochs": 1.0, "images": 59_904, "images_per_second": 300.0,
        "seconds": 200.0, "flops": 1e13, "there": (), "missing": (0, 1, 2),
        "learning_rate": 0.002, "notes": ("it mirrors images, and these are digits",),
    }  # fmt: skip
    return DryArm(arm=name, **(facts | more))


def dry_run(*arms: DryArm, **more: object) -> DryRun:
    facts = {
        "name": "toy", "data": "MNIST", "folder": "runs/toy", "device": "cpu", "seeds": (0, 1, 2),
        "budget": "1 epoch", "runs": 6, "workers": 1, "seconds": 1200.0, "hours": 1 / 3,
        "flops": 6e13, "price": None,
    }  # fmt: skip
    return DryRun(arms=arms, **(facts | more))


class TestPlan:
    SCALED = ({"key": "optimizer.lr", "published": 0.008, "used": 0.002, "rule": "", "source": ""},)

    def test_it_is_one_table_with_the_total_first(self) -> None:
        ahead = dry_run(dry_arm("standard"), dry_arm("rsb-a3", scaling=self.SCALED), price=0.5)
        lines = list(plan_table(ahead, WIDTH))
        assert lines[0].startswith("6 runs, about 20 min (0.33 hours")
        assert "at a price of 0.50" in " ".join(lines[:2])
        assert all(cell_len(line) <= WIDTH for line in lines)
        assert len(lines) <= 15
        row = next(line for line in lines if line.startswith("rsb-a3"))
        assert re.split(r"\s{2,}", row) == [
            "rsb-a3", "468", "128", "0.008 → 0.002", "3 min", "0, 1, 2",
        ]  # fmt: skip
        # A note that holds for both arms is there once.
        assert " ".join(lines).count("it mirrors images") == 1
        assert str(ahead).splitlines()[0].startswith("6 runs")

    def test_each_data_set_and_budget_has_its_table_and_a_note_names_an_arm_once(self) -> None:
        arms = [
            dry_arm(name, data=data, budget=budget)
            for budget in ("20000images", "1epochs")
            for data in ("MNIST", "Fashion-MNIST")
            for name in ("standard", "rsb-a3")
        ]
        lines = list(plan_table(dry_run(*arms), WIDTH))
        assert [line for line in lines if ", budget " in line] == [
            "MNIST, budget 20000images",
            "Fashion-MNIST, budget 20000images",
            "MNIST, budget 1epochs",
            "Fashion-MNIST, budget 1epochs",
        ]
        assert "Note (standard, rsb-a3): it mirrors images, and these are digits" in lines

    def test_a_long_name_is_whole(self) -> None:
        name = "standard-with-a-name-that-leaves-no-room-for-the-figures"
        lines = list(plan_table(dry_run(dry_arm(name)), WIDTH))
        assert name in lines
        assert all(cell_len(line) <= WIDTH for line in lines)

    def test_the_long_form_is_all_there(self) -> None:
        ahead = dry_run(dry_arm("rsb-a3", scaling=self.SCALED))
        assert "scaled: optimizer.lr 0.008 → 0.002" in "\n".join(ahead.lines())
        assert "images/s measured" in "\n".join(ahead.lines())


def test_results_cite_by_number_and_cut_nothing() -> None:
    found = results("rsb a2")
    there, out = console()
    there.print(as_table(found))
    text = out.getvalue()
    assert "…" not in text
    squeezed = re.sub(r"\s+", "", text)
    for row in found:
        assert row.citation.replace(" ", "") in squeezed
    assert text.count("Wightman, Touvron") <= 2
    assert re.search(r"rsb-a2 .*top1 79\.8 % .*imagenet-1k .*\[1\]", text)
    assert re.search(r"^\[1\] Wightman", text, re.M)
