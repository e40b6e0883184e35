"""What TensorBoard and MLflow hold after a run is what its record holds, each point once."""

import dataclasses
import json
import os
import shutil
import signal

import pytest
import torch

import bakeoff
from bakeoff.errors import OutOfMemory, Stopped, UnknownName, UsageError
from bakeoff.training import tracking
from bakeoff.training.callbacks import Listener
from bakeoff.training.run import execute

pytestmark = pytest.mark.filterwarnings(
    # MLflow's own use of SQLAlchemy, and TensorBoard's of NumPy, not ours to mend.
    "ignore::sqlalchemy.exc.SADeprecationWarning",
    "ignore::DeprecationWarning:tensorboard",
    "ignore::DeprecationWarning:mlflow",
)
SPEC = {
    "name": "toy",
    "data": "quarters",
    "model": "test_resnet",
    "arms": ["standard"],
    "seeds": 2,
    "budget": "200images",
}
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory):
    """The file of an MLflow store; making one takes seconds, so every test copies this one."""
    import mlflow

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    mlflow.MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def store(tmp_path, monkeypatch, empty_store):
    """A real MLflow store: a SQLite file."""
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.chdir(tmp_path)
    import mlflow

    return mlflow.MlflowClient()


@pytest.fixture
def toy_data(monkeypatch, quarters):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)


def tensorboard_curves(folder):
    """{tag: [(step, value)]} as TensorBoard itself reads them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0})
    read.Reload()
    return {
        tag: [(event.step, event.value) for event in read.Scalars(tag)]
        for tag in read.Tags()["scalars"]
    }


def mlflow_curves(client, experiment, run_name):
    """{key: [(step, value)]} as MLflow's own client reads them."""
    found = client.get_experiment_by_name(experiment)
    (run,) = [r for r in client.search_runs([found.experiment_id]) if r.info.run_name == run_name]
    return {
        key: [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, key)]
        for key in run.data.metrics
    }, run


def recorded_curves(record):
    told = {}
    for point in record.curves:
        for key, value in tracking.values(point).items():
            told.setdefault(key, []).append((point.step, value))
    return told


def same(found, wanted, *, single_precision):
    assert found.keys() == wanted.keys()
    for key, points in wanted.items():
        assert [step for step, _ in found[key]] == [step for step, _ in points], key
        tolerance = 1e-6 if single_precision else 0
        assert [v for _, v in found[key]] == pytest.approx([v for _, v in points], rel=tolerance)


class StopAt(Listener):
    """Asks the process to stop after the second point of the curve."""

    def __init__(self):
        self.seen = 0

    def evaluated(self, point):
        self.seen += 1
        if self.seen == 2:
            os.kill(os.getpid(), signal.SIGTERM)


def test_values_are_the_records_figures_under_their_names():
    point = bakeoff.records.schema.CurvePoint(
        epoch=1.0, step=6, images=96, seconds=2.5, learning_rate=0.1, objective=0.7,
        test={"images": 40, "correct": 30, "accuracy": 75.0, "top5": 100.0, "loss": 0.6},
        train=None,
    )  # fmt: skip
    assert tracking.values(point) == {
        "epoch": 1.0, "images": 96.0, "seconds": 2.5, "learning_rate": 0.1, "objective": 0.7,
        "test/accuracy": 75.0, "test/top5": 100.0, "test/loss": 0.6, "test/images": 40.0,
    }  # fmt: skip


def test_several_tools_hold_the_curve_of_the_record(tmp_path, store, toy_data):
    finished = bakeoff.run(
        SPEC, out=tmp_path / "out", device="cpu", track=["tensorboard", "mlflow"], seeds=1
    )
    (record,) = finished.records
    wanted = recorded_curves(record)
    assert len(wanted["test/loss"]) >= 2
    same(tensorboard_curves(tmp_path / "out/standard/seed-0"), wanted, single_precision=True)
    found, run = mlflow_curves(store, "toy", "standard seed-0")
    same(found, wanted, single_precision=False)
    assert run.info.status == "FINISHED"
    assert run.data.params["recipe.optimizer.name"] == record.recipe.optimizer.name
    assert float(run.data.params["recipe.optimizer.lr"]) == record.recipe.optimizer.lr
    assert run.data.params["test_hash"] == record.data.test_hash


def test_runs_at_a_time_each_tell_their_own_curve(tmp_path, toy_data):
    finished = bakeoff.run(SPEC, out=tmp_path, device="cpu", track=["tensorboard"], workers=2)
    for record in finished.records:
        found = tensorboard_curves(tmp_path / f"standard/seed-{record.seed}")
        same(found, recorded_curves(record), single_precision=True)


def test_a_run_that_goes_on_tells_no_point_twice(tmp_path, store, make_job):
    job = dataclasses.replace(make_job(images=480), track=("tensorboard", "mlflow"), bakeoff="toy")
    with pytest.raises(Stopped):
        execute(job, tmp_path / "run", device=CPU, listener=StopAt())
    before, _ = mlflow_curves(store, "toy", "standard seed-0")
    assert len(before["objective"]) == 2
    record = execute(job, tmp_path / "run", device=CPU)
    assert record.resumed == 1
    wanted = recorded_curves(record)
    assert len(wanted["objective"]) == 5
    same(tensorboard_curves(tmp_path / "run"), wanted, single_precision=True)
    same(mlflow_curves(store, "toy", "standard seed-0")[0], wanted, single_precision=False)


def test_points_whose_checkpoint_was_lost_are_not_told_again(tmp_path, store, make_job):
    job = dataclasses.replace(make_job(images=480), track=("tensorboard", "mlflow"), bakeoff="toy")
    with pytest.raises(Stopped):
        execute(job, tmp_path / "run", device=CPU, listener=StopAt())
    for path in (tmp_path / "run").glob("*.checkpoint"):
        path.unlink()
    record = execute(job, tmp_path / "run", device=CPU)
    assert record.resumed == 0
    found = tensorboard_curves(tmp_path / "run")["test/loss"]
    assert [step for step, _ in found] == [p.step for p in record.curves]
    found = mlflow_curves(store, "toy", "standard seed-0")[0]["test/loss"]
    assert found == [(p.step, p.test.loss) for p in record.curves]


class NoRoom(Listener):
    """Memory runs out after the second point of the curve."""

    def __init__(self):
        self.seen = 0

    def evaluated(self, point):
        self.seen += 1
        if self.seen == 2:
            raise torch.OutOfMemoryError("CUDA out of memory")


def test_a_failed_run_that_is_tried_again_is_another_run_to_every_tool(tmp_path, store, make_job):
    job = dataclasses.replace(make_job(images=480), track=("tensorboard", "mlflow"), bakeoff="toy")
    with pytest.raises(OutOfMemory):
        execute(job, tmp_path / "run", device=CPU, listener=NoRoom())
    assert "failed" in tensorboard_curves(tmp_path / "run")
    record = execute(job, tmp_path / "run", device=CPU)
    wanted = recorded_curves(record)
    same(tensorboard_curves(tmp_path / "run"), wanted, single_precision=True)
    found = store.get_experiment_by_name("toy")
    told = store.search_runs([found.experiment_id], order_by=["start_time ASC"])
    assert ["failed" in run.data.metrics for run in told] == [True, False]
    steps = [p.step for p in store.get_metric_history(told[1].info.run_id, "objective")]
    assert steps == [p.step for p in record.curves]


def test_a_tool_asked_for_on_the_way_gets_the_points_from_before(tmp_path, make_job):
    plain = make_job(images=480)
    with pytest.raises(Stopped):
        execute(plain, tmp_path, device=CPU, listener=StopAt())
    record = execute(dataclasses.replace(plain, track=("tensorboard",)), tmp_path, device=CPU)
    same(tensorboard_curves(tmp_path), recorded_curves(record), single_precision=True)


def test_a_tool_that_stops_answering_costs_a_note_and_not_the_run(tmp_path, make_job, monkeypatch):
    from accelerate.tracking import TensorBoardTracker

    def full(self, values, step=None, **kwargs):
        if step:
            raise OSError("no space left")

    monkeypatch.setattr(TensorBoardTracker, "log", full)
    heard = []

    class Notes(Listener):
        def note(self, text):
            heard.append(text)

    job = dataclasses.replace(make_job(), track=("tensorboard",))
    record = execute(job, tmp_path, device=CPU, listener=Notes())
    assert record.status == "complete"
    assert heard == ["tensorboard logging stopped: no space left; the record has everything"]


def test_one_of_several_processes_tells_without_waiting_for_the_others(
    tmp_path, make_job, monkeypatch
):
    from accelerate import PartialState

    for name, value in (("RANK", "0"), ("LOCAL_RANK", "0"), ("WORLD_SIZE", "2")):
        monkeypatch.setenv(name, value)
    PartialState._reset_state()
    record = execute(dataclasses.replace(make_job(), track=("tensorboard",)), tmp_path, device=CPU)
    assert os.environ["WORLD_SIZE"] == "2"
    same(tensorboard_curves(tmp_path), recorded_curves(record), single_precision=True)


def test_nothing_is_told_to_anyone_unless_asked(tmp_path, make_job, monkeypatch):
    def refuse(*arguments):
        raise AssertionError("a tracker was started")

    monkeypatch.setattr(tracking.Tracking, "_start", refuse)
    assert execute(make_job(), tmp_path, device=CPU).status == "complete"
    assert not (tmp_path / tracking.STATE_NAME).exists()


def test_mlflow_is_told_not_to_report_its_own_use(monkeypatch, tmp_path, empty_store):
    monkeypatch.delenv("MLFLOW_DISABLE_TELEMETRY", raising=False)
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    tracking.prepare(["mlflow"], "toy")
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_an_unknown_tool_and_a_missing_package_are_one_line_each(monkeypatch):
    with pytest.raises(UnknownName, match=r"no tracker is called 'mlfow'. Did you mean mlflow"):
        tracking.check(["mlfow"])
    monkeypatch.setattr(tracking.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r'pip install "bakeoff\[track\]" wandb'):
        tracking.check(["wandb"])


def test_a_store_that_cannot_be_reached_is_said_before_anything_runs(
    tmp_path, toy_data, monkeypatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(UsageError, match="MLflow's store"):
        bakeoff.run(SPEC, out=tmp_path / "out", device="cpu", track=["mlflow"])
    assert not (tmp_path / "out").exists()


def test_a_bakeoff_file_can_ask_for_it(tmp_path):
    from bakeoff.bakeoffs.specification.spec_loading import read_spec

    assert read_spec({**SPEC, "track": ["tensorboard"]}).track == ("tensorboard",)
    assert read_spec(SPEC, track=["mlflow"]).track == ("mlflow",)
    assert json.loads(read_spec(SPEC).model_dump_json())["track"] == []
