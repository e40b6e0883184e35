"""Insights are measured: a bake-off that plans, floors on raw pixels, transfer that helps."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import bakeoff
from bakeoff.bakeoffs.file import read_spec
from bakeoff.bakeoffs.plan import Rate, plan
from bakeoff.bakeoffs.spec import arm_name
from bakeoff.data.dataset import Dataset, Split
from bakeoff.records.manifest import load_manifest
from bakeoff.training.hub import WeightsUnavailable
from conftest import make_dataset

EXAMPLE = Path(__file__).parents[2] / "examples" / "insights.yaml"


def test_the_example_holds_a_pair_for_each_insight_and_plans(monkeypatch, quarters):
    def unreachable(name):
        raise WeightsUnavailable(f"{name} cannot be reached", "Connect")

    monkeypatch.setattr("bakeoff.training.hub.reachable_weights", unreachable)
    monkeypatch.setattr("bakeoff.bakeoffs.plan.measure", lambda job, device: Rate(300.0, 1200.0))
    monkeypatch.setattr("bakeoff.bakeoffs.plan.open_data", lambda name, channels, exclude: quarters)
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
    ]
    assert len(planned.notices) == 2


def test_floors_on_raw_pixels_are_kept_with_the_bakeoff(monkeypatch, quarters, tmp_path):
    monkeypatch.setattr("bakeoff.bakeoffs.plan.open_data", lambda name, channels, exclude: quarters)
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


def half(dataset: Dataset, name: str, train: range, test: range) -> Dataset:
    """Images of a set that no other part of it has."""
    parts = [
        Split(split.images[list(rows)], split.labels[list(rows)])
        for split, rows in ((dataset.train, train), (dataset.test, test))
    ]
    facts = dataset.facts.model_copy(
        update={
            "name": name,
            "train_images": len(train),
            "test_images": len(test),
            "train_hash": f"{name}-train",
            "test_hash": f"{name}-test",
        }
    )
    return replace(dataset, facts=facts, train=parts[0], test=parts[1])


@pytest.mark.slow
def test_weights_trained_on_one_set_help_on_another(monkeypatch, tmp_path):
    """Pretrain on one half, transfer to a few images of the other: better than from scratch."""
    whole = make_dataset(train=1000, test=200)
    sets = {
        "first": half(whole, "first", range(800), range(100)),
        "second": half(whole, "second", range(800, 864), range(100, 200)),
    }
    monkeypatch.setattr(
        "bakeoff.bakeoffs.plan.open_data", lambda name, channels, exclude: sets[name]
    )
    gentle = {"augment.crop": None, "augment.horizontal_flip": 0.0}
    shared = {"model": "test_resnet", "device": "cpu", "pins": gentle}
    bakeoff.train(data="first", budget="8epochs", out=tmp_path / "first", **shared)
    spec = {
        "name": "transfer",
        "data": "second",
        "model": "test_resnet",
        "arms": [
            {"recipe": "standard", "pin": gentle},
            {
                "recipe": "standard",
                "name": "transferred",
                "pin": gentle,
                "init": f"file:{tmp_path}/first/weights.safetensors",
            },
        ],
        "seeds": 3,
        "budget": "3epochs",
    }
    finished = bakeoff.run(spec, out=tmp_path / "second", device="cpu")
    accuracy = {
        arm: [r.result.accuracy for r in finished.records if r.arm == arm]
        for arm in ("standard", "transferred")
    }
    assert min(accuracy["transferred"]) > max(accuracy["standard"]) + 10
    found = bakeoff.compare(tmp_path / "second").to_dict()["comparisons"]
    row = next(c for c in found if c["metric"] == "accuracy")
    better = {"standard": "worse", "transferred": "better"}
    assert row["verdict"] == better[row["a"]]
