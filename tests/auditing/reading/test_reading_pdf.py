"""PDF: columns, hyphens, ligatures, turned tables, scans; places of figures; bounded reading."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from bakeoff.auditing import audit
from bakeoff.auditing.reading import pdf_words, read
from bakeoff.errors import BadFile

if pdf_words.find_spec("pypdfium2") is None:
    if os.environ.get("CI"):
        pytest.fail("in CI the extra bakeoff[pdf] must be installed")
    pytest.skip("needs the extra bakeoff[pdf] (pypdfium2)", allow_module_level=True)

WIDTH, HEIGHT = 612, 792
Item = tuple[float, float, str]
"""x, y from the top, text; a ligature is written as the character it is."""


def escaped(text: str) -> str:
    codes = {"\ufb01": "\\001", "±": "\\261", "(": "\\(", ")": "\\)", "\\": "\\\\"}
    return "".join(codes.get(c, c) for c in text)


def show(items: list[Item], size: float = 10, turned: bool = False) -> str:
    """Text operators. turned: a quarter to the left, x running up the page and y to the right."""
    lines = []
    for x, y, text in items:
        matrix = f"0 1 -1 0 {y} {x}" if turned else f"1 0 0 1 {x} {HEIGHT - y}"
        lines.append(f"BT /F1 {size} Tf {matrix} Tm ({escaped(text)}) Tj ET")
    return "\n".join(lines)


def pdf(*pages: str, picture: bool = False) -> bytes:
    """A PDF of pages of operators, in Courier: a letter is 0.6 of the size wide."""
    font = (
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding << /Type /Encoding "
        b"/BaseEncoding /WinAnsiEncoding /Differences [1 /fi] >> >>"
    )
    image = (
        b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray "
        b"/BitsPerComponent 8 /Length 1 >>\nstream\n\x80\nendstream"
    )
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", font, image]
    kids = []
    for page in pages:
        content = zlib.compress(page.encode("latin-1"))
        objects.append(
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(content)
            + content
            + b"\nendstream"
        )
        stream = len(objects)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R /Resources "
            b"<< /Font << /F1 3 0 R >> /XObject << /I 4 0 R >> >> >>" % (WIDTH, HEIGHT, stream)
        )
        kids.append(len(objects))
    listed = b" ".join(b"%d 0 R" % k for k in kids)
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (listed, len(kids))
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % o for o in offsets)
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1, len(out),
    )  # fmt: skip
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + tail


SCAN = f"q {WIDTH} 0 0 {HEIGHT} 0 0 cm /I Do Q"


@pytest.fixture
def document(tmp_path: Path):
    def write(*pages: str) -> Path:
        path = tmp_path / "paper.pdf"
        path.write_bytes(pdf(*pages))
        return path

    return write


def paragraph(x: float, y: float, *lines: str) -> list[Item]:
    return [(x, y + 12 * n, line) for n, line in enumerate(lines)]


def figures(path: Path) -> list[tuple[str, str]]:
    return [(c.metric, c.number.text) for c in read(path).figures]


def test_a_sentence_over_line_ends_is_one_sentence_with_page_and_position(document):
    lines = paragraph(72, 100, "On CIFAR-10 we reach a test accu-", "racy of 95.3%, and the test",
                      "error is 4.9%, which we tell here.")  # fmt: skip
    path = document(show([(72, 72, "Nothing.")]), show(lines))
    (finding,) = audit(path).findings
    assert finding.rule == "accuracy-plus-error"
    place = finding.place
    assert (place.spot.page, place.spot.line, round(place.spot.x)) == (2, 1, 72)
    assert 90 < place.spot.y < 100
    assert place.source == "On CIFAR-10 we reach a test accu-"
    told = audit(path)
    assert "paper.pdf, page 2, line 1: inconsistent" in str(told)
    (said,) = json.loads(told.to_json())["findings"]
    assert (said["places"][0]["page"], said["places"][0]["line"]) == (2, 1)
    for form in ("markdown", "html"):
        assert "page 2, line 1" in told.tell(form).replace("\\", "")
    for form in ("sarif", "github"):
        assert "page 2" in told.tell(form), form


def test_two_columns_are_read_one_after_the_other(document):
    left = paragraph(60, 100, *[f"left words number {n} go on here" for n in "abcdefgh"],
                     "and end with a test accuracy of")  # fmt: skip
    right = paragraph(330, 100, "95.3% on the right column, where", "the test error is 4.9% on it,",
                      *[f"right words number {n} go on so" for n in "abcdefg"])  # fmt: skip
    path = document(show([*left, *right]))
    assert figures(path)[:2] == [("accuracy", "95.3%"), ("error", "4.9%")]
    assert any(f.rule == "accuracy-plus-error" for f in audit(path).findings)


def test_the_document_itself_tells_which_hyphens_belong_to_a_word(document):
    lines = paragraph(72, 100, "The cross-entropy stands below. Valida-", "tion cross-",
                      "entropy is 0.45 and the top-", "1 accuracy is 88.1% here.")  # fmt: skip
    assert figures(document(show(lines))) == [("loss", "0.45"), ("accuracy", "88.1%")]


def test_ligatures_are_letters(document):
    path = document(show([(72, 100, "The classi\ufb01cation accuracy on the test set is 95.3%.")]))
    (claim,) = read(path).figures
    assert "classification" in claim.place.source


ROWS = [("Model", "Accuracy", "Error"), ("ResNet-18", "95.3", "4.9"), ("ResNet-50", "96.0", "4.0")]


def table(x: float, y: float) -> list[Item]:
    caption = [(x, y, "Table 1: Test accuracy and test error (%) on CIFAR-10.")]
    return caption + [
        (x + 110 * c, y + 20 + 14 * r, cell)
        for r, row in enumerate(ROWS)
        for c, cell in enumerate(row)
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_a_table_gives_its_figures_upright_and_turned(document, turned):
    path = document(
        show([(72, 72, "A page with a table and a few words.")])
        + "\n"
        + show(table(80, 200), turned=turned)
    )
    shares = [c for c in read(path).figures if c.metric in {"accuracy", "error"}]
    assert [(c.number.text, c.context["model"], c.context["dataset"]) for c in shares] == [
        ("95.3", "ResNet-18", "cifar-10"),
        ("4.9", "ResNet-18", "cifar-10"),
        ("96.0", "ResNet-50", "cifar-10"),
        ("4.0", "ResNet-50", "cifar-10"),
    ]
    assert [f.rule for f in audit(path).findings] == ["accuracy-plus-error"]


def test_indices_belong_to_their_figure_and_raised_marks_do_not(document):
    path = document(
        show(
            [
                (72, 100, "Test accuracy: 95.3"),
                (206, 100, "over 3 seeds"),
                (72, 130, "Test loss: 0.45"),
            ]
        )
        + "\n"
        + show([(186.5, 102, "±0.2")], size=7)
        + "\n"
        + show([(162.5, 126, "2")], size=6)
    )
    accuracy, loss = (c for c in read(path).figures if c.metric in {"accuracy", "loss"})
    assert (accuracy.number.text, accuracy.spread.text) == ("95.3", "0.2")
    assert loss.number.text == "0.45"


def test_line_numbers_and_page_numbers_are_no_figures(document):
    lines = paragraph(100, 100, *["Words of a manuscript stand here"] * 20)
    numbers = [(60.0, 100 + 12 * n, f"{n:03}") for n in range(20)]
    path = document(show([*lines, *numbers, (300, 760, "12")]))
    assert read(path).figures == ()


def test_a_scanned_page_is_said_to_be_unreadable_and_a_scanned_document_refused(document):
    path = document(SCAN, show([(72, 100, "On MNIST, the test accuracy is 98.87%.")]))
    found = read(path)
    assert [c.number.text for c in found.figures] == ["98.87%"]
    (problem,) = found.problems
    assert problem.place.spot.page == 1
    assert "picture" in problem.message
    with pytest.raises(BadFile, match="pictures of pages") as refused:
        read(document(SCAN, SCAN))
    assert "OCR" in refused.value.advice
    with pytest.raises(BadFile, match="no text"):
        read(document(""))


def test_a_damaged_document_is_refused_in_one_line(document):
    path = document(show([(72, 100, "x")]))
    path.write_bytes(b"%PDF-1.7\nnothing of the kind\n")
    with pytest.raises(BadFile, match="damaged"):
        read(path)


def test_reading_is_bounded_in_time_and_said(document, monkeypatch):
    path = document(show([(72, 100, "On MNIST, the test accuracy is 98.87%.")]))
    monkeypatch.setattr(pdf_words, "SECONDS", 0.001)
    with pytest.raises(BadFile, match="longer than"):
        read(path)


def test_pages_beyond_the_bound_are_said_to_be_unread(document, monkeypatch):
    path = document(*[show([(72, 100, "On MNIST, the test accuracy is 98.87%.")])] * 3)
    code = (
        "import sys; from bakeoff.auditing.reading import pdf_words as w; w.MAX_PAGES = 2; "
        "sys.exit(w.main())"
    )
    done = subprocess.run([sys.executable, "-c", code], input=path.read_bytes(),
                          capture_output=True, check=True)  # fmt: skip
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["number"], last["cut"], last["words"]) == (3, True, [])


def test_without_the_library_the_error_says_how_to_get_it(document, monkeypatch):
    path = document(show([(72, 100, "x")]))
    monkeypatch.setattr(pdf_words, "find_spec", lambda name: None)
    with pytest.raises(BadFile, match="not installed") as refused:
        read(path)
    assert "bakeoff[pdf]" in refused.value.advice
