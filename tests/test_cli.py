"""Every verb helps, answers, and refuses in one line with the exit code it promises."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VERBS = [
    "reproduce",
    "run",
    "train",
    "compare",
    "plan",
    "results",
    "recipes",
    "audit",
    "report",
    "data",
    "evaluate",
    "export",
    "doctor",
]
TOY = "data: mnist\nmodel: test_resnet\narms: [standard, standard-gentle]\nseeds: 2\n"


def bakeoff(*arguments, cwd=None, expect=0):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "NO_COLOR": "1", "COLUMNS": "100"}
    done = subprocess.run(
        [sys.executable, "-m", "bakeoff.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment,
        timeout=300,
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done


def test_help_names_every_verb_and_each_verb_explains_itself():
    said = bakeoff("--help").stdout
    for verb in VERBS:
        assert verb in said
        assert "Usage" in bakeoff(verb, "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["train", "--data", "mnst"], "no data set is called 'mnst'. Did you mean mnist"),
        (["train", "--recipe", "rsb-a4"], "no recipe is called 'rsb-a4'. Did you mean rsb-a"),
        (["train", "--model", "resnet5"], "no timm model is called 'resnet5'"),
        (["train", "--model", "resnet50.a1_in1k"], "Write model resnet50 and init timm:a1_in1k"),
        (["evaluate", "timm:resnet50.nope"], "no pretrained tag of resnet50 is called 'nope'"),
        (["train", "--nope"], "No such option: --nope"),
        (["train", "--seed", "x"], "'--seed'"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["run"], "See bakeoff run --help"),
        (["train", "--device", "tpu"], "no device is called 'tpu'"),
        (["train", "--budget", "3parsecs"], "'3parsecs' is not a budget"),
        (["train", "--pin", "optimizer.lrr=3"], "Did you mean optimizer.lr"),
        (["train", "--init", "file:none.safetensors"], "none.safetensors: no such file"),
        (["run", "nofile.yaml"], "nofile.yaml"),
        (["evaluate", "nofile.pth"], "nofile.pth: no such weights"),
        (["evaluate", "timm:resnt50"], "no timm model is called 'resnt50'"),
        (["compare", "nowhere"], "nowhere"),
        (["report", "nowhere"], "no records in nowhere"),
        (["audit", "nofile.md"], "nofile.md"),
        (["audit", "--explain", "loss-flor"], "loss-floor"),
        (["audit"], "no document"),
        (["recipes", "rsb-a9"], "rsb-a"),
        (["export", "nowhere", "--hf", "out"], "nowhere"),
        (["export", "nowhere"], "nothing to export to"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, arguments, complaint):
    done = bakeoff(*arguments, cwd=tmp_path, expect=2)
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert not [p for p in tmp_path.rglob("*") if p.is_file()], "something was half-written"


def test_sigterm_before_there_is_anything_to_save_exits_with_143(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "bakeoff.cli", "train", "--model", "test_resnet", "--out", "here"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert "measuring how fast" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, complaint = process.communicate(timeout=120)
    assert process.returncode == 143
    assert "stopped" in complaint
    assert complaint.count("\n") == 1


def test_debug_shows_where_an_error_comes_from(tmp_path):
    done = bakeoff("run", "nofile.yaml", "--debug", cwd=tmp_path, expect=1)
    assert "Traceback" in done.stderr


def test_a_yaml_typo_is_told_with_its_line_and_the_nearest_key(tmp_path):
    (tmp_path / "toy.yaml").write_text(TOY + "bugdet: quick\n")
    done = bakeoff("run", "toy.yaml", cwd=tmp_path, expect=2)
    assert "toy.yaml:5: unknown key 'bugdet'. Did you mean budget?" in done.stderr


@pytest.mark.slow
def test_from_a_file_to_a_verdict_and_a_report(tmp_path):
    (tmp_path / "toy.yaml").write_text(TOY + "budget: 1000images\nprecision: fp32\n")
    done = bakeoff("run", "toy.yaml", cwd=tmp_path)
    assert "standard" in done.stdout
    assert "Report: " in done.stdout
    folder = tmp_path / "runs" / "toy"
    assert (folder / "report.html").stat().st_size > 10_000
    assert (folder / "report.md").exists()
    record = json.loads((folder / "standard" / "seed-0" / "record.json").read_text())
    assert record["status"] == "complete"
    assert set(record["result"]) >= {"accuracy", "top5", "loss"}
    assert set(record["cost"]) >= {
        "images",
        "flops",
        "seconds",
        "images_per_second",
        "peak_memory_bytes",
    }
    compared = json.loads(bakeoff("compare", folder, "--format", "json").stdout)
    row = next(c for c in compared["comparisons"] if c["metric"] == "accuracy")
    assert {row["a"], row["b"]} == {"standard", "standard-gentle"}
    assert row["interval"][0] <= row["difference"] <= row["interval"][1]
    assert row["n_a"] == row["n_b"] == 2
    again = bakeoff("run", "toy.yaml", cwd=tmp_path)
    assert again.stdout.count("already there, skipped") == 4


def test_a_bakeoff_of_one_arm_ends_with_a_summary_and_a_report(tmp_path):
    (tmp_path / "one.yaml").write_text(
        "data: mnist\nmodel: test_resnet\narms: [standard]\nseeds: 1\nbudget: 300images\n"
        "precision: fp32\n"
    )
    done = bakeoff("run", "one.yaml", cwd=tmp_path)
    assert "Report: " in done.stdout
    assert done.stderr == ""


def test_a_bakeoff_whose_runs_all_fail_says_so_and_exits_with_3(tmp_path):
    (tmp_path / "wild.yaml").write_text(
        "data: mnist\nmodel: test_resnet\nseeds: 1\nbudget: 300images\nprecision: fp32\narms:\n"
        "  - {recipe: standard, pin: {optimizer.lr: 1.0e+30}}\n"
    )
    done = bakeoff("run", "wild.yaml", cwd=tmp_path, expect=3)
    assert "failed and counted as failures: standard seed 0" in done.stderr


@pytest.mark.slow
def test_a_terminated_run_saves_exits_with_143_and_resumes(tmp_path):
    arguments = ["train", "--model", "test_resnet", "--budget", "40000images", "--out", "here"]
    process = subprocess.Popen(
        [sys.executable, "-m", "bakeoff.cli", *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    for line in process.stdout:
        if ": step" in line:
            break
    process.send_signal(signal.SIGTERM)
    _, complaint = process.communicate(timeout=120)
    assert process.returncode == 143, complaint
    assert "Run the same command again to go on" in complaint
    assert json.loads((tmp_path / "here" / "record.json").read_text())["status"] == "incomplete"
    resumed = subprocess.Popen(
        [sys.executable, "-m", "bakeoff.cli", *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    deadline = time.monotonic() + 200
    for line in resumed.stdout:
        if "resuming at step" in line or time.monotonic() > deadline:
            break
    resumed.terminate()
    resumed.communicate(timeout=120)
    assert "resuming at step" in line


def test_data_without_a_name_lists_the_sets_and_where_downloads_are(tmp_path):
    said = json.loads(bakeoff("data", "--format", "json").stdout)
    assert {"mnist", "letters", "cifar-10"} <= {row["name"] for row in said["data_sets"]}
    assert said["cache"] in bakeoff("data").stdout


def test_recipes_as_json_have_values_and_sources():
    said = json.loads(bakeoff("recipes", "rsb-a3", "--format", "json").stdout)
    assert said["name"] == "rsb-a3"
    assert said["values"].keys()
    assert said["sources"].keys()


def test_published_results_are_found_by_words():
    found = json.loads(bakeoff("results", "rsb", "a2", "--format", "json").stdout)["results"]
    assert any(row["id"] == "rsb-a2" and row["value"] == "79.8" for row in found)
    assert all(row["citation"] for row in found)


def test_the_audit_of_an_impossible_claim_exits_with_1():
    done = bakeoff(
        "audit", ROOT / "examples" / "result_comparison.md", "--format", "json", expect=1
    )
    findings = json.loads(done.stdout)["findings"]
    assert any(f["rule"] == "loss-floor" and f["verdict"] == "impossible" for f in findings)
