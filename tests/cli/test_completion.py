"""The shell completes verbs, recipes, data sets and files, without loading torch."""

import os
import subprocess
import sys

import pytest

from bakeoff.cli import completing
from bakeoff.data.catalog import names as data_names
from bakeoff.published import results
from bakeoff.recipes import names as recipe_names


def complete(line, cwd=None, count=None):
    """What bash would offer for `line`, as Typer's own protocol has it."""
    words = line.split(" ")
    environment = {
        **os.environ,
        "_BAKEOFF_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('HEAVY', [m for m in ('torch', 'timm', 'pandas', 'numpy')"
        " if m in sys.modules]))\n"
        "from bakeoff.cli import main; main([])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=cwd
    )
    *offered, heavy = done.stdout.splitlines()
    assert heavy == "HEAVY []", done.stdout + done.stderr
    return offered


def test_verbs_are_completed():
    assert set(complete("bakeoff re")) == {"recipes", "report", "reproduce", "results"}


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("bakeoff train --recipe rsb-", ["rsb-a1", "rsb-a2", "rsb-a3"]),
        ("bakeoff recipes stand", ["standard", "standard-gentle"]),
        ("bakeoff train --data cifar", ["cifar-10", "cifar-100"]),
        ("bakeoff data fash", ["fashion-mnist"]),
        ("bakeoff train --device m", ["mps"]),
        ("bakeoff train --track t", ["tensorboard", "trackio"]),
        ("bakeoff train --budget q", ["quick"]),
    ],
)
def test_names_are_completed(line, offered):
    assert complete(line) == offered


def test_files_and_folders_are_completed_where_they_are_wanted(tmp_path):
    (tmp_path / "photos" / "cats").mkdir(parents=True)
    (tmp_path / "photos.yaml").touch()
    (tmp_path / "photos.png").touch()
    assert complete("bakeoff run ph", tmp_path) == ["photos.yaml", "photos/"]
    assert complete("bakeoff compare ph", tmp_path) == ["photos/"]
    assert complete("bakeoff train --recipe ph", tmp_path) == ["photos.yaml", "photos/"]
    assert completing.data_sets(f"folder:{tmp_path}/ph") == [f"folder:{tmp_path}/photos/"]


def test_what_is_offered_is_all_that_there_is():
    assert completing.recipes("")[: len(recipe_names())] == recipe_names()
    assert set(completing.data_sets("")) == {*data_names(), *completing.PLACES}
    assert completing.published("") == sorted(
        row.id for row in results() if not row.id.startswith("timm:")
    )
