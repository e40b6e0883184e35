"""A bake-off makes the weights that its arms start from: once, told apart, never on test images."""

import re
import shutil

import pytest

import bakeoff
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.data.dataset import Dataset, Split, content_hash
from bakeoff.errors import BadFile, RunFailed, UsageError
from bakeoff.records import load_records
from bakeoff.records.manifest import load_manifest
from bakeoff.records.store import load_record

SPEC = {
    "name": "toy",
    "data": "quarters",
    "model": "test_resnet",
    "arms": [
        {"recipe": "standard", "pin": {"batch_size": 16}},
        {
            "recipe": "standard",
            "pin": {"batch_size": 16},
            "pretrain": {"data": "negatives", "budget": "64images"},
        },
    ],
    "seeds": 2,
    "budget": "64images",
}


@pytest.fixture(autouse=True)
def sets(monkeypatch, quarters):
    """The target, another set to learn from, and one that holds the target's test images."""

    def negative(split):
        return Split(255 - split.images, split.labels)

    def named(name, train, test):
        facts = quarters.facts.model_copy(
            update={
                "name": name,
                "title": name,
                "train_images": len(train),
                "test_images": len(test),
                "train_hash": content_hash(train.images, train.labels),
                "test_hash": content_hash(test.images, test.labels),
            }
        )
        return Dataset(facts, train, test)

    there = {
        "quarters": quarters,
        "negatives": named("negatives", negative(quarters.train), negative(quarters.test)),
        "leaking": named("leaking", quarters.test, negative(quarters.test)),
    }

    def opened(name, channels, exclude=()):
        return there[name]

    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", opened)
    monkeypatch.setattr("bakeoff.bakeoffs.execution.pretraining.open_data", opened)
    return there


def pretraining(**changes):
    first, second = SPEC["arms"]
    return {**SPEC, "arms": [first, {**second, "pretrain": {**second["pretrain"], **changes}}]}


def test_arms_start_from_the_weights_of_one_run_that_is_no_run_of_an_arm(tmp_path):
    finished = bakeoff.run(SPEC, out=tmp_path, device="cpu")
    [made] = list((tmp_path / "_pretraining").iterdir())
    made_by = load_record(made)
    assert (made_by.data.name, made_by.budget.images) == ("negatives", 64)
    started = [r for r in finished.records if r.arm == "standard-from-negatives"]
    assert {r.model.init for r in started} == {f"file:{made.name}/weights.safetensors"}
    [digest] = {r.model.init_hash for r in started}
    assert any("trained on negatives" in note for note in started[0].notes)
    [facts] = load_manifest(tmp_path).pretraining
    assert facts.arms == ("standard-from-negatives",)
    assert (facts.weights_hash, facts.images, facts.flops) == (digest, 64, made_by.cost.flops)
    assert {r.arm for r in load_records(tmp_path)} == {"standard", "standard-from-negatives"}
    assert {r.budget.images for r in finished.records} == {64}


def test_a_second_call_trains_nothing_again(tmp_path):
    first = bakeoff.run(SPEC, out=tmp_path, device="cpu")
    files = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.safetensors")}
    assert len(files) == 5
    second = bakeoff.run(SPEC, out=tmp_path, device="cpu")
    assert second.records == first.records
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.safetensors")} == files


def test_several_arms_and_data_sets_share_one_pretraining(tmp_path, sets):
    first, second = SPEC["arms"]
    probe = {**second, "recipe": "linear-probe", "name": "probe"}
    both = {**SPEC, "arms": [first, second, probe], "seeds": 1, "data": ["quarters", "leaking"]}
    bakeoff.run(both, out=tmp_path, device="cpu")
    assert len(list((tmp_path / "_pretraining").iterdir())) == 1
    for name in ("quarters", "leaking"):
        [facts] = load_manifest(tmp_path / name).pretraining
        assert facts.arms == ("standard-from-negatives", "probe")


def test_no_test_image_is_pretrained_on(tmp_path):
    with pytest.raises(UsageError, match="40 of the 40 test images of quarters are training"):
        bakeoff.run(pretraining(data="leaking"), out=tmp_path, device="cpu")
    with pytest.raises(UsageError, match="pretrained on quarters, on which it is trained"):
        bakeoff.run(pretraining(data="quarters"), out=tmp_path, device="cpu")
    assert not list(tmp_path.rglob("record.json"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arms": [*SPEC["arms"], {"recipe": "standrad"}]}, "standrad"),
        ({"arms": [*SPEC["arms"], {"recipe": "rsb-a3", "name": "a", "model": "resnt18"}]}, "resnt"),
        ({"tune": {"trials": 1, "batch_size": [8, 16]}}, "which is tuned"),
        ({"data": "leaking"}, "holds another bake-off"),
    ],
)
def test_other_mistakes_are_found_before_an_image_is_pretrained_on(tmp_path, changes, said):
    first = SPEC["arms"][0]
    bakeoff.run({**SPEC, "arms": [first], "seeds": 1}, out=tmp_path, device="cpu")
    with pytest.raises(UsageError, match=said):
        bakeoff.run({**SPEC, **changes}, out=tmp_path, device="cpu")
    assert not (tmp_path / "_pretraining").exists()


@pytest.mark.parametrize("last", ["cats & dogs", "_" * 70 + "x" * 60, "+" * 200])
def test_any_folders_name_gives_arms_and_pretrainings_a_name(tmp_path, sets, monkeypatch, last):
    name = f"folder:/somewhere/{last}"
    sets[name] = sets["negatives"]
    spec = {**pretraining(data=name), "seeds": 1}
    spec["arms"][1]["name"] = "" if len(last) < 50 else "other"
    finished = bakeoff.run(spec, out=tmp_path, device="cpu")
    assert {r.status for r in finished.records} == {"complete"}
    [made] = (tmp_path / "_pretraining").iterdir()
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}", made.name)


def test_a_pretraining_that_fails_stops_the_bakeoff_until_it_is_asked_for_again(tmp_path):
    wild = tmp_path / "wild.yaml"
    wild.write_text("extends: standard-gentle\noptimizer: {lr: 1.0e+30}\n")
    spec = pretraining(recipe=str(wild))
    out = tmp_path / "runs"
    with pytest.raises(RunFailed):
        bakeoff.run(spec, out=out, device="cpu")
    with pytest.raises(RunFailed, match="failed before"):
        bakeoff.run(spec, out=out, device="cpu")
    with pytest.raises(RunFailed) as caught:
        bakeoff.run(spec, out=out, device="cpu", retry=True)
    assert "failed before" not in caught.value.message
    with pytest.raises(RunFailed, match="failed before"):
        bakeoff.dry_run(spec, out=out, device="cpu")
    assert bakeoff.dry_run(spec, out=out, device="cpu", retry=True).runs == 5
    assert not (out / "standard").exists()


def test_a_dry_run_counts_it_and_writes_nothing(tmp_path):
    ahead = bakeoff.dry_run(SPEC, out=tmp_path / "never", device="cpu", price_per_hour=3600.0)
    assert ahead.runs == 5
    assert ahead.arms[0].data == "negatives"
    assert any("once for all seeds" in notice for notice in ahead.notices)
    assert ahead.price == pytest.approx(ahead.seconds)
    waiting = [arm for arm in ahead.arms if arm.pretraining]
    assert [arm.pretraining for arm in waiting] == [ahead.arms[0].arm]
    assert all(arm.init.endswith(f"{arm.pretraining}/weights.safetensors") for arm in waiting)
    assert f"weights that the pretraining {ahead.arms[0].arm} leaves" in " ".join(
        str(ahead).split()
    )
    assert not (tmp_path / "never").exists()
    told = {arm.arm: arm.init for arm in ahead.arms}
    finished = bakeoff.run(SPEC, out=tmp_path / "runs", device="cpu")
    assert {r.arm: r.model.init for r in finished.records}.items() <= told.items()
    assert bakeoff.dry_run(SPEC, out=tmp_path / "runs", device="cpu").runs == 0


def test_the_report_tells_the_gain_and_what_came_before(tmp_path):
    bakeoff.run(SPEC, out=tmp_path, device="cpu")
    bakeoff.report(tmp_path, out=tmp_path / "told")
    text = (tmp_path / "told" / "report.md").read_text()
    insight = text.partition("How much does transfer learning help?")[2][:1200]
    assert "Not counted for standard-from-negatives: a pretraining on negatives" in insight
    assert "by standard-gentle, 64 images in" in insight
    assert "the run negatives-standard-gentle-test_resnet-64images-seed0" in text


def test_what_an_arm_started_from_is_told_when_the_arm_has_left_the_file(tmp_path):
    first, second = SPEC["arms"]
    probe = {**second, "recipe": "linear-probe", "name": "probe"}
    bakeoff.run({**SPEC, "arms": [first, second, probe]}, out=tmp_path, device="cpu")
    [before] = load_manifest(tmp_path).pretraining
    bakeoff.run({**SPEC, "arms": [first, probe]}, out=tmp_path, device="cpu")
    [kept] = load_manifest(tmp_path).pretraining
    assert set(kept.arms) == {"standard-from-negatives", "probe"}
    bakeoff.run({**SPEC, "arms": [first]}, out=tmp_path, device="cpu")
    [kept] = load_manifest(tmp_path).pretraining
    assert set(kept.arms) == {"standard-from-negatives", "probe"}
    assert kept.model_copy(update={"arms": before.arms}) == before
    text = bakeoff.report(tmp_path).md.read_text()
    assert "a pretraining on negatives by standard-gentle, 64 images in" in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"init": "scratch"}, "both init and pretrain"),
        ({"pretrain": {"data": "letters", "budget": "a while"}}, "budget"),
        ({"pretrain": {"data": "letters", "seed": -1}}, "seed"),
    ],
)
def test_what_cannot_be_meant_is_refused(changes, said):
    first, second = SPEC["arms"]
    with pytest.raises(UsageError, match=said):
        read_spec({**SPEC, "arms": [first, {**second, **changes}]})


def test_a_misspelt_key_is_told_with_its_line_and_the_nearest(tmp_path):
    file = tmp_path / "toy.yaml"
    file.write_text("data: mnist\narms:\n  - recipe: standard\n    pretrain:\n      dta: letters\n")
    with pytest.raises(BadFile, match="data") as caught:
        read_spec(file)
    assert "toy.yaml:5" in str(caught.value)


def test_at_an_address_it_is_refused_with_advice(bucket):
    with pytest.raises(UsageError, match="needs a folder and no address") as caught:
        bakeoff.run(SPEC, out=bucket + "/toy", device="cpu")
    assert "init: file:" in caught.value.advice
    with pytest.raises(UsageError, match="needs a folder and no address"):
        bakeoff.dry_run(SPEC, out=bucket + "/toy", device="cpu")


def test_an_arm_from_a_file_can_run_again_and_other_weights_are_another_run(tmp_path):
    def weights(seed):
        made = bakeoff.train(
            data="negatives",
            model="test_resnet",
            budget="32images",
            seed=seed,
            out=tmp_path / f"{seed}",
            device="cpu",
        )
        return tmp_path / f"{made.seed}" / "weights.safetensors"

    kept = tmp_path / "kept.safetensors"
    shutil.copy(weights(0), kept)
    arm = {"recipe": "standard", "init": f"file:{kept}", "pin": {"batch_size": 16}}
    spec = {**SPEC, "arms": [arm], "seeds": 1}
    first = bakeoff.run(spec, out=tmp_path / "runs", device="cpu")
    assert bakeoff.run(spec, out=tmp_path / "runs", device="cpu").records == first.records
    shutil.copy(weights(1), kept)
    with pytest.raises(UsageError, match="init_hash"):
        bakeoff.run(spec, out=tmp_path / "runs", device="cpu")
