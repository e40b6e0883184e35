"""Faults 1 to 3, 9, 10 and 25: kills, full disks, signals, second owners."""

import signal
import subprocess
import sys
import time

import pytest
import torch

from bakeoff.errors import OutputError
from bakeoff.records.store import load_record
from bakeoff.training import checkpoint
from faults_tools import wait_for

SAVE_FOREVER = """
import sys, itertools, torch
from pathlib import Path
from bakeoff.training import checkpoint
for step in itertools.count(1):
    weights = torch.full((200_000,), step)
    checkpoint.save(Path(sys.argv[1]), step, {"step": step, "weights": weights})
    print(step, flush=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.003, 0.011, 0.02])
def test_1_a_kill_while_saving_leaves_a_checkpoint_that_loads(tmp_path, delay):
    with subprocess.Popen(
        [sys.executable, "-c", SAVE_FOREVER, tmp_path], stdout=subprocess.PIPE, text=True
    ) as process:
        for _ in range(3):
            process.stdout.readline()
        time.sleep(delay)
        process.kill()
    warnings = []
    state = checkpoint.load_newest(tmp_path, warnings.append)
    assert state["step"] >= 2
    assert bool((state["weights"] == state["step"]).all())
    assert warnings == []


FULL_DISK = """
import resource, signal, sys, torch
from pathlib import Path
from bakeoff.errors import OutputError
from bakeoff.training import checkpoint
folder = Path(sys.argv[1])
checkpoint.save(folder, 1, {"weights": torch.ones(10)})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    checkpoint.save(folder, 2, {"weights": torch.ones(1_000_000)})
except OutputError as error:
    print(error)
"""


def test_2_a_full_disk_while_saving_keeps_the_old_checkpoint_and_no_temporary(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path], capture_output=True, text=True, check=True
    )
    assert "Free some space" in done.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["step-000000000001.checkpoint"]
    assert torch.equal(checkpoint.load(next(tmp_path.iterdir()))["weights"], torch.ones(10))


def test_3_a_full_disk_while_writing_the_record_leaves_the_run_incomplete(training, tmp_path):
    limit = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "import bakeoff.training.run as r\n"
        "before = r.save_record\n"
        "def full(record, folder):\n"
        "    if record.status == 'complete':\n"
        "        resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))\n"
        "    before(record, folder)\n"
        "r.save_record = full\n"
    )
    process = training(images=160, prepare=limit)
    _, complaint = process.communicate(timeout=120)
    assert process.returncode == OutputError.exit_code
    assert "Free some space" in complaint
    assert load_record(tmp_path / "run").status == "incomplete"


@pytest.mark.parametrize("moment", ["step 20", "evaluating test images"])
def test_9_sigterm_in_training_and_in_evaluation_saves_and_exits_with_143(
    training, tmp_path, moment
):
    process = training()
    wait_for(process, moment)
    process.send_signal(signal.SIGTERM)
    _, complaint = process.communicate(timeout=120)
    assert process.returncode == 143, complaint
    assert "Run the same command again" in complaint
    assert checkpoint.load_newest(tmp_path / "run", print) is not None
    assert load_record(tmp_path / "run").status == "incomplete"


def test_10_a_second_sigterm_during_that_save_corrupts_nothing(training, tmp_path):
    process = training()
    wait_for(process, "step 20")
    for _ in range(20):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.002)
    process.communicate(timeout=120)
    assert process.returncode == 143
    warnings = []
    assert checkpoint.load_newest(tmp_path / "run", warnings.append) is not None
    assert warnings == []


def test_25_a_second_run_in_one_folder_is_refused_and_a_crash_releases_it(training, tmp_path):
    first = training()
    wait_for(first, "step 5")
    second = training()
    _, complaint = second.communicate(timeout=120)
    assert second.returncode == 2
    assert "in use by another run" in complaint
    first.kill()
    first.communicate()
    third = training()
    wait_for(third, "step")
