"""What was written is whole, what is damaged is named, and one folder has one owner."""

import json
import math
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from bakeoff.errors import BadFile, OutputError, UsageError
from bakeoff.records import load_records
from bakeoff.records.files import locked, write_atomically, write_text
from bakeoff.records.predictions import Predictions
from bakeoff.records.schema import Evaluation
from bakeoff.records.storage import Address
from bakeoff.records.store import (
    find_run_folders,
    load_record,
    run_folder,
    save_record,
)
from bakeoff.training.evaluate import detail
from bakeoff.training.run import execute


def test_a_failed_write_leaves_the_old_content_and_no_temporary(tmp_path):
    path = tmp_path / "record.json"
    write_text(path, "old")

    def fail(file):
        file.write(b"half of the new")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        write_atomically(path, fail)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["record.json"]


FULL = """
import resource, sys
from pathlib import Path
from bakeoff.errors import OutputError
from bakeoff.records.files import write_atomically
path = Path(sys.argv[1])
write_atomically(path, lambda file: file.write(b"old"))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    write_atomically(path, lambda file: file.write(b"x" * 100_000))
except OutputError as error:
    print(error)
"""


def test_a_really_full_disk_is_one_clear_line_and_the_old_file_stays(tmp_path):
    path = tmp_path / "checkpoint"
    done = subprocess.run(
        [sys.executable, "-c", FULL, path], capture_output=True, text=True, check=True
    )
    assert "cannot be written" in done.stdout
    assert "Free some space" in done.stdout
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint"]


def test_a_place_that_cannot_be_a_folder_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="folder that you may write to"):
        write_text(tmp_path / "file" / "record.json", "x")
    with (
        pytest.raises(OutputError, match="folder that you may write to"),
        locked(tmp_path / "file" / "run"),
    ):
        pass


def test_two_processes_cannot_hold_one_folder_and_a_crash_releases_it(tmp_path):
    hold = (
        "import sys, time\nfrom pathlib import Path\nfrom bakeoff.records.files import locked\n"
        "with locked(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, tmp_path], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(OutputError, match="in use by another run"), locked(tmp_path):
            pass
        other.kill()
    with locked(tmp_path):
        pass


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "not a readable record"),
        (b"\xff\xfe", "not a readable record"),
        (b'{"schema_version": 1, "arm"', "not a readable record"),
        (b"[" * 100_000, "not a readable record"),
        (b"[]", "schema version None"),
        (json.dumps({"schema_version": 99}).encode(), "schema version 99"),
        (json.dumps({"schema_version": 1, "arm": "a"}).encode(), "Field required"),
    ],
)
def test_a_damaged_record_is_named_and_explained(tmp_path, content, what):
    (tmp_path / "record.json").write_bytes(content)
    with pytest.raises(BadFile, match=what) as caught:
        load_record(tmp_path)
    assert "emove that file and run again" in caught.value.advice


def test_what_is_said_of_a_damaged_record_helps(make_job, tmp_path):
    cpu = torch.device("cpu")
    first = execute(make_job(), tmp_path, device=cpu)
    (tmp_path / "record.json").write_bytes(b'{"schema_version": 1')
    with pytest.raises(BadFile, match="Remove that file and run again"):
        execute(make_job(), tmp_path, device=cpu)
    (tmp_path / "record.json").unlink()
    assert execute(make_job(), tmp_path, device=cpu).result == first.result
    (tmp_path / "predictions.npz").write_bytes(b"")
    with pytest.raises(BadFile, match="Remove the record beside it and run again"):
        Predictions.load(tmp_path)
    (tmp_path / "record.json").unlink()
    again = execute(make_job(), tmp_path, device=cpu)
    assert Predictions.load(tmp_path).correct.sum() == again.result.correct


def test_a_damaged_record_at_an_address_is_named_by_its_address():
    url = f"memory://{time.monotonic_ns()}/toy"
    Address(url).write("standard/seed-0/record.json", b"{}")
    with pytest.raises(BadFile) as caught:
        load_records(url)
    assert str(caught.value).startswith(f"{url}/standard/seed-0/record.json: record schema")


def test_a_record_of_thousands_of_classes_comes_back(make_job, tmp_path):
    record = execute(make_job(), tmp_path, device=torch.device("cpu"))
    classes = 3200
    label = np.arange(2 * classes, dtype=np.int32) % classes
    said = np.where(np.arange(2 * classes) < classes, label, (label + 1) % classes)
    made = Predictions(
        label=label,
        top5_class=said.astype(np.int32)[:, None],
        top5_probability=np.full((2 * classes, 1), 0.9, np.float32),
        nll=np.full(2 * classes, 0.7, np.float32),
    )
    written = record.model_copy(update={"result": detail(made, classes)})
    save_record(written, tmp_path)
    back = load_record(tmp_path)
    assert back == written
    assert back.result.per_class_accuracy == (50.0,) * classes
    assert back.result.confusion == ()


def test_no_records_is_an_error_that_says_where_to_look(tmp_path):
    with pytest.raises(UsageError, match="no records in"):
        find_run_folders([tmp_path])


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "x" * 200, "a\nb"])
def test_an_arm_name_cannot_leave_the_folder(tmp_path, name):
    with pytest.raises(UsageError):
        run_folder(tmp_path, name, 0)


def made(n: int = 20) -> Predictions:
    rng = np.random.default_rng(0)
    return Predictions(
        label=rng.integers(0, 10, n).astype(np.int32),
        top5_class=rng.integers(0, 10, (n, 5)).astype(np.int32),
        top5_probability=rng.uniform(size=(n, 5)).astype(np.float32),
        nll=rng.uniform(size=n).astype(np.float32),
    )


def test_predictions_come_back_as_they_went(tmp_path):
    made().save(tmp_path)
    back = Predictions.load(tmp_path)
    np.testing.assert_array_equal(back.nll, made().nll)
    np.testing.assert_array_equal(back.correct, made().correct)


@pytest.mark.parametrize("keep", [0, 10, 200])
def test_truncated_predictions_are_refused(tmp_path, keep):
    made().save(tmp_path)
    path = tmp_path / "predictions.npz"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(BadFile, match="predictions"):
        Predictions.load(tmp_path)


def test_pickled_predictions_are_refused(tmp_path):
    np.savez(tmp_path / "predictions.npz", label=np.array([{"a": 1}], dtype=object))
    with pytest.raises(BadFile):
        Predictions.load(tmp_path)


def test_a_loss_that_is_not_a_number_comes_back_as_one():
    written = Evaluation(images=1, correct=0, accuracy=0.0, top5=0.0, loss=float("nan"))
    again = Evaluation.model_validate(json.loads(written.model_dump_json()))
    assert math.isnan(again.loss)
    infinite = written.model_copy(update={"loss": float("inf")})
    assert json.loads(infinite.model_dump_json())["loss"] == "Infinity"
    assert Evaluation.model_validate_json(infinite.model_dump_json()).loss == float("inf")
