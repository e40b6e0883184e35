"""A reader that goes before all is told (`| head`) ends the command quietly, as it ends `ls`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import bakeoff.cli

BAKEOFF = [sys.executable, "-m", "bakeoff.cli"]
GONE = 141
"""128 + SIGPIPE, what a shell shows of `ls | head -1`."""


@pytest.mark.parametrize(
    "line",
    [
        ["--help"],
        ["compare", "--help"],
        ["--version"],
        ["recipes"],
        ["recipes", "standard", "--format", "json"],
        ["results"],
        ["results", "--format", "json"],
    ],
    ids=" ".join,
)
def test_without_a_reader_a_command_ends_quietly(line: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [*BAKEOFF, *line], stdout=write, stderr=subprocess.PIPE, text=True, timeout=120
        )
    finally:
        os.close(write)
    assert done.stderr == ""
    assert done.returncode == GONE


def test_head_gets_its_line_and_nothing_else_is_said(tmp_path: Path) -> None:
    rows = "".join(f"| model-{i} | 90.0 % | 0.001 |\n" for i in range(900))
    paper = tmp_path / "paper.md"
    paper.write_text(f"| model | accuracy | validation loss |\n|---|---|---|\n{rows}")
    command = f"'{sys.executable}' -m bakeoff.cli audit '{paper}'"
    shell = f"{command} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, timeout=120)
    first, code = done.stdout.splitlines()
    assert "paper.md:3" in first
    assert done.stderr == ""
    assert code in ("0", str(GONE))  # some kernels take all of a write before they tell


def test_a_pipe_that_breaks_elsewhere_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise BrokenPipeError("a worker's")

    monkeypatch.setattr(bakeoff.cli, "app", broken)
    with pytest.raises(SystemExit) as ended:
        bakeoff.cli.main(["recipes"])
    assert ended.value.code == 3
    assert "this should not happen: BrokenPipeError: a worker's" in capfd.readouterr().err
