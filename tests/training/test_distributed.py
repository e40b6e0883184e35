"""Several processes train, test and stop as one would; real ones, started by torchrun."""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from timm.layers import DropPath, EvoNorm2dB0
from torch import nn

import bakeoff
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.data.order import batch_indices
from bakeoff.errors import Stopped, UsageError
from bakeoff.records.predictions import Predictions
from bakeoff.records.store import load_record
from bakeoff.training import checkpoint
from bakeoff.training.callbacks import Listener
from bakeoff.training.distributed.global_batch import see_the_whole_batch
from bakeoff.training.distributed.process_group import Group
from bakeoff.training.distributed.sharding import BatchShare
from bakeoff.training.job import Job
from training import shared_run

HERE = Path(__file__).parent
CPU = torch.device("cpu")
SCRIPT = HERE / "shared_run.py"
SOURCES = HERE.parents[1] / "src"
RUNS, BATCH, STEPS = shared_run.RUNS, shared_run.BATCH, shared_run.STEPS

CLI = """
import os, sys
from pathlib import Path
import torch
torch.set_num_threads(1)
import bakeoff.training.clock as clock
clock.REPORT_SECONDS, clock.CHECKPOINT_SECONDS = 0.0, 0.2
from bakeoff.cli import main
out, rank = Path(sys.argv[1]), os.environ["RANK"]
(out / f"pid-{rank}").write_text(str(os.getpid()))
try:
    main(sys.argv[2:])
except SystemExit as ended:
    (out / f"exit-{rank}").write_text(str(ended.code))
    raise
"""


def environment() -> dict[str, str]:
    path = os.pathsep.join((str(SOURCES), str(HERE.parent)))
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}


def torchrun(processes: int, *arguments: object) -> list[str]:
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    return [*start, "--nproc-per-node", str(processes), *map(str, arguments)]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 training and 9 test images of three classes."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for split, count in (("train", 8), ("test", 3)):
        for number, name in enumerate("abc"):
            (folder / split / name).mkdir(parents=True)
            for i in range(count):
                pixels = rng.integers(60 * number, 60 * number + 120, (20, 20, 3), np.uint8)
                Image.fromarray(pixels).save(folder / split / name / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> dict[int, Path]:
    """What 1, 2 and 3 processes left of the same jobs."""
    found = {n: tmp_path_factory.mktemp(f"by-{n}") for n in (1, 2, 3)}
    shared_run.main(found[1], f"folder:{pictures}")
    for processes in (2, 3):
        done = subprocess.run(
            torchrun(processes, SCRIPT, found[processes], f"folder:{pictures}"),
            env=environment(),
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
    return found


def seen_by(folder: Path, processes: int) -> list[dict]:
    return [torch.load(folder / f"seen-{rank}.pt") for rank in range(processes)]


@pytest.mark.parametrize("processes", [2, 3])
@pytest.mark.parametrize("what", ["standard", "rsb-a2", "streamed"])
def test_processes_together_see_the_batches_of_one(
    shared: dict[int, Path], processes: int, what: str
) -> None:
    """Same images, same order, same augmentation, same mixing partners, streamed ones too."""
    (alone,) = seen_by(shared[1], 1)
    ranks = seen_by(shared[processes], processes)
    rows = torch.cat([rank["rows"] for rank in ranks])
    assert rows.sort().values.tolist() == list(range(BATCH))
    for step, whole in enumerate(alone[what]):
        for key in ("raw", "labels", "images", "targets"):
            together = torch.cat([rank[what][step][key] for rank in ranks])
            torch.testing.assert_close(together, whole[key][rows], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("processes", [1, 2])
def test_each_batch_holds_each_image_three_times_augmented_differently(
    shared: dict[int, Path], processes: int
) -> None:
    ranks = seen_by(shared[processes], processes)
    rows = [rank["rows"] for rank in ranks] if processes > 1 else [torch.arange(BATCH)]
    for step in range(4):
        indices = batch_indices(96, seed=3, step=step, batch_size=BATCH, repeats=3)
        assert sorted(indices.bincount().tolist(), reverse=True)[:6] == [3] * 6
        raw, images = torch.empty(0), torch.empty(0)
        for rank, mine in zip(ranks, rows, strict=True):
            seen = rank["rsb-a2"][step]
            if not len(raw):
                raw = torch.zeros(BATCH, *seen["raw"].shape[1:])
                images = torch.zeros(BATCH, *seen["images"].shape[1:])
            raw[mine], images[mine] = seen["raw"].float(), seen["images"]
        for copies in torch.arange(BATCH).view(6, 3).tolist():
            a, b, c = copies
            assert torch.equal(raw[a], raw[b])
            assert torch.equal(raw[a], raw[c])
            for one, other in ((a, b), (a, c), (b, c)):
                assert not torch.equal(images[one], images[other])


@pytest.mark.parametrize("processes", [2, 3])
@pytest.mark.parametrize("run", RUNS)
def test_final_weights_are_those_of_one_process(
    shared: dict[int, Path], processes: int, run: str
) -> None:
    """After twelve steps, batch-norm statistics included: batches are shared 10 and 8, or evenly.

    rsb-a2: LAMB, binary cross-entropy, mixup and CutMix, three repeats, stochastic depth. streamed:
    the same, its images from worker processes. efficientnet: batch norm that timm joins with its
    activation.
    """
    one, several = (load_file(shared[n] / run / "weights.safetensors") for n in (1, processes))
    assert one.keys() == several.keys()
    for name, value in one.items():
        gap = (several[name].float() - value.float()).norm()
        # Biases that have hardly left 0 are measured against a tenth, not against themselves.
        assert gap <= 1e-4 * max(float(value.float().norm()), 0.1), name
    a, b = (torch.cat([v.flatten().float() for v in w.values()]) for w in (one, several))
    assert (a - b).norm() <= 5e-5 * a.norm()


@pytest.mark.parametrize("processes", [2, 3])
@pytest.mark.parametrize("run", RUNS)
def test_every_test_image_is_counted_once_and_in_order(
    shared: dict[int, Path], processes: int, run: str
) -> None:
    one, several = (Predictions.load(shared[n] / run) for n in (1, processes))
    # 41 is no multiple of 2 or 3, 9 none of 2.
    assert len(several.label) == (9 if run == "streamed" else 41)
    np.testing.assert_array_equal(several.label, one.label)
    np.testing.assert_array_equal(several.top5_class[:, 0], one.top5_class[:, 0])
    np.testing.assert_allclose(several.nll, one.nll, atol=1e-3)
    a, b = (load_record(shared[n] / run) for n in (1, processes))
    assert a.result.correct == b.result.correct
    assert [p.images for p in a.curves] == [p.images for p in b.curves]
    for mine, theirs in zip(a.curves, b.curves, strict=True):
        assert mine.objective == pytest.approx(theirs.objective, rel=1e-4)
        assert mine.train.loss == pytest.approx(theirs.train.loss, rel=1e-3)


def test_the_record_says_how_many_processes_and_counts_the_cost_of_all(
    shared: dict[int, Path],
) -> None:
    alone, both = (load_record(shared[n] / "rsb-a2") for n in (1, 2))
    assert (alone.environment.processes, both.environment.processes) == (1, 2)
    assert len(both.environment.devices) == 2
    assert both.cost.images == alone.cost.images == BATCH * STEPS
    assert both.cost.flops == alone.cost.flops
    assert len(both.cost.peak_memory_of_each) == 2
    assert both.cost.peak_memory_bytes == max(both.cost.peak_memory_of_each)
    assert both.cost.images_per_second == pytest.approx(BATCH * STEPS / both.cost.seconds)


def test_a_signal_to_one_process_stops_all_and_the_resume_leaves_no_trace(
    shared: dict[int, Path],
) -> None:
    folder = shared[2]
    told = [(folder / f"stopped-{rank}").read_text() for rank in (0, 1)]
    assert told[0] == told[1]
    assert "step 5 of 12" in told[0] or "step 6 of 12" in told[0]
    straight, resumed = (load_record(folder / name) for name in ("rsb-a2", "again"))
    assert resumed.resumed == 1
    assert resumed.result == straight.result
    assert resumed.objective_by_step == straight.objective_by_step
    one, other = (load_file(folder / name / "weights.safetensors") for name in ("rsb-a2", "again"))
    for name, value in one.items():
        assert torch.equal(value, other[name]), name


def test_14_a_process_that_runs_out_of_memory_makes_the_run_a_recorded_failure(
    shared: dict[int, Path],
) -> None:
    folder = shared[2] / "full"
    record = load_record(folder)
    assert record.status == "failed"
    assert record.failure.kind == "out-of-memory"
    assert "batch 18 of test_resnet does not fit" in record.failure.message
    told = [(folder / f"failed-{rank}").read_text() for rank in (0, 1)]
    assert told[0] == told[1]


class Two(Group):
    """The first of two processes, as far as a layer can tell."""

    processes = 2


@pytest.mark.parametrize("layer", [DropPath(0.3), nn.Dropout(0.3)], ids=["paths", "dropout"])
def test_what_is_dropped_is_drawn_for_the_whole_batch(layer: nn.Module) -> None:
    """Rows that two processes drop, drawing from the same seed, are not the same rows."""
    dropped = []
    for rank in (0, 1):
        group = Two()
        group.rank = rank
        share = BatchShare(400, group)
        share.now = share.rows
        network = see_the_whole_batch(nn.Sequential(copy.deepcopy(layer)), share, CPU).train()
        torch.manual_seed(1)
        dropped.append((share.rows, network(torch.ones(200, 3))))
    rows, kept = (torch.cat(part) for part in zip(*dropped, strict=True))
    assert not torch.equal(dropped[0][1], dropped[1][1])
    assert kept.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    whole = torch.empty(400, 1 if isinstance(layer, DropPath) else 3)
    torch.manual_seed(1)
    assert torch.equal(kept[rows.argsort()] > 0, whole.bernoulli_(0.7).expand(400, 3) > 0)


def test_layers_that_look_at_the_batch_in_another_way_are_refused() -> None:
    network = nn.Sequential(EvoNorm2dB0(4))
    with pytest.raises(UsageError, match="EvoNorm2dB0 takes statistics"):
        see_the_whole_batch(network, BatchShare(8, Two()), CPU)


def test_parts_of_a_batch_that_shares_do_not_have_are_refused() -> None:
    share = BatchShare(18, Two())
    assert share.parts(10, 4) == 3
    with pytest.raises(UsageError, match="does not go evenly into 2 processes"):
        share.parts(10, 1)


def test_a_bake_off_under_torchrun_is_refused_by_one_line(shared: dict[int, Path]) -> None:
    told = [(shared[2] / f"refused-{rank}").read_text() for rank in (0, 1)]
    assert told[0].startswith("False a bake-off is not carried out by 2 processes together")
    assert "--workers" in told[0]
    assert told[1].startswith("True")


def started(processes: int, out: Path, *arguments: object) -> subprocess.Popen[str]:
    script = out / "cli.py"
    script.write_text(CLI)
    return subprocess.Popen(
        torchrun(processes, script, out, *arguments),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for_checkpoint(process: subprocess.Popen[str], folder: Path, after: int = 0) -> int:
    end = time.monotonic() + 200
    while time.monotonic() < end:
        assert process.poll() is None, process.stdout.read()
        steps = [int(p.stem.removeprefix("step-")) for p in folder.glob("step-*.checkpoint")]
        if steps and max(steps) > after:
            return max(steps)
        time.sleep(0.05)
    raise AssertionError("no checkpoint in 200 seconds")


def test_9_15_stopped_and_killed_processes_end_at_once_and_lose_nothing(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 9: SIGTERM to torchrun. Fault 15: a process is killed. Then one process goes on."""
    run = tmp_path / "run"
    verb = ["train", "--data", f"folder:{pictures}", "--model", "test_resnet", "--out", run]
    verb += ["--budget", "40000images", "--device", "cpu"]

    process = started(2, tmp_path, *verb)
    step = wait_for_checkpoint(process, run)
    process.send_signal(signal.SIGTERM)
    told, _ = process.communicate(timeout=200)
    assert [(tmp_path / f"exit-{rank}").read_text() for rank in (0, 1)] == ["143", "143"], told
    assert told.count("state saved") == 1
    assert load_record(run).status == "incomplete"

    process = started(2, tmp_path, *verb)
    step = wait_for_checkpoint(process, run, after=step + 5)
    os.kill(int((tmp_path / "pid-1").read_text()), signal.SIGKILL)
    told, _ = process.communicate(timeout=200)
    assert process.returncode != 0
    assert told.count("another process of this run was lost") == 1, told
    assert "should not happen" not in told
    assert load_record(run).status == "incomplete"

    stored = checkpoint.load_newest(run, print)
    assert stored["step"] >= step

    class StopAtOnce(BakeoffListener):
        def run_started(self, job: Job, number: int, of: int) -> Listener:
            return self

        def stepped(self, step: int, total_steps: int, images_per_second: float) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("bakeoff.training.clock.REPORT_SECONDS", -1.0)
    with pytest.raises(Stopped, match=f"step {stored['step'] + 1} of"):
        bakeoff.train(
            data=f"folder:{pictures}",
            model="test_resnet",
            out=run,
            budget="40000images",
            device="cpu",
            listener=StopAtOnce(),
        )
    again = load_record(run)
    assert again.environment.processes == 1
    told = f"the number of processes changed: 2 from step 1, 1 from step {stored['step'] + 1}"
    assert told in again.notes
