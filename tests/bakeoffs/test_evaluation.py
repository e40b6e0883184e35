"""Weights that exist are evaluated as a run's are, on the same images, by the same record."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

import bakeoff
from bakeoff.bakeoffs.execution.class_order import outputs_by_class
from bakeoff.errors import BadFile, OutputError, UsageError
from bakeoff.records.predictions import Predictions
from bakeoff.training.existing import load_existing
from bakeoff.training.run import execute
from conftest import make_dataset

CPU = torch.device("cpu")


@pytest.fixture
def offered(monkeypatch, quarters):
    """The data sets that can be opened by name."""
    sets = {"quarters": quarters}
    monkeypatch.setattr(
        "bakeoff.bakeoffs.execution.evaluation.open_data", lambda name, **_: sets[name]
    )
    return sets


@pytest.fixture
def trained(offered, make_job, tmp_path):
    execute(make_job("standard"), tmp_path / "run", device=CPU)
    return tmp_path / "run"


def named(dataset, names):
    return replace(dataset, facts=dataset.facts.model_copy(update={"class_names": tuple(names)}))


def test_a_runs_weights_give_its_own_predictions_again(trained, tmp_path):
    record = bakeoff.evaluate(trained, data="quarters", out=tmp_path / "again", device="cpu")
    [before] = bakeoff.load_records(trained)
    assert record.result == before.result
    a, b = Predictions.load(trained), Predictions.load(tmp_path / "again")
    for name in ("label", "top5_class", "top5_probability", "nll"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    assert (record.arm, record.seed, record.recipe) == (before.arm, before.seed, before.recipe)
    assert record.cost.images == 0
    assert "standard seed 0" in record.evaluated
    assert bakeoff.load_records(tmp_path / "again") == [record]


def test_a_weights_file_says_itself_how_it_is_shown_images(trained, tmp_path):
    moved = shutil.copy(trained / "weights.safetensors", tmp_path / "mine.safetensors")
    record = bakeoff.evaluate(moved, data="quarters", out=tmp_path / "again", device="cpu")
    [before] = bakeoff.load_records(trained)
    assert record.result == before.result
    assert record.recipe.name == "evaluated"
    assert (record.budget.images, record.cost.images) == (0, 0)
    assert record.model.init_hash


@pytest.mark.parametrize("kind", ["plain", "state_dict", "distributed"])
def test_other_peoples_checkpoints_give_what_their_model_gives(offered, tmp_path, kind):
    torch.manual_seed(3)
    model = timm.create_model("test_resnet", num_classes=4).eval()
    weights = model.state_dict()
    content = {
        "plain": weights,
        "state_dict": {"epoch": 3, "state_dict": weights},
        "distributed": {"model": {f"module.{k}": v for k, v in weights.items()}},
    }[kind]
    torch.save(content, tmp_path / "theirs.pth")
    record = bakeoff.evaluate(
        tmp_path / "theirs.pth", data="quarters", model="test_resnet", size=16,
        out=tmp_path / "out", device="cpu",
    )  # fmt: skip
    test, config = offered["quarters"].test, model.default_cfg
    mean, std = (torch.tensor(config[k]).view(3, 1, 1) for k in ("mean", "std"))
    resize = timm.data.create_transform(
        16, crop_pct=config["crop_pct"], interpolation="bilinear", normalize=False
    )
    from torchvision.transforms.functional import to_pil_image

    seen = torch.stack([resize(to_pil_image(i)) for i in test.images])
    with torch.no_grad():
        logits = model((seen.float() / 255 - mean) / std)
    expected = torch.nn.functional.cross_entropy(logits, test.labels)
    assert record.result.loss == pytest.approx(float(expected), rel=2e-3)
    assert any("does not say" in note for note in record.notes)


def test_a_timm_tag_is_evaluated_with_its_own_head(monkeypatch, offered, tmp_path):
    thousand = make_dataset(train=2000, test=40, classes=1000, side=8)
    offered["thousand"] = thousand
    torch.manual_seed(0)
    model = timm.create_model("test_resnet", num_classes=1000)
    save_file(model.state_dict(), tmp_path / "model.safetensors")
    monkeypatch.setattr(
        "bakeoff.training.hub.reachable_weights",
        lambda name: {"file": str(tmp_path / "model.safetensors")},
    )
    record = bakeoff.evaluate(
        "timm:test_resnet.r160_in1k", data="thousand", size=32, out=tmp_path / "o", device="cpu"
    )
    assert (record.arm, record.model.init) == ("test_resnet.r160_in1k", "timm:r160_in1k")
    assert record.model.classes == 1000
    with pytest.raises(UsageError, match=r"tells 1,000 classes apart .*quarter 0, quarter 1"):
        bakeoff.evaluate("timm:r160_in1k", model="test_resnet", data="quarters", device="cpu")


def test_classes_in_another_order_are_refused_by_name(trained, offered, quarters):
    offered["turned"] = named(quarters, ["quarter 1", "quarter 0", "quarter 2", "quarter 3"])
    with pytest.raises(UsageError, match=r"class 0 is 'quarter 0' .* 'quarter 1'"):
        bakeoff.evaluate(trained, data="turned", device="cpu")


def test_numbered_folders_are_taken_by_number(trained, quarters):
    """Folders 0, 1, 10, 11, 2, … as ImageNet-V2's: their order is not that of the numbers."""
    existing = replace(
        load_existing(str(trained)), class_names=None, made_by=None,
        facts=load_existing(str(trained)).facts.model_copy(update={"classes": 12}),
    )  # fmt: skip
    names = sorted(map(str, range(12)))
    facts = quarters.facts.model_copy(update={"class_names": tuple(names), "classes": 12})
    assert outputs_by_class(existing, facts).tolist() == [0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9]


def test_evaluations_can_be_compared_and_reported(trained, tmp_path):
    home = tmp_path / "evaluated"
    torch.manual_seed(3)
    for seed in (0, 1):
        path = tmp_path / f"other{seed}.pth"
        torch.save(timm.create_model("test_resnet", num_classes=4).state_dict(), path)
        bakeoff.evaluate(
            path, data="quarters", model="test_resnet", size=16,
            out=home / f"other{seed}" / "seed-0", device="cpu",
        )  # fmt: skip
    bakeoff.evaluate(trained, data="quarters", out=home / "standard" / "seed-0", device="cpu")
    comparison = bakeoff.compare(home)
    assert comparison.to_dict()["comparisons"]
    assert bakeoff.report(home, out=tmp_path / "report").html.exists()


def test_a_run_is_never_written_over(trained, tmp_path):
    with pytest.raises(OutputError, match="holds a run"):
        bakeoff.evaluate(trained, data="quarters", out=trained, device="cpu")
    for _ in range(2):
        bakeoff.evaluate(trained, data="quarters", out=tmp_path / "twice", device="cpu")


class _Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_what_is_no_weights_is_refused_and_nothing_in_it_is_run(offered, tmp_path):
    torch.save({"state_dict": _Evil(tmp_path / "canary")}, tmp_path / "evil.pth")
    (tmp_path / "cut.safetensors").write_bytes(os.urandom(100))
    (tmp_path / "cut.pth").write_bytes(os.urandom(100))
    torch.save({"fc.weight": torch.zeros(4, 3)}, tmp_path / "other.pth")
    for name in ("evil.pth", "cut.safetensors", "cut.pth", "other.pth", "none.pth"):
        with pytest.raises(BadFile, match=name.replace(".", r"\.")):
            bakeoff.evaluate(tmp_path / name, data="quarters", model="test_resnet", device="cpu")
    assert not (tmp_path / "canary").exists()


def test_a_checkpoint_without_a_model_is_asked_for_one(offered, tmp_path):
    torch.save({"fc.weight": torch.zeros(4, 3)}, tmp_path / "theirs.pth")
    with pytest.raises(UsageError, match="--model"):
        bakeoff.evaluate(tmp_path / "theirs.pth", data="quarters", device="cpu")
