"""Insights are measured: a bake-off that plans, floors on raw pixels, transfer that helps."""

from pathlib import Path

import pytest
import torch

import bakeoff
from bakeoff.bakeoffs.planning.plan import Rate, plan
from bakeoff.bakeoffs.specification.spec import arm_name
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.records.manifest import load_manifest
from bakeoff.training.hub import WeightsUnavailable

EXAMPLE = Path(__file__).parents[2] / "examples" / "insights.yaml"
TRANSFER = EXAMPLE.with_name("transfer.yaml")


def test_the_example_holds_a_pair_for_each_insight_and_plans(monkeypatch, quarters):
    def unreachable(name):
        raise WeightsUnavailable(f"{name} cannot be reached", "Connect")

    monkeypatch.setattr("bakeoff.training.hub.reachable_weights", unreachable)
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.measure", lambda *_: Rate(300.0, 1200.0))
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
    spec = read_spec(EXAMPLE)
    arms = {arm_name(arm): arm for arm in spec.arms}
    assert arms["standard-resnet50_noskip"].model == "resnet50_noskip"
    assert arms["standard-pretrained"].init == "timm:default"
    assert spec.floors
    planned = plan(read_spec(EXAMPLE, budget="192images"), torch.device("cpu"))
    assert [arm.job.arm for arm in planned.arms] == [
        "standard",
        "rsb-a3",
        "standard-resnet50_noskip",
        "standard-resnet18",
        "standard-from-letters",
    ]
    assert len(planned.skipped) == 2


def test_floors_on_raw_pixels_are_kept_with_the_bakeoff(monkeypatch, quarters, tmp_path):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
    spec = {
        "name": "toy",
        "data": "quarters",
        "model": "test_resnet",
        "arms": ["standard"],
        "seeds": 1,
        "budget": "32images",
        "floors": True,
    }
    bakeoff.run(spec, out=tmp_path, device="cpu")
    floors = {floor.name: floor for floor in load_manifest(tmp_path).floors}
    assert set(floors) == {"majority class", "linear model", "1-nearest neighbour"}
    assert floors["linear model"].images == 40
    assert floors["linear model"].accuracy > floors["majority class"].accuracy
    bakeoff.run(spec, out=tmp_path, device="cpu", seeds=2)
    assert len(load_manifest(tmp_path).floors) == 3


@pytest.mark.slow
def test_weights_trained_on_letters_help_on_digits(monkeypatch, tmp_path):
    """examples/transfer.yaml at toy size: pretrained on drawn letters, then a little MNIST."""
    monkeypatch.setattr("bakeoff.data.letters.TRAIN_PER_CLASS", 400)
    monkeypatch.setattr("bakeoff.data.letters.TEST_PER_CLASS", 10)
    spec = read_spec(TRANSFER, budget="2000images", seeds=2).model_dump()
    arms = [
        {**arm, "pretrain": arm["pretrain"] and {**arm["pretrain"], "budget": "16000images"}}
        for arm in spec["arms"][:2]
    ]
    finished = bakeoff.run(
        {**spec, "model": "test_resnet", "arms": arms}, out=tmp_path / "mnist", device="cpu"
    )
    [made] = load_manifest(tmp_path / "mnist").pretraining
    assert made.accuracy > 70  # of 37 classes
    accuracy = {
        name: [r.result.accuracy for r in finished.records if r.arm == name]
        for name in ("standard", "standard-from-letters")
    }
    assert min(accuracy["standard-from-letters"]) > max(accuracy["standard"]) + 10
    [told] = [r.notes for r in finished.records if (r.arm, r.seed) == ("standard-from-letters", 1)]
    assert any("trained on Letters" in note for note in told)
    assert any(note.startswith("new head: fc.bias, fc.weight") for note in told)
