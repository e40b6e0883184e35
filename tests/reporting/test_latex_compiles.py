"""The exported tables are LaTeX: by their form everywhere, by pdflatex where there is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bakeoff.reporting import report
from reporting.synthetic_runs import RSB_A3, data_facts, ladder, run

HOSTILE = r"50%_A&B#1$x$ {~^\\input} ± 5 − 2 × 3 < 4 | “n” … é"
"""An arm's name with every letter that means something to TeX, and those that reports use."""


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tex")
    runs = [
        run(arm, seed, 20 + 3 * seed + 9 * (recipe is RSB_A3), recipe=recipe, data=data)[0]
        for data in (data_facts(), data_facts(title=f"Set {HOSTILE}", test_hash="d"))
        for arm, recipe in ((HOSTILE, run()[0].recipe), ("rsb-a3", RSB_A3))
        for seed in range(3)
    ]
    sets = report(runs, out=folder / "sets", title=f"A title\n{HOSTILE}", formats=("latex",))
    rungs = report(ladder(folder / "runs"), formats=("latex",))
    return {"sets": sets.tex.read_text(), "ladder": rungs.tex.read_text()}


@pytest.mark.parametrize("name", ["sets", "ladder"])
def test_every_special_letter_is_escaped_and_every_row_is_full(
    texts: dict[str, str], name: str
) -> None:
    text = texts[name]
    tables = re.findall(r"\\begin\{table\}.*?\\end\{table\}", text, re.DOTALL)
    assert len(tables) >= 3
    bare = re.compile(r"(?<!\\)[%#_^~]|[±−×“”…\u00a0]")
    for table in tables:
        columns = re.search(r"\\begin\{tabular\}\{([lr]+)\}", table)
        assert columns
        rows = re.findall(r"^ {4}(.*) \\\\$", table, re.MULTILINE)
        assert len(rows) >= 2
        for row in rows:
            assert len(re.findall(r"(?<!\\)&", row)) == len(columns[1]) - 1, row
        said = table.replace("~", " ")  # a space that no line ends at, which we write ourselves
        assert bare.findall(said) == []
        assert table.replace(r"\{", "").replace(r"\}", "").count("{") == table.replace(
            r"\{", ""
        ).replace(r"\}", "").count("}")
        assert len(re.findall(r"(?<!\\)\$", table)) % 2 == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sets", "ladder"])
def test_pdflatex_makes_pages_in_which_no_table_runs_out_of_the_line(
    texts: dict[str, str], name: str, tmp_path: Path
) -> None:
    pdflatex = shutil.which("pdflatex")
    if pdflatex is None:
        pytest.skip("pdflatex is not installed (Debian: texlive-latex-recommended)")
    (tmp_path / "tables.tex").write_text(texts[name])
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n"
        "\\usepackage{booktabs,graphicx}\n\\begin{document}\n\\input{tables}\n\\end{document}\n"
    )
    done = subprocess.run(
        [pdflatex, "-interaction=nonstopmode", "-halt-on-error", "paper.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    log = (tmp_path / "paper.log").read_text(errors="replace")
    assert "Missing character" not in log
    too_wide = re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log)
    assert [width for width in too_wide if float(width) > 1] == []
    assert (tmp_path / "paper.pdf").read_bytes().startswith(b"%PDF")
