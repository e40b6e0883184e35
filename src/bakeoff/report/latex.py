"""The results as a LaTeX table (booktabs), for a paper."""

from __future__ import annotations

from bakeoff.report.document import Document, Table, Text, plain
from bakeoff.report.escape import latex_text


def render_latex(document: Document) -> str:
    """The tables of results and of differences between arms, each a `table` environment."""
    wanted = ("results", "compared")
    tables = [
        block
        for section in document.sections
        if section.id in wanted
        for block in section.blocks
        if isinstance(block, Table)
    ]
    head = f"% {latex_text(document.title)}. {document.made_with}. Needs \\usepackage{{booktabs}}."
    return "\n\n".join([head.replace("\n", " "), *map(_table, tables)]) + "\n"


def _table(table: Table) -> str:
    columns = "".join("r" if column.align == "number" else "l" for column in table.columns)
    heads = " & ".join(latex_text(column.title) for column in table.columns)
    rows = "\n".join(f"    {' & '.join(map(_cell, row))} \\\\" for row in table.rows)
    note = f"\n  \\par\\smallskip\\footnotesize {_cell(table.note)}" if table.note else ""
    return (
        "\\begin{table}\n  \\centering\n"
        f"  \\caption{{{_cell(table.caption)}}}\n"
        f"  \\begin{{tabular}}{{{columns}}}\n    \\toprule\n    {heads} \\\\\n    \\midrule\n"
        f"{rows}\n    \\bottomrule\n  \\end{{tabular}}{note}\n\\end{{table}}"
    )


def _cell(text: Text) -> str:
    return " ".join(latex_text(plain(text)).split("\n"))
