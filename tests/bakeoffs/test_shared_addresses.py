"""Bake-offs in a bucket: what a folder promises, and that machines share the work."""

import os
import signal
import threading
import time

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import bakeoff
from bakeoff.bakeoffs.execution import engine
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.bakeoffs.execution.run_store import Place, execute_at, scratch
from bakeoff.cli import app
from bakeoff.errors import OutputError, RunFailed, Stopped, UsageError
from bakeoff.records import load_records
from bakeoff.records.lease import Lease
from bakeoff.records.predictions import Predictions
from bakeoff.records.schema import Failure
from bakeoff.records.storage import Address
from bakeoff.training.callbacks import Listener
from s3_tools import allow, deny

SPEC = {
    "name": "toy",
    "data": "quarters",
    "model": "test_resnet",
    "arms": ["standard", "rsb-a3"],
    "seeds": 2,
    "budget": "96images",
}


TUNE = {"trials": 2, "holdout": 0.25, "optimizer.lr": ["x0.5", "x2", "log"]}


@pytest.fixture(autouse=True)
def _toy_data(monkeypatch, quarters):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
    monkeypatch.setattr(engine, "LOOK_AGAIN_SECONDS", 0.3)


@pytest.fixture(scope="module")
def local(tmp_path_factory, quarters):
    """The same bake-off in a folder, one run after the other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
        return bakeoff.run(SPEC, out=tmp_path_factory.mktemp("local"), device="cpu")


class Told(BakeoffListener):
    def __init__(self):
        self.ended, self.waited = [], []

    def run_ended(self, job, record, *, skipped):
        self.ended.append((job.arm, job.seed, skipped))

    def waiting(self, text):
        self.waited.append(text)


def test_a_bakeoff_in_a_bucket_leaves_what_one_in_a_folder_leaves(bucket, local, tmp_path):
    finished = bakeoff.run(SPEC, out=bucket + "/runs/toy", device="cpu")
    assert finished.folder == bucket + "/runs/toy"
    here, there = load_records(local.folder), load_records(finished.folder)
    assert [(r.arm, r.seed, r.result) for r in here] == [(r.arm, r.seed, r.result) for r in there]
    names = Address(finished.folder).names()
    assert {n.rpartition("/")[2] for n in names if "seed-0" in n and "rsb" in n} == {
        "record.json",
        "predictions.npz",
        "weights.safetensors",
    }
    assert not [n for n in names if "lease" in n]
    assert not [p for p in (tmp_path / "scratch").rglob("*") if p.is_file()]
    a, b = bakeoff.compare(local.folder), bakeoff.compare(finished.folder)
    assert a.pair("standard", "rsb-a3").difference == b.pair("standard", "rsb-a3").difference
    told = Told()
    bakeoff.run(SPEC, seeds=3, out=finished.folder, device="cpu", listener=told)
    assert [skipped for _, seed, skipped in told.ended if seed < 2] == [True] * 4
    assert len(load_records(finished.folder)) == 6
    report = bakeoff.report(finished.folder)
    assert report.html == f"{finished.folder}/report.html"
    assert b"</html>" in Address(finished.folder).read("report.html")
    assert bakeoff.report(finished.folder, out=tmp_path / "page").html.exists()


def test_two_machines_share_the_runs_of_one_bakeoff(bucket, local):
    """Two processes would do the same; two threads with leases of their own are cheaper."""
    told = [Told(), Told()]
    failures = []

    def machine(listener):
        try:
            bakeoff.run(SPEC, out=bucket + "/toy", device="cpu", listener=listener)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=machine, args=(listener,)) for listener in told]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    trained = [e[:2] for listener in told for e in listener.ended if not e[2]]
    assert sorted(set(trained)) == [(r.arm, r.seed) for r in load_records(local.folder)]
    assert [r.result for r in load_records(bucket + "/toy")] == [
        r.result for r in load_records(local.folder)
    ]


def test_a_run_that_another_machine_holds_is_waited_for(bucket):
    spec = {**SPEC, "arms": ["standard"]}
    bakeoff.run({**spec, "seeds": [1]}, out=bucket + "/toy", device="cpu")
    other = Lease(Address(bucket + "/toy/standard/seed-0"))
    other.acquire()
    told = Told()

    def waiting(text):
        Told.waiting(told, text)
        other.release()

    told.waiting = waiting
    bakeoff.run(spec, out=bucket + "/toy", device="cpu", listener=told)
    assert "in use by another run" in told.waited[0]
    assert sorted(told.ended) == [("standard", 0, False), ("standard", 1, True)]


def test_a_run_stopped_on_one_machine_goes_on_bit_for_bit_on_another(
    bucket, make_job, tmp_path, monkeypatch
):
    job, cpu = make_job(images=640), torch.device("cpu")
    whole = execute_at(job, Place.at(tmp_path / "whole"), device=cpu, listener=Listener())
    place = Place.at(bucket + "/run")
    monkeypatch.setattr("bakeoff.training.clock.REPORT_SECONDS", 0.0)

    class Stop(Listener):
        def stepped(self, step, total, rate):
            if step == 20:
                os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Stopped):
        execute_at(job, place, device=cpu, listener=Stop())
    assert [r.status for r in load_records(bucket + "/run")] == ["incomplete"]
    monkeypatch.setenv("BAKEOFF_SCRATCH", str(tmp_path / "another machine"))
    resumed = execute_at(job, place, device=cpu, listener=Listener())
    assert resumed.resumed == 1
    assert resumed.result == whole.result
    copy = Address(bucket + "/run")
    copy.fetch(["predictions.npz"], tmp_path / "copy")
    for part in ("top5_class", "top5_probability", "nll"):
        np.testing.assert_array_equal(
            getattr(Predictions.load(tmp_path / "copy"), part),
            getattr(Predictions.load(tmp_path / "whole"), part),
        )
    assert not [n for n in copy.names() if "checkpoint" in n]


def test_checkpoints_are_sent_while_training_goes_on(bucket, make_job, monkeypatch):
    monkeypatch.setattr("bakeoff.training.clock.CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr("bakeoff.training.clock.REPORT_SECONDS", 0.0)
    address, seen = Address(bucket + "/run"), set()

    class Look(Listener):
        def stepped(self, step, total, rate):
            time.sleep(0.02)
            seen.update(n for n in address.names() if "checkpoint" in n)

    record = execute_at(
        make_job(images=640), Place.at(str(address)), device=torch.device("cpu"), listener=Look()
    )
    assert seen
    assert record.status == "complete"


def test_a_finished_run_that_cannot_be_sent_is_kept_and_sent_later(bucket, make_job, monkeypatch):
    monkeypatch.setattr("bakeoff.bakeoffs.execution.run_store.SEND_TRIES", 1)
    address, job, cpu = Address(bucket + "/run"), make_job(), torch.device("cpu")

    class Deny(Listener):
        def evaluating(self, what):
            deny(bucket, "s3:PutObject")

    with pytest.raises(OutputError, match="the run is kept in") as caught:
        execute_at(job, Place.at(str(address)), device=cpu, listener=Deny())
    kept = scratch(address)
    assert str(kept) in str(caught.value)
    assert load_records(kept)[0].status == "complete"
    assert "record.json" not in address.names()
    allow(bucket)

    class Nothing(Listener):
        def stepped(self, *told):
            raise AssertionError("trained again")

    execute_at(job, Place.at(str(address)), device=cpu, listener=Nothing())
    assert [r.status for r in load_records(str(address))] == ["complete"]
    assert not kept.exists()


def test_a_failed_run_is_a_failure_there_too_and_runs_again_only_on_request(bucket):
    wild = {"recipe": "standard", "name": "wild", "pin": {"optimizer.lr": 1e30}}
    spec = {**SPEC, "arms": ["standard", wild], "seeds": 1}
    finished = bakeoff.run(spec, out=bucket + "/toy", device="cpu")
    assert [r.arm for r in finished.failed] == ["wild"]
    told = Told()
    bakeoff.run(spec, out=bucket + "/toy", device="cpu", listener=told)
    assert {skipped for _, _, skipped in told.ended} == {True}
    told = Told()
    again = bakeoff.run(spec, out=bucket + "/toy", device="cpu", listener=told, retry=True)
    assert ("wild", 0, False) in told.ended
    assert [len(r.failed_before) for r in again.failed] == [1]


class Full(Told):
    """A machine whose memory runs out in every run."""

    def run_started(self, job, number, of):
        class NoRoom(Listener):
            def evaluated(self, point):
                raise torch.OutOfMemoryError("CUDA out of memory")

        return NoRoom()


class Watched(Told):
    """Notes whose training it sees; `meanwhile` is called as the first run starts."""

    def __init__(self, meanwhile):
        super().__init__()
        self.trained, self.meanwhile = [], [meanwhile]

    def run_started(self, job, number, of):
        trained = self.trained

        class Steps(Listener):
            def evaluated(self, point):
                trained.append(job.arm)

        while self.meanwhile:
            self.meanwhile.pop()()
        return Steps()


@pytest.mark.parametrize("retry", [False, True])
def test_a_failure_of_another_machine_stands_until_it_is_asked_to_be_tried_again(bucket, retry):
    out, spec = bucket + "/toy", {**SPEC, "seeds": 1}

    def elsewhere():
        bakeoff.run({**spec, "arms": ["rsb-a3"]}, out=out, device="cpu", listener=Full())

    here = Watched(elsewhere)
    finished = bakeoff.run(spec, out=out, device="cpu", listener=here, retry=retry)
    assert set(here.trained) == {"standard"}
    assert [(r.arm, r.failure.kind) for r in finished.failed] == [("rsb-a3", "out-of-memory")]
    assert sorted(here.ended) == [("rsb-a3", 0, False), ("standard", 0, False)]
    assert not bakeoff.run(spec, out=out, device="cpu", retry=True).failed


def test_a_failure_that_comes_while_it_is_waited_for_is_not_tried_again_either(bucket):
    out, spec = bucket + "/toy", {**SPEC, "arms": ["standard"], "seeds": 1}
    bakeoff.run(spec, out=out, device="cpu", listener=Full())
    run = Place.at(out + "/standard/seed-0")
    other = Lease(run.address)
    other.acquire()
    here = Watched(lambda: None)

    def waiting(text):
        run.fail(Failure(kind="crash", message="failed again"))
        other.release()

    here.waiting = waiting
    finished = bakeoff.run(spec, out=out, device="cpu", listener=here, retry=True)
    assert here.trained == []
    assert [r.failure.message for r in finished.failed] == ["failed again"]


def test_a_failure_that_a_worker_or_node_was_sent_to_try_again_is_tried_again(bucket, make_job):
    place, job, cpu = Place.at(bucket + "/run"), make_job(), torch.device("cpu")
    with pytest.raises(RunFailed):
        execute_at(job, place, device=cpu, listener=Full().run_started(job, 1, 1))
    # A node of a cluster has no copy of what the machine that decides has looked at.
    node = Place.at(bucket + "/run")
    node.drop("predictions.npz")
    (node.folder / "record.json").unlink()
    with pytest.raises(RunFailed, match="on another machine"):
        execute_at(job, node, device=cpu, listener=Listener())
    place.refresh()
    assert execute_at(job, node, device=cpu, listener=Listener(), seen=place.seen()).result


def test_what_is_known_is_not_fetched_again_while_other_machines_are_waited_for(
    bucket, monkeypatch
):
    out, spec = bucket + "/toy", {**SPEC, "arms": ["standard"]}
    bakeoff.run({**spec, "seeds": [1]}, out=out, device="cpu")
    other = Lease(Address(out + "/standard/seed-0"))
    other.acquire()
    fetched, turns = [], []

    def fetch(address, names, folder, fetch=Address.fetch):
        fetched.extend(f"{address}/{name}" for name in names)
        fetch(address, names, folder)

    monkeypatch.setattr(Address, "fetch", fetch)
    monkeypatch.setattr(engine, "LOOK_AGAIN_SECONDS", 0.05)
    told = Told()

    def waiting(text):
        turns.append(text)
        if len(turns) == 1:
            fetched.clear()
        if len(turns) == 3:
            other.release()

    told.waiting = waiting
    finished = bakeoff.run(spec, out=out, device="cpu", listener=told)
    assert [name for name in fetched if "seed-1" in name] == []
    assert [r.status for r in finished.records] == ["complete", "complete"]


def test_workers_send_too(bucket, local):
    spec = {**SPEC, "arms": ["standard"], "seeds": 1}
    finished = bakeoff.run(spec, out=bucket + "/toy", device="cpu", workers=2)
    assert [r.result.correct for r in finished.records] == [local.records[0].result.correct]


def test_records_of_two_machines_merge_and_contradictions_are_named(tmp_path, bucket):
    one = bakeoff.run({**SPEC, "seeds": [0, 1]}, out=tmp_path / "a", device="cpu").folder
    two = bakeoff.run({**SPEC, "seeds": [2]}, out=bucket + "/b", device="cpu").folder
    assert bakeoff.compare([one, two]).pairs()[0].n_a == 3
    assert bakeoff.compare([one, str(one), two]).pairs()[0].n_a == 3
    copied = tmp_path / "copied"
    Address(two).fetch(Address(two).names(), copied)
    assert len(bakeoff.load_records([two, copied])) == 2
    again = bakeoff.run({**SPEC, "seeds": [2]}, out=tmp_path / "c", device="cpu").folder
    with pytest.raises(UsageError, match=r"seed 2 of .* is there 2 times, in .*/c/.* and .*copied"):
        bakeoff.compare([one, copied, again])


@pytest.mark.parametrize("verb", ["run", "compare", "report"])
@pytest.mark.parametrize("fault", ["no bucket", "nothing answers"])
def test_a_bad_address_is_one_line_and_exit_2(bucket, tmp_path, monkeypatch, verb, fault):
    place = "s3://never-made/runs"
    if fault == "nothing answers":
        import s3fs

        place = bucket + "/runs"
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        s3fs.S3FileSystem.clear_instance_cache()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.yaml").write_text("data: mnist\narms: [standard]\n")
    line = ["run", "toy.yaml", "--out", place] if verb == "run" else [verb, place]
    result = CliRunner().invoke(app, line)
    assert isinstance(result.exception, UsageError)
    assert result.exception.exit_code == 2
    assert "\n" not in str(result.exception)
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["toy.yaml"]


def test_tuning_in_a_bucket_chooses_as_in_a_folder_and_keeps_no_trials_weights(bucket, tmp_path):
    spec = {**SPEC, "seeds": 1, "tune": TUNE}
    here = bakeoff.run(spec, out=tmp_path / "runs", device="cpu")
    there = bakeoff.run(spec, out=bucket + "/toy", device="cpu")
    for a, b in zip(here.records, there.records, strict=True):
        assert (a.recipe, a.result) == (b.recipe, b.result)
    names = Address(bucket + "/toy").names()
    trials = [name for name in names if name.startswith("_trials/")]
    assert sum(name.endswith("record.json") for name in trials) == 4
    assert not [name for name in trials if name.endswith(".safetensors")]
    assert sum(name.endswith("weights.safetensors") for name in names) == 2
    again = bakeoff.run(spec, out=bucket + "/toy", device="cpu")
    assert again.records == there.records
