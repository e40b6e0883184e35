"""The results as a LaTeX table (booktabs), for a paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bakeoff.reporting.document import Block, Document, Folded, Heading, Table, Text, plain
from bakeoff.reporting.escape import latex_text, printable

SECTIONS = ("results", "compared", "ladder")
PREAMBLE = r"""% Needs \usepackage{booktabs,graphicx}, and \usepackage[T1]{fontenc} for accents.
\providecommand\bakeofftable[1]{% a table wider than the line is made as wide as the line
  \setbox0\hbox{#1}\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\box0}\else\box0\fi}"""


def render_latex(document: Document) -> str:
    """The tables of results, of differences and of ingredients, each a `table` environment."""
    # A comment ends with its line, whatever a title holds.
    head = " ".join(f"% {printable(document.title)}. {document.made_with}.".split())
    tables = [_table(table, of) for table, of in _wanted(document)]
    return "\n\n".join([f"{head}\n{PREAMBLE}", *tables]) + "\n"


def _wanted(document: Document) -> Iterator[tuple[Table, str]]:
    """Each table, with the data set under whose heading it stands where there are several."""
    for section in document.sections:
        if section.id not in SECTIONS:
            continue
        of = ""
        for block in _unfolded(section.blocks):
            if isinstance(block, Heading):
                of = block.text
            elif isinstance(block, Table):
                yield block, of


def _unfolded(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        if isinstance(block, Folded):
            yield from _unfolded(block.blocks)
        else:
            yield block


def _table(table: Table, of: str) -> str:
    columns = "".join("r" if column.align == "number" else "l" for column in table.columns)
    heads = " & ".join(latex_text(column.title) for column in table.columns)
    rows = "\n".join(f"    {' & '.join(map(_cell, row))} \\\\" for row in table.rows)
    note = ""
    if table.note:
        note = f"\n  \\par\\smallskip{{\\footnotesize {_cell(table.note)}\\par}}"
    return (
        "\\begin{table}\n  \\centering\n"
        f"  \\caption{{{latex_text(f'{of}: ') if of else ''}{_cell(table.caption)}}}\n"
        "  \\medskip\n"
        f"  \\bakeofftable{{\\begin{{tabular}}{{{columns}}}\n"
        f"    \\toprule\n    {heads} \\\\\n    \\midrule\n"
        f"{rows}\n    \\bottomrule\n  \\end{{tabular}}}}{note}\n\\end{{table}}"
    )


def _cell(text: Text) -> str:
    return " ".join(latex_text(plain(text)).split("\n"))
