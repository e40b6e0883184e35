"""Word documents: paragraphs, tables with spans, hidden and deleted text, hostile archives."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from bakeoff.auditing import audit
from bakeoff.auditing.reading import docx as reader
from bakeoff.auditing.reading import read
from bakeoff.errors import BadFile

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
STYLES = (
    f'<w:styles {W}><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="Beschriftung"><w:name w:val="caption"/></w:style></w:styles>'
)


def p(text: str, style: str = "", run: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return (
        f"<w:p>{properties}<w:r><w:rPr>{run}</w:rPr>"
        f'<w:t xml:space="preserve">{text}</w:t></w:r></w:p>'
    )


def row(*cells: str, span: int = 0, head: bool = False) -> str:
    wide = f'<w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr>' if span else ""
    made = "".join(f"<w:tc>{wide}{p(c)}</w:tc>" for c in cells)
    return f"<w:tr>{'<w:trPr><w:tblHeader/></w:trPr>' if head else ''}{made}</w:tr>"


def word(body: str, **parts: str) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>"
        )
        archive.writestr("word/styles.xml", STYLES)
        for name, content in parts.items():
            archive.writestr(f"word/{name}.xml", content)
    return made.getvalue()


@pytest.fixture
def document(tmp_path: Path):
    def write(body: str, **parts: str) -> Path:
        path = tmp_path / "paper.docx"
        path.write_bytes(word(body, **parts))
        return path

    return write


TABLE = (
    p("CIFAR-10", "berschrift1")
    + p("Table 1: Test accuracy and test error (%).", "Beschriftung")
    + f"<w:tbl>{row('Model', 'Accuracy', 'Error', head=True)}{row('ResNet-18', '95.3', '4.9')}"
    f"{row('ResNet-50', '96.0', '4.0')}</w:tbl>"
)


def test_a_table_gives_its_figures_with_heading_caption_and_row(document):
    found = read(document(TABLE))
    assert found.format == "docx"
    assert found.title == "CIFAR-10"
    shares = [c for c in found.figures if c.metric in {"accuracy", "error"}]
    assert [(c.number.text, c.context["model"], c.context["dataset"]) for c in shares] == [
        ("95.3", "ResNet-18", "cifar-10"),
        ("4.9", "ResNet-18", "cifar-10"),
        ("96.0", "ResNet-50", "cifar-10"),
        ("4.0", "ResNet-50", "cifar-10"),
    ]
    assert shares[0].place.line == 4
    assert shares[0].place.source == "ResNet-18 | 95.3 | 4.9"
    assert shares[0].place.source[shares[0].place.column - 1 :].startswith("95.3")


def test_what_cannot_be_true_in_a_word_document_is_found(document):
    (finding,) = audit(document(TABLE)).findings
    assert (finding.rule, finding.verdict) == ("accuracy-plus-error", "inconsistent")


def test_text_split_over_runs_is_one_figure_and_deleted_or_hidden_text_is_none(document):
    split = "<w:p>" + "".join(
        f"<w:r><w:t xml:space='preserve'>{t}</w:t></w:r>" for t in ("Test accuracy: 9", "8.8", "7%")
    )
    gone = (
        "<w:del><w:r><w:delText> top-5 99.1%</w:delText><w:t>, loss 7.1</w:t></w:r></w:del></w:p>"
    )
    hidden = p("Test accuracy: 12.5%", run="<w:vanish/>")
    found = read(document(split + gone + hidden))
    assert [(c.metric, c.number.text) for c in found.figures] == [("accuracy", "98.87%")]


def test_a_footnote_mark_is_no_digit_of_the_figure_before_it(document):
    mark = "<w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>2</w:t></w:r></w:p>"
    body = "<w:p><w:r><w:t>Test accuracy: 98.8</w:t></w:r>" + mark
    notes = f"<w:footnotes {W}><w:footnote>{p('Top-5 accuracy: 99.9 %')}</w:footnote></w:footnotes>"
    found = read(document(body, footnotes=notes))
    assert [c.number.text for c in found.figures] == ["98.8", "99.9 %"]


def test_what_word_wraps_is_read_once(document):
    inner = p("Test accuracy: 98.8 %")
    for opening, closing in (
        ("<w:sdt><w:sdtContent>", "</w:sdtContent></w:sdt>"),
        ("<w:ins>", "</w:ins>"),
    ):
        assert len(read(document(opening + inner + closing)).figures) == 1


def test_a_merged_cell_speaks_for_the_rows_below(document):
    def cell(text: str, merge: str) -> str:
        return f"<w:tc><w:tcPr><w:vMerge{merge}/></w:tcPr>{p(text)}</w:tc>"

    restart = ' w:val="restart"'
    table = (
        f"<w:tbl>{row('Model', 'Top-1 accuracy (%)', head=True)}"
        f"<w:tr>{cell('ResNet-18', restart)}<w:tc>{p('70.1')}</w:tc></w:tr>"
        f"<w:tr>{cell('', '')}<w:tc>{p('70.4')}</w:tc></w:tr></w:tbl>"
    )
    found = read(document(table)).figures
    assert [c.context["model"] for c in found if c.metric == "accuracy"] == ["ResNet-18"] * 2


def test_a_damaged_document_is_refused_in_one_line(document):
    path = document(TABLE)
    whole = path.read_bytes()
    for broken in (whole[: len(whole) // 2], word("<w:p>")):
        path.write_bytes(broken)
        with pytest.raises(BadFile, match="damaged"):
            read(path)


def test_entities_and_what_unpacks_to_too_much_are_refused(document, monkeypatch):
    path = document(TABLE)
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("word/document.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    path.write_bytes(made.getvalue())
    with pytest.raises(BadFile, match="entities"):
        read(path)
    monkeypatch.setattr(reader, "MAX_XML", 2**20)
    path.write_bytes(word(p("0" * 2**21)))
    assert path.stat().st_size < 2**17
    with pytest.raises(BadFile, match="unpacks to more"):
        read(path)


def test_endless_nesting_ends(document):
    read(document("<w:sdt>" * 5_000 + p("Test accuracy: 98.8 %") + "</w:sdt>" * 5_000))
