"""Data frames hold what the records hold, and `compare` judges them the same."""

import numpy as np
import pandas
import polars
import pytest
import torch

import bakeoff
from bakeoff.errors import UnknownName, UsageError
from bakeoff.records.predictions import Predictions
from bakeoff.training.run import execute

BOTH = pytest.mark.parametrize("backend", ["pandas", "polars"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two arms, two seeds each."""
    from bakeoff.bakeoffs.planning import plan
    from conftest import make_dataset

    quarters = make_dataset()
    root = tmp_path_factory.mktemp("frames")
    spec = {
        "name": "toy", "data": "quarters", "model": "test_resnet",
        "arms": ["standard", "standard-gentle"], "seeds": 2, "budget": "200images",
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "open_data", lambda name, channels, exclude: quarters)
        bakeoff.run(spec, out=root, device="cpu")
    return root


def rows(frame):
    return frame.to_dicts() if isinstance(frame, polars.DataFrame) else frame.to_dict("records")


@BOTH
def test_a_row_a_run_with_the_records_figures(folder, backend):
    frame = bakeoff.frame(folder, backend=backend)
    assert type(frame) is (pandas.DataFrame if backend == "pandas" else polars.DataFrame)
    records = {(r.arm, r.seed): r for r in bakeoff.load_records(folder)}
    assert len(frame) == len(records) == 4
    for row in rows(frame):
        record = records[row["arm"], row["seed"]]
        assert row["accuracy"] == record.result.accuracy
        assert row["loss"] == record.result.loss
        assert row["flops"] == record.cost.flops
        assert row["train_loss"] == record.train_result.loss
        assert row["status"] == "complete"


@BOTH
def test_a_row_a_point_of_the_curves(folder, backend):
    frame = bakeoff.frame(folder, "curves", backend=backend)
    wanted = [
        (r.arm, r.seed, p.step, p.objective, p.test.accuracy, p.train.loss if p.train else None)
        for r in bakeoff.load_records(folder)
        for p in r.curves
    ]
    keys = ("arm", "seed", "step", "objective", "test_accuracy", "train_loss")
    found = [tuple(row[key] for key in keys) for row in rows(frame)]
    found = [tuple(None if v != v else v for v in row) for row in found]
    assert found == wanted


@BOTH
def test_a_row_a_test_image(folder, backend):
    frame = bakeoff.frame(folder, "predictions", backend=backend)
    stored = [Predictions.load(p.parent) for p in sorted(folder.rglob("predictions.npz"))]
    for column, wanted in (
        ("label", [p.label for p in stored]),
        ("prediction", [p.top5_class[:, 0] for p in stored]),
        ("nll", [p.nll for p in stored]),
    ):
        np.testing.assert_array_equal(frame[column].to_numpy(), np.concatenate(wanted))


@BOTH
@pytest.mark.parametrize("kind", ["runs", "predictions"])
def test_compare_judges_the_frame_as_it_judges_the_folder(folder, backend, kind):
    of_folder = bakeoff.compare(folder, metrics="accuracy").pairs()[0]
    of_frame = bakeoff.compare(
        bakeoff.frame(folder, kind, backend=backend), metrics="accuracy"
    ).pairs()[0]
    assert of_frame.difference == pytest.approx(of_folder.difference)
    assert of_frame.p == pytest.approx(of_folder.p)
    assert of_frame.verdict == of_folder.verdict


def test_a_failed_run_has_its_row_without_figures(tmp_path, make_job):
    from bakeoff.errors import Diverged

    with pytest.raises(Diverged):
        execute(
            make_job(pins={"optimizer.lr": 1e30}), tmp_path / "a" / "seed-0",
            device=torch.device("cpu"),
        )  # fmt: skip
    (row,) = rows(bakeoff.frame(tmp_path, backend="polars"))
    assert (row["status"], row["accuracy"]) == ("failed", None)
    assert "not finite" in row["failure"]
    assert len(bakeoff.frame(tmp_path, "predictions")) == 0


def test_records_work_as_well_as_folders_where_they_suffice(folder):
    records = bakeoff.load_records(folder)
    pandas.testing.assert_frame_equal(bakeoff.frame(records), bakeoff.frame(folder))
    with pytest.raises(UsageError, match="Give folders, not records"):
        bakeoff.frame(records, "predictions")


def test_a_wrong_word_is_told_with_the_right_ones(folder):
    with pytest.raises(UnknownName, match="Did you mean curves"):
        bakeoff.frame(folder, "curve")
    with pytest.raises(UnknownName, match="Did you mean polars"):
        bakeoff.frame(folder, backend="polar")
    with pytest.raises(UsageError, match="no records in nowhere"):
        bakeoff.frame("nowhere")
