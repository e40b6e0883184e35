"""A bake-off on a real Ray cluster of two nodes: nothing lost, nothing silent, the same bits."""

import os
import signal
import socket
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import bakeoff
from bakeoff.bakeoffs.execution import on_ray
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.bakeoffs.execution.on_ray import OnRay, Share, share
from bakeoff.bakeoffs.execution.run_store import Place
from bakeoff.cli import app
from bakeoff.errors import Stopped, UsageError
from bakeoff.records import load_records
from bakeoff.records.predictions import Predictions
from bakeoff.training.callbacks import Listener

SPEC = {
    "name": "toy",
    "data": "quarters",
    "model": "test_resnet",
    "arms": [{"recipe": "standard", "pin": {"batch_size": 16}}],
    "seeds": 2,
    "budget": "320images",
}


@pytest.fixture(scope="module")
def go(tmp_path_factory):
    """Runs on the cluster stop at their tenth step until this file exists."""
    return tmp_path_factory.mktemp("ray") / "go"


HEAD = {"num_cpus": 1, "include_dashboard": False}


def start(what, tries=4):
    """Ray gives a node of its own 30 seconds to come up; a busy machine may take longer."""
    for left in range(tries - 1, -1, -1):
        try:
            return what()
        except Exception:
            if not left:
                raise
    return None


@pytest.fixture(scope="module")
def cluster(s3_server, go):
    """Two nodes of one CPU each on this machine, and this process connected to them."""
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    here = Path(__file__).parents[1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(here.parent / "src"), str(here)]))
        patch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        patch.setenv("BAKEOFF_TEST_GO", str(go))
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_ENDPOINT_URL", s3_server)

        def two_nodes():
            made = Cluster(True, head_node_args=HEAD)
            try:
                # While the head is alone: of two nodes on one machine Ray may take either for ours,
                # and the one that a test kills must not be it.
                ray.init(
                    address=made.address,
                    log_to_driver=False,
                    runtime_env={"worker_process_setup_hook": "ray_hook.wait_at_step_ten"},
                )
                made.add_node(num_cpus=1)
            except BaseException:
                ray.shutdown()
                made.shutdown()  # with whatever half of the node has started
                raise
            return made

        made = start(two_nodes)
        yield made
        ray.shutdown()
        made.shutdown()


@pytest.fixture(autouse=True)
def _toy_data(monkeypatch, quarters):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
    monkeypatch.setattr(on_ray, "LOOK_AGAIN_SECONDS", 0.5)


class Told(BakeoffListener):
    """Calls `when_far` once, when every run has a checkpoint and is under way."""

    def __init__(self, folder=None, runs=0, when_far=None):
        self.folder, self.runs, self.when_far = folder, runs, when_far
        self.ended, self.said, self.notes = [], [], []

    def run_started(self, job, number, of):
        told = self

        class Look(Listener):
            def stepped(self, step, total, rate):
                told.look()

            def note(self, text):
                told.notes.append(text)

        return Look()

    def look(self):
        if self.when_far is None:
            return
        saved = {p.parent for p in self.folder.rglob("*.checkpoint")}
        if len(saved) == self.runs:
            act, self.when_far = self.when_far, None
            act()

    def run_ended(self, job, record, *, skipped):
        self.ended.append((job.arm, job.seed, record.status))

    def waiting(self, text):
        self.said.append(text)


def test_a_node_killed_in_mid_run_loses_nothing_and_changes_no_bit(cluster, go, tmp_path):
    local = bakeoff.run(SPEC, out=tmp_path / "local", device="cpu")
    doomed = next(iter(cluster.worker_nodes))
    folder = tmp_path / "ray"

    def kill():
        cluster.remove_node(doomed, allow_graceful=False)
        go.touch()

    told = Told(folder, 2, kill)
    finished = bakeoff.run(SPEC, out=folder, device="cpu", on="ray", listener=told)
    start(lambda: cluster.add_node(num_cpus=1))
    assert told.when_far is None
    assert any("lost" in text for text in told.said)
    assert any("resuming at step" in text for text in told.notes)
    assert [r.status for r in finished.records] == ["complete"] * 2
    assert sorted(r.resumed for r in finished.records) == [0, 1]
    for ours, theirs in zip(finished.records, local.records, strict=True):
        assert (ours.seed, ours.result, ours.train_result) == (
            theirs.seed,
            theirs.result,
            theirs.train_result,
        )
        a, b = (
            Predictions.load(r / "standard" / f"seed-{ours.seed}") for r in (folder, local.folder)
        )
        for part in ("label", "top5_class", "top5_probability", "nll"):
            np.testing.assert_array_equal(getattr(a, part), getattr(b, part))


def test_a_stop_saves_what_runs_on_every_node(cluster, go, tmp_path):
    go.unlink(missing_ok=True)
    folder = tmp_path / "ray"
    told = Told(folder, 2, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(Stopped) as caught:
        bakeoff.run(SPEC, out=folder, device="cpu", on="ray", listener=told)
    assert caught.value.exit_code == 143
    assert {r.status for r in load_records(folder)} == {"incomplete"}
    assert len(list(folder.rglob("*.checkpoint"))) >= 2


def test_a_run_in_a_bucket_that_diverges_is_one_failure(cluster, go, bucket):
    go.touch()
    wild = {"recipe": "standard", "name": "wild", "pin": {"optimizer.lr": 1e30}}
    spec = {**SPEC, "arms": [wild], "seeds": 1, "budget": "96images"}
    told = Told()
    finished = bakeoff.run(spec, out=bucket + "/toy", device="cpu", on="ray", listener=told)
    assert told.ended == [("wild", 0, "failed")]
    assert [r.failure.kind for r in finished.failed] == ["diverged"]
    assert told.said == []


def test_a_folder_that_a_node_does_not_see_is_refused_with_the_nodes_name(cluster, tmp_path):
    import ray

    engine = OnRay(ray, torch.device("cpu"), 1)
    with pytest.raises(UsageError, match=r"node [\d.]+ of the Ray cluster does not reach"):
        engine._ask_every_node(Place.at(tmp_path), "written by nobody")
    engine.require_reach(Place.at(tmp_path))
    assert list(tmp_path.iterdir()) == []


def invoke(tmp_path, monkeypatch, address):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    (tmp_path / "toy.yaml").write_text("data: mnist\narms: [standard]\n")
    result = CliRunner().invoke(app, ["run", "toy.yaml", "--on", "ray", "--address", address])
    assert isinstance(result.exception, UsageError)
    assert [p.name for p in tmp_path.iterdir()] == ["toy.yaml"]
    assert "\n" not in str(result.exception)
    return str(result.exception)


@pytest.mark.parametrize("address", ["127.0.0.1:9", "no-such-host.invalid:6379"])
def test_an_address_where_nobody_answers_is_one_line(tmp_path, monkeypatch, address):
    said = invoke(tmp_path, monkeypatch, address)
    assert f"no Ray cluster answers at {address}" in said


def test_an_address_where_something_else_listens_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(on_ray, "PATIENCE_SECONDS", 3.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        said = invoke(tmp_path, monkeypatch, f"127.0.0.1:{server.getsockname()[1]}")
    assert "no Ray cluster answers" in said


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("nonsense", "nonsense is no Ray address"),
        ("host:port", "host:port is no Ray address"),
        ("local", "local is no cluster"),
    ],
)
def test_what_is_no_ray_address_is_one_line(tmp_path, monkeypatch, address, said):
    assert said in invoke(tmp_path, monkeypatch, address)


def test_without_ray_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'bakeoff\[ray\]'"):
        bakeoff.run(SPEC, out=tmp_path / "never", on="ray")
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize(
    ("nodes", "workers", "device", "asked"),
    [
        ([{"CPU": 8.0}, {"CPU": 4.0}], 1, "cpu", Share(4, 0.0)),
        ([{"CPU": 8.0}, {"CPU": 4.0}], 2, "cpu", Share(2, 0.0)),
        ([{"CPU": 2.0}], 8, "cpu", Share(1, 0.0)),
        ([{"CPU": 16.0, "GPU": 4.0}], 1, "cuda", Share(4, 1.0)),
        ([{"CPU": 16.0, "GPU": 4.0}, {"CPU": 32.0}], 8, "cuda", Share(2, 0.5)),
    ],
)
def test_what_a_run_asks_for_fits_the_smallest_node(nodes, workers, device, asked):
    assert share(nodes, workers, device) == asked


@pytest.mark.parametrize(("nodes", "device"), [([{}], "cpu"), ([{"CPU": 2.0}], "cuda")])
def test_a_cluster_without_what_is_needed_is_refused(nodes, device):
    with pytest.raises(UsageError, match="Ray cluster has no"):
        share(nodes, 1, device)
