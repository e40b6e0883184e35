"""What W&B's offline file and trackio's SQLite file hold is what the record holds, once each."""

import dataclasses
import json
import struct
import time

import pytest
import torch

from bakeoff.errors import Stopped
from bakeoff.training.run import execute
from training.test_tracking import StopAt, recorded_curves, same

CPU = torch.device("cpu")
OWN = ("_step", "_runtime", "_timestamp", "_wandb")
"""Keys that W&B adds to each point."""


def wandb_messages(content):
    """The messages of an offline file: LevelDB's log format after a header of 7 bytes."""
    assert content.startswith(b":W&B")
    at, message = 7, b""
    while at + 7 <= len(content):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        _, length, kind = struct.unpack_from("<IHB", content, at)
        message += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield message
            message = b""


def wandb_records(path):
    """All records of an offline file, once its writer, a process of its own, has ended it."""
    from wandb.proto import wandb_internal_pb2

    for _ in range(600):
        records = []
        for message in wandb_messages(path.read_bytes()):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(message)
            records.append(record)
        if records and records[-1].WhichOneof("record_type") == "exit":
            return records
        time.sleep(0.1)
    raise AssertionError(f"{path} was not ended")


def wandb_curves(folder):
    """{key: [(step, value)]} of every offline file below `folder`, by W&B's own messages."""
    told, names, configured = {}, set(), {}
    for path in sorted(folder.rglob("*.wandb")):
        for record in wandb_records(path):
            if record.WhichOneof("record_type") == "run":
                names.add((record.run.run_id, record.run.project, record.run.display_name))
                configured |= {i.key: json.loads(i.value_json) for i in record.run.config.update}
            if record.WhichOneof("record_type") == "config":
                configured |= {i.key: json.loads(i.value_json) for i in record.config.update}
            if record.WhichOneof("record_type") == "history":
                for item in record.history.item:
                    key = item.key or "/".join(item.nested_key)
                    if key not in OWN:
                        value = json.loads(item.value_json)
                        told.setdefault(key, []).append((record.history.step.num, value))
    return told, names, configured


def trackio_curves(_folder):
    from trackio.sqlite_storage import SQLiteStorage

    told, names, configured = {}, set(), {}
    for run in SQLiteStorage.get_runs("toy"):
        names.add((run.rpartition(" ")[2], "toy", run.rpartition(" ")[0]))
        configured |= SQLiteStorage.get_run_config("toy", run) or {}
        for row in SQLiteStorage.get_logs("toy", run):
            for key, value in row.items():
                if key not in ("step", "timestamp"):
                    told.setdefault(key, []).append((row["step"], value))
    return told, names, configured


@pytest.fixture(params=["wandb", "trackio"])
def tool(request, tmp_path, monkeypatch):
    """The name of the tool, and what reads back what it was told on this machine."""
    pytest.importorskip(request.param, reason=f"{request.param} is not installed")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
    if request.param == "trackio":
        for module in ("utils", "sqlite_storage"):
            monkeypatch.setattr(f"trackio.{module}.TRACKIO_DIR", tmp_path / "trackio")
    monkeypatch.chdir(tmp_path)
    return request.param, wandb_curves if request.param == "wandb" else trackio_curves


def test_the_tool_holds_the_curve_of_the_record_and_its_configuration(
    tmp_path, tool, make_job, capfd
):
    name, curves = tool
    job = dataclasses.replace(make_job(images=480), track=(name,), bakeoff="toy")
    record = execute(job, tmp_path / "run", device=CPU)
    found, names, configured = curves(tmp_path)
    assert len(recorded_curves(record)["objective"]) == 5
    same(found, recorded_curves(record), single_precision=False)
    ((_, project, title),) = names
    assert (project, title) == ("toy", "standard seed-0")
    assert configured["recipe.optimizer.lr"] == record.recipe.optimizer.lr
    assert configured["test_hash"] == record.data.test_hash
    # A command's answer, as JSON, must stay alone on its stream.
    assert capfd.readouterr().out == ""


def test_a_run_that_goes_on_stays_one_run_and_tells_no_point_twice(tmp_path, tool, make_job):
    name, curves = tool
    job = dataclasses.replace(make_job(images=480), track=(name,), bakeoff="toy")
    with pytest.raises(Stopped):
        execute(job, tmp_path / "run", device=CPU, listener=StopAt())
    assert len(curves(tmp_path)[0]["objective"]) == 2
    record = execute(job, tmp_path / "run", device=CPU)
    assert record.resumed == 1
    found, names, _ = curves(tmp_path)
    same(found, recorded_curves(record), single_precision=False)
    assert len(names) == 1


def test_two_runs_in_one_process_are_two_runs_of_the_tool(tmp_path, tool, make_job):
    name, curves = tool
    for seed in (0, 1):
        job = dataclasses.replace(make_job(), track=(name,), bakeoff="toy", seed=seed)
        execute(job, tmp_path / f"run{seed}", device=CPU)
    assert {title for _, _, title in curves(tmp_path)[1]} == {"standard seed-0", "standard seed-1"}
