"""Faults 6 to 8 and 19: a run goes on to the same bits, or not at all."""

import signal
from dataclasses import replace

import pytest
import torch

from bakeoff.bakeoffs.execution.evaluation import evaluate_weights
from bakeoff.data import open_data
from bakeoff.errors import Stopped, UsageError
from bakeoff.recipes.loading import names
from bakeoff.records.store import load_record
from bakeoff.training import clock
from bakeoff.training.run import execute
from faults_tools import CPU, StopAfter, assert_same_run, tiny_job

STEPS_AN_EPOCH = 6  # 96 images, batches of 16


def interrupted(job, folder, monkeypatch, steps):
    """Stop and go on at each of `steps`, then to the end."""
    for step in steps:
        with pytest.raises(Stopped):
            execute(job, folder, device=CPU, listener=StopAfter(monkeypatch, step))
        assert load_record(folder).status == "incomplete"
    record = execute(job, folder, device=CPU)
    assert record.status == "complete"
    assert record.resumed == len(steps)


def test_fault_06_a_resume_in_the_middle_of_an_epoch_is_bit_identical(
    make_job, tmp_path, monkeypatch
):
    job = make_job("rsb-a2", images=288)
    execute(job, tmp_path / "straight", device=CPU)
    interrupted(job, tmp_path / "stopped", monkeypatch, [STEPS_AN_EPOCH + 3])
    assert_same_run(tmp_path / "straight", tmp_path / "stopped")


@pytest.mark.parametrize("recipe", names())
def test_fault_07_three_resumes_end_bit_identical(make_job, tmp_path, monkeypatch, recipe):
    job = make_job(recipe)
    execute(job, tmp_path / "straight", device=CPU)
    interrupted(job, tmp_path / "stopped", monkeypatch, [1, 5, 8])
    assert_same_run(tmp_path / "straight", tmp_path / "stopped")


def test_fault_07_a_run_killed_three_times_ends_bit_identical(training, tmp_path):
    images = 960
    execute(tiny_job(images), tmp_path / "straight", device=CPU)
    for step in (5, 25, 40):
        one = training(images=images)
        one.wait_for(f"step {step}.")
        one.send(signal.SIGKILL)
        assert one.end()[0] == -signal.SIGKILL
    assert training(images=images).end()[0] == 0
    assert load_record(tmp_path / "run").resumed == 3
    assert_same_run(tmp_path / "straight", tmp_path / "run")
    assert not list((tmp_path / "run").glob("*.checkpoint"))


@pytest.mark.usefixtures("no_processes_left")
def test_fault_07_three_resumes_of_streamed_images_end_bit_identical(
    make_job, image_folder, tmp_path, monkeypatch
):
    image_folder(tmp_path / "images", {"a": 40, "b": 40})
    data = open_data(f"folder:{tmp_path / 'images'}", stream=True, size=32)
    job = make_job("rsb-a3", images=96, dataset=data, batch_size=8)
    execute(job, tmp_path / "straight", device=CPU)
    interrupted(job, tmp_path / "stopped", monkeypatch, [2, 3, 10])
    assert_same_run(tmp_path / "straight", tmp_path / "stopped")


@pytest.mark.parametrize("what", ["test images", "training images"])
def test_fault_07_an_interrupted_evaluation_is_made_when_the_run_goes_on(
    make_job, tmp_path, monkeypatch, what
):
    job = make_job()
    execute(job, tmp_path / "straight", device=CPU)

    class StopIn(StopAfter):
        def evaluating(self, now):
            if now == what:
                self.stepped(None, 0, 0.0)

    for _ in range(2):  # after the first epoch; when it goes on, before anything else
        with pytest.raises(Stopped):
            execute(job, tmp_path / "stopped", device=CPU, listener=StopIn(monkeypatch, None))
        assert not load_record(tmp_path / "stopped").curves
    execute(job, tmp_path / "stopped", device=CPU)
    assert_same_run(tmp_path / "straight", tmp_path / "stopped")


def changed_data(dataset):
    images = dataset.train.images.clone()
    images[0, 0, 0, 0] ^= 1
    from bakeoff.data.dataset import Dataset, Split, content_hash

    train = Split(images, dataset.train.labels)
    facts = dataset.facts.model_copy(
        update={"train_hash": content_hash(images, dataset.train.labels)}
    )
    return Dataset(facts, train, dataset.test)


def other_order(dataset):
    names_ = dataset.facts.class_names[::-1]
    return replace(dataset, facts=dataset.facts.model_copy(update={"class_names": names_}))


@pytest.mark.parametrize("finished", [False, True], ids=["stopped", "complete"])
def test_fault_08_another_recipe_or_data_set_is_refused_and_the_difference_shown(
    make_job, quarters, tmp_path, monkeypatch, finished
):
    if finished:
        execute(make_job(), tmp_path, device=CPU)
    else:
        with pytest.raises(Stopped):
            execute(make_job(), tmp_path, device=CPU, listener=StopAfter(monkeypatch, 3))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for job, said in (
        (make_job(pins={"optimizer.lr": 0.05}), r"optimizer\.lr: .* → 0\.05"),
        (make_job(pins={"optimizer.weight_decay": 0.3}), "weight_decay"),
        (make_job(dataset=changed_data(quarters)), "train_hash: .* → "),
        (make_job(seed=1), "seed: 0 → 1"),
        (make_job(images=384), "steps: 12 → 24"),
    ):
        with pytest.raises(UsageError, match=said):
            execute(job, tmp_path, device=CPU)
    if finished:  # an interrupted one gets a new record, that says the same
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert execute(make_job(), tmp_path, device=CPU).status == "complete"


@pytest.mark.parametrize("finished", [False, True], ids=["stopped", "complete"])
def test_fault_19_a_resume_with_classes_in_another_order_is_refused(
    make_job, quarters, tmp_path, monkeypatch, finished
):
    monkeypatch.setattr(clock, "CHECKPOINT_SECONDS", 0.0)
    if finished:
        execute(make_job(), tmp_path, device=CPU)
    else:
        with pytest.raises(Stopped):
            execute(make_job(), tmp_path, device=CPU, listener=StopAfter(monkeypatch, 3))
    with pytest.raises(UsageError, match="class_names: "):
        execute(make_job(dataset=other_order(quarters)), tmp_path, device=CPU)


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ({"b": 5, "z": 5}, "class 0 is 'a' for .* and 'b'"),
        ({"a": 5, "b": 5, "c": 5}, "tells 2 classes apart .* has 3"),
    ],
    ids=["order", "count"],
)
def test_fault_19_an_evaluation_on_other_classes_is_refused(
    make_job, image_folder, tmp_path, classes, said
):
    image_folder(tmp_path / "mine", {"a": 10, "b": 10})
    image_folder(tmp_path / "theirs", classes, first=1)
    data = open_data(f"folder:{tmp_path / 'mine'}")
    execute(make_job(dataset=data, images=32, batch_size=8), tmp_path / "run", device=CPU)
    for weights in (tmp_path / "run", tmp_path / "run" / "weights.safetensors"):
        with pytest.raises(UsageError, match=said):
            evaluate_weights(
                str(weights),
                data=f"folder:{tmp_path / 'theirs'}",
                model=None,
                channels=None,
                size=None,
                classes=None,
                key=None,
                exclude=(),
                out=tmp_path / "out",
                device=torch.device("cpu"),
                command="",
            )
    assert not (tmp_path / "out").exists()
