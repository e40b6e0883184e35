"""The results as a LaTeX table (booktabs), for a paper."""

from __future__ import annotations

from collections.abc import Iterator

from bakeoff.report.document import Document, Heading, Table, Text, plain
from bakeoff.report.escape import latex_text

SECTIONS = ("results", "compared", "ladder")


def render_latex(document: Document) -> str:
    """The tables of results, of differences and of ingredients, each a `table` environment."""
    head = f"% {latex_text(document.title)}. {document.made_with}. Needs \\usepackage{{booktabs}}."
    tables = [_table(table, of) for table, of in _wanted(document)]
    return "\n\n".join([head.replace("\n", " "), *tables]) + "\n"


def _wanted(document: Document) -> Iterator[tuple[Table, str]]:
    """Each table, with the data set under whose heading it stands where there are several."""
    for section in document.sections:
        if section.id not in SECTIONS:
            continue
        of = ""
        for block in section.blocks:
            if isinstance(block, Heading):
                of = block.text
            elif isinstance(block, Table):
                yield block, of


def _table(table: Table, of: str) -> str:
    columns = "".join("r" if column.align == "number" else "l" for column in table.columns)
    heads = " & ".join(latex_text(column.title) for column in table.columns)
    rows = "\n".join(f"    {' & '.join(map(_cell, row))} \\\\" for row in table.rows)
    note = f"\n  \\par\\smallskip\\footnotesize {_cell(table.note)}" if table.note else ""
    return (
        "\\begin{table}\n  \\centering\n"
        f"  \\caption{{{latex_text(f'{of}: ') if of else ''}{_cell(table.caption)}}}\n"
        f"  \\begin{{tabular}}{{{columns}}}\n    \\toprule\n    {heads} \\\\\n    \\midrule\n"
        f"{rows}\n    \\bottomrule\n  \\end{{tabular}}{note}\n\\end{{table}}"
    )


def _cell(text: Text) -> str:
    return " ".join(latex_text(plain(text)).split("\n"))
