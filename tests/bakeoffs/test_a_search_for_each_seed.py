"""`tune: {searches: per-seed}`: a search for each seed, so that its luck is in the interval."""

import pytest

import bakeoff
from bakeoff.bakeoffs.execution.tuning import Search, trial_places
from bakeoff.bakeoffs.specification.search_space import TuneSpec
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.comparison import reasons as why
from bakeoff.errors import BadFile
from bakeoff.records.manifest import load_manifest
from bakeoff.records.store import RECORD_NAME, load_record, run_folder

SPEC = {
    "name": "toy",
    "data": "quarters",
    "model": "test_resnet",
    "arms": ["standard", "rsb-a3"],
    "seeds": 3,
    "budget": "96images",
    "tune": {
        "trials": 2,
        "searches": "per-seed",
        "holdout": 0.25,
        "optimizer.lr": ["x0.1", "x4", "log"],
    },
}


@pytest.fixture(autouse=True)
def _toy_data(monkeypatch, quarters):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)


def test_every_seed_has_its_own_points_split_and_choice_and_the_verdict_is_of_the_recipes(tmp_path):
    ahead = bakeoff.dry_run(SPEC, out=tmp_path, device="cpu")
    assert (ahead.trials, ahead.one_search) == (12, 4)
    assert "a search for each seed; one for all would take 4" in " ".join(str(ahead).split())
    finished = bakeoff.run(SPEC, out=tmp_path, device="cpu")
    facts = load_manifest(tmp_path).tuning
    assert facts.searches == "per-seed"
    assert {(arm.arm, arm.seed) for arm in facts.arms} == {
        (arm, seed) for arm in ("standard", "rsb-a3") for seed in range(3)
    }
    tried = {
        (arm.arm, arm.seed): tuple(t.values["optimizer.lr"] for t in arm.trials)
        for arm in facts.arms
    }
    # Each seed has points of its own; both arms, of one learning rate here, are given the same.
    assert len(set(tried.values())) == 3
    assert all(tried["standard", seed] == tried["rsb-a3", seed] for seed in range(3))
    held = set()
    for record in finished.records:
        mine = next(a for a in facts.arms if (a.arm, a.seed) == (record.arm, record.seed))
        assert record.recipe.optimizer.lr == mine.chosen["optimizer.lr"]
        assert record.tuning.searches == "per-seed"
        assert f"in a search of its own for seed {record.seed}" in record.tuning.how
        for trial in range(2):
            folder = run_folder(tmp_path / "_trials", f"{record.arm}+trial{trial}", record.seed)
            trained = load_record(folder)
            assert trained.recipe.optimizer.lr == mine.trials[trial].values["optimizer.lr"]
            held.add(trained.data.test_hash)
    assert len(held) == 3
    row = bakeoff.compare(tmp_path).comparisons[0]
    (tuned,) = (fact for fact in row.facts if isinstance(fact, why.TunedAlike))
    assert tuned.by_seed
    assert "tuned alike, by a search for each seed: its luck is in the interval" in row.sentence
    assert "these tuned settings" not in row.sentence
    page = bakeoff.report(tmp_path).md.read_text()
    assert "12 trials instead of the 4 of one search" in page
    before = {p: p.read_bytes() for p in tmp_path.rglob(RECORD_NAME)}
    bakeoff.run(SPEC, out=tmp_path, device="cpu")
    assert {p: p.read_bytes() for p in tmp_path.rglob(RECORD_NAME)} == before


def test_until_decided_tunes_only_the_seeds_that_are_due(tmp_path):
    same = {"recipe": "standard", "name": "same"}
    spec = {
        **SPEC,
        "arms": ["standard", same],
        "seeds": {"at_most": 5, "looks": [3, 5]},
        "tune": {**SPEC["tune"], "trials": 1},
    }
    finished = bakeoff.run(spec, out=tmp_path, device="cpu")
    # Two arms that do the same are given up at the first look.
    assert [look.seeds for look in finished.manifest.looks] == [3]
    facts = load_manifest(tmp_path).tuning
    assert sorted({arm.seed for arm in facts.arms}) == [0, 1, 2]


def test_draws_of_one_search_are_as_they_were_and_each_seeds_are_others():
    tune = TuneSpec.model_validate(SPEC["tune"] | {"seed": 7})
    assert Search(tune).draws == (7,)
    assert Search(tune).number == Search(tune).trained_with == 7
    numbers = [Search(tune, seed).number for seed in range(50)]
    assert len(set(numbers)) == 50
    assert [Search(tune, seed).trained_with for seed in (0, 4)] == [0, 4]
    spec = read_spec(SPEC)
    assert len(trial_places(spec, "standard")) == 6
    one = read_spec({**SPEC, "tune": {**SPEC["tune"], "searches": "one"}})
    assert trial_places(one, "standard") == [("standard+trial0", 0), ("standard+trial1", 0)]


def test_a_misspelt_kind_of_search_is_named_with_its_line(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(
        "data: mnist\narms: [standard]\ntune:\n  trials: 2\n  searches: each\n"
        "  optimizer.lr: [x0.5, x2]\n"
    )
    with pytest.raises(BadFile, match="searches") as caught:
        read_spec(path)
    assert ":5:" in str(caught.value)
