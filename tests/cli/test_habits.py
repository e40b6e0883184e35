"""Every verb keeps quiet when asked to, leaves colour out, and shows its errors' origin."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from bakeoff.cli import app, working
from bakeoff.progress import tell, told, tracked

PROJECT = Path(__file__).parents[2]
VERBS = typer.main.get_command(app).commands
RECORDS = PROJECT / "docs" / "results" / "flips"
COLOUR = re.compile(r"\x1b\[[0-9;]*\b(3[0-7]|4[0-7]|9[0-7]|10[0-7]|38|48)[0-9;]*m")
SAYING = {
    "recipes": ["recipes"],
    "results": ["results", "rsb", "a2"],
    "data": ["data", "nowhere-to-be-found"],
    "import": ["import", "nowhere", "--to", "others"],
    "plan": ["plan", "--sd", "0.2", "--delta", "0.1"],
    "compare": ["compare", str(RECORDS)],
    "audit": ["audit", str(PROJECT / "examples" / "result_comparison.md")],
    "report": ["report", str(RECORDS), "--out", "page"],
    "run": ["run", "nofile.yaml"],
    "train": ["train", "--recipe", "nothing"],
    "reproduce": ["reproduce", "--budget", "nothing"],
    "evaluate": ["evaluate", "nothing.pth"],
    "export": ["export", "nothing", "--hf", "out"],
    "doctor": ["doctor"],
}
"""For each verb, a call that says something within seconds."""


DRIVER = """
import json, sys
from bakeoff.cli import main
for verb, arguments in json.loads(sys.argv[1]).items():
    try:
        main(arguments)
    except SystemExit:
        pass
    sys.stdout.flush()
    sys.stderr.write(f"<<{verb}>>")
    sys.stderr.flush()
"""


def on_a_terminal(calls, cwd, **more):
    """What each of the calls, in one process, writes to a real terminal."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "OMP_NUM_THREADS": "1"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, json.dumps(calls)],
        cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, env=environment | more,
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        said += piece
    os.close(ours)
    process.wait()
    told = {}
    for part in said.decode().split(">>")[:-1]:
        text, _, verb = part.rpartition("<<")
        told[verb] = text
    return told


def test_there_is_a_call_for_every_verb():
    assert SAYING.keys() == VERBS.keys()


def test_no_color_leaves_colour_out_of_every_verb(tmp_path):
    told = on_a_terminal(SAYING, tmp_path, NO_COLOR="1")
    assert told.keys() == VERBS.keys()
    for verb, said in told.items():
        assert said.strip(), verb
        assert not COLOUR.search(said), said


def test_without_it_there_is_colour_to_leave_out(tmp_path):
    told = on_a_terminal({"audit": SAYING["audit"], "help": ["--help"]}, tmp_path)
    assert COLOUR.search(told["audit"])
    assert COLOUR.search(told["help"])


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_can_be_asked_for_quiet(verb):
    names = {name for parameter in VERBS[verb].params for name in parameter.opts}
    assert {"--quiet", "-q"} <= names


@pytest.mark.parametrize(
    "arguments",
    [
        ["--debug", "run", "no.yaml"],
        ["run", "--debug", "no.yaml"],
        ["report", "none", "--debug"],
        ["audit", "none.md", "--debug"],
    ],
)
def test_debug_shows_the_traceback_wherever_it_stands(arguments, tmp_path, capsys):
    from bakeoff.cli import main
    from bakeoff.errors import BakeoffError

    with pytest.raises(BakeoffError):
        main(arguments)


@pytest.mark.usefixtures("few_digits")
def test_quiet_leaves_only_the_result(tmp_path, monkeypatch, capsys):
    from bakeoff.cli import main

    def call(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code in (0, None)
        said = capsys.readouterr()
        assert said.err == ""
        return said.out

    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.yaml").write_text(
        "data: mnist\nmodel: test_resnet\narms: [standard, standard-gentle]\nseeds: 1\n"
        "budget: 100images\n"
    )
    lines = call("run", "toy.yaml", "--quiet").splitlines()
    assert len(lines) == 2, lines
    assert "standard" in lines[0]
    assert lines[1] == "Report: runs/toy/report.html"
    again = call("compare", "runs/toy", "-q")
    assert again.splitlines()[0].partition(":")[0] == lines[0].partition(":")[0]
    assert "─" not in again
    assert call("report", "runs/toy", "-q") == "runs/toy/report.html\n"
    (tmp_path / "fine.md").write_text("Top-1 accuracy 98.87 % on MNIST.\n")
    assert call("audit", "fine.md", "-q") == ""


class TestWorking:
    """Long work says how far it is and how long it will take, on stderr."""

    @pytest.fixture
    def clock(self, monkeypatch):
        class Clock:
            now = 0.0

            def monotonic(self):
                return self.now

        clock = Clock()
        monkeypatch.setattr(working, "time", clock)
        return clock

    def test_without_a_terminal_a_line_now_and_then_with_the_time_left(self, clock, capsys):
        with working.working(quiet=False):
            for _ in tracked(range(100), "reading records"):
                clock.now += 1.0
        lines = capsys.readouterr().err.splitlines()
        assert lines[0] == "reading records: 15 of 100, 85 s left"
        assert len(lines) == 6

    def test_quiet_says_nothing(self, clock, capsys):
        with working.working(quiet=True):
            for _ in tracked(range(100), "reading records"):
                clock.now += 1.0
        assert capsys.readouterr().err == ""

    def test_work_that_is_soon_over_says_nothing(self, clock, capsys):
        with working.working(quiet=False):
            for _ in tracked(range(10), "reading records"):
                clock.now += 0.1
        assert capsys.readouterr().err == ""

    def test_on_a_terminal_there_is_a_bar(self, tmp_path):
        code = (
            "import time\nfrom bakeoff.cli.working import working\n"
            "from bakeoff.progress import tracked\n"
            "with working(False):\n"
            "    for _ in tracked(range(30), 'reading records'): time.sleep(0.06)\n"
        )
        ours, theirs = pty.openpty()
        subprocess.run([sys.executable, "-c", code], stderr=theirs, check=True)
        os.close(theirs)
        said = os.read(ours, 65536).decode()
        os.close(ours)
        assert "reading records" in said
        assert re.search(r"\d+ of 30, \d s left", said)

    @pytest.mark.parametrize(
        ("act", "told_of"),
        [
            ("floors", {"fitting a linear model", "looking for nearest neighbours"}),
            ("compare", {"reading records"}),
            ("report", {"reading records", "composing the report"}),
            ("audit", {"reading documents", "checking rules"}),
        ],
    )
    def test_long_work_is_told_from_start_to_end(self, act, told_of, quarters, tmp_path):
        import bakeoff
        from bakeoff.data import describe

        heard = {}
        with told(lambda what, done, total: heard.setdefault(what, []).append((done, total))):
            if act == "floors":
                describe(quarters)
            elif act == "compare":
                bakeoff.compare(RECORDS)
            elif act == "report":
                bakeoff.report(RECORDS, out=tmp_path)
            else:
                bakeoff.audit([PROJECT / "README.md"])
        assert told_of <= heard.keys()
        for what in told_of:
            dones = [done for done, _ in heard[what]]
            assert dones[0] == 0
            assert dones == sorted(dones)
            assert heard[what][-1][0] == heard[what][-1][1]

    def test_nobody_need_listen(self):
        tell("anything", 1, 2)
        assert list(tracked([1, 2], "anything")) == [1, 2]
