"""`also_test:`: the finished networks on other images, by which nothing is chosen."""

import json
import os
import signal

import pytest
import torch

import bakeoff
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.bakeoffs.planning.also_sets import outputs_for
from bakeoff.data.dataset import Dataset, Split, content_hash
from bakeoff.errors import BadFile, Stopped, UsageError
from bakeoff.records.manifest import load_manifest
from bakeoff.records.store import RECORD_NAME, WEIGHTS_NAME, load_record, run_folder

SPEC = {
    "name": "toy",
    "data": "quarters",
    "model": "test_resnet",
    "arms": ["standard", "rsb-a3"],
    "seeds": 2,
    "budget": "96images",
    "also_test": ["folder:newer"],
}


def newer(quarters: Dataset, names=None) -> Dataset:
    """Other images of the same classes, in another order of the classes."""
    names = names or tuple(reversed(quarters.facts.class_names))
    labels = 3 - quarters.train.labels[:60]
    test = Split(quarters.train.images[:60], labels)
    facts = quarters.facts.model_copy(
        update={
            "name": "newer",
            "title": "Newer quarters",
            "class_names": names,
            "test_images": 60,
            "test_hash": content_hash(test.images, test.labels),
        }
    )
    return Dataset(facts, quarters.train, test)


@pytest.fixture(autouse=True)
def _toy_data(monkeypatch, quarters):
    sets = {"quarters": quarters, "folder:newer": newer(quarters), "folder:same": quarters}
    sets["folder:other"] = newer(quarters, ("a", "b", "c", "d"))
    for room in ("plan", "also_sets"):
        where = f"bakeoff.bakeoffs.planning.{room}.open_data"
        monkeypatch.setattr(where, lambda name, **_: sets[name])
    monkeypatch.setattr("bakeoff.bakeoffs.execution.evaluation.open_data", lambda n, **_: sets[n])


def test_each_finished_network_is_tested_on_it_as_evaluate_would(tmp_path):
    finished = bakeoff.run(SPEC, out=tmp_path, device="cpu")
    assert load_manifest(tmp_path).also_test == ("folder:newer",)
    for record in finished.records:
        record = load_record(run_folder(tmp_path, record.arm, record.seed))
        (also,) = record.also_tested
        assert (also.name, also.data.title, also.result.images) == (
            "folder:newer", "Newer quarters", 60,
        )  # fmt: skip
        where = run_folder(tmp_path, record.arm, record.seed)
        # Seeing these images in the training data's order of classes gives the same answers.
        assert also.result.accuracy == pytest.approx(accuracy_by_hand(where, record), abs=1e-9)


def accuracy_by_hand(folder, record) -> float:
    from bakeoff.data.augment import TestView
    from bakeoff.training.existing import load_existing
    from conftest import make_dataset

    existing, data = load_existing(str(folder)), make_dataset()
    resolution = record.recipe.resolution
    view = TestView(
        size=resolution.test, crop_ratio=resolution.crop_ratio, channels=3,
        mean=data.facts.mean, std=data.facts.std, channels_last=True,
    )  # fmt: skip
    existing.module.eval()
    with torch.no_grad():
        said = existing.module(view(data.train.images[:60])).argmax(1)
    return 100 * float((said == data.train.labels[:60]).double().mean())


def test_it_is_described_and_corrected_together_only_on_request(tmp_path):
    bakeoff.run(SPEC, out=tmp_path, device="cpu")
    name = "accuracy_on_newer_quarters"
    plain = bakeoff.compare(tmp_path)
    row = next(row for row in plain.comparisons if row.metric == name)
    assert (row.unit, row.verdict, row.n_a) == ("points", "cannot tell", 2)
    assert plain.comparisons[0].metric == "accuracy"
    together = bakeoff.compare(tmp_path, family="all")
    counted = [r.metric for r in together.comparisons if r.p is not None]
    assert name in {r.metric for r in together.comparisons}
    assert all(r.p_adjusted >= r.p for r in together.comparisons if r.metric in counted)
    alone = bakeoff.compare(tmp_path, metrics=name)
    assert [(r.metric, r.unit) for r in alone.comparisons] == [(name, "points")]
    json.dumps(plain.to_dict())
    page = bakeoff.report(tmp_path).md.read_text()
    assert "on other test sets" in page
    assert "Newer quarters" in page


def test_stopped_between_training_and_the_other_set_it_is_tested_by_the_next_call(
    tmp_path, monkeypatch
):
    class Stop(BakeoffListener):
        def run_ended(self, job, record, *, skipped):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Stopped):
        bakeoff.run(SPEC, out=tmp_path, device="cpu", listener=Stop())
    folder = run_folder(tmp_path, "standard", 0)
    there = load_record(folder)
    lost = there.model_copy(update={"also_tested": ()})
    (folder / RECORD_NAME).write_text(lost.model_dump_json())
    bakeoff.run(SPEC, out=tmp_path, device="cpu")
    assert load_record(folder) == there
    (folder / RECORD_NAME).write_text(lost.model_dump_json())
    (folder / WEIGHTS_NAME).unlink()
    bakeoff.run(SPEC, out=tmp_path, device="cpu")
    assert load_record(folder).also_tested == ()


def test_what_cannot_be_tested_is_refused_before_the_first_run(tmp_path, quarters):
    cases = {
        "folder:same": "is the bake-off's own test set",
        "folder:other": "has a class 'a', which Bright quarters lacks",
    }
    for name, said in cases.items():
        with pytest.raises(UsageError, match=said):
            bakeoff.run({**SPEC, "also_test": [name]}, out=tmp_path / "a", device="cpu")
    assert not list(tmp_path.rglob(RECORD_NAME))
    fewer = quarters.facts.model_copy(update={"classes": 2, "class_names": ("x", "y")})
    with pytest.raises(UsageError, match="tells 2 classes apart, and Bright quarters 4"):
        outputs_for(quarters.facts, fewer)
    for also, said in (
        (["folder:newer", "folder:newer"], "stands twice"),
        (["a"] * 21, "also_test"),
    ):
        with pytest.raises(UsageError, match=said):
            bakeoff.run({**SPEC, "also_test": also}, out=tmp_path / "b", device="cpu")
    with pytest.raises(UsageError, match="several data sets"):
        bakeoff.run({**SPEC, "data": ["quarters", "mnist"]}, out=tmp_path / "b", device="cpu")
    path = tmp_path / "bad.yaml"
    path.write_text("data: mnist\narms: [standard]\nalso_tests: [mnist]\n")
    with pytest.raises(BadFile, match="also_test"):
        bakeoff.run(path, out=tmp_path / "b", device="cpu")


def test_the_sets_are_fixed_with_the_first_run(tmp_path):
    bakeoff.run({**SPEC, "seeds": 1}, out=tmp_path, device="cpu")
    with pytest.raises(UsageError, match="which also tests folder:newer"):
        bakeoff.run({**SPEC, "seeds": 1, "also_test": []}, out=tmp_path, device="cpu")


def test_numbered_classes_are_imagenets_by_number(quarters):
    ids = ("n01440764", "n01443537", "n01484850", "n01491361")
    trained = quarters.facts.model_copy(update={"class_names": ids})
    tested = quarters.facts.model_copy(update={"class_names": ("0", "1", "3", "2")})
    assert outputs_for(trained, tested) == (0, 1, 3, 2)
