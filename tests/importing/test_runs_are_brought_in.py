"""Other tools' runs become records, and all that reads records reads them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

import bakeoff
from bakeoff.cli import app
from bakeoff.errors import OutputError, UsageError
from bakeoff.records.schema import Record

LEVELS = {"adamw": 0.91, "sgd, lr 0.1": 0.88}


def a_log(folder: Path, *, data: str = "", diverged: bool = False) -> Path:
    """A row an epoch; accuracies rise by 0.01 to the arm's level plus 0.002 a seed."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"recipe,seed,epoch,train_loss,val_accuracy,val_loss,lr{',dataset' if data else ''}"]
    for arm, level in LEVELS.items():
        for seed in range(3):
            for epoch in range(4):
                accuracy = level - 0.01 * (3 - epoch) + 0.002 * seed
                loss = 0.5 - 0.1 * epoch + 0.01 * seed
                said = f"{accuracy:.3f},{loss:.2f}"
                if diverged and (arm, seed, epoch) == ("adamw", 0, 3):
                    said = "nan,nan"
                rows.append(
                    f'"{arm}",{seed},{epoch},{1 - 0.1 * epoch},{said},0.1{"," * bool(data)}{data}'
                )
    path = folder / "log.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="module")
def brought(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    bakeoff.import_runs(a_log(home), home / "mine")
    return home / "mine"


def test_records_say_where_they_come_from_and_what_nobody_knows(brought: Path) -> None:
    records = bakeoff.load_records(brought)
    assert len(records) == 6
    first = next(r for r in records if (r.arm, r.seed) == ("adamw", 1))
    assert first.origin is not None
    assert first.origin.source.endswith("log.csv")
    assert first.origin.read_as == {
        "arm": "recipe", "seed": "seed", "accuracy": "val_accuracy", "loss": "val_loss",
    }  # fmt: skip
    assert first.origin.settings["lr"] == 0.1
    assert "the test set" in first.origin.unknown
    assert first.result is not None
    assert (first.result.accuracy, first.result.loss) == pytest.approx((91.2, 0.21))
    assert math.isnan(first.result.top5)
    assert first.cost is None
    assert [p.test.accuracy for p in first.curves if p.test] == pytest.approx(
        [88.2, 89.2, 90.2, 91.2]
    )
    assert [p.objective for p in first.curves] == pytest.approx([1, 0.9, 0.8, 0.7])
    assert Record.model_validate_json(first.model_dump_json()).origin == first.origin


def test_records_have_the_verdict_of_the_log(brought: Path) -> None:
    mine, theirs = bakeoff.compare(brought), bakeoff.compare(brought.parent / "log.csv")
    for a, b in zip(mine.comparisons, theirs.comparisons, strict=True):
        assert (a.metric, a.verdict, a.difference, a.p) == (b.metric, b.verdict, b.difference, b.p)


def test_a_report_of_them_says_whose_they_are_and_claims_nothing_more(brought: Path) -> None:
    page = bakeoff.report(brought, out=brought.parent, formats=("markdown",))
    assert "adamw beats sgd, lr 0.1 by 3.00" in page.verdict
    text = Path(page.md).read_text()
    assert "Bakeoff trained and tested nothing itself" in text
    assert "Accuracy over epochs" in text
    for wrong in ("nan", "scratch", "FLOP counter", "0 images", "imported"):
        assert wrong not in text, wrong


def test_plan_audit_looks_published_and_frames_take_them(brought: Path) -> None:
    assert bakeoff.plan(brought, delta=0.5).seeds > 2
    assert not bakeoff.audit(brought).findings
    looked = bakeoff.compare(brought, looks=(3, 5), metrics="accuracy")
    assert "look 1 of 2" in looked.comparisons[0].sentence
    assert bakeoff.compare(brought, published="rsb-a2").published
    assert len(bakeoff.frame(brought, "curves")) == 24


def test_a_folder_that_holds_something_is_not_written_over(brought: Path) -> None:
    before = sorted(brought.rglob("*"))
    with pytest.raises(OutputError, match="not written over"):
        bakeoff.import_runs(brought.parent / "log.csv", brought)
    assert sorted(brought.rglob("*")) == before


def test_an_import_that_fails_leaves_nothing(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    log.write_text(log.read_text() + '"adamw",0,9,x,y,z,0.1\n')
    with pytest.raises(UsageError):
        bakeoff.import_runs(log, tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_what_bakeoff_wrote_itself_is_not_imported(brought: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no log or table of another tool"):
        bakeoff.import_runs(brought, tmp_path / "again")


def test_means_are_no_runs(tmp_path: Path) -> None:
    path = tmp_path / "means.csv"
    path.write_text("model,acc_mean,acc_std,n\na,91,0.2,5\nb,90,0.2,5\n")
    with pytest.raises(UsageError, match="no runs"):
        bakeoff.import_runs(path, tmp_path / "mine")


def test_diverged_runs_count_against_their_arm(tmp_path: Path) -> None:
    bakeoff.import_runs(a_log(tmp_path, diverged=True), tmp_path / "mine")
    row = bakeoff.compare(tmp_path / "mine").comparisons[0]
    assert (row.n_a, row.failed_a) == (2, 1)
    page = bakeoff.report(tmp_path / "mine", formats=("markdown",))
    assert "1 run failed" in Path(page.md).read_text()


def test_each_data_set_has_its_folder_and_its_verdict(tmp_path: Path) -> None:
    first, second = (a_log(tmp_path / name, data=name) for name in ("cifar", "svhn"))
    both = tmp_path / "both.csv"
    both.write_text(first.read_text() + "".join(second.read_text().splitlines(True)[1:]))
    bakeoff.import_runs(both, tmp_path / "mine")
    assert {p.parent.name for p in tmp_path.glob("mine/*/bakeoff.json")} == {"cifar", "svhn"}
    found = bakeoff.compare(tmp_path / "mine", metrics="accuracy")
    assert {row.verdict for row in found.comparisons} == {"better"}
    assert [(row.a, row.b) for row in found.comparisons] == [
        ("adamw on cifar", "sgd, lr 0.1 on cifar"),
        ("adamw on svhn", "sgd, lr 0.1 on svhn"),
    ]
    page = bakeoff.report(tmp_path / "mine", formats=("markdown",))
    assert "not ranked against each other" in page.verdict


def test_the_command_says_what_it_brought_in(tmp_path: Path) -> None:
    log = a_log(tmp_path)
    done = CliRunner().invoke(app, ["import", str(log), "--to", str(tmp_path / "mine")])
    assert done.exit_code == 0
    assert "6 runs of 2 arms" in done.output
    record = json.loads((tmp_path / "mine" / "adamw" / "seed-0" / "record.json").read_text())
    assert record["command"].startswith("bakeoff")
