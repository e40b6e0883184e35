from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from bakeoff.records.manifest import PretrainingFacts
from bakeoff.records.schema import Failure, ModelFacts, Record
from bakeoff.reporting import report
from bakeoff.reporting.build import compose
from bakeoff.reporting.document import Document, Insight, plain
from bakeoff.reporting.numbers import NBSP
from bakeoff.reporting.source import read_source
from reporting.synthetic_runs import RSB_A3, data_facts, run, two_arms, write_bakeoff

DIVERGED = Failure(kind="diverged", message="the loss is not finite", step=120)


def composed(source: Any) -> Document:
    return compose(read_source(source))


def said(document: Document, section: str) -> list[str]:
    """The plain text of a section's paragraphs."""
    found = next(part for part in document.sections if part.id == section)
    return [plain(block.text) for block in found.blocks if hasattr(block, "text")]


def insight(document: Document, question: str) -> Insight:
    found = next(part for part in document.sections if part.id == "insights")
    return next(block for block in found.blocks if question in block.question)


def notices(document: Document) -> list[Any]:
    return [notice.text for notice in document.notices]


def limits_of(document: Document) -> list[str]:
    found = next(part for part in document.sections if part.id == "limits")
    return [plain(item).replace(NBSP, " ") for block in found.blocks for item in block.items]


def test_the_arm_with_more_right_answers_wins() -> None:
    document = composed([record for record, _ in two_arms()])
    assert plain(document.verdict).startswith("standard beats rsb-a3 by 2.50 ±")


def test_swapping_the_arms_records_swaps_the_conclusion() -> None:
    names = {"standard": "rsb-a3", "rsb-a3": "standard"}
    runs = [record for record, _ in two_arms()]
    swapped = [record.model_copy(update={"arm": names[record.arm]}) for record in runs]
    before, after = composed(runs), composed(swapped)

    def exchange(text: str) -> str:
        return re.sub("standard|rsb-a3", lambda match: names[match[0]], text)

    assert plain(after.verdict) == exchange(plain(before.verdict))
    assert plain(after.verdict) != plain(before.verdict)
    assert said(after, "conclusion") == [exchange(text) for text in said(before, "conclusion")]


def test_arms_that_do_not_differ_have_no_winner() -> None:
    document = composed([r for r, _ in two_arms((20, 24, 28), (21, 23, 29))])
    assert plain(document.verdict).lower().startswith("cannot tell")
    assert "beats" not in " ".join(said(document, "conclusion"))


def test_one_seed_speaks_of_models_never_of_recipes(tmp_path: Path) -> None:
    folder = write_bakeoff(tmp_path / "one", two_arms((17,), (90,)))
    document = composed(folder)
    verdict = plain(document.verdict)
    assert "this model of standard" in verdict.lower()
    assert any("Only one run" in plain(notice.text) for notice in document.notices)
    assert not insight(document, "depend on the seed").measured


def test_failed_runs_are_counted_and_shown(tmp_path: Path) -> None:
    runs = [*two_arms(), run("rsb-a3", 3, recipe=RSB_A3, failure=DIVERGED)]
    made = report(write_bakeoff(tmp_path / "failed", runs))
    text = made.md.read_text().replace("\u00a0", " ")
    assert any("1 run failed" in notice.replace("\u00a0", " ") for notice in made.notices)
    assert "Failed runs: 1 of 7" in text
    assert "the loss is not finite" in text


def test_when_every_run_failed_the_report_says_so(tmp_path: Path) -> None:
    runs = [run(arm, 0, failure=DIVERGED) for arm in ("standard", "other")]
    made = report(write_bakeoff(tmp_path / "all", runs))
    assert made.verdict.startswith("No run ended with a result")
    assert made.html.exists()


def test_one_arm_alone_is_reported_without_a_rank(tmp_path: Path) -> None:
    runs = [run("standard", seed, 20 + seed) for seed in range(3)]
    made = report(write_bakeoff(tmp_path / "alone", runs))
    assert "No second arm" in made.verdict


def test_arms_on_different_test_sets_are_never_ranked(tmp_path: Path) -> None:
    other = data_facts(test_hash="d" * 64, title="Fashion-MNIST")
    runs = [
        *(run("standard", seed, 20 + seed)[0] for seed in range(3)),
        *(run("standard", seed, 60 + seed, data=other)[0] for seed in range(3)),
    ]
    document = composed(runs)
    assert "not ranked" in plain(document.verdict)
    assert not re.search("beats|better than|worse", " ".join(said(document, "conclusion")))
    objective = next(part for part in document.sections if part.id == "objective")
    arms = {plain(row[0]) for block in objective.blocks for row in getattr(block, "rows", ())}
    assert arms == {"standard on MNIST", "standard on Fashion-MNIST"}


def test_missing_seeds_and_the_bakeoffs_own_notices_come_first(tmp_path: Path) -> None:
    weights = "pretrained weights could not be reached, so these arms are missing"
    folder = write_bakeoff(
        tmp_path / "short", two_arms(), seeds=(0, 1, 2, 3, 4), notices=(weights,)
    )
    made = report(folder)
    assert [notice for notice in made.notices if notice.casefold() == f"{weights}."]
    assert any("Fewer seeds than planned" in notice for notice in made.notices)
    assert weights[1:] in made.html.read_text().split('id="insights"')[0]


def test_a_budget_shorter_than_the_recipes_is_said_at_once() -> None:
    document = composed([run("standard", seed, 20 + seed, epochs=1)[0] for seed in range(2)])
    assert any(
        "Short budget: 1 epoch (" in plain(notice.text).replace(NBSP, " ")
        for notice in document.notices
    )


def test_an_arm_cut_shorter_than_published_is_named_though_another_has_its_full_length() -> None:
    document = composed([record for record, _ in two_arms()])
    [cut] = [n for n in map(plain, notices(document)) if "Shorter than published" in n]
    assert "rsb-a3 5 of 100" in cut
    assert "standard" not in cut


def test_an_arm_that_one_answer_to_everything_would_equal_is_told_so() -> None:
    def unbalanced(arm: str, right: int, seed: int) -> Record:
        record, _ = run(arm, seed, 20, data=data_facts(class_names=("healthy", "ill"), classes=2))
        assert record.result is not None
        confusion = ((950, 0), (50 - right, right))
        result = record.result.model_copy(
            update={"accuracy": 95 + right / 10, "correct": 950 + right, "confusion": confusion,
                    "per_class_accuracy": (100.0, 2.0 * right)}
        )  # fmt: skip
        return record.model_copy(update={"result": result})

    runs = [unbalanced("blind", 0, seed) for seed in range(2)]
    runs += [unbalanced("seeing", 20 + seed, seed) for seed in range(2)]
    document = composed(runs)
    [told] = [n for n in map(plain, notices(document)) if "always answering" in n]
    assert told.replace(NBSP, " ") == (
        "blind is no better than always answering healthy, which is right for 95.00 % of the test "
        "images."
    )
    floor = plain(insight(document, "How hard is the data set").text).replace(NBSP, " ")
    assert "always answering healthy 95.00 %, a class drawn blindly 50.00 %" in floor


def test_what_is_left_out_of_a_list_is_counted() -> None:
    runs = [run(f"arm-{a:02d}", s, 10 + a + s)[0] for a in range(11) for s in range(2)]
    document = composed(runs)
    for question in ("depend on the seed", "confused with what"):
        text = plain(insight(document, question).text).replace(NBSP, " ")
        assert text.endswith("; 3 more arms not told here.")
    notes = [f"note number {k}" for k in range(23)]
    noted = [record.model_copy(update={"notes": tuple(notes)}) for record, _ in two_arms()]
    limits = next(part for part in composed(noted).sections if part.id == "limits")
    last = plain(limits.blocks[0].items[-1]).replace(NBSP, " ")
    assert last == "3 more notes in the records."


def test_a_class_without_a_test_image_has_no_accuracy() -> None:
    names = (*(str(k) for k in range(10)), "unseen")
    runs = []
    for record, _ in two_arms():
        assert record.result is not None
        data = record.data.model_copy(update={"class_names": names, "classes": 11})
        confusion = (*((*row, 0) for row in record.result.confusion), (0,) * 11)
        per_class = (*record.result.per_class_accuracy, 0.0)
        result = record.result.model_copy(
            update={"confusion": confusion, "per_class_accuracy": per_class}
        )
        runs.append(record.model_copy(update={"data": data, "result": result}))
    mistakes = next(part for part in composed(runs).sections if part.id == "mistakes")
    table = next(block for block in mistakes.blocks if hasattr(block, "rows"))
    assert [plain(row[0]) for row in table.rows] == list(names[:10])
    assert "1 class without a test image" in plain(table.note).replace(NBSP, " ")


def test_runs_made_differently_or_by_code_nobody_has_are_among_the_limits() -> None:
    runs = [record for record, _ in two_arms()]
    assert not re.search("versions|precisions|no commit", " ".join(limits_of(composed(runs))))
    made = runs[0].environment
    for change, told in (
        ({"code": "0123456789ab-dirty"}, "1 run of 6 made by code with changes that no commit"),
        ({"packages": {"torch": "2.4.0"}}, "different versions of Bakeoff or of its packages"),
        ({"precision": "bfloat16"}, "different precisions (bfloat16 and float32)"),
    ):
        odd = runs[0].model_copy(update={"environment": made.model_copy(update=change)})
        assert told in " ".join(limits_of(composed([odd, *runs[1:]])))


def test_what_pretraining_cost_is_told_without_a_twin_from_scratch(tmp_path: Path) -> None:
    model = run()[0].model.model_copy(update={"init": "file:letters/weights.safetensors"})
    before = PretrainingFacts(
        name="letters", arms=("started",), data="Letters", recipe="standard", model="resnet50",
        seed=0, images=40_000, accuracy=91.0, seconds=300.0, flops=1e15, weights_hash="f" * 64,
    )  # fmt: skip
    runs = [run("started", seed, 20 + seed, model=model) for seed in range(2)]
    document = composed(write_bakeoff(tmp_path / "one", runs, pretraining=(before,)))
    told = insight(document, "transfer learning")
    assert not told.measured
    assert "a pretraining on Letters by standard" in plain(told.text)
    [early] = [n for n in map(plain, notices(document)) if "pretraining" in n]
    assert early == (
        "started had a pretraining on Letters (40,000 images), which neither the images nor the "
        "cost given here contain."
    )


def test_a_planned_data_set_without_a_run_is_missed(tmp_path: Path) -> None:
    sets = ("mnist", "letters")
    write_bakeoff(tmp_path / "two" / "mnist", two_arms(), data="mnist", datasets=sets)
    made = report(tmp_path / "two")
    assert any("No run yet on letters" in notice for notice in made.notices)


def test_transfer_is_measured_only_by_twins() -> None:
    scratch = [run("standard", seed, 30 + 2 * seed)[0] for seed in range(3)]
    tuned = ModelFacts(
        name="resnet50", init="timm:a1_in1k", channels=3, classes=10, parameters=23_528_522
    )
    twin = [run("standard-pretrained", s, 8 + s, model=tuned)[0] for s in range(3)]
    cousin = [run("rsb-a3-pretrained", s, 8 + s, model=tuned, recipe=RSB_A3)[0] for s in range(3)]
    measured = insight(composed([*scratch, *twin]), "transfer")
    assert measured.measured
    assert "standard-pretrained leads standard by" in plain(measured.text)
    open_ = insight(composed([*scratch, *cousin]), "transfer")
    assert not open_.measured
    assert "init: timm:TAG" in plain(open_.how)
    assert "pretrain: letters" in plain(open_.how)


def test_the_diff_of_recipes_shows_what_differs_and_nothing_else() -> None:
    document = composed([record for record, _ in two_arms()])
    paper = next(part for part in document.sections if part.id == "paper")
    opened = [inner for block in paper.blocks for inner in getattr(block, "blocks", (block,))]
    diff = next(block for block in opened if type(block).__name__ == "Diff")
    rows = dict(diff.rows)
    assert rows["optimizer.name"] == ("sgd", "lamb")
    assert rows["augment.mix.cutmix_alpha"] == ("none", "1")
    assert "batch_size" not in rows
    assert "resolution.train" not in rows


def test_published_figures_never_stand_beside_measured_ones(tmp_path: Path) -> None:
    made = report(write_bakeoff(tmp_path / "known", two_arms()))
    svg = (made.html.parent / "report-charts" / "published.svg").read_text()
    assert "80.4" in svg
    assert "98.2" not in svg
    assert "98.2" not in re.sub(r"<svg.*?</svg>", "", svg, flags=re.DOTALL)


def test_a_damaged_prediction_file_costs_the_gallery_not_the_report(tmp_path: Path) -> None:
    folder = write_bakeoff(tmp_path / "damaged", two_arms())
    (folder / "standard" / "seed-0" / "predictions.npz").write_bytes(b"not a zip file")
    made = report(folder)
    assert made.verdict.startswith("standard beats rsb-a3")
    assert "predictions were not used" in made.md.read_text()


@pytest.mark.parametrize("epochs", [1, 3])
def test_curves_are_drawn_only_where_there_are_curves(tmp_path: Path, epochs: int) -> None:
    runs = [run("standard", seed, 20 + seed, epochs=epochs) for seed in range(2)]
    made = report(write_bakeoff(tmp_path / "curves", runs))
    drawn = (made.html.parent / "report-charts" / "accuracy-over-epochs.svg").exists()
    assert drawn == (epochs > 1)
    assert ("evaluated once" in made.md.read_text()) == (epochs == 1)


@pytest.mark.parametrize("often", [True, False])
def test_training_images_looked_at_once_are_a_mark_and_no_accuracy_is_above_100(
    tmp_path: Path, often: bool
) -> None:
    runs = [run("standard", seed, 4 + seed)[0] for seed in range(2)]
    if not often:
        runs = [
            record.model_copy(
                update={
                    "curves": (
                        *(p.model_copy(update={"train": None}) for p in record.curves[:-1]),
                        record.curves[-1],
                    )
                }
            )
            for record in runs
        ]
    made = report(runs, out=tmp_path)
    told = made.md.read_text()
    assert ("Dashed" in told, "Hollow" in told) == (often, not often)
    drawn = (tmp_path / "report-charts" / "accuracy-over-epochs.svg").read_text()
    assert (">training images</text>" in drawn) == often
    ticks = [float(text) for text in re.findall(r"<text[^>]*>([\d.]+)</text>", drawn)]
    assert 98 <= max(ticks) <= 100


def test_the_report_audits_its_own_figures(tmp_path: Path) -> None:
    """Figures that hold are not accused; one that cannot be is."""
    document = composed([record for record, _ in two_arms()])
    assert "audit read" in said(document, "audit")[0]
    assert not re.search("impossible|inconsistent", verdicts_of_audit(document))
    record, _ = run("standard", 0, 20)
    assert record.result is not None
    never = record.result.model_copy(update={"loss": 0.0001})
    lying = [
        record.model_copy(update={"result": never, "seed": seed, "arm": arm})
        for seed in range(2)
        for arm in ("standard", "other")
    ]
    assert "impossible" in verdicts_of_audit(composed(lying))


def test_the_audit_looks_for_no_figure_of_ours_in_a_published_data_set(tmp_path: Path) -> None:
    """Published results on ImageNet say nothing of a folder's own 1,000 test images."""
    own = data_facts(name="folder:photos", title="photos")
    runs = [
        (record.model_copy(update={"data": own}), predictions) for record, predictions in two_arms()
    ]
    document = composed(write_bakeoff(tmp_path, runs))
    assert "audit read" in said(document, "audit")[0]
    assert not verdicts_of_audit(document)


def verdicts_of_audit(document: Document) -> str:
    found = next(part for part in document.sections if part.id == "audit")
    return " ".join(str(row[0]) for block in found.blocks for row in getattr(block, "rows", ()))


def without_confusion(record: Record) -> Record:
    assert record.result is not None
    return record.model_copy(update={"result": record.result.model_copy(update={"confusion": ()})})


def test_a_report_on_so_many_classes_that_records_hold_no_matrix_reads_the_predictions(tmp_path):
    runs = two_arms()
    bare = [(without_confusion(record), answers) for record, answers in runs]
    pages = [
        report(write_bakeoff(tmp_path / name, made)).md.read_text().replace(f"/{name}", "")
        for name, made in (("matrix", runs), ("none", bare))
    ]
    assert "Commonest mistake, and its share of an arm’s mistakes" in pages[0]
    assert pages[0] == pages[1]
    for file in (tmp_path / "none").rglob("predictions.npz"):
        file.unlink()
    said = report(tmp_path / "none").md.read_text()
    assert "more than 1,000 classes hold no confusion matrix" in said
    assert "which only the predictions tell" in said
