"""IDX files come from elsewhere: whatever is in them, one clear error or the right array."""

from __future__ import annotations

import contextlib
import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bakeoff.data.idx import read_idx
from bakeoff.errors import BadFile


def idx_bytes(array: np.ndarray, code: int = 8) -> bytes:
    return (
        bytes([0, 0, code, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.tobytes()
    )


@pytest.mark.parametrize("zipped", [True, False])
def test_reads_what_was_written(tmp_path: Path, zipped: bool) -> None:
    array = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    data = idx_bytes(array)
    path = tmp_path / "images"
    path.write_bytes(gzip.compress(data, mtime=0) if zipped else data)
    assert np.array_equal(read_idx(path, dimensions=3), array)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not an IDX file"),
        (b"\x00\x00\x08", "not an IDX file"),
        (
            idx_bytes(np.zeros((2, 2), np.uint8)),
            "not an IDX file of unsigned bytes in 3 dimensions",
        ),
        (idx_bytes(np.zeros((2, 2, 2), np.uint8), code=13), "not an IDX file of unsigned bytes"),
        (idx_bytes(np.zeros((2, 2, 2), np.uint8))[:-3], "truncated after 5 of 8 bytes"),
        (idx_bytes(np.zeros((2, 2, 2), np.uint8)) + b"x", "goes on after the 8 bytes"),
        (
            gzip.compress(idx_bytes(np.zeros((2, 2, 2), np.uint8)), mtime=0)[:-9],
            "damaged gzip data",
        ),
        (gzip.compress(b"abc", mtime=0)[:-8] + b"\0" * 8, "damaged gzip data"),
        (b"\x1f\x8b" + b"\xff" * 40, "damaged gzip data"),
    ],
)
def test_damage_is_named_with_the_file(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "images"
    path.write_bytes(content)
    with pytest.raises(BadFile, match=says) as caught:
        read_idx(path, dimensions=3)
    assert str(path) in str(caught.value)
    assert caught.value.advice


def test_a_header_that_promises_too_much_is_refused_before_allocating(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(bytes([0, 0, 8, 3]) + struct.pack(">3I", 2**32 - 1, 2**32 - 1, 2**32 - 1))
    with pytest.raises(BadFile, match="announces"):
        read_idx(path, dimensions=3)


def test_a_gzip_bomb_is_read_no_further_than_its_header_says(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(idx_bytes(np.zeros((1, 2, 2), np.uint8)) + bytes(50_000_000)))
    with pytest.raises(BadFile, match="goes on after the 4 bytes"):
        read_idx(path, dimensions=3)


def test_content_that_is_not_the_expected_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels"
    path.write_bytes(idx_bytes(np.zeros(3, np.uint8)))
    with pytest.raises(BadFile, match="SHA-256"):
        read_idx(path, dimensions=1, sha256="0" * 64)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no such file"):
        read_idx(tmp_path / "nowhere", dimensions=1)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_an_array_or_a_named_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("idx") / "file"
    path.write_bytes(content)
    with contextlib.suppress(BadFile):
        read_idx(path, dimensions=1, most_bytes=1000)
