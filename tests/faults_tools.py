"""What the tests of faults share: real processes that train, real full disks, same runs."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from bakeoff.errors import BakeoffError
from bakeoff.records.predictions import Predictions
from bakeoff.records.store import load_record
from bakeoff.training import checkpoint
from bakeoff.training.callbacks import Listener
from bakeoff.training.run import execute

CPU = torch.device("cpu")

# Its children are forked from a process that has torch already: each starts in milliseconds.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["torch", "timm", "bakeoff.training.run"])


def tiny_job(images: int = 6400, side: int = 16, **options):
    """The job of `conftest.make_job`, for a process of its own."""
    from bakeoff.recipes.loading import load
    from bakeoff.recipes.scaling import scale
    from bakeoff.records.schema import BudgetFacts
    from bakeoff.training.job import Job
    from conftest import make_dataset

    data, loaded = make_dataset(side=side), load("standard")
    options = {"batch_size": 16, **options}
    scaled = scale(loaded, data=data.facts, images=images, **options)
    return Job(
        arm="standard",
        seed=0,
        scaled=scaled,
        published=loaded.published,
        sources=loaded.sources,
        dataset=data,
        model="test_resnet",
        init="scratch",
        budget=BudgetFacts(
            asked="toy",
            reason="a test",
            epochs=scaled.recipe.epochs,
            images=scaled.images,
            steps=scaled.total_steps,
        ),
    )


class Tell(Listener):
    """Sends what happens to the test's process."""

    def __init__(self, to) -> None:
        self.to = to

    def stepped(self, step, total_steps, images_per_second) -> None:
        self.to.send(f"step {step}.")

    def evaluating(self, what) -> None:
        self.to.send(f"evaluating {what}")


def train(folder: Path, to, images: int, more_bytes: int | None, options: dict) -> None:
    """In a process of its own: train, a checkpoint a step, and exit as the command line does.

    more_bytes: how much more memory the process may take than it has before the run.
    """
    from bakeoff.training import clock

    torch.set_num_threads(1)
    clock.CHECKPOINT_SECONDS = clock.REPORT_SECONDS = 0.0
    job = tiny_job(images, **options)
    if more_bytes is not None:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + more_bytes
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        execute(job, folder, device=CPU, listener=Tell(to))
    except BakeoffError as error:
        to.send(f"error {error}")
        os._exit(error.exit_code)


def save_forever(folder: Path) -> None:
    """In a process of its own: one checkpoint after the other."""
    for step in itertools.count(1):
        weights = torch.full((200_000,), step)
        checkpoint.save(folder, step, {"step": step, "weights": weights})


class Training:
    """A training in a process of its own."""

    def __init__(self, folder: Path, images: int, more_bytes: int | None, options: dict) -> None:
        self.hear, say = FORKS.Pipe(duplex=False)
        self.process = FORKS.Process(target=train, args=(folder, say, images, more_bytes, options))
        self.process.start()
        say.close()

    def wait_for(self, what: str) -> None:
        """Listen up to the message that begins with `what`."""
        heard = ""
        while self.hear.poll(120):
            try:
                heard = self.hear.recv()
            except EOFError:
                break
            if heard.startswith(what):
                return
        raise AssertionError(f"it ended without {what!r}; its last word was {heard!r}")

    def send(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def end(self) -> tuple[int, str]:
        """Wait for it; its exit code and last word."""
        heard = ""
        while self.hear.poll(120):
            try:
                heard = self.hear.recv()
            except EOFError:
                break
        self.process.join(120)
        return self.process.exitcode, heard


class FullDisk:
    """A disk that can be filled: a small tmpfs where it may be mounted, else a limit on files."""

    def __init__(self, folder: Path, mounted: bool) -> None:
        self.folder, self.mounted = folder, mounted
        self._ballast = folder / "ballast"
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self, room: int) -> None:
        """Leave room for `room` bytes in all (tmpfs), or in each file (limit)."""
        if not self.mounted:
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, self._before[1]))
            return
        found = os.statvfs(self.folder)
        with self._ballast.open("ab") as file:
            file.write(bytes(max(0, found.f_bavail * found.f_bsize - room)))

    def release(self) -> None:
        """Room again."""
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)
        self._ballast.unlink(missing_ok=True)


@contextmanager
def full_disk(folder: Path, kind: str) -> Iterator[FullDisk]:
    """kind: "tmpfs" (8 MiB of it; without the right to mount, a limit too) or "limit"."""
    folder.mkdir()
    mounted = (
        kind == "tmpfs"
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder],
            capture_output=True,
            check=False,
        ).returncode
    )
    disk = FullDisk(folder, mounted)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        yield disk
    finally:
        disk.release()
        signal.signal(signal.SIGXFSZ, before)
        if mounted:
            subprocess.run(["umount", "-l", folder], check=True)


class StopAfter(Listener):
    """Asks the process to stop, as SIGTERM does, once a step is reached."""

    def __init__(self, monkeypatch, step):
        monkeypatch.setattr("bakeoff.training.clock.REPORT_SECONDS", -1.0)
        self.at = step

    def stepped(self, step, total_steps, images_per_second):
        if step == self.at:
            os.kill(os.getpid(), signal.SIGTERM)


def everything_but_times(folder):
    """The record without clock readings, the predictions and the weights."""
    record = load_record(folder).model_dump(mode="json")
    for key in ("created", "cost", "resumed", "environment"):
        del record[key]
    for point in record["curves"]:
        del point["seconds"]
    return record


def assert_same_run(one: Path, other: Path) -> None:
    """Records, predictions and weights agree to the last bit."""
    assert json.dumps(everything_but_times(one)) == json.dumps(everything_but_times(other))
    a, b = Predictions.load(one), Predictions.load(other)
    for name in ("label", "top5_class", "top5_probability", "nll"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    weights, others = (load_file(f / "weights.safetensors") for f in (one, other))
    assert weights.keys() == others.keys()
    for key, value in weights.items():
        assert torch.equal(value, others[key]), key
