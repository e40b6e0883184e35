"""What a person sees while a bake-off tunes and runs: how much there is, and the time left."""

import io
import re

import pytest
from rich.console import Console

import bakeoff
from bakeoff.bakeoffs.execution.display import Display, epochs_so_far

SPEC = {
    "name": "toy",
    "data": "quarters",
    "model": "test_resnet",
    "arms": ["standard", "standard-gentle"],
    "seeds": 1,
    "budget": "200images",
    "tune": {"trials": 2, "holdout": 0.25, "optimizer.lr": ["x0.5", "x2", "log"]},
}


@pytest.fixture(autouse=True)
def _toy_data(monkeypatch, quarters):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
    monkeypatch.setattr("bakeoff.bakeoffs.execution.display.PLAIN_LINE_SECONDS", -1.0)


class Looks(Display):
    """Notes which bars stand there when tuning is over."""

    def tuned(self, tuning):
        self.standing = [bar.description for bar in self._bars.tasks] if self._bars else []
        super().tuned(tuning)


def shown(out, *, terminal=False, quiet=False, **changes):
    """What is written while the toy bake-off runs, and the display."""
    written = io.StringIO()
    console = Console(file=written, force_terminal=terminal, width=200, color_system=None)
    with Looks(console, quiet=quiet).showing() as display:
        bakeoff.run({**SPEC, **changes}, out=out, device="cpu", listener=display)
    return written.getvalue(), display


@pytest.mark.parametrize("search", ["random", "optuna"])
def test_trials_are_counted_with_the_time_left_before_the_runs_are(tmp_path, search):
    if search == "optuna":
        pytest.importorskip("optuna")
    said, _ = shown(tmp_path, tune={**SPEC["tune"], "search": search})
    tuning, runs = said.split("Tuned:")
    once = re.findall(r"^Tuning comes first: 4 trials, about \d+ .* in all\.$", said, re.M)
    assert len(once) == 1
    started = re.findall(r"^\[(\d)/(\d)\] (\S+): started", tuning, re.M)
    assert started == [
        ("1", "4", "standard+trial0"),
        ("2", "4", "standard-gentle+trial0"),
        ("3", "4", "standard+trial1"),
        ("4", "4", "standard-gentle+trial1"),
    ]
    assert re.search(r"^\[4/4\] standard-gentle\+trial1: step .* left in all$", tuning, re.M)
    # What a trial measures is no test accuracy, and its recipe is not told line by line.
    assert "test accuracy" not in tuning
    assert "scaled:" not in tuning
    assert "measured, about" not in tuning
    assert re.findall(r"^\[(\d)/(\d)\] (\S+) seed 0: started", runs, re.M) == [
        ("1", "2", "standard"),
        ("2", "2", "standard-gentle"),
    ]
    assert re.search(r"^2 runs, about \d+ .* in all\. Folder: ", runs, re.M)


def test_a_terminal_has_a_bar_for_the_trials_and_none_is_left_of_one_that_failed(tmp_path):
    wild = {"trials": 3, "optimizer.lr": {"choices": [0.05, 1e30]}}
    said, display = shown(tmp_path, terminal=True, arms=["standard"], tune=wild)
    assert "FAILED (counts as a trial)" in " ".join(said.split())
    assert "standard+trial0" in said
    assert display.standing == ["toy: tuning"]


def test_quiet_says_nothing_of_trials_either(tmp_path):
    for terminal in (False, True):
        said, _ = shown(tmp_path / str(terminal), terminal=terminal, quiet=True)
        assert said == ""


@pytest.mark.parametrize(
    ("done", "epochs", "said"),
    [
        (0.00427, 0.00853, "0.00427 of 0.00853"),
        (0.00853, 0.00853, "0.00853 of 0.00853"),
        (0.004, 0.0085312, "0.00400 of 0.00853"),
        (0.5, 0.996, "0.500 of 0.996"),
        (3.104, 16.468, "3.10 of 16.47"),
        (16.468, 16.468, "16.47 of 16.47"),
        (0, 3, "0.00 of 3"),
        (1234.5, 1500, "1,234.50 of 1,500"),
    ],
)
def test_no_more_epochs_are_shown_as_done_than_there_are(done, epochs, said):
    assert epochs_so_far(done, epochs) == said
    first, last = (float(part.replace(",", "")) for part in said.split(" of "))
    assert first <= last
    assert last == pytest.approx(epochs, rel=0.01)
