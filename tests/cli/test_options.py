"""What options promise in their help is what they do."""

import json

import pytest
import typer
from typer.testing import CliRunner

from bakeoff.cli import app, main

VERBS = typer.main.get_command(app).commands
TOY = "data: mnist\nmodel: test_resnet\narms: [standard, standard-gentle]\nbudget: 300images\n"


pytestmark = pytest.mark.usefixtures("few_digits")


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code in (0, None)
    return capsys.readouterr().out


def test_channels_means_the_same_wherever_it_is_an_option():
    found = {
        verb: parameter.help
        for verb, command in VERBS.items()
        for parameter in command.params
        if "--channels" in parameter.opts
    }
    assert found.keys() == {"data", "train", "reproduce", "evaluate"}
    assert set(found.values()) == {"Input channels: 1, or 3 (grey images as three equal channels)."}
    for verb in found:
        given = ["weights.pth"] if verb == "evaluate" else []
        refused = CliRunner().invoke(app, [verb, *given, "--channels", "4"])
        assert refused.exit_code == 2
        assert "less than or equal to 3" in refused.output


def test_a_dry_run_for_a_cluster_says_that_it_measured_this_machine(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.yaml").write_text(TOY + "seeds: 1\n")
    command = ("run", "toy.yaml", "--dry-run", "--format", "json")
    here = json.loads(call(capsys, *command))["notices"]
    there = json.loads(call(capsys, *command, "--on", "ray"))["notices"]
    [added] = [notice for notice in there if notice not in here]
    assert "cluster was not asked" in added
    assert "this machine" in added
    assert added in call(capsys, *command[:3], "--on", "ray")


def test_run_ends_with_the_test_that_its_file_declares_and_its_report_has(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.yaml").write_text(TOY + "seeds: 2\npaired: true\n")
    told = json.loads(call(capsys, "run", "toy.yaml", "--format", "json"))
    assert told["paired"] is True
    tested = [row for row in told["comparisons"] if row["metric"] not in ("images", "flops")]
    assert {row["test"] for row in tested} == {"paired t"}
    assert "Test: paired t" in (tmp_path / "runs" / "toy" / "report.md").read_text()
    again = json.loads(call(capsys, "compare", "runs/toy", "--format", "json"))
    for row in told["comparisons"]:
        same = next(r for r in again["comparisons"] if r["metric"] == row["metric"])
        assert row["p"] == same["p"]
