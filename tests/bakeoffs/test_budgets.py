"""A bake-off at several lengths: schedules fitted to each, shorter first, one error rate."""

import itertools

import pytest
from statsmodels.stats.multitest import multipletests

import bakeoff
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.bakeoffs.execution.several_datasets import part_names
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.cli.options import lengths
from bakeoff.errors import BadFile, UsageError
from bakeoff.records.manifest import load_manifest
from bakeoff.reporting.conclusion import verdict
from bakeoff.reporting.document import plain
from bakeoff.reporting.material import Material
from bakeoff.reporting.parts.budgets import budget_charts
from bakeoff.reporting.source import read_source

SPEC = {
    "name": "lengths",
    "data": "quarters",
    "model": "test_resnet",
    "arms": ["standard", "rsb-a3"],
    "seeds": 2,
    "budgets": ["2epochs", "96images"],
}


@pytest.fixture(autouse=True)
def _toy_data(monkeypatch, quarters):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda name, **__: quarters)


class Order(BakeoffListener):
    def __init__(self):
        self.runs = []

    def run_started(self, job, number, of):
        self.runs.append(job.budget.asked)
        return super().run_started(job, number, of)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, quarters):
    with pytest.MonkeyPatch.context() as patch:
        _toy_data.__wrapped__(patch, quarters)
        order = Order()
        out = tmp_path_factory.mktemp("lengths")
        return bakeoff.run(SPEC, out=out, device="cpu", listener=order), order.runs


def test_shorter_runs_come_first_and_every_schedule_is_fitted_to_its_length(finished):
    done, order = finished
    assert [budget for budget, _ in itertools.groupby(order)] == ["96images", "2epochs"]
    steps = {(r.arm, r.budget.asked): r.budget.steps for r in done.records}
    epochs = {(r.arm, r.budget.asked): r.recipe.epochs for r in done.records}
    for arm in SPEC["arms"]:
        assert 1.9 < steps[arm, "2epochs"] / steps[arm, "96images"] < 2.1
        assert 1.9 < epochs[arm, "2epochs"] / epochs[arm, "96images"] < 2.1
    for name in ("96images", "2epochs"):
        assert load_manifest(done.folder / name).budgets == ("2epochs", "96images")


def test_verdicts_are_within_a_budget_and_corrected_over_all_of_them(finished):
    found = bakeoff.compare(finished[0].folder)
    assert [(row.a, row.b) for row in found.pairs("loss")] == [
        ("rsb-a3 at 96 images", "standard at 96 images"),
        ("rsb-a3 at 2 epochs", "standard at 2 epochs"),
    ]
    both = bakeoff.compare(finished[0].folder, primary="loss").pairs("loss")
    expected = multipletests([row.p for row in both], method="holm")[1]
    assert [row.p_adjusted for row in both] == pytest.approx(list(expected))
    [pair] = found.budgets
    assert [point.budget for point in pair.points] == ["96 images", "2 epochs"]
    assert pair.sentence.startswith("rsb-a3 against standard on Bright quarters: ")
    assert pair.sentence in str(found)
    assert found.ranking == ()


def test_one_budgets_folder_is_a_bakeoff_like_any_other(finished):
    found = bakeoff.compare(finished[0].folder / "96images")
    assert [(row.a, row.b) for row in found.pairs()] == [("rsb-a3", "standard")]
    assert found.budgets == ()


def test_a_second_call_runs_only_what_is_missing(finished, tmp_path):
    order = Order()
    longer = {**SPEC, "budgets": ["96images", "2epochs", "3epochs"], "seeds": 2}
    bakeoff.run(SPEC, out=finished[0].folder, device="cpu", listener=order)
    assert order.runs == []
    ahead = bakeoff.dry_run(longer, out=finished[0].folder, device="cpu")
    assert ahead.runs == 4


def test_a_rate_is_measured_once_for_all_budgets(tmp_path, monkeypatch):
    from bakeoff.bakeoffs.planning import plan

    asked = []

    def measured(job, device, group):
        asked.append(job.arm)
        return plan.Rate(1e4, 1e4)

    monkeypatch.setattr(plan, "measure", measured)
    ahead = bakeoff.dry_run({**SPEC, "precision": "fp32"}, out=tmp_path / "never", device="cpu")
    assert asked == SPEC["arms"]
    assert ahead.runs == 8


def test_the_report_answers_by_budget(finished):
    material = Material(read_source(finished[0].folder))
    said = plain(verdict(material))
    assert said.startswith("standard against rsb-a3 on Bright quarters: ")
    assert [chart.name for chart in budget_charts(material)] == [
        "accuracy-over-budget",
        "difference-over-budget",
    ]


def test_budgets_of_the_command_line_go_before_the_files(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("data: mnist\narms: [standard]\nbudgets: [1epochs, 2epochs]\n")
    assert read_spec(path).budgets == ("1epochs", "2epochs")
    assert read_spec(path, budgets=["3epochs", "10images"]).budgets == ("3epochs", "10images")
    alone = read_spec(path, budget="5epochs")
    assert (alone.budget, alone.budgets) == ("5epochs", ())
    assert lengths("20,000images, 5epochs") == ["20,000images", "5epochs"]
    with pytest.raises(UsageError, match="both"):
        read_spec(path, budget="5epochs", budgets=["1epochs"])


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("[1epochs, 1epoch]", "stands twice"),
        ("[1epochs, 30min]", "30min under budgets is no number of images or epochs"),
        ("[1epochs, quick]", "no number of images or epochs"),
        ("5epochs", "wants a list"),
        ("[0images]", "trains nothing"),
        ("[1epochs, 2epochs]\nbudget: 1epochs", "both budget and budgets"),
    ],
)
def test_what_is_no_list_of_lengths_is_refused_with_the_file(tmp_path, said, why):
    path = tmp_path / "mine.yaml"
    path.write_text(f"data: mnist\narms: [standard]\nbudgets: {said}\n")
    with pytest.raises(BadFile, match=why):
        read_spec(path)


def test_two_budgets_of_one_length_are_refused_before_anything_runs(tmp_path):
    same = {**SPEC, "budgets": ["96images", "1epochs"]}
    with pytest.raises(UsageError, match="96images and 1epochs are both 96 training images"):
        bakeoff.run(same, out=tmp_path / "x", device="cpu")
    assert not list((tmp_path / "x").glob("*/bakeoff.json"))


def test_one_budget_in_a_list_is_that_budget_and_folders_tell_parts():
    one = BakeoffSpec.model_validate({**SPEC, "budgets": ["1epochs"]})
    assert (one.budget, one.budgets) == ("1epochs", ())
    both = BakeoffSpec.model_validate({**SPEC, "data": ["mnist", "fashion-mnist"]})
    assert part_names(both) == [
        "mnist-2epochs",
        "fashion-mnist-2epochs",
        "mnist-96images",
        "fashion-mnist-96images",
    ]
