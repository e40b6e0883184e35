"""One image file, whatever is in it: its pixels, or an error that names it."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bakeoff.data.images import decode_image, read_bytes, read_header, read_image
from bakeoff.errors import BadFile


def saved(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".gif", ".webp", ".tif", ".ppm"])
@pytest.mark.parametrize("channels", [1, 3])
def test_ordinary_formats_are_read(picture, tmp_path: Path, suffix: str, channels: int) -> None:
    path = saved(Image.fromarray(picture(0)), tmp_path / f"a{suffix}")
    image = read_image(path, channels)
    assert image.size == (36, 28)
    assert image.mode == ("L" if channels == 1 else "RGB")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".gif"])
def test_a_truncated_image_is_named_with_what_to_do(picture, tmp_path: Path, suffix: str) -> None:
    path = saved(Image.fromarray(picture(0, 80, 80)), tmp_path / f"a{suffix}")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        BadFile, match=rf"a\{suffix}: truncated after {len(whole) // 2:,}"
    ) as caught:
        read_image(path, 3)
    assert "--exclude" in caught.value.advice


@pytest.mark.parametrize("suffix", [".bmp", ".webp"])
def test_the_missing_bytes_are_counted_where_the_format_tells(
    picture, tmp_path: Path, suffix: str
) -> None:
    path = saved(Image.fromarray(picture(0, 80, 80)), tmp_path / f"a{suffix}")
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    with pytest.raises(BadFile, match=f"truncated after 1,000 of {len(whole):,} bytes"):
        read_image(path, 3)


def test_a_download_that_stopped_is_told_from_its_empty_rest(picture, tmp_path: Path) -> None:
    path = saved(Image.fromarray(picture(0, 80, 80)), tmp_path / "a.jpg")
    whole = path.read_bytes()
    path.write_bytes(whole[:900].rstrip(b"\0") + bytes(len(whole) - 900))
    with pytest.raises(BadFile, match=r"truncated after 9?\d\d of [\d,]+ bytes, the rest is zeros"):
        read_image(path, 3)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(BadFile, match=r"a\.png"):
        read_image(path, 3)


def test_sixteen_bit_grey_is_scaled_to_eight(tmp_path: Path) -> None:
    levels = np.array([[0, 257, 32896, 65535]], np.uint16)
    path = saved(Image.fromarray(levels), tmp_path / "deep.png")
    assert read_header(path, read_bytes(path)).mode.startswith("I;16")
    assert np.asarray(read_image(path, 1)).tolist() == [[0, 1, 128, 255]]


def test_palette_cmyk_and_transparency_are_converted_as_pillow_does(
    picture, tmp_path: Path
) -> None:
    rgb = Image.fromarray(picture(0))
    palette = saved(rgb.quantize(256), tmp_path / "palette.png")
    cmyk = saved(rgb.convert("CMYK"), tmp_path / "cmyk.tif")
    clear = rgb.copy()
    clear.putalpha(100)
    alpha = saved(clear, tmp_path / "alpha.png")
    transparent = saved(rgb.quantize(200), tmp_path / "transparent.png", transparency=bytes(5))
    for path in (palette, cmyk, alpha, transparent):
        image = read_image(path, 3)
        assert image.mode == "RGB"
        gap = np.abs(np.asarray(image).astype(int) - np.asarray(rgb).astype(int))
        assert gap.mean() < 12, path


def test_an_animation_gives_its_first_frame(picture, tmp_path: Path) -> None:
    frames = [Image.fromarray(picture(seed)).quantize(64) for seed in range(3)]
    path = saved(frames[0], tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert read_header(path, read_bytes(path)).animated
    first = np.asarray(frames[0].convert("RGB")).astype(int)
    assert np.abs(np.asarray(read_image(path, 3)).astype(int) - first).mean() < 3


@pytest.mark.parametrize(("mode", "says"), [("I", "32-bit integers"), ("F", "floating-point")])
def test_levels_without_a_scale_are_refused(tmp_path: Path, mode: str, says: str) -> None:
    path = saved(Image.new(mode, (4, 4)), tmp_path / "a.tif")
    with pytest.raises(BadFile, match=says):
        read_image(path, 3)


def png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [11_000, 60_000])
def test_a_decompression_bomb_is_refused_before_decoding(tmp_path: Path, side: int) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_claiming(side, side))
    with pytest.raises(BadFile, match=r"bomb\.png.*more than 100,000,000"):
        read_image(path, 3)


def test_what_is_not_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="not a regular file"):
        read_bytes(tmp_path)
    with pytest.raises(BadFile, match="cannot be read"):
        read_bytes(tmp_path / "nowhere.png")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_damage_gives_pixels_or_a_named_error(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"]))
    buffer = io.BytesIO()
    Image.new("RGB", (20, 16), (200, 30, 90)).save(buffer, kind)
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    said = ""
    try:
        said = decode_image(Path("x"), bytes(content), 3).mode
    except BadFile as named:
        said = str(named)
    assert said == "RGB" or said.startswith("x: ")
