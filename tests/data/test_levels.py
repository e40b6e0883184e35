"""Grey levels of 10, 12, 14 and 16 bits, large profiles, and what Pillow warns of."""

from __future__ import annotations

import io
import logging
import os
import struct
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from bakeoff.data import load, open_data
from bakeoff.data.images import read_bytes, read_header, read_image
from bakeoff.errors import BadData, BadFile

Save = Callable[..., Path]


def pgm(levels: np.ndarray, maxval: int, plain: bool = False) -> bytes:
    header = f"{'P2' if plain else 'P5'}\n{levels.shape[1]} {levels.shape[0]}\n{maxval}\n".encode()
    if plain:
        return header + " ".join(map(str, levels.ravel())).encode()
    return header + levels.astype(">u2").tobytes()


def write_levels(root: Path, top: int, suffix: str) -> Path:
    """Two classes of 16-bit images whose levels run from 0 to `top`, darker in the other half."""
    for part, highest in (("train", top), ("val", top // 2)):
        for label in "ab":
            (root / part / label).mkdir(parents=True)
            for number in range(2):
                random = np.random.default_rng(number + 7 * ord(label))
                levels = random.integers(0, highest + 1, (20, 20)).astype(np.uint16)
                levels[0, 0] = highest
                path = root / part / label / f"{number}{suffix.rpartition('-')[2]}"
                if suffix == ".pgm":
                    path.write_bytes(pgm(levels, 65_535))
                elif suffix == "pages-.tif":
                    page = Image.fromarray(levels)
                    page.save(path, save_all=True, append_images=[Image.fromarray(levels // 2)])
                else:
                    Image.fromarray(levels).save(path)
    return root


@pytest.mark.parametrize("suffix", [".png", ".tif", "pages-.tif", ".pgm"])
@pytest.mark.parametrize(
    ("top", "white"), [(200, 255), (1000, 1023), (4000, 4095), (16_383, 16_383), (40_000, 65_535)]
)
@pytest.mark.parametrize("stream", [False, True])
def test_levels_are_scaled_by_the_bits_that_the_set_uses(
    tmp_path: Path, suffix: str, top: int, white: int, stream: bool
) -> None:
    data = open_data(f"folder:{write_levels(tmp_path, top, suffix)}", stream=stream, size=20)
    assert data.facts.white == white
    assert int(data.train.images[:].max()) == round(255 * top / white)
    assert len(data.train.images[:].unique()) > min(top, 255 * top // white) // 2
    said = " ".join(data.facts.notes)
    assert "WARNING" not in said
    assert (f"the highest level is {top:,}" in said) == (white < 65_535)
    one = read_image(data.train.files.paths[0], 1, white) if stream else None
    assert one is None or np.array_equal(np.asarray(one), data.train.images[:1][0, 0].numpy())


@pytest.mark.parametrize("maxval", [1023, 4095, 65_535])
@pytest.mark.parametrize("plain", [False, True])
def test_a_pgm_file_states_its_scale(tmp_path: Path, maxval: int, plain: bool) -> None:
    levels = np.linspace(0, maxval, 64).astype(np.uint16).reshape(8, 8)
    path = tmp_path / "a.pgm"
    path.write_bytes(pgm(levels, maxval, plain))
    assert read_header(path, read_bytes(path)).grey
    seen = np.asarray(read_image(path, 1)).astype(float)
    assert np.abs(seen - levels / maxval * 255).max() <= 0.51


def test_deep_colour_that_is_dark_is_warned_of(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 4096, (9, 9, 3)).astype(">u2")
    for label in "ab":
        (tmp_path / label).mkdir()
        for number in range(3):
            (tmp_path / label / f"{number}.png").write_bytes(deep_colour_png(pixels + number))
    notes = " ".join(load(f"folder:{tmp_path}").facts.notes)
    assert "6 images 16-bit colour" in notes
    assert "WARNING: the brightest 16-bit colour image looked at reaches 5.9 %" in notes


def deep_colour_png(pixels: np.ndarray) -> bytes:
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 16, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk_of(kind, data) for kind, data in parts)


def test_a_file_brighter_than_its_set_was_is_named(tmp_path: Path) -> None:
    root = write_levels(tmp_path, 4000, ".png")
    data = open_data(f"folder:{root}", stream=True)
    path = data.train.files.paths[0]
    Image.fromarray(np.full((20, 20), 60_000, np.uint16)).save(path)
    with pytest.raises(BadFile, match=r"0\.png: level 60,000, where the highest .* 4,095"):
        data.train.images[:1]


@pytest.mark.parametrize("kind", ["icc_profile", "iTXt", "zTXt", "tEXt", "after"])
def test_profiles_and_texts_of_any_size_do_not_keep_a_png_from_being_read(
    tmp_path: Path, kind: str
) -> None:
    plain = Image.linear_gradient("L").convert("RGB")
    path = tmp_path / "a.png"
    random = np.random.default_rng(0).bytes(3 << 20)
    if kind == "icc_profile":
        plain.save(path, icc_profile=random)
    else:
        texts = PngImagePlugin.PngInfo()
        if kind == "iTXt":
            texts.add_itxt("k", "x" * (3 << 20), zip=True)
        else:
            texts.add_text("k", "x" * (80 << 20 if kind == "tEXt" else 3 << 20), zip=kind != "tEXt")
        if kind == "after":
            plain.save(path)
            noted = io.BytesIO()
            plain.save(noted, "PNG", pnginfo=texts)
            whole, content = path.read_bytes(), noted.getvalue()
            place = content.index(b"zTXt") - 4
            note = content[place : place + 12 + int.from_bytes(content[place : place + 4], "big")]
            path.write_bytes(whole[:-12] + note + whole[-12:])
        else:
            plain.save(path, pnginfo=texts)
    assert np.array_equal(np.asarray(read_image(path, 3)), np.asarray(plain))


def test_colours_that_pillow_does_not_convert_are_refused_by_name(tmp_path: Path) -> None:
    profile = ImageCms.createProfile("sRGB")
    to_lab = ImageCms.buildTransform(profile, ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = ImageCms.applyTransform(Image.linear_gradient("L").convert("RGB"), to_lab)
    lab.save(tmp_path / "a.tif")
    with pytest.raises(BadFile, match=r"a\.tif: its colours are LAB.* Convert it to RGB"):
        read_image(tmp_path / "a.tif", 3)


@pytest.mark.parametrize("stream", [False, True])
def test_a_channel_that_is_the_same_everywhere_is_not_divided_by_nothing(
    tmp_path: Path, stream: bool
) -> None:
    for label in "ab":
        (tmp_path / label).mkdir()
        for number in range(4):
            pixels = np.random.default_rng(number).integers(0, 256, (90, 90, 3)).astype(np.uint8)
            pixels[:, :, 2] = 201
            Image.fromarray(pixels).save(tmp_path / label / f"{number}.png")
    facts = open_data(f"folder:{tmp_path}", stream=stream).facts
    assert facts.std[2] == 1
    assert max(facts.std[:2]) < 0.4
    assert "channel 3 is the same everywhere" in " ".join(facts.notes)


def test_flat_images_are_refused_where_they_stream_too(tmp_path: Path) -> None:
    for label in "ab":
        (tmp_path / label).mkdir()
        for number in range(3):
            Image.new("RGB", (90, 90), (201, 3, 77)).save(tmp_path / label / f"{number}.png")
    with pytest.raises(BadData, match="one flat colour"):
        open_data(f"folder:{tmp_path}", stream=True)


def corrupt_exif(path: Path) -> None:
    data = b"Exif\0\0MM\0*\0\0\0\x08\0\x20\x01\x12\0\x03\0\0\0\x01\0\x06"
    Image.linear_gradient("L").save(path.with_suffix(".jpg"), exif=data)


def large(path: Path) -> None:
    Image.new("L", (9600, 9400), 7).save(path)


def transparent_palette(path: Path) -> None:
    colours = Image.linear_gradient("L").convert("RGB").quantize(200)
    colours.save(path, transparency=bytes(range(200)))


def invalid_animation(path: Path) -> None:
    Image.linear_gradient("L").save(path)
    content = path.read_bytes()
    place = content.index(b"IDAT") - 4
    path.write_bytes(content[:place] + chunk_of(b"acTL", bytes(8)) + content[place:])


def chunk_of(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data).to_bytes(4, "big")
    return len(data).to_bytes(4, "big") + kind + data + check


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (corrupt_exif, "a/odd.jpg: Corrupt EXIF data"),
        (large, ""),
        (transparent_palette, ""),
        (invalid_animation, "a/odd.png: Invalid APNG"),
    ],
)
@pytest.mark.parametrize("action", ["default", "error"])
def test_what_pillow_warns_of_is_a_note_that_names_the_file(
    tmp_path: Path,
    image_folder: Save,
    capfd: pytest.CaptureFixture[str],
    make: Callable[[Path], None],
    told: str,
    action: str,
) -> None:
    root = image_folder(tmp_path, {"a": 3, "b": 3})
    make(root / "a" / "odd.png")
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter(action)  # type: ignore[arg-type]
        facts = load(f"folder:{root}", size=16).facts
    assert not heard
    assert capfd.readouterr().err == ""
    notes = [note for note in facts.notes if "Pillow warns" in note]
    assert bool(notes) == bool(told)
    assert told in " ".join(notes)


def test_what_pillow_logs_is_not_printed() -> None:
    assert logging.getLogger("PIL").hasHandlers()


def test_a_set_that_no_record_can_name_is_refused(tmp_path: Path, image_folder: Save) -> None:
    root = image_folder(tmp_path / os.fsdecode(b"caf\xe9"), {"a": 3, "b": 3})
    with pytest.raises(BadData, match="not UTF-8"):
        load(f"folder:{root}")
