"""Arms that are commands: asked for, run without a shell, timed, killed, resumed, and read."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

import bakeoff
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.bakeoffs.specification.commands import filled
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.comparison.reasons import RanByCommand
from bakeoff.errors import Stopped, UsageError

SCRIPT = """
import pathlib, subprocess, sys, time
out, seed, how = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
print("seed", seed)
if how == "crash" and seed == 1:
    sys.exit("no such GPU")
if how.startswith("sleep"):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    (out / "pid").write_text(str(child.pid))
    time.sleep(60)
if how == "twice" and "--resume" not in sys.argv:
    (out / "half").touch()
    time.sleep(60)
if how != "nothing":
    last = {"even": 90, "odd": 95}.get(how, 92) + seed / 10
    word = "test_acc" if how != "unclear" else "x1"
    (out / "summary.csv").write_text(f"epoch,{word}\\n0,50.0\\n1,{last}\\n")
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("their files") / "train it.py"
    path.write_text(SCRIPT)
    return path


def arm(script, name, how=None, **more):
    command = f"{sys.executable} '{script}' {{out}} {{seed}} {how or name}"
    return {"name": name, "command": command, "reads": "summary.csv", **more}


def spec(*arms, **more):
    return {"name": "theirs", "data": "mnist", "arms": list(arms), "seeds": 3, **more}


def run(what, out, **more):
    return bakeoff.run(what, out=out, device="cpu", allow_commands=True, **more)


def test_commands_become_arms_with_a_verdict_that_says_what_nobody_knows(script, tmp_path):
    told = []

    class Told(BakeoffListener):
        def command_started(self, run, words):
            told.append(run)

    made = spec(arm(script, "even"), arm(script, "odd"))
    done = run(made, tmp_path / "x", workers=2, listener=Told())
    assert len(told) == len(done.records) == 6
    [row] = bakeoff.compare(tmp_path / "x").pairs()
    assert (row.a, row.b, row.verdict, row.n_a) == ("even", "odd", "worse", 3)
    assert row.difference == pytest.approx(-5)
    facts = [fact for fact in row.facts if isinstance(fact, RanByCommand)]
    assert [fact.arm for fact in facts] == ["even", "odd"]
    assert "the training images seen, FLOPs and their time" in facts[0].unknown
    assert "even was run by a command, so not known: " in row.sentence
    record = done.records[0]
    assert record.origin.command[-3:] == (str(tmp_path / "x/even/seed-0/out"), "0", "even")
    assert "the command took" in record.notes[-1]
    again = run(made, tmp_path / "x", listener=Told())
    assert [r.created for r in again.records] == [r.created for r in done.records]
    assert len(told) == 6
    text = bakeoff.report(tmp_path / "x").md.read_text()
    assert "odd" in text


def test_a_files_commands_run_only_when_they_are_allowed(script, tmp_path):
    made = spec(arm(script, "even"))
    with pytest.raises(
        UsageError, match=r"even: .*train it\.py.* \{out\} \{seed\} even"
    ) as refused:
        bakeoff.run(made, out=tmp_path / "x", device="cpu")
    assert "--allow-commands" in refused.value.advice
    assert not (tmp_path / "x").exists()
    ahead = bakeoff.dry_run(made, out=tmp_path / "x", device="cpu")
    assert "3 of its runs are missing" in ahead.notices[0]
    assert "how long they take is not known" in str(ahead)
    assert not (tmp_path / "x").exists()


def test_a_failed_seed_counts_and_is_tried_again_only_when_asked(script, tmp_path):
    made = spec(arm(script, "theirs", "crash"))
    done = run(made, tmp_path / "x")
    [failed] = done.failed
    assert (failed.seed, failed.failure.kind) == (1, "crash")
    assert failed.failure.message == "exit status 1: no such GPU"
    assert len(run(made, tmp_path / "x").failed) == 1
    again = run(made, tmp_path / "x", retry=True)
    assert len(again.failed[0].failed_before) == 1


def test_a_command_that_leaves_nothing_has_failed(script, tmp_path):
    [one] = run(spec(arm(script, "theirs", "nothing"), seeds=[4]), tmp_path / "x").failed
    assert one.failure.message == "ended well and left no summary.csv: seed 4"


def test_a_log_that_asks_a_question_is_kept_and_read_without_running_again(script, tmp_path):
    unclear = arm(script, "theirs", "unclear")
    with pytest.raises(UsageError, match="theirs seed 0 has ended, and its log cannot be read"):
        run(spec(unclear, seeds=1), tmp_path / "x")
    before = (tmp_path / "x/theirs/seed-0/out/summary.csv").stat().st_mtime_ns
    done = run(spec({**unclear, "map": {"accuracy": "x1"}}, seeds=1), tmp_path / "x")
    assert done.records[0].result.accuracy == pytest.approx(92)
    assert (tmp_path / "x/theirs/seed-0/out/summary.csv").stat().st_mtime_ns == before


def gone(pid):
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


def test_at_its_time_limit_a_command_is_killed_with_all_that_it_started(script, tmp_path):
    made = spec(arm(script, "theirs", "sleep", time_limit="1s"), seeds=1)
    [one] = run(made, tmp_path / "x").failed
    assert one.failure.kind == "stopped"
    assert one.failure.message.startswith("killed at its time limit of 1s")
    assert gone(int((tmp_path / "x/theirs/seed-0/out/pid").read_text()))


def test_a_stopped_command_is_ended_and_goes_on_with_the_words_that_resume_it(script, tmp_path):
    made = spec(arm(script, "theirs", "twice", resume="--resume"), seeds=1)
    half = tmp_path / "x/theirs/seed-0/out/half"

    class Stop(BakeoffListener):
        def command_started(self, run, words):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Stopped, match="commands"):
        run(made, tmp_path / "x", listener=Stop())
    half.touch()
    assert len(run(made, tmp_path / "x").records) == 1
    assert half.exists()


def test_no_shell_sees_the_command():
    words = filled("train --tag '$(id) ; {seed}' --to {out}", 3, Path("/a b/$HOME"))
    assert words == ["train", "--tag", "$(id) ; 3", "--to", "/a b/$HOME"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"command": "python t.py {out}"}, "no {seed}"),
        ({"command": "python t.py {seed}"}, "no {out}"),
        ({"command": "python 't.py {seed} {out}"}, "cannot be split"),
        ({"command": "", "reads": ""}, "either a recipe or a command"),
        ({"recipe": "standard"}, "either a recipe or a command"),
        ({"model": "resnet18"}, "model has no effect on an arm that is a command"),
        ({"name": ""}, "no name of its own"),
        ({"time_limit": "5epochs"}, "is no time"),
    ],
)
def test_a_command_that_could_not_make_an_arm_is_refused(script, tmp_path, change, why):
    with pytest.raises(UsageError, match=why):
        run(spec(arm(script, "theirs") | change), tmp_path / "x")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"budgets": ["1epochs", "2epochs"]}, "budgets does not go"),
        ({"robust": "lr"}, "robust does not go"),
        ({"data": ["mnist", "fashion-mnist"]}, "several data sets does not go"),
    ],
)
def test_what_a_command_cannot_do_is_refused_by_name(script, tmp_path, more, why):
    with pytest.raises(UsageError, match=why):
        run(spec(arm(script, "theirs"), **more), tmp_path / "x")


def test_a_program_that_is_not_there_or_a_shared_address_is_refused_before_anything(tmp_path):
    made = spec({"name": "a", "command": "no-such-program {seed} {out}"})
    with pytest.raises(UsageError, match="'no-such-program' is not there"):
        run(made, tmp_path / "x")
    from bakeoff.bakeoffs.execution.command_arms import refuse_elsewhere
    from bakeoff.bakeoffs.execution.run_store import Place
    from bakeoff.records.storage import Address

    shared = Place(tmp_path, Address("s3://bucket/x"))
    with pytest.raises(UsageError, match="runs on this machine and not at s3://bucket/x"):
        refuse_elsewhere(BakeoffSpec.model_validate(made), shared, on_ray=False)
    with pytest.raises(UsageError, match="not on a Ray cluster"):
        refuse_elsewhere(BakeoffSpec.model_validate(made), Place(tmp_path), on_ray=True)


def test_a_run_of_another_command_is_not_taken_for_this_ones(script, tmp_path):
    run(spec(arm(script, "theirs", "even"), seeds=1), tmp_path / "x")
    with pytest.raises(UsageError, match="another command"):
        run(spec(arm(script, "theirs", "odd"), seeds=1), tmp_path / "x")


def test_a_command_stands_beside_a_recipe_on_the_set_that_the_file_declares(
    script, tmp_path, monkeypatch, quarters
):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda name, **__: quarters)
    beside = spec(arm(script, "odd"), "standard", seeds=2, model="test_resnet", budget="96images")
    done = run(beside, tmp_path / "x")
    assert len({record.data.test_hash for record in done.records}) == 1
    [row] = bakeoff.compare(tmp_path / "x").pairs()
    assert {row.a, row.b} == {"odd", "standard"}
    assert row.has(RanByCommand)
    plan = json.loads((tmp_path / "x" / "bakeoff.json").read_text())
    assert [one["name"] for one in plan["arms"]] == ["standard", "odd"]
