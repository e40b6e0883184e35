"""What a bake-off file asks for and nothing would do is refused, or told before anything runs."""

import pytest
import torch

from bakeoff.bakeoffs.planning.plan import plan
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.errors import UsageError
from bakeoff.training.throughput import Rate


def toy(**more):
    said = {"name": "toy", "data": "mnist", "model": "test_resnet", "arms": ["standard"]}
    return {**said, "seeds": 1, "budget": "9600images", **more}


def planned(monkeypatch, **more):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.measure", lambda *_: Rate(1e6, 1e6))
    return plan(read_spec(toy(**more)), torch.device("cpu"))


@pytest.mark.parametrize(
    ("key", "value", "beside"),
    [
        ("optimizer.momentum", 0.5, "optimizer.name"),
        ("schedule.gamma", 0.5, "schedule.name"),
        ("schedule.step_epochs", 3.0, "schedule.name"),
    ],
)
def test_a_pin_that_another_value_makes_idle_is_refused_by_that_value(
    monkeypatch, key, value, beside
):
    with pytest.raises(UsageError, match=f"pin {key} has no effect on standard, whose {beside} is"):
        planned(monkeypatch, arms=[{"recipe": "standard", "pin": {key: value}}])


def test_pins_that_need_each_other_are_taken_together(monkeypatch):
    pin = {"optimizer.name": "sgd", "optimizer.lr": 0.1, "optimizer.momentum": 0.5}
    made = planned(monkeypatch, arms=[{"recipe": "standard", "pin": pin}])
    assert made.notices == ()


def test_a_pin_of_the_value_that_is_there_anyway_is_told(monkeypatch):
    same = {"recipe": "standard", "name": "same", "pin": {"augment.horizontal_flip": 0.5}}
    made = planned(monkeypatch, arms=["standard", same])
    assert len(made.notices) == 1
    assert "same: pin augment.horizontal_flip = 0.5 changes nothing" in made.notices[0]


def test_images_at_a_time_that_are_a_whole_batch_are_told_by_arm(monkeypatch):
    small = {"recipe": "standard", "name": "small", "pin": {"batch_size": 16}}
    made = planned(monkeypatch, arms=["standard", small], micro_batch=16)
    assert [n for n in made.notices if "micro_batch" in n and "small (16)" in n] != []
    assert not any("standard (" in notice for notice in made.notices)
    assert planned(monkeypatch, arms=["standard", small], micro_batch=8).notices == ()


def test_a_pin_that_holds_a_value_against_scaling_is_one_with_effect(monkeypatch):
    rate = read_rate("standard")
    made = planned(monkeypatch, arms=[{"recipe": "standard", "pin": {"optimizer.lr": rate}}])
    assert made.arms[0].job.scaled.recipe.optimizer.lr == rate
    assert made.notices == ()


def read_rate(name):
    from bakeoff.recipes import load

    return load(name).recipe.optimizer.lr


MOMENTUM = {"optimizer.momentum": [0.5, 0.9]}


def test_a_range_without_effect_is_refused_or_told_by_arm(monkeypatch):
    with pytest.raises(UsageError, match=r"optimizer\.momentum has no effect on any arm"):
        planned(monkeypatch, tune={"trials": 2, **MOMENTUM})
    own = {"recipe": "standard", "tune": MOMENTUM}
    rate = {"optimizer.lr": ["x0.5", "x2"]}
    with pytest.raises(UsageError, match="no effect on arm standard: its optimizer"):
        planned(monkeypatch, arms=[own], tune={"trials": 2, **rate})
    made = planned(
        monkeypatch, arms=["standard", "torchvision-v1"], tune={"trials": 2, **MOMENTUM, **rate}
    )
    assert made.notices == (
        "Tuning optimizer.momentum has no effect on arm standard: its optimizer.name is 'adamw'.",
    )


def test_a_range_whose_draws_are_all_one_whole_number_is_refused(monkeypatch):
    with pytest.raises(UsageError, match=r"augment\.repeats has no effect.*every value.* is 1"):
        planned(monkeypatch, tune={"trials": 2, "augment.repeats": [0.9, 1.2]})


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"tune": {"trials": 2, "optimizer.lr": {"choices": [0.1]}}}, "one choice leaves nothing"),
        ({"tune": {"trials": 2, "batch_size": {"choices": [64, 64]}}}, "stands twice in choices"),
        (
            {"tune": {"trials": 2, "batch_size": {"choices": [64, 32], "low": 8}}},
            "Remove low, high and log",
        ),
        ({"tune": {"trials": 2, "optimizer.lr": [0.1, 0.1]}}, "holds nothing to draw"),
        ({"arms": [{"recipe": "standard", "model": "resnet18"}]}, "model of the bake-off has no"),
        (
            {"channels": 3, "arms": [{"recipe": "standard", "channels": 1}]},
            "channels of the bake-off has no effect",
        ),
        (
            {"init": "timm:default", "arms": [{"recipe": "standard", "init": "scratch"}]},
            "init of the bake-off has no effect",
        ),
        (
            {"arms": [{"recipe": "standard", "optional": True}]},
            "optional has no effect",
        ),
        ({"published": ["rsb-a9"]}, "no published result is called 'rsb-a9'.*rsb-a"),
        ({"seeds": [1, 1]}, "stands twice in seeds"),
    ],
)
def test_a_key_that_another_makes_idle_is_refused(more, complaint):
    with pytest.raises(UsageError, match=complaint):
        read_spec(toy(**more))


def test_a_recipe_without_ingredients_is_not_ablated(tmp_path):
    (tmp_path / "plain.yaml").write_text(
        "title: plain\ncitation: none\nextends: torchvision-v1\n"
        "sources: {default: chosen for this test}\n"
    )
    path = tmp_path / "ladder.yaml"
    path.write_text("data: mnist\nablate: plain.yaml\n")
    with pytest.raises(UsageError, match="no ingredient to ablate"):
        read_spec(path)
