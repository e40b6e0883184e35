"""Real faults: a script that trains the tiny set for long enough to be hurt."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys, torch
torch.set_num_threads(1)
sys.path.insert(0, {tests!r})
from pathlib import Path
import bakeoff.training.loop as loop
loop.CHECKPOINT_SECONDS = 0.0
loop.TELL_SECONDS = 0.0
from conftest import make_dataset
from bakeoff.errors import BakeoffError
from bakeoff.recipes.loading import load
from bakeoff.recipes.scaling import scale
from bakeoff.records.schema import BudgetFacts
from bakeoff.training.job import Job
from bakeoff.training.listener import Listener
from bakeoff.training.run import execute
data, loaded = make_dataset(), load("standard")
scaled = scale(loaded, data=data.facts, images={images}, batch_size=16)
job = Job(arm="standard", seed=0, scaled=scaled, published=loaded.published,
    sources=loaded.sources, dataset=data, model="test_resnet", init="scratch",
    budget=BudgetFacts(asked="toy", reason="a test", epochs=scaled.recipe.epochs,
    images=scaled.images, steps=scaled.total_steps))
class Say(Listener):
    def stepped(self, step, total, rate):
        print("step", step, flush=True)
    def evaluating(self, what):
        print("evaluating", what, flush=True)
{prepare}
try:
    execute(job, Path(sys.argv[1]), device=torch.device("cpu"), listener=Say())
except BakeoffError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


@pytest.fixture
def training(tmp_path):
    """Start a training of the tiny set in a process of its own, in tmp_path / "run"."""
    processes = []

    def start(*, images=6400, prepare=""):
        script = tmp_path / f"train-{len(processes)}.py"
        tests = str(Path(__file__).parents[1])
        script.write_text(SCRIPT.format(tests=tests, images=images, prepare=prepare))
        process = subprocess.Popen(
            [sys.executable, script, tmp_path / "run"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
