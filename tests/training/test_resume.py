"""A run that was interrupted ends as if it had not been."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from bakeoff.errors import BadFile, Stopped, UsageError
from bakeoff.recipes.loading import names
from bakeoff.records.predictions import Predictions
from bakeoff.records.store import load_record
from bakeoff.training import checkpoint
from bakeoff.training.listener import Listener
from bakeoff.training.run import execute

CPU = torch.device("cpu")


class StopAfter(Listener):
    """Asks the process to stop, as SIGTERM does, once a step is reached."""

    def __init__(self, monkeypatch, step):
        monkeypatch.setattr("bakeoff.training.loop.TELL_SECONDS", -1.0)
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
    assert json.dumps(everything_but_times(one)) == json.dumps(everything_but_times(other))
    a, b = Predictions.load(one), Predictions.load(other)
    for name in ("label", "top5_class", "top5_probability", "nll"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    weights, others = (load_file(f / "weights.safetensors") for f in (one, other))
    assert weights.keys() == others.keys()
    for key, value in weights.items():
        assert torch.equal(value, others[key]), key


@pytest.mark.parametrize("recipe", names())
def test_three_interruptions_leave_no_trace(make_job, tmp_path, monkeypatch, recipe):
    job = make_job(recipe)
    execute(job, tmp_path / "straight", device=CPU)
    for step in (1, 5, 8):
        with pytest.raises(Stopped):
            execute(job, tmp_path / "stopped", device=CPU, listener=StopAfter(monkeypatch, step))
        assert load_record(tmp_path / "stopped").status == "incomplete"
    record = execute(job, tmp_path / "stopped", device=CPU)
    assert record.status == "complete"
    assert record.resumed == 3
    assert_same_run(tmp_path / "straight", tmp_path / "stopped")


KILLED = """
import sys, torch
torch.set_num_threads(1)
sys.path.insert(0, {tests!r})
import bakeoff.training.loop as loop
loop.CHECKPOINT_SECONDS = 0.0
from conftest import make_dataset
from bakeoff.recipes.loading import load
from bakeoff.recipes.scaling import scale
from bakeoff.records.schema import BudgetFacts
from bakeoff.training.job import Job
from bakeoff.training.run import execute
from pathlib import Path
data, loaded = make_dataset(), load("standard")
scaled = scale(loaded, data=data.facts, images=6400, batch_size=16)
job = Job(arm="standard", seed=0, scaled=scaled, published=loaded.published,
    sources=loaded.sources, dataset=data, model="test_resnet", init="scratch",
    budget=BudgetFacts(asked="6400images", reason="a test", epochs=scaled.recipe.epochs,
    images=scaled.images, steps=scaled.total_steps))
execute(job, Path(sys.argv[1]), device=torch.device("cpu"))
"""


@pytest.mark.slow
def test_a_killed_process_resumes_to_the_same_final_record(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(KILLED.format(tests=str(Path(__file__).parents[1])))
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    subprocess.run([sys.executable, script, straight], check=True, timeout=300)
    for _ in range(2):
        process = subprocess.Popen([sys.executable, script, killed])
        before = {p.name for p in killed.glob("*.checkpoint")} if killed.exists() else set()
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            new = {p.name for p in killed.glob("*.checkpoint")} - before
            if len(new) == 2:
                break
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "the run ended before it could be killed"
    subprocess.run([sys.executable, script, killed], check=True, timeout=300)
    assert load_record(killed).resumed == 2
    assert_same_run(straight, killed)
    assert not list(killed.glob("*.checkpoint"))


def test_a_complete_run_is_not_run_again(make_job, tmp_path):
    first = execute(make_job(), tmp_path, device=CPU)
    again = execute(make_job(), tmp_path, device=CPU)
    assert again == first


def test_a_folder_with_another_job_is_refused_and_the_difference_named(make_job, tmp_path):
    execute(make_job(), tmp_path, device=CPU)
    with pytest.raises(UsageError, match=r"optimizer\.lr: .* → 0\.05"):
        execute(make_job(pins={"optimizer.lr": 0.05}), tmp_path, device=CPU)


def test_a_checkpoint_of_another_recipe_is_refused(make_job, tmp_path, monkeypatch):
    with pytest.raises(Stopped):
        execute(make_job(), tmp_path, device=CPU, listener=StopAfter(monkeypatch, 3))
    with pytest.raises(UsageError, match="weight_decay"):
        execute(make_job(pins={"optimizer.weight_decay": 0.3}), tmp_path, device=CPU)


@pytest.mark.parametrize("damage", ["truncate", "flip"])
def test_a_damaged_checkpoint_is_told_and_the_one_before_it_taken(
    make_job, tmp_path, monkeypatch, damage
):
    job = make_job()
    execute(job, tmp_path / "straight", device=CPU)
    for step in (4, 7):
        with pytest.raises(Stopped):
            execute(job, tmp_path / "hurt", device=CPU, listener=StopAfter(monkeypatch, step))
    newest = max((tmp_path / "hurt").glob("*.checkpoint"))
    content = bytearray(newest.read_bytes())
    if damage == "truncate":
        del content[len(content) // 2 :]
    else:
        content[len(content) // 2] ^= 1
    newest.write_bytes(content)
    record = execute(job, tmp_path / "hurt", device=CPU)
    assert any("checksum fails" in note for note in record.notes)
    assert record.result == load_record(tmp_path / "straight").result


def test_a_pickle_that_runs_code_is_blocked(tmp_path):
    canary = tmp_path / "canary"

    class Evil:
        def __reduce__(self):
            return (Path.touch, (canary,))

    checkpoint.save(tmp_path, 1, {"model": Evil()})
    with pytest.raises(BadFile, match="more than weights"):
        checkpoint.load(next(tmp_path.glob("*.checkpoint")))
    assert not canary.exists()
