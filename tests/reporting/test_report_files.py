from __future__ import annotations

import html
import re
import subprocess
import sys
import uuid
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from scipy import stats

from bakeoff.errors import OutputError, UsageError
from bakeoff.records.schema import BudgetFacts, Cost
from bakeoff.records.storage import Address
from bakeoff.reporting import Report, report
from reporting.synthetic_runs import STANDARD, run, two_arms, write_bakeoff

PARTS = (
    "Insights",
    "Objective",
    "Results at the last epoch",
    "The paper and its procedures",
    "How the data sets differ",
    "Architecture and transfer learning",
    "Training epochs and budget",
    "Accuracy, loss and cost compared",
    "What they get wrong",
    "Conclusion",
    "Limits of this comparison",
    "Audit of these figures",
    "How to reproduce it",
)
CHARTS = {
    "score",
    "accuracy",
    "accuracy-over-epochs",
    "loss-over-epochs",
    "cost",
    "published",
    "schedule",
    "classes",
    "confusion-difference",
}
ON_REQUEST = {
    "accuracy-over-images",
    "accuracy-over-time",
    "loss-over-images",
    "loss-over-time",
    "loss-over-epochs-linear",
    "loss-over-images-linear",
    "loss-over-time-linear",
    "confusion-1",
    "confusion-2",
}
"""Drawings that take the place of a chart when a reader asks for them."""


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))


def test_the_page_has_every_part_of_the_comparison(written: Report) -> None:
    page = written.html.read_text()
    headings = re.findall(r"<h2[^>]*>([^<]+) <a", page)
    assert tuple(headings) == PARTS
    markdown = re.findall(r"^## (.+)$", written.md.read_text(), re.MULTILINE)
    assert tuple(markdown) == PARTS


def test_the_first_screen_holds_question_verdict_and_one_chart(written: Report) -> None:
    page = written.html.read_text()
    first = page.split('id="insights"')[0]
    assert "Which procedure trains resnet50 better on MNIST?" in first
    assert 'class="verdict"' in first
    assert first.count("<figure") == 1


def test_the_page_loads_nothing(written: Report) -> None:
    loading = {"src", "href", "srcset", "data", "poster", "action", "xlink:href"}
    for tag, attributes in _Tags(written.html.read_text()).tags:
        for name, value in attributes.items():
            if name in loading and tag != "a":
                assert value.startswith(("data:", "#")), (tag, name, value)
    page = written.html.read_text()
    assert "default-src 'none'" in html.unescape(page)
    assert not re.search(r"@import|url\((?!#|data:)", page)


def test_the_page_is_small(written: Report) -> None:
    assert written.html.stat().st_size < 3_000_000


def test_every_chart_has_a_text_alternative_its_data_and_downloads(written: Report) -> None:
    page = written.html.read_text()
    figures = re.findall(r'<figure class="chart".*?</figure>', page, re.DOTALL)
    names = [re.search(r'data-name="([^"]+)"', figure)[1] for figure in figures]
    assert sorted(names) == sorted(CHARTS | ON_REQUEST)
    for name, figure in zip(names, figures, strict=True):
        alternative = re.search(r'id="(chart-\d+|score)-alt">([^<]+)<', figure)
        assert len(alternative[2]) > 40
        assert f'aria-describedby="{alternative[1]}-alt"' in figure
        # The same figures need their table once.
        assert ("<details>" in figure) == (name in CHARTS)
        assert ("<td" in figure) == (name in CHARTS)
        assert 'data-download="svg"' in figure
        assert 'data-download="png"' in figure


def test_markdown_links_well_formed_drawings_that_exist(written: Report) -> None:
    links = re.findall(r"!\[[^\n]*?\]\((report-charts/[a-z-]+\.svg)\)", written.md.read_text())
    assert {Path(link).stem for link in links} == CHARTS
    for link in links:
        svg = (written.md.parent / link).read_text()
        assert ET.fromstring(svg).tag.endswith("svg")
        assert "var(--" not in svg
        assert "<desc>" in svg


def test_markdown_tables_are_tables(written: Report) -> None:
    rendered = MarkdownIt("commonmark").enable("table").render(written.md.read_text())
    lines = written.md.read_text().splitlines()
    assert rendered.count("<table>") == sum(bool(re.fullmatch(r"\|( -+:? \|)+", s)) for s in lines)
    assert rendered.count("<table>") >= 12


def test_means_and_intervals_are_students(written: Report) -> None:
    text = written.md.read_text()
    for misses in ((17, 19, 18), (40, 46, 43)):
        values = [100 - miss / 10 for miss in misses]
        mean = sum(values) / 3
        half = stats.sem(values) * stats.t.ppf(0.975, 2)
        assert f"{mean:.2f} ± {half:.2f}" in text


def test_latex_holds_the_results(written: Report) -> None:
    tex = written.tex.read_text()
    assert tex.count(r"\begin{tabular}") == tex.count(r"\end{tabular}") >= 3
    assert r"98.20 $\pm$ 0.25" in tex
    for line in tex.splitlines():
        if line.strip().endswith(r"\\"):
            assert line.count("&") >= 2


def test_a_mean_and_its_interval_end_at_the_same_decimal(tmp_path: Path) -> None:
    losses = (1.2312, 1.2101, 1.2439)
    runs = []
    for seed, loss in enumerate(losses):
        record, _ = run("standard", seed)
        assert record.result is not None
        result = record.result.model_copy(update={"loss": loss})
        runs.append(record.model_copy(update={"result": result}))
    text = report(runs, out=tmp_path).md.read_text()
    half = stats.sem(losses) * stats.t.ppf(0.975, 2)
    assert f"1.228 ± {half:.3f}" in text


def test_a_report_is_made_from_records_alone(tmp_path: Path) -> None:
    made = report([record for record, _ in two_arms()], out=tmp_path, title="Ours")
    assert made.html == tmp_path / "report.html"
    assert "No per-image predictions" in made.md.read_text()
    assert "<title>Ours</title>" in made.html.read_text()


def test_the_html_path_may_be_given(bakeoff_folder: Path, tmp_path: Path) -> None:
    made = report(bakeoff_folder, out=tmp_path / "paper" / "mnist.html")
    assert made.html.name == "mnist.html"
    assert made.md == tmp_path / "paper" / "mnist.md"
    assert (tmp_path / "paper" / "mnist-charts" / "accuracy.svg").exists()


def test_the_same_records_give_the_same_report(bakeoff_folder: Path, tmp_path: Path) -> None:
    first = report(bakeoff_folder, out=tmp_path / "1")
    second = report(bakeoff_folder, out=tmp_path / "2")
    assert first.html.read_bytes() == second.html.read_bytes()
    assert first.md.read_bytes() == second.md.read_bytes()


@pytest.mark.parametrize("source", [[], [3]])
def test_no_records_is_one_clear_error(source: list[object]) -> None:
    with pytest.raises(UsageError, match="records"):
        report(source)


def test_importing_the_room_loads_nothing_heavy() -> None:
    code = (
        "import sys, bakeoff.reporting;"
        "heavy = {'altair', 'vl_convert', 'scipy', 'torch', 'pandas', 'jinja2', 'numpy'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_thousand_runs_stay_under_ten_megabytes(tmp_path: Path) -> None:
    runs = [
        run(f"arm-{arm:02d}", seed, 20 + arm + seed % 7)[0]
        for arm in range(20)
        for seed in range(50)
    ]
    made = report(runs, out=tmp_path)
    assert made.html.stat().st_size < 10_000_000
    assert "1,000 runs" in made.html.read_text().replace("\u00a0", " ")


def test_many_arms_are_all_in_the_tables(tmp_path: Path) -> None:
    runs = [run(f"arm-{arm:03d}", seed, 10 + arm + seed) for arm in range(30) for seed in range(2)]
    made = report(write_bakeoff(tmp_path / "many", runs))
    text = made.md.read_text()
    assert all(f"arm-{arm:03d}" in text for arm in range(30))


def test_only_the_formats_asked_for_are_written(bakeoff_folder: Path, tmp_path: Path) -> None:
    made = report(bakeoff_folder, out=tmp_path / "out", formats=("latex",))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.tex"]
    assert made.files == (made.tex,)
    with pytest.raises(UsageError, match="docx"):
        report(bakeoff_folder, out=tmp_path, formats=("docx",))


def test_a_pdf_without_a_browser_is_one_clear_line_and_nothing_is_written(
    bakeoff_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BAKEOFF_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="needs a Chromium") as error:
        report(bakeoff_folder, out=tmp_path / "out", formats=("html", "pdf"))
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


def browser(folder: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    """A program in place of Chromium; `$out` is the file that it is to print to."""
    program = folder / "chromium"
    program.write_text(
        '#!/bin/sh\nfor a in "$@"; do case "$a" in --print-to-pdf=*) out="${a#*=}";; esac; done\n'
        f"{does}\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("BAKEOFF_CHROMIUM", str(program))


def test_a_browser_that_fails_leaves_the_earlier_pdf_as_it_was(
    bakeoff_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    browser(tmp_path, monkeypatch, 'printf first > "$out"')
    [pdf] = report(bakeoff_folder, out=out, formats=("pdf",)).files
    assert pdf.read_bytes() == b"first"
    browser(tmp_path, monkeypatch, 'echo "no display" >&2; exit 1')
    with pytest.raises(OutputError, match="no display"):
        report(bakeoff_folder, out=out, formats=("pdf",))
    assert pdf.read_bytes() == b"first"
    assert [path.name for path in out.iterdir()] == ["report.pdf"]


def test_a_pdf_that_cannot_be_written_is_one_clear_line(
    bakeoff_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser(tmp_path, monkeypatch, 'printf first > "$out"')
    (tmp_path / "a-file").write_text("no folder")
    with pytest.raises(OutputError, match="cannot be written") as error:
        report(bakeoff_folder, out=tmp_path / "a-file" / "below", formats=("pdf",))
    assert error.value.exit_code == 2
    assert "\n" not in str(error.value)


def test_a_report_is_written_to_an_address(
    bakeoff_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = f"memory://{uuid.uuid4().hex}/rep"
    here = report(bakeoff_folder, out=tmp_path / "here")
    made = report(bakeoff_folder, out=place)
    assert made.html == f"{place}/report.html"
    assert made.files == (f"{place}/report.html", f"{place}/report.md", f"{place}/report.tex")
    written = {p.relative_to(tmp_path / "here").as_posix(): p for p in here.html.parent.rglob("*")}
    files = {name: path.read_bytes() for name, path in written.items() if path.is_file()}
    there = Address(place)
    assert {name: there.read(name) for name in there.names()} == files
    named = report(bakeoff_folder, out=f"{place}/paper/mnist.html", formats=("markdown",))
    assert named.md == f"{place}/paper/mnist.md"
    assert b"mnist-charts/accuracy.svg" in there.read("paper/mnist.md")
    assert there.read("paper/mnist-charts/accuracy.svg")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("mem")] == []


def test_the_report_of_runs_at_an_address_goes_there_and_of_several_comes_here(
    bakeoff_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    there = Address(f"memory://{uuid.uuid4().hex}/runs")
    for path in bakeoff_folder.rglob("*"):
        if path.is_file():
            there.send(path, path.relative_to(bakeoff_folder).as_posix())
    assert report(f"{there}/standard").md == f"{there}/standard/report.md"
    assert b"standard" in there.read("standard/report.md")
    made = report([f"{there}/standard", f"{there}/rsb-a3"])
    assert made.md.resolve() == tmp_path / "report" / "report.md"
    assert "rsb-a3" in made.md.read_text()


def test_a_documents_claims_are_audited_in_the_report(bakeoff_folder: Path, tmp_path: Path) -> None:
    paper = tmp_path / "paper.md"
    paper.write_text(
        "# MNIST\n\nValidation accuracy 98.87 %, validation cross-entropy loss 0.0011.\n"
    )
    made = report(bakeoff_folder, out=tmp_path, documents=[paper], formats=("markdown",))
    audited = made.md.read_text().split("### Claims in paper.md")[1]
    assert "impossible" in audited
    assert "(line 3)" in audited


def test_weights_that_were_only_evaluated_stand_beside_runs(tmp_path: Path) -> None:
    unknown = STANDARD.model_copy(update={"name": "evaluated", "epochs": 1, "batch_size": 1})
    nothing = BudgetFacts(asked="none", reason="weights that exist", epochs=0, images=0, steps=0)
    weights = run(
        "resnet50.a1_in1k", 0, 35, recipe=unknown, budget=nothing, curves=(), train_result=None,
        evaluated="timm:resnet50.a1_in1k", train_subset=None,
        cost=Cost(images=0, flops=0, seconds=0, images_per_second=0, evaluation_seconds=9,
                  peak_memory_bytes=1),
    )  # fmt: skip
    made = report(write_bakeoff(tmp_path / "beside", [*two_arms(), weights]))
    text = made.md.read_text().replace("\u00a0", " ")
    assert "resnet50.a1_in1k was not trained here" in text.replace("**", "")
    assert "96.50" in text
    costs = text.split("*Cost of a run")[1].split("\n\n")[1]
    assert "a1_in1k" not in costs
    diff = text.split("*Where the recipes differ")[1].split("\n\n")[1]
    assert "evaluated" not in diff
    assert not re.search(r"\bnan\b|\b0 images\b", text)
    alone = report([weights[0]], out=tmp_path / "alone")
    assert "Nothing was trained here" in alone.md.read_text()
