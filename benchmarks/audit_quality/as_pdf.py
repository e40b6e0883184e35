"""What is lost on the way through a PDF: the corpus' wrong documents as source and as PDF.

    python benchmarks/audit_quality/as_pdf.py                 ten by pdflatex, ten by Chromium
    python benchmarks/audit_quality/as_pdf.py --count 40      more of each
    python benchmarks/audit_quality/as_pdf.py --keep FOLDER   keep the PDFs

Documents of the planters (see tests/auditing/corpus) whose error arithmetic proves, one of each
planter in turn: LaTeX tables set by pdflatex (in two columns where they fit), Markdown and HTML
printed by Chromium.
Figures: (metric, number as printed) that the source gives, and the share that the PDF gives too.
Proved: documents in which the planted error was called impossible or inconsistent. Accused: right
twins that were called so. Needs pdflatex, Chromium and the extra bakeoff[pdf].
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from auditing.corpus.layouts import layouts_of  # noqa: E402
from auditing.corpus.planting import Planter, planters  # noqa: E402
from bakeoff.auditing.api import Audit, examine_documents  # noqa: E402
from bakeoff.auditing.checks import rules  # noqa: E402
from bakeoff.auditing.findings import STRICT  # noqa: E402
from bakeoff.auditing.reading import read  # noqa: E402
from bakeoff.reporting.pdf import find_browser  # noqa: E402

STYLE = "<style>th, td { padding: 6px 13px }</style>"
"""What pages give their cells, as GitHub's do; without it the words of two cells touch."""
TEX = r"""\documentclass[10pt%s]{article}
\usepackage{booktabs}
\begin{document}
%s
\end{document}
"""
FILLER = "Words stand around the table so that both columns have text to be told apart. " * 60
FEW_SEEDS = 60


def documents(ending: str | tuple[str, ...], count: int) -> Iterator[tuple[Planter, str, str, str]]:
    """(planter, name, wrong text, right text), one of each planter in turn."""
    able = [p for p in planters() if p.expected == "strict"]
    given = 0
    for seed in range(FEW_SEEDS):
        for planter in able:
            if given == count:
                return
            made = [laid_out(planter, seed, wrong) for wrong in (True, False)]
            if made[0][0].endswith(ending):
                given += 1
                yield planter, made[0][0], made[0][1], made[1][1]


def laid_out(planter: Planter, seed: int, wrong: bool) -> tuple[str, str]:
    sheet = planter.write(random.Random(f"{planter.name} {seed}"), wrong)
    rng = random.Random(f"pdf {planter.name} {seed}")
    return rng.choice(layouts_of(sheet))(sheet, rng)


def by_pdflatex(text: str, folder: Path) -> Path:
    # A table that is wider than a column of text would be printed over the next one.
    narrow = ",twocolumn" if all(len(row) < 40 for row in re.findall(r".* & .*", text)) else ""
    (folder / "a.tex").write_text(TEX % (narrow, f"{text}\n\n{FILLER}"))
    subprocess.run(
        ["pdflatex", "-interaction=batchmode", "-no-shell-escape", "a.tex"],
        cwd=folder, stdout=subprocess.DEVNULL, check=False, timeout=60,
    )  # fmt: skip
    return folder / "a.pdf"


def by_chromium(text: str, folder: Path) -> Path:
    if not text.lstrip().lower().startswith("<!doctype"):
        text = "<!doctype html><meta charset=utf-8>" + MarkdownIt("commonmark").enable(
            "table"
        ).render(text)
    (folder / "a.html").write_text(text + STYLE)
    browser = find_browser()
    assert browser is not None, "no Chromium"
    subprocess.run(
        [str(browser), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
         f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={folder / 'a.pdf'}",
         (folder / "a.html").as_uri()],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=120,
    )  # fmt: skip
    return folder / "a.pdf"


def figures(audit: Audit) -> Counter[tuple[str, str]]:
    return Counter((c.metric, c.number.text.rstrip(" %")) for c in audit.claims if c.number)


def proved(audit: Audit, planter: Planter) -> bool:
    known = rules()
    return any(f.verdict in STRICT and known[f.rule].number in planter.rules
               for f in audit.findings)  # fmt: skip


def accused(audit: Audit) -> bool:
    return any(f.verdict in STRICT for f in audit.findings)


def measure(name: str, ending: str | tuple[str, ...], count: int, make: Callable[[str, Path], Path],
            keep: Path | None) -> None:  # fmt: skip
    found = Counter[str]()
    for n, (planter, file, wrong, right) in enumerate(documents(ending, count)):
        for kind, text in (("wrong", wrong), ("right", right)):
            with tempfile.TemporaryDirectory() as folder:
                path = make(text, Path(folder))
                source = examine_documents([read(file, text)])
                printed = examine_documents([read(path)])
                if keep:
                    keep.mkdir(parents=True, exist_ok=True)
                    shutil.copy(path, keep / f"{name}-{n}-{planter.name}-{kind}.pdf")
                    (keep / f"{name}-{n}-{planter.name}-{kind}.txt").write_text(text)
            if kind == "right":
                found["accused"] += accused(printed)
                continue
            there, here = figures(source), figures(printed)
            found["documents"] += 1
            found["figures of the source"] += there.total()
            found["figures of the PDF too"] += (there & here).total()
            found["figures only in the PDF"] += (here - there).total()
            found["proved in the source"] += proved(source, planter)
            found["proved in the PDF"] += proved(printed, planter)
            if proved(source, planter) != proved(printed, planter) or there - here:
                print(f"  {name} {n} {planter.name}: lost {dict(there - here)}")
    print(name)
    for what, value in found.items():
        print(f"  {what:<24} {value:>6}")
    share = found["figures of the PDF too"] / max(1, found["figures of the source"])
    print(f"  {'figures kept':<24} {share:>6.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10, help="documents of each kind")
    parser.add_argument("--keep", type=Path, help="a folder for the PDFs")
    options = parser.parse_args()
    for name, ending, make in (("pdflatex", ".tex", by_pdflatex), ("Chromium", (".md", ".html"),
                               by_chromium)):  # fmt: skip
        measure(name, ending, options.count, make, options.keep)


if __name__ == "__main__":
    main()
