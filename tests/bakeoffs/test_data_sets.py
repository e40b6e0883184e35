"""Arms × seeds × data sets: planned and judged within each, corrected over all pairs."""

import json

import pytest
from statsmodels.stats.multitest import multipletests

import bakeoff
from bakeoff.bakeoffs.execution.several_datasets import folder_names
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.comparison.comparability import Conditions
from bakeoff.comparison.data_sets import by_data_set
from bakeoff.comparison.outcome import Outcome
from bakeoff.errors import NotComparable, UsageError
from bakeoff.records.manifest import load_manifest
from bakeoff.reporting.material import Material
from bakeoff.reporting.source import read_source
from conftest import make_dataset

SPEC = {
    "name": "two",
    "data": ["quarters", "folder:/somewhere/eighths"],
    "model": "test_resnet",
    "arms": ["standard", "rsb-a3"],
    "seeds": 2,
    "budget": "96images",
}
OTHER = make_dataset(train=64, test=24)


@pytest.fixture(autouse=True)
def _toy_data(monkeypatch, quarters):
    facts = OTHER.facts.model_copy(update={"name": "eighths", "title": "Eighths"})
    other = type(OTHER)(facts, OTHER.train, OTHER.test)
    sets = {"quarters": quarters, "folder:/somewhere/eighths": other}
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda name, **__: sets[name])


@pytest.fixture(scope="module")
def finished(tmp_path_factory, quarters):
    with pytest.MonkeyPatch.context() as patch:
        _toy_data.__wrapped__(patch, quarters)
        return bakeoff.run(SPEC, out=tmp_path_factory.mktemp("two"), device="cpu")


def test_every_arm_runs_with_every_seed_on_every_set(finished):
    found = sorted((r.data.name, r.arm, r.seed) for r in finished.records)
    assert found == [
        (data, arm, seed)
        for data in ("eighths", "quarters")
        for arm in ("rsb-a3", "standard")
        for seed in (0, 1)
    ]
    assert {r.cost.images for r in finished.records} == {96}
    for name in ("quarters", "eighths"):
        assert load_manifest(finished.folder / name).datasets == tuple(SPEC["data"])
        assert (finished.folder / name / "standard" / "seed-0" / "record.json").exists()


def test_arms_are_judged_within_a_set_and_corrected_over_all_pairs(finished):
    found = bakeoff.compare(finished.folder)
    rows = found.pairs("accuracy")
    assert [(row.a, row.b) for row in rows] == [
        ("rsb-a3 on Eighths", "standard on Eighths"),
        ("rsb-a3 on Bright quarters", "standard on Bright quarters"),
    ]
    losses = bakeoff.compare(finished.folder, primary="loss").pairs("loss")
    expected = multipletests([row.p for row in losses], method="holm")[1]
    assert len(losses) == 2
    assert [row.p_adjusted for row in losses] == pytest.approx(list(expected))
    assert found.ranking == ()
    assert {arm.arm for arm in found.arms} == {name for row in rows for name in (row.a, row.b)}
    json.dumps(found.to_dict(), allow_nan=False)


def test_one_sets_folder_is_a_bakeoff_like_any_other(finished):
    rows = bakeoff.compare(finished.folder / "quarters").pairs("accuracy")
    assert [(row.a, row.b) for row in rows] == [("rsb-a3", "standard")]


def test_records_of_different_test_sets_that_nobody_planned_are_still_refused(finished, tmp_path):
    one = bakeoff.run({**SPEC, "data": "quarters"}, out=tmp_path / "one", device="cpu")
    records = [*one.records, *(r for r in finished.records if r.data.name == "eighths")]
    with pytest.raises((NotComparable, UsageError)):
        bakeoff.compare(records)


def test_the_report_has_a_verdict_for_each_set(finished):
    page = bakeoff.report(finished.folder)
    assert page.html == finished.folder / "report.html"
    text = page.md.read_text()
    for title in ("Eighths", "Bright quarters"):
        assert f"standard on {title}" in text
        assert title in page.verdict


def test_the_report_corrects_over_all_pairs_as_compare_does(finished):
    material = Material(read_source(finished.folder))
    told = [row for one in material.sets for row in one.judged.of_metric("loss")]
    rows = bakeoff.compare(finished.folder).pairs("loss")
    expected = {(abs(row.difference), row.p_adjusted) for row in rows}
    assert {(abs(row.difference), row.p_adjusted) for row in told} == expected
    assert {(row.a, row.b) for row in told} == {("standard", "rsb-a3")}


def test_a_second_call_has_nothing_to_do(finished):
    class Nothing(bakeoff.bakeoffs.execution.engine.BakeoffListener):
        def run_started(self, job, number, of):
            raise AssertionError("ran again")

    again = bakeoff.run(SPEC, out=finished.folder, device="cpu", listener=Nothing())
    assert len(again.records) == 8


def test_a_bakeoff_of_one_set_is_not_mixed_with_one_of_several(finished, tmp_path):
    bakeoff.run({**SPEC, "data": "quarters"}, out=tmp_path, device="cpu")
    with pytest.raises(UsageError, match="one data set"):
        bakeoff.run(SPEC, out=tmp_path, device="cpu")


def test_several_sets_are_foretold_where_there_is_no_folder_yet(tmp_path):
    ahead = bakeoff.dry_run(SPEC, out=tmp_path / "never", device="cpu")
    assert ahead.runs == 8
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [([], "wants the name"), (["a", "a"], "stands twice"), ([1], "wants the name")],
)
def test_what_is_no_list_of_data_sets_is_refused(tmp_path, data, said):
    with pytest.raises(UsageError, match=said):
        bakeoff.run({**SPEC, "data": data}, out=tmp_path / "x", device="cpu")


def test_one_set_in_a_list_is_one_set():
    spec = BakeoffSpec.model_validate({**SPEC, "data": ["quarters"]})
    assert (spec.data, spec.sets, spec.datasets) == ("quarters", ("quarters",), ())
    both = BakeoffSpec.model_validate(
        {**{k: v for k, v in SPEC.items() if k != "data"}, "datasets": ["a", "b"]}
    )
    assert both.sets == ("a", "b")


def test_folders_are_called_after_their_sets():
    names = folder_names(
        ["mnist", "folder:/x/cats & dogs", "hf:owner/mnist", "webdataset:a.tar::b"]
    )
    assert names == ["mnist", "cats-dogs", "mnist-2", "a.tar"]


def test_two_sets_of_one_title_are_told_apart():
    outcomes = [
        Outcome(
            "a", 0, {"accuracy": 1.0}, data="photos", among=True, conditions=Conditions(test_hash=h)
        )
        for h in ("11112222ff", "33334444ff")
    ]
    assert [run.arm for run in by_data_set(outcomes)] == [
        "a on photos (11112222)",
        "a on photos (33334444)",
    ]
