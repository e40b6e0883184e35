"""What is not read is refused by its true name; what was not read is never called fine."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bakeoff.auditing import audit, audit_files
from bakeoff.auditing.reading import read
from bakeoff.errors import BadFile, UsageError

PROJECT = Path(__file__).parents[3]


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return made.getvalue()


def picture(format: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8)).save(made, format)
    return made.getvalue()


def array() -> bytes:
    made = io.BytesIO()
    np.save(made, np.zeros(3))
    return made.getvalue()


NAMES = {
    "PNG": picture("PNG"),
    "JPEG": picture("JPEG"),
    "GIF": picture("GIF"),
    "WebP": picture("WEBP"),
    "TIFF": picture("TIFF"),
    "BMP": picture("BMP"),
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"></svg>',
    "before 2007": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
    "Rich Text": b"{\\rtf1\\ansi Accuracy 98 %}",
    "PostScript": b"%!PS-Adobe-3.0\n",
    "Excel": archive("[Content_Types].xml", "xl/workbook.xml"),
    "PowerPoint": archive("ppt/presentation.xml"),
    "OpenDocument": archive("mimetype", "content.xml"),
    "EPUB": archive("META-INF/container.xml"),
    "PyTorch": archive("model/data.pkl", "model/data/0"),
    "NumPy arrays": archive("label.npy", "nll.npy"),
    "NumPy array": array(),
    "pickle": pickle.dumps({"accuracy": 0.98}),
    "safetensors": (2).to_bytes(8, "little") + b"{}",
    "SQLite": b"SQLite format 3\0" + bytes(100),
    "Parquet": b"PAR1" + bytes(100) + b"PAR1",
    "Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n",
    "7-Zip": b"7z\xbc\xaf\x27\x1c" + bytes(30),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ending", [".md", ".csv", ""])
def test_a_file_is_refused_by_what_it_is_and_not_by_its_ending(name, ending, tmp_path):
    path = tmp_path / f"results{ending}"
    path.write_bytes(NAMES[name])
    with pytest.raises(BadFile, match=name) as refused:
        read(path)
    assert refused.value.advice


@pytest.mark.parametrize(
    "text", ["BMW had 95 % accuracy.\n", "MZ\n", "GIF89 accuracy: 95 %\n", "PAR1 accuracy 9 %\n"]
)
def test_a_text_that_begins_like_a_binary_file_is_a_text(text, tmp_path):
    path = tmp_path / "a.md"
    path.write_text(text)
    read(path)


def test_where_no_figure_was_read_nothing_is_called_fine():
    found = audit("# Notes\n\nNothing here.\n")
    assert found.empty
    assert found.exit_code(allow_empty=False) == 2
    assert found.exit_code() == 0
    assert "nothing was read" in str(found)
    assert "nothing to object" not in str(found)
    some = audit("Test accuracy: 95.1%\n")
    assert not some.empty
    assert some.exit_code(allow_empty=False) == 0
    assert "nothing to object" in str(some)


def cli(*arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bakeoff.cli", "audit", *map(str, arguments)],
        input=given, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_command_ends_with_2_where_nothing_was_read_unless_that_is_allowed(tmp_path):
    path = tmp_path / "a.md"
    path.write_text("Nothing here.\n")
    done = cli(path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "nothing was read" in done.stderr
    assert "--allow-empty" in done.stderr
    assert cli(path, "--allow-empty").returncode == 0
    assert "--allow-empty" in (PROJECT / ".pre-commit-hooks.yaml").read_text()


def test_standard_input_is_a_document():
    done = cli("-", given="# CIFAR-10\n\nTest accuracy 95.3%, test error 4.9%.\n")
    assert done.returncode == 1
    assert "<stdin>:3" in done.stdout
    table = "model,accuracy,error\nresnet18,95.3,4.9\nresnet50,96.0,4.0\n"
    assert cli("-", given=table).returncode == 1


@pytest.fixture
def folder(tmp_path):
    for n in range(9):
        (tmp_path / "sub").mkdir(exist_ok=True)
        (tmp_path / "sub" / f"{n}.md").write_text(
            f"# CIFAR-10\n\nTest accuracy {90 + n}.3%, test error {10 - n}.9%.\n"
        )
    (tmp_path / "a.csv").write_text("model,accuracy\nresnet18,95.3\n")
    (tmp_path / "broken.md").write_bytes(NAMES["PNG"])
    (tmp_path / "plot.png").write_bytes(NAMES["PNG"])
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "hidden.md").write_text("Test accuracy 95.3%, test error 4.9%.\n")
    return tmp_path


def test_a_folder_stands_for_its_documents_and_what_is_unreadable_in_it_is_told(folder):
    found = audit(folder)
    assert [Path(f).name for f in found.files] == [
        "a.csv", "broken.md", *(f"{n}.md" for n in range(9))
    ]  # fmt: skip
    assert len(found.findings) == 9
    (problem,) = found.problems
    assert "PNG" in problem.message
    with pytest.raises(BadFile, match="PNG"):
        audit_files([folder, folder / "plot.png"])


def test_reading_in_parallel_finds_the_same_in_the_same_order(folder):
    assert audit_files([folder], workers=2).to_dict() == audit_files([folder]).to_dict()


def test_the_command_says_what_it_left_alone_in_a_folder(folder):
    done = cli(folder)
    assert done.returncode == 1
    assert "1 .png" in done.stderr
    assert "11 documents (10 with figures)" in done.stdout


def test_a_folder_without_documents_is_told(tmp_path):
    with pytest.raises(UsageError, match="no document"):
        audit_files([tmp_path])
