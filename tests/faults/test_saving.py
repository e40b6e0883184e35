"""Faults 1 to 5: kills while saving, full disks, truncated and flipped checkpoints."""

import os
import random
import signal
import time
from pathlib import Path

import pytest
import torch

from bakeoff.errors import BadFile, OutputError
from bakeoff.records.files import sweep
from bakeoff.records.store import load_record
from bakeoff.training import checkpoint
from bakeoff.training.run import execute
from faults_tools import CPU, FORKS, StopAfter, assert_same_run, save_forever

KILLS = 16


def test_fault_01_a_kill_at_any_moment_of_saving_leaves_a_checkpoint_that_loads(tmp_path):
    moments, half_written = random.Random(1), 0
    for kill in range(KILLS):
        folder = tmp_path / str(kill)
        process = FORKS.Process(target=save_forever, args=(folder,))
        process.start()
        while len(list(folder.glob("*.checkpoint"))) < 2:
            assert process.is_alive()
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.03))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        warnings = []
        state = checkpoint.load_newest(folder, warnings.append)
        assert warnings == []
        assert state["step"] >= 2
        assert bool((state["weights"] == state["step"]).all())
        left = {path.name for path in folder.iterdir()}
        half_written += any(name.startswith(".") for name in left)
        assert len([name for name in left if name.endswith(".checkpoint")]) in (2, 3)
        sweep(folder)
        assert all(path.suffix == ".checkpoint" for path in folder.iterdir())
    assert half_written, "no kill fell into a save, so nothing was tested"


def test_fault_01_what_killed_saves_left_is_removed_when_the_run_goes_on(make_job, tmp_path):
    litter = tmp_path / ".step-000000000007.checkpoint.ab12cd34"
    mine = tmp_path / ".notes.json"
    for path in (litter, mine):
        path.write_bytes(b"half")
    execute(make_job(), tmp_path, device=CPU)
    assert not litter.exists()
    assert mine.exists()


def test_fault_02_a_full_disk_while_saving_keeps_the_old_checkpoint_and_no_temporary(disk):
    checkpoint.save(disk.folder, 1, {"weights": torch.ones(10)})
    disk.fill(100_000)
    with pytest.raises(OutputError, match="Free some space and run the same command again"):
        checkpoint.save(disk.folder, 2, {"weights": torch.ones(1_000_000)})
    disk.release()
    assert [p.name for p in disk.folder.iterdir()] == ["step-000000000001.checkpoint"]
    assert torch.equal(checkpoint.load(next(disk.folder.iterdir()))["weights"], torch.ones(10))


@pytest.mark.parametrize("file", ["predictions.npz", "weights.safetensors", "record.json"])
def test_fault_03_a_full_disk_at_the_end_leaves_the_run_incomplete_until_there_is_room(
    make_job, tmp_path, disk, monkeypatch, file
):
    job = make_job()
    execute(job, tmp_path / "straight", device=CPU)
    order = ["predictions.npz", "weights.safetensors", "record.json"]
    sizes = [(tmp_path / "straight" / name).stat().st_size for name in order]
    before = order.index(file)
    if disk.mounted:
        room = sum(-(-size // 4096) * 4096 for size in sizes[:before]) + 4096 * (before > 0)
    else:
        room = min(size for name, size in zip(order, sizes, strict=True) if name == file) // 2
    folder = disk.folder / "run"

    class Filling(StopAfter):
        def evaluating(self, what):
            if what == "training images":
                disk.fill(room)

    with pytest.raises(OutputError, match="Free some space"):
        execute(job, folder, device=CPU, listener=Filling(monkeypatch, None))
    disk.release()
    record = load_record(folder)
    assert record.status == "incomplete"
    assert record.result is None
    assert not [path for path in folder.glob(".*") if path.name != ".lock"]
    assert execute(job, folder, device=CPU).status == "complete"
    assert_same_run(tmp_path / "straight", folder)


DAMAGES = {
    "empty": lambda data, rng: b"",
    "half its header": lambda data, rng: data[:20],
    "its header alone": lambda data, rng: data[:40],
    "cut": lambda data, rng: data[: rng.randrange(41, len(data))],
    "its last byte lost": lambda data, rng: data[:-1],
    "its end zeroed": lambda data, rng: data[: len(data) // 2] + bytes(len(data) // 2),
}


def two_checkpoints(folder: Path) -> Path:
    for step in (1, 2):
        checkpoint.save(folder, step, {"step": step, "weights": torch.full((1000,), step)})
    return max(folder.glob("*.checkpoint"))


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_fault_04_a_truncated_checkpoint_is_told_and_the_one_before_it_taken(tmp_path, damage):
    newest = two_checkpoints(tmp_path)
    newest.write_bytes(damage(newest.read_bytes(), random.Random(4)))
    warnings = []
    assert checkpoint.load_newest(tmp_path, warnings.append)["step"] == 1
    [said] = warnings
    assert newest.name in said
    assert "going back to the checkpoint before it" in said


def test_fault_05_one_flipped_bit_anywhere_is_noticed(tmp_path):
    newest, rng = two_checkpoints(tmp_path), random.Random(5)
    sound = newest.read_bytes()
    for _ in range(200):
        hurt = bytearray(sound)
        hurt[rng.randrange(len(hurt))] ^= 1 << rng.randrange(8)
        newest.write_bytes(hurt)
        with pytest.raises(BadFile, match=r"checksum fails|not a Bakeoff checkpoint"):
            checkpoint.load(newest)
    assert checkpoint.load_newest(tmp_path, lambda said: None)["step"] == 1


@pytest.mark.parametrize("hurt", [1, 2], ids=["the newest", "both"])
def test_fault_04_05_a_run_with_damaged_checkpoints_ends_as_if_undamaged(
    make_job, tmp_path, monkeypatch, hurt
):
    from bakeoff.errors import Stopped

    job = make_job()
    execute(job, tmp_path / "straight", device=CPU)
    for step in (4, 7):
        with pytest.raises(Stopped):
            execute(job, tmp_path / "hurt", device=CPU, listener=StopAfter(monkeypatch, step))
    for path in sorted((tmp_path / "hurt").glob("*.checkpoint"))[-hurt:]:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    record = execute(job, tmp_path / "hurt", device=CPU)
    said = " ".join(record.notes)
    assert said.count("checksum fails") == hurt
    assert ("beginning anew" in said) == (hurt == 2)
    assert record.result == load_record(tmp_path / "straight").result
