r"""LaTeX of several files: \input, macros, archives; findings name the file and line inside."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from bakeoff.auditing import audit, audit_files
from bakeoff.auditing.reading import arxiv, macros, read
from bakeoff.errors import BadFile

FILES = {
    "main.tex": r"""\documentclass{article}
\input{macros}
\begin{document}
\section{Results on CIFAR-10}
% \input{secret}
Table 1 tells the results.
\input{sections/table}
\end{document}
""",
    "macros.tex": r"""\newcommand{\res}[2]{#1 $\pm$ #2}
\newcommand{\best}[1]{\textbf{#1}}
\newcommand*\ours{OurNet\xspace}
\def\pair#1#2{#1 & #2}
""",
    "sections/table.tex": r"""\begin{table}
\caption{Test accuracy and test error (\%), mean $\pm$ standard deviation over 3 seeds.}
\begin{tabular}{lcc}
Model & Accuracy & Error \\
\midrule
\ours & \res{95.3}{0.1} & 4.9 \\
ResNet-50 & \pair{\best{96.0}}{4.0} \\
\end{tabular}
\end{table}
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "paper"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def tar(files: dict[str, str], mode: str = "w:gz") -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return made.getvalue()


def zipped(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def shares(document) -> list[tuple[str, str, str]]:
    return [
        (c.metric, c.number.text, c.context["model"])
        for c in document.figures
        if c.metric in {"accuracy", "error"}
    ]


ALL = [
    ("accuracy", "95.3", "OurNet"), ("error", "4.9", "OurNet"),
    ("accuracy", "96.0", "ResNet-50"), ("error", "4.0", "ResNet-50"),
]  # fmt: skip


def test_a_document_is_read_with_its_parts_and_macros(folder):
    document = read(folder / "main.tex")
    assert shares(document) == ALL
    first = next(c for c in document.figures if c.metric == "accuracy")
    assert (first.spread.text, first.spread_kind, first.runs) == ("0.1", "sd", 3)
    assert first.place.named == (str(folder / "sections" / "table.tex"), 6)
    assert first.place.source == FILES["sections/table.tex"].split("\n")[5]
    assert first.place.source[first.place.column - 1 :].startswith(r"\res")


def test_a_finding_names_the_file_inside_and_its_line(folder):
    found = audit(folder / "main.tex")
    (finding,) = found.findings
    assert finding.rule == "accuracy-plus-error"
    table = folder / "sections" / "table.tex"
    assert f"{table}:6:" in str(found)
    (said,) = json.loads(found.to_json())["findings"]
    assert (said["places"][0]["file"], said["places"][0]["line"]) == (str(table), 6)
    assert f"file={table},line=6," in found.tell("github")
    for form in ("sarif", "markdown", "html"):
        assert "table" in found.tell(form)


def test_a_folder_of_sources_is_one_document(folder):
    found = audit_files([folder])
    assert found.files == (str(folder / "main.tex"),)
    assert len(found.findings) == 1
    both = audit_files([folder / "sections" / "table.tex", folder / "main.tex"])
    assert len(both.findings) == 1


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz", "w", "zip"])
@pytest.mark.parametrize("top", ["", "2401.00001/"])
def test_an_archive_of_sources_is_one_document(mode, top, tmp_path):
    path = tmp_path / "2401.00001"
    files = {top + name: text for name, text in FILES.items()}
    path.write_bytes(zipped(files) if mode == "zip" else tar(files, mode))
    document = read(path)
    assert shares(document) == ALL
    assert document.problems == ()
    assert document.figures[-1].place.named == (f"{path}/{top}sections/table.tex", 7)


def test_a_single_compressed_file_is_read_as_what_it_is(tmp_path):
    path = tmp_path / "paper.tex.gz"
    path.write_bytes(gzip.compress(b"Test accuracy: 95.3\\%, test error: 4.9\\%.\n"))
    assert len(audit(path).findings) == 1
    path.write_bytes(gzip.compress(b"\x89PNG\r\n\x1a\n" + bytes(100)))
    with pytest.raises(BadFile, match="PNG"):
        read(path)
    path.write_bytes(gzip.compress(gzip.compress(b"x")))
    with pytest.raises(BadFile, match="holds a gzip archive"):
        read(path)


@pytest.mark.parametrize(
    "wanted", ["../secret", "/etc/hostname", "sections/../../secret", "link", "missing", "main"]
)
def test_nothing_outside_the_folder_is_read_and_what_is_not_read_is_said(wanted, folder):
    (folder.parent / "secret.tex").write_text("Test accuracy: 12.34\\%\n")
    (folder / "link.tex").symlink_to(folder.parent / "secret.tex")
    (folder / "main.tex").write_text(
        f"\\documentclass{{article}}\nTest accuracy: 95.1\\%. \\input{{{wanted}}} The end.\n"
    )
    document = read(folder / "main.tex")
    assert [c.number.text for c in document.figures] == ["95.1%"]
    (problem,) = document.problems
    assert "was not read" in problem.message
    assert problem.place.named == (str(folder / "main.tex"), 2)


def test_members_that_lead_outside_are_no_part_of_an_archive(tmp_path):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        text = b"\\documentclass{article} Test accuracy: 95.1\\% \\input{link} \\input{up}\n"
        for name in ("a.tex", "../up.tex", "/abs.tex"):
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
        link = tarfile.TarInfo("link.tex")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    path = tmp_path / "a.tar"
    path.write_bytes(made.getvalue())
    document = read(path)
    assert {c.place.named[0] for c in document.figures} == {f"{path}/a.tex"}
    assert len(document.problems) == 2


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(arxiv, "MAX_UNPACKED", 2**20)
    path = tmp_path / "a.tar.gz"
    path.write_bytes(tar({"a.tex": "\\documentclass{a}", "b.bin": "0" * 2**22}))
    with pytest.raises(BadFile, match="unpacks to more"):
        read(path)


def test_a_damaged_archive_and_one_without_a_document_are_refused_in_one_line(tmp_path):
    path = tmp_path / "a.tar.gz"
    whole = tar(FILES)
    for content, said in ((whole[: len(whole) // 2], "damaged"),
                          (tar({"a.txt": "x"}), "without a LaTeX document"),
                          (zipped({"a.txt": "x"}), "without a LaTeX document")):  # fmt: skip
        path.write_bytes(content)
        with pytest.raises(BadFile, match=said):
            read(path)


def expanded(definitions: str, line: str) -> str:
    known = macros.Macros()
    known.define(definitions.split("\n"))
    return known.expand(line).text


@pytest.mark.parametrize(
    ("definitions", "line", "said"),
    [
        (r"\newcommand{\res}[2]{#1 $\pm$ #2}", r"\res{98.2}{0.1} & 1", r"98.2 $\pm$ 0.1 & 1"),
        (r"\newcommand\net{ResNet-50}", r"our \net is", "our ResNet-50 is"),
        (r"\def\a#1{[#1]}", r"\a{x}\a{y}", "[x][y]"),
        (r"\newcommand{\o}[2][no]{#1-#2}", r"\o{b} \o[c]{d}", "no-b c-d"),
        (r"\newcommand{\i}{in}" + "\n" + r"\newcommand{\u}[1]{\i #1}", r"\u{to}", "in to"),
        (r"\newcommand{\m}[2]{#1#2}", r"\m{only one} here", r"\m{only one} here"),
        (r"\newcommand{\res}[1]{(#1)}", r"\result{1}", r"\result{1}"),
        ("no definition", r"\res{1}", r"\res{1}"),
    ],
)
def test_simple_macros_are_replaced(definitions, line, said):
    assert expanded(definitions, line) == said


def test_macros_that_grow_without_end_are_left_alone():
    doubling = "\n".join(
        rf"\newcommand{{\a{a}}}{{\a{b}\a{b}\a{b}\a{b}\a{b}\a{b}\a{b}\a{b}}}"
        for a, b in zip("bcdefghij", "cdefghijk", strict=True)
    )
    assert len(expanded(doubling, r"\ab")) <= macros.MAX_LINE
    assert len(expanded(r"\def\x{\x\x}", r"\x")) <= macros.MAX_LINE


def test_text_after_a_macro_keeps_its_column_as_written():
    line = r"\res{98.2}{0.1} then"
    known = macros.Macros()
    known.define([r"\newcommand{\res}[2]{#1 $\pm$ #2}"])
    said = known.expand(line)
    assert said.column(said.text.index("then")) == line.index("then")
