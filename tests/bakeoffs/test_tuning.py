"""Equal tuning: as many trials for every arm, chosen without a look at the test set."""

import json
from pathlib import Path

import pytest
import torch
from ruamel.yaml import YAML

import bakeoff
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.bakeoffs.planning.holdout import hold_out
from bakeoff.bakeoffs.specification.search_space import Range, TuneSpec, draw
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.comparison.reasons import (
    ChangesWithLearningRate,
    SurvivesLearningRates,
    UndecidedAtEveryRate,
    Untuned,
)
from bakeoff.data.dataset import Dataset, Split
from bakeoff.errors import BadFile, RunFailed, UsageError
from bakeoff.recipes.loading import load
from bakeoff.records import load_records
from bakeoff.records.manifest import load_manifest
from bakeoff.records.store import load_record
from bakeoff.training.callbacks import Listener
from conftest import make_dataset

SPEC = {
    "name": "toy",
    "data": "quarters",
    "model": "test_resnet",
    "arms": ["standard", "rsb-a3"],
    "seeds": 1,
    "budget": "200images",
    "tune": {
        "trials": 2,
        "holdout": 0.25,
        "optimizer.lr": ["x0.5", "x2", "log"],
        "optimizer.weight_decay": [1e-5, 1e-3, "log"],
    },
}


class Sealed(Split):
    """A test split that must not be looked at until it is opened."""

    opened = False

    def __getattribute__(self, name):
        if name in ("images", "labels", "batch", "subset", "to") and not Sealed.opened:
            raise AssertionError(f"the test set's {name} were touched during tuning")
        return super().__getattribute__(name)


class Opens(BakeoffListener):
    """Opens the test set when tuning says that it is over; counts what is told."""

    def __init__(self):
        self.trials, self.started = [], []

    def trial_ended(self, record, *, skipped):
        self.trials.append((record.arm, skipped))

    def tuned(self, tuning):
        Sealed.opened = True

    def run_started(self, job, number, of):
        self.started.append((job.arm, job.seed))
        return super().run_started(job, number, of)


@pytest.fixture(autouse=True)
def _toy_data(monkeypatch, quarters):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)


def test_no_test_image_is_touched_before_tuning_is_over(tmp_path, monkeypatch, quarters):
    Sealed.opened = True
    sealed = Dataset(
        quarters.facts, quarters.train, Sealed(quarters.test.images, quarters.test.labels)
    )
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: sealed)
    monkeypatch.setattr("bakeoff.bakeoffs.planning.planned_runs.run_seconds", lambda job, rate: 1.0)
    Sealed.opened = False
    with pytest.raises(AssertionError, match="touched"):
        bakeoff.run({**SPEC, "tune": None}, out=tmp_path / "untuned", device="cpu")
    told = Opens()
    finished = bakeoff.run(SPEC, out=tmp_path / "tuned", device="cpu", listener=told)
    assert Sealed.opened
    assert len(told.trials) == 4
    assert {r.data.test_hash for r in finished.records} == {quarters.facts.test_hash}


def test_the_best_trial_of_each_arm_is_pinned_with_its_source_and_everything_is_recorded(tmp_path):
    finished = bakeoff.run(SPEC, out=tmp_path, device="cpu")
    tuning = load_manifest(tmp_path).tuning
    assert [arm.arm for arm in tuning.arms] == ["standard", "rsb-a3"]
    assert {len(arm.trials) for arm in tuning.arms} == {tuning.trials} == {2}
    assert tuning.held_out_images == 24
    assert tuning.training_images == 72
    for arm, record in zip(tuning.arms, finished.records, strict=True):
        best = max(arm.trials, key=lambda t: (t.accuracy, -t.loss, -t.number))
        assert (arm.trial, arm.chosen) == (best.number, best.values)
        assert record.recipe.optimizer.lr == arm.chosen["optimizer.lr"]
        assert record.recipe.optimizer.weight_decay == arm.chosen["optimizer.weight_decay"]
        assert "best of 2 trials" in record.recipe_sources["optimizer.lr"]
        assert {s.rule for s in record.scaling if s.key == "optimizer.lr"} == {"tuned"}
        assert record.notes[0].startswith("tuned: optimizer.lr")
        # What is told of a trial is what its record says, cost included.
        trial = load_record(tmp_path / "_trials" / f"{arm.arm}+trial{best.number}" / "seed-0")
        assert (trial.result.accuracy, trial.cost.flops) == (best.accuracy, best.flops)
        assert trial.recipe.batch_size == record.recipe.batch_size
        assert not list((tmp_path / "_trials").rglob("*.safetensors"))
    assert json.loads(tuning.model_dump_json())["arms"][0]["ranges"]["optimizer.lr"].startswith("×")


def test_trials_are_no_runs_and_the_verdict_says_that_arms_were_tuned_alike(tmp_path):
    bakeoff.run(SPEC, out=tmp_path, device="cpu")
    assert {r.arm for r in load_records(tmp_path)} == {"standard", "rsb-a3"}
    sentence = bakeoff.compare(tmp_path).comparisons[0].sentence
    assert "tuned alike, by one search each: this speaks of these tuned settings only" in sentence
    untuned = bakeoff.run({**SPEC, "tune": None}, out=tmp_path / "u", device="cpu")
    row = bakeoff.compare(list(untuned.records)).comparisons[0]
    assert Untuned(rate_checked=False) in row.facts


def test_an_interrupted_tuning_goes_on_and_more_trials_keep_the_earlier_ones(tmp_path):
    class Stops(Opens):
        def trial_ended(self, record, *, skipped):
            super().trial_ended(record, skipped=skipped)
            if len(self.trials) == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bakeoff.run(SPEC, out=tmp_path, device="cpu", listener=Stops())
    told = Opens()
    bakeoff.run(SPEC, out=tmp_path, device="cpu", listener=told)
    assert [skipped for _, skipped in sorted(told.trials)] == [True, False, True, False]
    again = Opens()
    bakeoff.run(SPEC, out=tmp_path, device="cpu", listener=again)
    assert again.started == []
    recipe = load("standard").recipe
    ranges = {"optimizer.lr": Range.model_validate([0.1, 1.0, "log"])}
    assert [draw(ranges, recipe, seed=3, trial=k) for k in range(2)] == [
        draw(ranges, recipe, seed=3, trial=k) for k in range(5)
    ][:2]


def test_a_trial_that_diverges_is_spent_and_never_chosen(tmp_path):
    wild = {"trials": 3, "optimizer.lr": {"choices": [0.05, 1e30]}}
    bakeoff.run({**SPEC, "arms": ["standard"], "tune": wild}, out=tmp_path, device="cpu")
    (arm,) = load_manifest(tmp_path).tuning.arms
    assert arm.failed >= 1
    assert len(arm.trials) == 3
    assert arm.chosen == {"optimizer.lr": 0.05}
    hopeless = {"trials": 1, "optimizer.lr": [1e30, 1e31]}
    with pytest.raises(RunFailed, match="all 1 trials of standard failed"):
        bakeoff.run({**SPEC, "tune": hopeless}, out=tmp_path / "x", device="cpu")


def test_a_trial_that_was_only_interrupted_is_not_spent(tmp_path, monkeypatch):
    """Chosen without it, the next call, which finishes it, might choose otherwise."""
    from bakeoff.bakeoffs.execution import engine

    class Lost(Listener):
        def stepped(self, *told):
            raise KeyboardInterrupt

    def losing(job, place, **how):
        if job.arm != "standard+trial1":
            return execute_at(job, place, **how)
        with pytest.raises(KeyboardInterrupt):
            execute_at(job, place, **how | {"listener": Lost()})
        raise RunFailed("a data worker died", "Run the same command again")

    execute_at = engine.execute_at
    monkeypatch.setattr(engine, "execute_at", losing)
    with pytest.raises(RunFailed, match=r"standard\+trial1 is not finished"):
        bakeoff.run(SPEC, out=tmp_path, device="cpu")
    assert not (tmp_path / "standard").exists()
    monkeypatch.setattr(engine, "execute_at", execute_at)
    finished = bakeoff.run(SPEC, out=tmp_path, device="cpu")
    assert {r.status for r in finished.records} == {"complete"}
    assert all(len(arm.trials) == 2 for arm in load_manifest(tmp_path).tuning.arms)


def test_optuna_searches_when_asked_and_resumes_to_the_same_trials(tmp_path):
    pytest.importorskip("optuna")
    spec = {**SPEC, "arms": ["standard"], "tune": {**SPEC["tune"], "search": "optuna"}}
    bakeoff.run(spec, out=tmp_path, device="cpu")
    first = load_manifest(tmp_path).tuning
    told = Opens()
    bakeoff.run(spec, out=tmp_path, device="cpu", listener=told)
    assert load_manifest(tmp_path).tuning == first
    assert {skipped for _, skipped in told.trials} == {True}
    low, high = first.arms[0].ranges["optimizer.weight_decay"].split(",")[0].split(" to ")
    for trial in first.arms[0].trials:
        assert float(low) <= trial.values["optimizer.weight_decay"] <= float(high)


def test_the_split_is_stratified_seeded_and_of_training_images_only():
    dataset = make_dataset(train=101, test=40)
    held = hold_out(dataset, 0.2, seed=5)
    again, other = hold_out(dataset, 0.2, seed=5), hold_out(dataset, 0.2, seed=6)
    assert held.index_hash == again.index_hash != other.index_hash
    assert held.dataset.test.labels.bincount().tolist() == [5, 5, 5, 5]
    assert len(held.dataset.train) + len(held.dataset.test) == 101
    together = torch.cat([held.dataset.train.images, held.dataset.test.images])
    pixels = {image.numpy().tobytes() for image in together}
    assert pixels == {image.numpy().tobytes() for image in dataset.train.images}
    assert held.dataset.facts.test_hash not in (dataset.facts.test_hash, dataset.facts.train_hash)
    with pytest.raises(UsageError, match="leaves 0 to judge"):
        hold_out(make_dataset(train=8), 0.1, seed=0)


def test_draws_fill_their_range_evenly_and_are_the_same_share_for_every_arm():
    ranges = {"optimizer.lr": Range.model_validate(["x0.1", "x10", "log"])}
    recipes = [load(name).recipe for name in ("standard", "rsb-a3")]
    factors = [
        [
            draw(ranges, recipe, seed=0, trial=k)["optimizer.lr"] / recipe.optimizer.lr
            for k in range(400)
        ]
        for recipe in recipes
    ]
    assert factors[0] == pytest.approx(factors[1], rel=1e-3)
    below = sum(f < 1 for f in factors[0]) / 400
    assert 0.4 < below < 0.6  # the middle of the log scale; on a linear one it would be 0.09
    assert min(factors[0]) >= 0.0999
    assert max(factors[0]) <= 10.01


@pytest.mark.parametrize(
    ("tune", "line", "says"),
    [
        ("trials: 2\n  optimizer.lrr: [1, 2]", 6, "optimizer.lrr"),
        ("trials: 2\n  optimizer.lr: [2, 1]", 6, "holds nothing"),
        ("trials: 2\n  optimizer.lr: [0, 1, log]", 6, "log scale"),
        ("trials: 2\n  optimizer.lr: [x1, 2]", 6, "neither"),
        ("trials: 2\n  optimizer.lr: [1]", 6, "[low, high]"),
        ("trials: 0\n  optimizer.lr: [1, 2]", 5, "trials"),
        ("trails: 2\n  optimizer.lr: [1, 2]", 5, "trials"),
        ("trials: 2\n  epochs: [1, 2]", 6, "epochs"),
        ("trials: 2\n  search: grid\n  optimizer.lr: [1, 2]", 6, "random"),
        ("trials: 2\n  budget: 5min\n  optimizer.lr: [1, 2]", 6, "images or epochs"),
        ("trials: 2", 4, "ranges"),
    ],
)
def test_mistakes_under_tune_are_named_with_their_line(tmp_path, tune, line, says):
    file = tmp_path / "toy.yaml"
    file.write_text(f"data: mnist\narms: [standard]\nmodel: resnet18\ntune:\n  {tune}\n")
    with pytest.raises(BadFile, match=f"toy.yaml:{line}: ") as caught:
        read_spec(file)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_example_says_what_the_page_on_tuning_explains():
    root = Path(__file__).parents[2]
    spec = read_spec(root / "examples" / "tuned.yaml")
    assert spec.tune.trials == 8
    assert spec.robust == "lr"
    page = (root / "docs" / "tuning.md").read_text()
    block = page.split("```yaml\n")[1].split("```")[0]
    assert all(str(key) in page for key in TuneSpec.model_fields if key != "ranges")
    assert read_spec(_written(block)).tune.ranges.keys() == spec.tune.ranges.keys()


def _written(text: str) -> dict:
    return YAML(typ="safe").load(text)


def test_a_dry_run_counts_the_trials_that_are_still_to_come(tmp_path):
    def ahead(spec):
        return bakeoff.dry_run(spec, out=tmp_path, device="cpu")

    before, untuned = ahead(SPEC), ahead({**SPEC, "tune": None})
    assert (before.trials, before.runs) == (4, 2)
    assert before.flops > 2.5 * untuned.flops
    assert "2 runs and 4 trials of tuning before them" in " ".join(str(before).split())
    bakeoff.run(SPEC, out=tmp_path, device="cpu")
    assert (ahead(SPEC).trials, ahead(SPEC).runs) == (0, 0)


def test_a_value_that_is_pinned_and_tuned_is_refused_before_anything_runs(tmp_path):
    spec = {**SPEC, "arms": [{"recipe": "standard", "pin": {"optimizer.lr": 0.1}}]}
    with pytest.raises(UsageError, match=r"pins optimizer\.lr, which is tuned"):
        bakeoff.run(spec, out=tmp_path, device="cpu")


def test_robust_runs_every_arm_at_half_and_twice_its_rate_and_says_what_survives(tmp_path):
    spec = {**SPEC, "seeds": 2, "robust": "lr", "tune": {"trials": 1, "optimizer.lr": ["x1", "x3"]}}
    finished = bakeoff.run(spec, out=tmp_path, device="cpu")
    rates = {r.arm: r.recipe.optimizer.lr for r in finished.records}
    assert set(rates) == {a + v for a in ("standard", "rsb-a3") for v in ("", "+lr0.5", "+lr2")}
    for arm in ("standard", "rsb-a3"):
        assert rates[f"{arm}+lr0.5"] == pytest.approx(rates[arm] / 2, rel=1e-4)
        assert rates[f"{arm}+lr2"] == pytest.approx(rates[arm] * 2, rel=1e-4)
    by_arm = {r.arm: r.recipe.schedule for r in finished.records}
    for name in ("warmup_lr", "min_lr"):
        whole, half = (getattr(by_arm[f"rsb-a3{v}"], name) for v in ("", "+lr0.5"))
        assert half == pytest.approx(whole / 2, rel=1e-4)
    planned = {arm.name: arm.variant_of for arm in load_manifest(tmp_path).arms}
    assert planned["rsb-a3+lr2"] == "rsb-a3"
    assert planned["rsb-a3"] == ""
    found = bakeoff.compare(tmp_path)
    assert {summary.arm for summary in found.arms} == {"standard", "rsb-a3"}
    page = bakeoff.report(tmp_path).md.read_text()
    assert "Every arm was tuned with 1 trial" in page
    assert "Verdicts on accuracy with both arms at another learning rate" in page
    assert "+lr2" not in page.split("How to")[0].split("```")[0]
    assert "Fewer seeds than planned" not in page
    row = found.comparisons[0]
    assert set(row.verdict_at_rates) == {"0.5", "2"}
    same = set(row.verdict_at_rates.values()) == {row.verdict}
    if same and row.verdict == "cannot tell":
        # Undecided at every rate is no verdict that could survive.
        assert row.survives_rate is None
        assert row.has(UndecidedAtEveryRate)
    else:
        assert row.survives_rate == same
        assert row.has(SurvivesLearningRates) == same
        assert row.has(ChangesWithLearningRate) != same
