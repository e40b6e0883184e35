"""Tables in every format: headers, captions and rows say what a cell is."""

import pytest

from bakeoff.auditing.reading import read
from bakeoff.auditing.reading.labels import read_label

MARKDOWN = """
## Results on ImageNet

| Model | Resolution | Acc@1 (%) | Top-5 | Params (M) | FLOPs (G) | img/s |
|:--|--:|--:|--:|--:|--:|--:|
| ResNet-50 | 224x224 | 76.130 | 92.862 | 25.6 | 4.1 | 1,200 |
| **ResNet-101** | 224x224 | **77.374** | 93.546 | 44.5 | 7.8 | 700 |
"""
HTML = """
<h2>Results on ImageNet</h2>
<table><thead><tr><th>Model</th><th>Resolution</th><th>Acc@1 (%)</th><th>Top-5</th>
<th>Params (M)</th><th>FLOPs (G)</th><th>img/s</th></tr></thead><tbody>
<tr><td>ResNet-50</td><td>224x224</td><td>76.130</td><td>92.862</td>
<td>25.6</td><td>4.1</td><td>1,200</td></tr>
<tr><td><b>ResNet-101</b></td><td>224x224</td><td><b>77.374</b></td><td>93.546</td>
<td>44.5</td><td>7.8</td><td>700</td></tr>
</tbody></table>
"""
LATEX = r"""
\section{Results on ImageNet}
\begin{table}\caption{Single crops.}\label{tab:a}
\begin{tabular}{lrrrrrr}
\toprule
Model & Resolution & Acc@1 (\%) & Top-5 & Params (M) & FLOPs (G) & img/s \\
\midrule
ResNet-50 & $224\times224$ & 76.130 & 92.862 & 25.6 & 4.1 & 1{,}200 \\ % a note
\textbf{ResNet-101} & $224\times224$ & \textbf{77.374} & 93.546 & 44.5 & 7.8 & 700 \\
\bottomrule
\end{tabular}
\end{table}
"""
CSV = """model,resolution,imagenet acc@1 (%),imagenet top5,params (M),flops (G),img/s
ResNet-50,224,76.130,92.862,25.6,4.1,1200
ResNet-101,224,77.374,93.546,44.5,7.8,700
"""


@pytest.mark.parametrize(
    ("text", "format"), [(MARKDOWN, "markdown"), (HTML, "html"), (LATEX, "latex"), (CSV, "csv")]
)
def test_the_same_table_reads_the_same_in_every_format(text, format):
    document = read("x", text, format)
    (table,) = document.tables
    assert [c.metric for c in table.columns if c.metric] == [
        "resolution", "accuracy", "top5", "parameters", "flops", "throughput",
    ]  # fmt: skip
    rows = {
        (c.metric, c.context["model"]): c
        for c in document.figures
        if c.cell and "model" in c.context
    }
    top1 = rows["accuracy", "ResNet-50"]
    assert (top1.number.text, str(top1.number.half), top1.number.unit) == (
        "76.130",
        "0.0005",
        "percent",
    )
    assert top1.context["dataset"] == "imagenet-1k"
    assert not top1.doubtful
    assert rows["parameters", "ResNet-50"].number.value == 25_600_000
    assert rows["throughput", "ResNet-50"].number.value == 1200
    assert rows["resolution", "ResNet-50"].number.value == 224
    assert top1.group == rows["top5", "ResNet-50"].group
    if format != "csv":
        assert rows["accuracy", "ResNet-101"].bold
        assert not top1.bold


def test_every_cell_knows_its_line_and_column():
    for text, format in ((MARKDOWN, "markdown"), (HTML, "html"), (LATEX, "latex"), (CSV, "csv")):
        lines = text.split("\n")
        for claim in read("x", text, format).figures:
            if claim.metric in {"accuracy", "top5"}:
                shown = lines[claim.place.line - 1][claim.place.column - 1 :]
                assert shown.startswith(claim.number.text)


LABELS = [
    ("Acc@1 (%)", "accuracy", "percent"),
    ("top-1", "accuracy", ""),
    ("Top 1 err.", "error", ""),
    ("val_acc", "accuracy", ""),
    ("Top-5 Error (%) ↓", "top5_error", "percent"),
    ("#params (M)", "parameters", "count"),
    ("GFLOPs", "flops", ""),
    ("test loss", "loss", ""),
    ("F1-score (macro)", "macro_f1", ""),
    ("Mean per-class accuracy", "balanced_accuracy", ""),
]


@pytest.mark.parametrize(("label", "metric", "unit"), LABELS)
def test_a_header_names_its_metric(label, metric, unit):
    read = read_label(label)
    assert (read.metric, read.unit, read.doubtful) == (metric, unit, False)


@pytest.mark.parametrize(
    "label",
    [
        "mAP",
        "mIoU",
        "BLEU",
        "box AP",
        "Pixel Acc",
        "FID ↓",
        "Accuracy drop",
        "year",
        "Sparsity (%)",
        "WER",
    ],
)
def test_a_metric_that_is_not_known_is_never_taken_for_accuracy(label):
    assert read_label(label).metric == ""


def test_an_accuracy_of_something_not_understood_is_doubtful():
    assert read_label("Frame accuracy").doubtful
    assert not read_label("RSB-A2 accuracy").doubtful


def table(header: str, *rows: str) -> str:
    bars = "|".join("-" * 3 for _ in header.split("|"))
    return "\n".join([header, bars, *rows])


def test_metrics_in_the_rows_are_read():
    claims = read(
        "x", table("Metric | Ours | Paper", "Top-1 accuracy (%) | 80.4 | 80.1", "Loss | 0.9 | 0.8")
    ).figures
    assert [(c.metric, c.number.text, c.context.get("experiment")) for c in claims] == [
        ("accuracy", "80.4", "ours"),
        ("accuracy", "80.1", "paper"),
        ("loss", "0.9", "ours"),
        ("loss", "0.8", "paper"),
    ]


def test_data_sets_as_columns_take_the_metric_of_the_caption():
    text = "Table 1: Top-1 accuracy (%)\n\n" + table(
        "Model | CIFAR-10 | CIFAR-100", "ResNet-50 | 95.55 | 79.90"
    )
    claims = read("x", text).figures
    assert [(c.metric, c.number.text, c.number.unit, c.context["dataset"]) for c in claims] == [
        ("accuracy", "95.55", "percent", "cifar-10"),
        ("accuracy", "79.90", "percent", "cifar-100"),
    ]


def test_a_table_of_data_sets_without_a_metric_claims_nothing():
    assert (
        read("x", table("Model | CIFAR-10 | CIFAR-100", "ResNet-50 | 95.55 | 79.90")).figures == ()
    )


def test_bare_error_rates_below_one_may_be_either_unit():
    claims = read("x", table("Model | Test error", "LeNet-5 | 0.82", "MLP | 0.97")).figures
    assert all("unit" in c.doubtful for c in claims)


@pytest.mark.parametrize(
    ("signed", "bare", "unit"),
    [("94.1%", "0.9312", "fraction"), ("94.1 %", "93.12", "percent"), ("94.1%", "0.01", "")],
)
def test_a_percent_sign_speaks_for_its_own_cell(signed, bare, unit):
    figures = read("x", table("Model | Accuracy", f"a | {bare}", f"b | {signed}")).figures
    units = {
        claim.number.text.rstrip(" %"): (claim.number.unit, "unit" in claim.doubtful)
        for claim in figures
    }
    assert units[signed.rstrip(" %")][0] == "percent"
    assert units[bare] == (unit, False) or (not unit and units[bare][1])


def test_accuracies_of_at_most_one_are_fractions():
    claims = read("x", table("Model | Accuracy", "LeNet-5 | 0.9882", "MLP | 0.97")).figures
    assert {c.number.unit for c in claims} == {"fraction"}


CELLS = [
    ("95.2 ± 0.3", "95.2", "0.3", None),
    ("76.1 (+0.3)", "76.1", None, None),
    ("76.1 [12]", "76.1", None, None),
    ("76.1*", "76.1", None, None),
    ("99,87", "99,87", None, None),
    ("95.2 ± 0.3 (n=3)", "95.2", "0.3", 3),
    ("95.2 (1 run)", "95.2", None, 1),
]


@pytest.mark.parametrize(("cell", "printed", "spread", "runs"), CELLS)
def test_what_stands_beside_a_number_in_its_cell_is_understood(cell, printed, spread, runs):
    (claim,) = read("x", table("Model | Accuracy (%)", f"a net | {cell}")).figures
    assert claim.number.text == printed
    assert (claim.spread.text if claim.spread else None, claim.runs) == (spread, runs)


@pytest.mark.parametrize("cell", ["-", "n/a", "76.1 92.3", "76.1 (92.3)", "+0.3", "98.x", "5th"])
def test_a_cell_that_is_not_one_number_is_not_read(cell):
    assert read("x", table("Model | Accuracy (%)", f"a net | {cell}")).figures == ()


def test_ragged_rows_are_read_as_far_as_they_go():
    document = read(
        "x", table("Model | Accuracy (%)", "a net | 95.1 | 3 | 4", "b net", "c net | 96.0")
    )
    assert [c.number.text for c in document.figures] == ["95.1", "96.0"]


def test_averages_and_sums_are_told_apart_from_data():
    text = table("Model | CIFAR-10 acc. (%)", "a | 95.0", "b | 96.0", "Average | 95.5")
    document = read("x", text)
    assert [r.role for r in document.tables[0].rows] == ["data", "data", "average"]
    assert document.figures[-1].context["statistic"] == "average"


CONFUSION = table(
    "true \\ predicted | cat | dog | bird",
    "cat | 9 | 1 | 0",
    "dog | 2 | 8 | 0",
    "bird | 0 | 0 | 10",
)


def test_a_confusion_matrix_knows_truth_and_prediction():
    claims = [
        c for c in read("x", "Confusion matrix:\n\n" + CONFUSION).figures if c.metric == "confusion"
    ]
    assert len(claims) == 9
    cell = next(c for c in claims if c.cell[1:] == (1, 1))
    assert (cell.context["true"], cell.context["predicted"], cell.number.text) == (
        "dog",
        "cat",
        "2",
    )
    assert "true" not in cell.doubtful


def test_a_confusion_matrix_whose_axes_are_not_said_is_doubtful():
    text = "Confusion matrix:\n\n" + CONFUSION.replace("true \\ predicted", "class")
    claims = [c for c in read("x", text).figures if c.metric == "confusion"]
    assert claims
    assert all({"true", "predicted"} <= c.doubtful for c in claims)


def test_spans_of_latex_and_html_headers_reach_their_columns():
    latex = r"""\begin{tabular}{lcccc}
    \multirow{2}{*}{Model} & \multicolumn{2}{c}{CIFAR-10} & \multicolumn{2}{c}{CIFAR-100} \\
    \cmidrule(lr){2-3} & top-1 (\%) & top-5 (\%) & top-1 (\%) & top-5 (\%) \\ \midrule
    ResNet-50 & 95.55 & 99.80 & 79.90$_{\pm 0.2}$ & 95.19 \\ \end{tabular}"""
    html = """<table><tr><th rowspan=2>Model</th><th colspan=2>CIFAR-10</th>
    <th colspan=2>CIFAR-100</th></tr>
    <tr><th>top-1 (%)</th><th>top-5 (%)</th><th>top-1 (%)</th><th>top-5 (%)</th></tr>
    <tr><td>ResNet-50</td><td>95.55</td><td>99.80</td><td>79.90</td><td>95.19</td></tr></table>"""
    for text, format in ((latex, "latex"), (html, "html")):
        found = [
            (c.metric, c.context["dataset"], c.number.text) for c in read("x", text, format).figures
        ]
        assert found == [
            ("accuracy", "cifar-10", "95.55"),
            ("top5", "cifar-10", "99.80"),
            ("accuracy", "cifar-100", "79.90"),
            ("top5", "cifar-100", "95.19"),
        ]
