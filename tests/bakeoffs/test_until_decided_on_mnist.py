"""Seeds until it is decided, end to end: MNIST, the command line, killed twice, and the report."""

import json
import os
import signal
import struct
import sys
import time
from pathlib import Path

import pytest

import bakeoff
from bakeoff.data import load
from bakeoff.records.manifest import load_manifest
from bakeoff.records.store import RECORD_NAME, load_record, run_folder
from faults_tools import FORKS

SPEC = """\
name: digits
data: idx:{digits}
model: test_resnet
arms: [standard, {{recipe: standard, name: near, pin: {{optimizer.lr: 0.0012}}}}]
seeds: {{at_most: 5, until: decided, looks: [3, 4, 5], give_up: false}}
budget: 1000images
precision: fp32  # whichever is faster at the moment would be another run
"""


def some_of_mnist(folder: Path, train: int, test: int) -> Path:
    """The first images of MNIST, in its own layout."""
    whole = load("mnist", channels=1)
    folder.mkdir()
    for part, split, count in (("train", whole.train, train), ("t10k", whole.test, test)):
        images = split.images[:count, 0].contiguous().numpy()
        labels = split.labels[:count].numpy().astype("u1")
        for what, array in (("images-idx3", images), ("labels-idx1", labels)):
            header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
            (folder / f"{part}-{what}-ubyte").write_bytes(header + array.tobytes())
    return folder


def command(arguments: list[str], told: Path) -> None:
    """In a process of its own: the command line as it is typed."""
    import torch

    from bakeoff.cli import main

    torch.set_num_threads(1)
    with told.open("a") as file:
        sys.stdout = sys.stderr = file
        main(arguments)


class Running:
    def __init__(self, *arguments: object, told: Path) -> None:
        self.told = told
        self.process = FORKS.Process(target=command, args=([*map(str, arguments)], told))
        self.process.start()

    def once(self, happened) -> "Running":
        until = time.monotonic() + 240
        while not happened():
            assert self.process.is_alive(), self.told.read_text()
            assert time.monotonic() < until, "it never happened"
            time.sleep(0.01)
        return self

    def send(self, number: int) -> int:
        os.kill(self.process.pid, number)
        return self.end()

    def end(self) -> int:
        self.process.join(240)
        return self.process.exitcode


def begun(folder: Path, seed: int) -> bool:
    return any(
        (run_folder(folder, arm, seed) / RECORD_NAME).exists() for arm in ("standard", "near")
    )


def looks_of(folder: Path) -> list:
    return [look.model_dump(exclude={"at"}) for look in load_manifest(folder).looks]


def judged(folder: Path) -> dict:
    row = bakeoff.compare(folder, metrics="accuracy").to_dict()["comparisons"][0]
    return {key: row[key] for key in ("a", "b", "difference", "interval", "p", "verdict", "n_a")}


@pytest.mark.slow
def test_killed_within_a_run_and_between_looks_it_ends_as_an_unbroken_run_does(tmp_path):
    spec, told = tmp_path / "digits.yaml", tmp_path / "told.txt"
    spec.write_text(SPEC.format(digits=some_of_mnist(tmp_path / "mnist", 800, 200)))
    broken, whole = tmp_path / "broken", tmp_path / "whole"

    def call(out: Path) -> Running:
        return Running("run", spec, "--out", out, "--device", "cpu", told=told)

    assert call(broken).once(lambda: begun(broken, 1)).send(signal.SIGTERM) == 143
    assert looks_of(broken) == []
    first = call(broken).once(lambda: bool(looks_of(broken)))
    assert first.send(signal.SIGKILL) == -signal.SIGKILL
    assert [look["seeds"] for look in looks_of(broken)] == [3]
    kept = {
        path.parent: path.read_bytes()
        for path in broken.rglob(RECORD_NAME)
        if load_record(path.parent).status == "complete"
    }
    assert len(kept) >= 6
    assert call(broken).end() == 0, told.read_text()
    assert all((folder / RECORD_NAME).read_bytes() == was for folder, was in kept.items())
    assert call(whole).end() == 0, told.read_text()

    # Two learning rates so near are told apart at no look, so that all are taken.
    assert [look["seeds"] for look in looks_of(whole)] == [3, 4, 5]
    assert looks_of(broken) == looks_of(whole)
    assert judged(broken) == judged(whole)
    assert json.loads((broken / "bakeoff.json").read_text())["look_plan"]["looks"] == [3, 4, 5]
    page = next(broken.glob("*.html")).read_text()
    assert "looks after 3, 4 and 5 seeds of each arm were planned before the first run" in page
    assert "3 of 3 looks were taken" in page
    assert "Look after 5 seeds:" in told.read_text()
