"""`ablate: RECIPE` makes an arm for the recipe and one for each ingredient left out."""

import pytest
import torch

import bakeoff
from bakeoff.bakeoffs.planning.plan import Rate, plan
from bakeoff.bakeoffs.specification.spec import arm_name
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.errors import BakeoffError, UnknownName

ARMS = ["rsb-a3", "rsb-a3-no-bce", "rsb-a3-no-lamb", "rsb-a3-no-mixup"]
ARMS += ["rsb-a3-no-cutmix", "rsb-a3-no-randaugment"]


def toy(**more):
    return {"name": "toy", "data": "quarters", "model": "test_resnet", "seeds": 1, **more}


@pytest.fixture(autouse=True)
def _toy_data(monkeypatch, quarters):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)


def test_one_line_of_a_file_is_the_whole_ladder(tmp_path):
    path = tmp_path / "ladder.yaml"
    path.write_text("data: mnist\nablate: rsb-a3\n")
    spec = read_spec(path)
    assert [arm_name(arm) for arm in spec.arms] == ARMS
    assert read_spec(spec) == spec
    assert read_spec(spec, seeds=5).arms == spec.arms


def test_other_arms_may_stand_beside_it():
    spec = read_spec(toy(arms=["standard", "rsb-a3"], ablate="rsb-a3"))
    assert [arm_name(arm) for arm in spec.arms] == ["standard", *ARMS]


def test_a_users_own_recipe_is_found_beside_the_file_and_ablated(tmp_path):
    (tmp_path / "mine.yaml").write_text("extends: rsb-a3\naugment: {randaugment: null}\n")
    (tmp_path / "ladder.yaml").write_text("data: mnist\nablate: mine.yaml\n")
    names = [arm_name(arm) for arm in read_spec(tmp_path / "ladder.yaml").arms]
    assert names == ["mine", "mine-no-bce", "mine-no-lamb", "mine-no-mixup", "mine-no-cutmix"]


def test_each_arm_trains_by_its_own_recipe_and_the_manifest_says_which(monkeypatch, tmp_path):
    finished = bakeoff.run(toy(ablate="rsb-a3", budget="96images"), out=tmp_path, device="cpu")
    recipes = {record.arm: record.recipe for record in finished.records}
    assert list(recipes) == ARMS
    assert recipes["rsb-a3-no-mixup"].augment.mix.mixup_alpha == 0
    assert recipes["rsb-a3-no-bce"].loss.name == "cross_entropy"
    assert recipes["rsb-a3-no-lamb"].optimizer.name == "sgd"
    assert finished.manifest.ablates == "rsb-a3"
    left_out = {arm.name: arm.without for arm in finished.manifest.arms}
    assert left_out["rsb-a3"] == ""
    assert left_out["rsb-a3-no-mixup"] == "mixup"
    assert {record.cost.images for record in finished.records} == {96}
    again = bakeoff.run(toy(ablate="rsb-a3", budget="96images"), out=tmp_path, device="cpu")
    assert again.records == finished.records


def test_one_ingredient_can_be_left_out_by_hand(monkeypatch):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.measure", lambda *_: Rate(1e6, 1e6))
    spec = read_spec(toy(arms=[{"recipe": "rsb-a3", "without": "cutmix"}], budget="96images"))
    [arm] = plan(spec, torch.device("cpu")).arms
    assert arm.job.arm == "rsb-a3-no-cutmix"
    assert arm.job.scaled.recipe.augment.mix.cutmix_alpha == 0
    spec = read_spec(toy(arms=[{"recipe": "rsb-a3", "without": "cutmx"}], budget="96images"))
    with pytest.raises(UnknownName, match="Did you mean cutmix"):
        plan(spec, torch.device("cpu"))


@pytest.mark.parametrize(
    ("more", "words"), [({}, "no arms"), ({"ablate": "rsb-a4"}, "Did you mean rsb-a")]
)
def test_nothing_to_ablate_is_refused(more, words):
    with pytest.raises(BakeoffError, match=words):
        read_spec(toy(**more))
