"""Laying out a sheet of figures the ways people do: every layout is drawn at random from a seed.

`lay_out(sheet, rng)` returns (file name, text). Column order, header wording, where the data set is
named, percent signs, bold, links and rules vary; the figures never do.
"""

from __future__ import annotations

import html
import random
from collections.abc import Callable, Sequence

from auditing.corpus.sheets import Column, Sheet

HEADERS = {
    "accuracy": ("Top-1", "Top-1 Acc.", "Acc@1", "top1", "Top-1 accuracy", "Top 1 Accuracy"),
    "plain_accuracy": ("Accuracy", "Acc.", "{split} accuracy", "{split} acc", "Acc"),
    "error": ("Top-1 error", "Error", "Top-1 err.", "{split} error", "Error rate"),
    "top5": ("Top-5", "Top-5 Acc.", "Acc@5", "top5", "Top-5 accuracy"),
    "top5_error": ("Top-5 error", "Top-5 err."),
    "loss": ("{split} loss", "Loss", "Cross-entropy", "NLL"),
    "train_accuracy": ("Train accuracy", "Training acc"),
    "train_loss": ("Train loss", "Training loss"),
    "parameters": ("Params", "#Params", "# Parameters", "Parameters"),
    "macs": ("MACs", "MAdds"),
    "flops": ("FLOPs", "FLOPS"),
    "epochs": ("Epochs", "# Epochs", "Epoch"),
    "resolution": ("Resolution", "Image size", "Res."),
    "batch_size": ("Batch size", "Batch"),
    "f1": ("F1", "F1-score", "F1 score"),
    "macro_f1": ("Macro F1", "Macro-F1", "F1 (macro)"),
    "micro_f1": ("Micro F1", "Micro-F1"),
    "precision": ("Precision",),
    "recall": ("Recall",),
    "macro_precision": ("Macro precision", "Precision (macro)"),
    "macro_recall": ("Macro recall", "Recall (macro)"),
    "balanced_accuracy": ("Balanced accuracy", "Balanced acc."),
    "kappa": ("Cohen's kappa", "Kappa"),
    "auc": ("AUC", "AUROC"),
    "ece": ("ECE",),
    "brier": ("Brier score", "Brier"),
    "confidence": ("Mean confidence", "Avg. confidence"),
    "throughput": ("Throughput (img/s)", "FPS"),
    "time": ("Training time", "Time"),
    "steps": ("Steps", "Iterations"),
}
_UNIT_SUFFIX = {"M": (" (M)",), "G": (" (G)",), "percent": (" (%)", " [%]", "", "")}
_SPLITS = {"test": ("Test", "test"), "validation": ("Val", "Validation", "val")}


def header(column: Column, sheet: Sheet, rng: random.Random) -> tuple[str, str]:
    """(words of the header, what to print after each figure of the column)."""
    names = HEADERS.get(column.metric)
    if names is None:
        return column.metric, ""
    if column.metric == "accuracy":
        has_top5 = any(c.metric in ("top5", "top5_error") for c in sheet.columns)
        names = names if has_top5 else names + HEADERS["plain_accuracy"]
    text = rng.choice(names).format(split=rng.choice(_SPLITS[sheet.split]))
    if column.dataset:
        text = rng.choice((f"{column.dataset} {text}", f"{text} {column.dataset}", column.dataset))
        if text == column.dataset and column.metric != "accuracy":
            text = f"{column.dataset} {rng.choice(names).format(split='Test')}"
    if column.unit == "percent" and rng.random() < 0.4:
        return text, rng.choice(("%", "%", " %"))
    if column.unit in _UNIT_SUFFIX:
        if column.unit in "MG" and rng.random() < 0.5:
            return text, column.unit
        return text + rng.choice(_UNIT_SUFFIX[column.unit]), ""
    return text, ""


class _Grid:
    """A sheet as rows of strings; `dataset_said` is False if a heading must name the data set."""

    def __init__(self, sheet: Sheet, rng: random.Random, *, plain: bool = False) -> None:
        order = list(range(len(sheet.columns)))
        if rng.random() < 0.5:
            rng.shuffle(order)
        heads = {i: header(sheet.columns[i], sheet, rng) for i in order}
        self.dataset_said = not sheet.dataset
        self.head = [rng.choice(("Model", "Network", "Architecture", "Method", "name"))]
        self.head += [heads[i][0] for i in order]
        self.body = [
            [row.model, *(self._cell(row.figures[i], heads[i][1]) for i in order)]
            for row in sheet.rows
        ]
        if sheet.dataset and rng.random() < 0.2:
            self.head.insert(1, "Dataset")
            for cells in self.body:
                cells.insert(1, sheet.dataset)
            self.dataset_said = True
        if not plain and len(self.body) > 1 and rng.random() < 0.4:
            row = rng.randrange(len(self.body))
            self.body[row] = [f"**{cell}**" if cell else "" for cell in self.body[row]]

    @staticmethod
    def _cell(text: str, suffix: str) -> str:
        if not text or text == "-":
            return text
        return text.replace(" ±", f"{suffix} ±") if " ±" in text else f"{text}{suffix}"


def _intro(sheet: Sheet, said: bool, rng: random.Random) -> list[str]:
    """Heading and sentences above a table."""
    where = {"test": "test set", "validation": "validation set"}[sheet.split]
    lines = []
    if said:
        lines.append(rng.choice(("# Results", "## Model zoo", "### Benchmark")))
    else:
        lines += rng.choice(
            (
                [f"## {sheet.dataset}"],
                [f"## Results on {sheet.dataset}"],
                ["## Results", "", f"All models were evaluated on the {sheet.dataset} {where}."],
                [f"## {sheet.dataset} classification", "", "Pretrained models are linked."],
            )
        )
    lines += ["", *sheet.remarks]
    return [*lines, ""]


def markdown_table(sheet: Sheet, rng: random.Random) -> tuple[str, str]:
    grid = _Grid(sheet, rng)
    linked = rng.random() < 0.3
    rows = [grid.head, ["---", *(rng.choice((":---:", "---:", "---")) for _ in grid.head[1:])]]
    rows += [[f"[{c[0]}](https://example.org/m{i})" if linked else c[0], *c[1:]]
             for i, c in enumerate(grid.body)]  # fmt: skip
    edge = rng.random() < 0.8
    lines = [" | ".join(cells) for cells in rows]
    if edge:
        lines = [f"| {line} |" for line in lines]
    text = "\n".join([*_intro(sheet, grid.dataset_said, rng), *lines, "", *sheet.extra, ""])
    return "README.md", text


def markdown_transposed(sheet: Sheet, rng: random.Random) -> tuple[str, str]:
    grid = _Grid(sheet, rng, plain=True)
    turned = list(zip(grid.head, *grid.body, strict=True))
    rows = [list(turned[0]), ["---"] * len(turned[0]), *map(list, turned[1:])]
    lines = ["| " + " | ".join(cells) + " |" for cells in rows]
    text = "\n".join([*_intro(sheet, grid.dataset_said, rng), *lines, "", *sheet.extra, ""])
    return "README.md", text


def bullets(sheet: Sheet, rng: random.Random) -> tuple[str, str]:
    lines = _intro(sheet, False, rng)
    form = rng.choice(("- **{h}:** {v}", "* {h}: {v}", "- {h} = {v}", "- **{h}**: {v}"))
    for row in sheet.rows:
        lines += [f"### {row.model}", ""]
        for column, figure in zip(sheet.columns, row.figures, strict=True):
            if figure and figure != "-":
                words, suffix = header(column, sheet, rng)
                words = words.lstrip("# ")  # "- # Params" would be a heading in a list
                lines.append(form.format(h=words, v=_Grid._cell(figure, suffix)))
        lines.append("")
    return "notes.md", "\n".join([*lines, *sheet.extra, ""])


def html_table(sheet: Sheet, rng: random.Random) -> tuple[str, str]:
    grid = _Grid(sheet, rng, plain=True)
    tag = rng.choice(("th", "td"))
    cell = "<{0}>{1}</{0}>"
    head = "".join(cell.format(tag, html.escape(c)) for c in grid.head)
    body = "\n".join(
        "<tr>" + "".join(cell.format("td", html.escape(c)) for c in cells) + "</tr>"
        for cells in grid.body
    )
    caption = "" if grid.dataset_said else f"<caption>Results on {sheet.dataset}</caption>\n"
    notes = "".join(f"<p>{html.escape(remark)}</p>\n" for remark in sheet.remarks)
    top = f"<thead><tr>{head}</tr></thead>" if tag == "th" else f"<tr>{head}</tr>"
    page = f"<!doctype html>\n<html><body>\n<h2>Results</h2>\n{notes}<table>\n{caption}{top}\n"
    return "results.html", f"{page}<tbody>\n{body}\n</tbody>\n</table>\n</body></html>\n"


def _tex(text: str) -> str:
    for plain, escaped in (("\\", ""), ("%", r"\%"), ("_", r"\_"), ("#", r"\#"), ("&", r"\&")):
        text = text.replace(plain, escaped)
    return text.replace(" ± ", r" $\pm$ ").replace("±", r"$\pm$")


def latex_table(sheet: Sheet, rng: random.Random) -> tuple[str, str]:
    grid = _Grid(sheet, rng, plain=True)
    rules = rng.choice(((r"\toprule", r"\midrule", r"\bottomrule"), (r"\hline",) * 3))
    rows = [" & ".join(map(_tex, cells)) + r" \\" for cells in (grid.head, *grid.body)]
    if len(rows) > 2 and rng.random() < 0.4:
        cells = [_tex(c) for c in grid.body[-1]]
        rows[-1] = " & ".join([cells[0], *(rf"\textbf{{{c}}}" for c in cells[1:])]) + r" \\"
    where = {"test": "test", "validation": "validation"}[sheet.split]
    caption = f"Results on the {sheet.dataset} {where} set." if sheet.dataset else "Results."
    caption = _tex(" ".join([caption, *sheet.remarks]))
    return "paper.tex", "\n".join(
        [
            r"\begin{table}[t]",
            r"\centering",
            *([rf"\caption{{{caption}}}"] if rng.random() < 0.6 else []),
            rf"\begin{{tabular}}{{l{'c' * (len(grid.head) - 1)}}}",
            rules[0],
            rows[0],
            rules[1],
            *rows[1:],
            rules[2],
            r"\end{tabular}",
            rf"\caption{{{caption}}}",
            r"\end{table}",
            "",
        ]
    )


def csv_table(sheet: Sheet, rng: random.Random) -> tuple[str, str]:
    grid = _Grid(sheet, rng, plain=True)
    head, body = list(grid.head), [list(cells) for cells in grid.body]
    if not grid.dataset_said:
        head.append("dataset")
        for cells in body:
            cells.append(sheet.dataset)
    if sheet.remarks:
        head.append("note")
        for cells in body:
            cells.append(" ".join(sheet.remarks))
    quoted = [[f'"{c}"' if "," in c else c for c in cells] for cells in (head, *body)]
    mark = rng.choice((",", ",", ";"))
    if mark == ";":
        quoted = [list(cells) for cells in (head, *body)]
    return "results.csv", "\n".join(mark.join(cells) for cells in quoted) + "\n"


_PHRASES = {
    "accuracy": ("a top-1 accuracy of {v}", "{v} top-1 accuracy", "{v} accuracy"),
    "error": ("a top-1 error of {v}", "{v} top-1 error"),
    "top5": ("a top-5 accuracy of {v}", "{v} top-5 accuracy"),
    "top5_error": ("a top-5 error of {v}", "{v} top-5 error"),
    "loss": ("a {split} loss of {v}", "a mean cross-entropy of {v}"),
    "f1": ("an F1 of {v}",),
    "macro_f1": ("a macro F1 of {v}",),
    "micro_f1": ("a micro F1 of {v}",),
    "precision": ("a precision of {v}",),
    "recall": ("a recall of {v}",),
    "macro_precision": ("a macro precision of {v}",),
    "macro_recall": ("a macro recall of {v}",),
    "balanced_accuracy": ("a balanced accuracy of {v}",),
    "kappa": ("a Cohen's kappa of {v}",),
    "ece": ("an ECE of {v}",),
    "brier": ("a Brier score of {v}",),
    "confidence": ("a mean confidence of {v}",),
    "auc": ("an AUC of {v}",),
    "train_accuracy": ("a training accuracy of {v}",),
    "train_loss": ("a training loss of {v}",),
}


def prose(sheet: Sheet, rng: random.Random) -> tuple[str, str]:
    """A sentence a model; only for sheets whose every metric has a phrase."""
    where = {"test": "test set", "validation": "validation set"}[sheet.split]
    verb = rng.choice(("reaches", "achieves", "obtains", "gets"))
    lines = [rng.choice(("# Results", "## What we found")), "", *sheet.remarks, ""]
    for row in sheet.rows:
        parts = []
        for column, figure in zip(sheet.columns, row.figures, strict=True):
            if figure and figure != "-":
                value = _Grid._cell(figure, "%" if column.unit == "percent" else "")
                phrase = rng.choice(_PHRASES[column.metric])
                parts.append(phrase.format(v=value, split=sheet.split))
        said = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f" and {parts[-1]}"
        place = f" on the {sheet.dataset} {where}" if sheet.dataset else ""
        start = rng.choice(
            (f"{row.model} {verb} {said}{place}.", f"The {row.model} {verb} {said}{place}.")
        )
        lines += [start, ""]
    return "notes.md", "\n".join([*lines, *sheet.extra, ""])


_CARD = {"accuracy": "accuracy", "top5": "top-5 accuracy", "loss": "loss", "f1": "f1",
         "macro_f1": "macro f1", "precision": "precision", "recall": "recall", "ece": "ece",
         "error": "error", "kappa": "kappa", "brier": "brier"}  # fmt: skip


def model_card(sheet: Sheet, rng: random.Random) -> tuple[str, str]:
    """YAML front matter as on a model hub: one card for the first row."""
    row = sheet.rows[0]
    lines = ["---", "license: apache-2.0", "model-index:", f"- name: {row.model}", "  results:"]
    lines += ["  - task:", "      type: image-classification", "    dataset:"]
    lines += [f"      name: {sheet.dataset}", f"      type: {sheet.dataset.lower()}"]
    lines += [f"      split: {sheet.split}", "    metrics:"]
    for column, figure in zip(sheet.columns, row.figures, strict=True):
        if column.metric in _CARD:
            name = _CARD[column.metric]
            lines += [
                f"    - type: {name}",
                f"      name: {name.title()}",
                f"      value: {figure}",
            ]
    body = ["---", "", f"# {row.model}", "", *sheet.remarks, ""]
    return "README.md", "\n".join([*lines, *body])


def metafile(sheet: Sheet, rng: random.Random) -> tuple[str, str]:
    """A model zoo's metafile; percentages only."""
    names = {"accuracy": "Top 1 Accuracy", "top5": "Top 5 Accuracy"}
    lines = ["Collections:", "  - Name: Zoo", "Models:"]
    for row in sheet.rows:
        lines += [f"  - Name: {row.model}", "    Results:", "      - Task: Image Classification"]
        lines += [f"        Dataset: {sheet.dataset}", "        Metrics:"]
        for column, figure in zip(sheet.columns, row.figures, strict=True):
            if column.metric in names and figure not in ("", "-"):
                lines.append(f"          {names[column.metric]}: {figure}")
    return "metafile.yml", "\n".join([*lines, ""])


Layout = Callable[[Sheet, random.Random], tuple[str, str]]
TABLES: Sequence[Layout] = (markdown_table, markdown_transposed, html_table, latex_table, csv_table)


def layouts_of(sheet: Sheet) -> list[Layout]:
    """The layouts that can hold everything this sheet says."""
    metrics = {column.metric for column in sheet.columns}
    one_dataset = not any(column.dataset for column in sheet.columns)
    plain = not any("±" in figure for row in sheet.rows for figure in row.figures)
    found: list[Layout] = [markdown_table, markdown_transposed, html_table, latex_table, csv_table]
    if sheet.extra:
        found = [markdown_table, markdown_transposed]
    if one_dataset:
        found.append(bullets)
        if metrics <= set(_PHRASES):
            found.append(prose)
        clean = plain and sheet.dataset and not sheet.extra and not sheet.remarks
        if clean and len(sheet.rows) == 1 and metrics <= set(_CARD):
            found.append(model_card)
        percent = all(column.unit == "percent" for column in sheet.columns)
        if clean and percent and metrics <= {"accuracy", "top5"} and sheet.split != "train":
            found.append(metafile)
    return found


def lay_out(sheet: Sheet, rng: random.Random) -> tuple[str, str]:
    """(file name, text) of the sheet in a layout drawn from `rng`."""
    if not sheet.columns:
        return "notes.md", "\n".join([*sheet.extra, ""])
    return rng.choice(layouts_of(sheet))(sheet, rng)
