"""What is trained on: images, archives, shards, the files of known data sets."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import warnings
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from bakeoff.data import load as load_data
from bakeoff.data.archive import unpacked
from bakeoff.data.idx import read_idx
from bakeoff.data.images import read_image
from bakeoff.data.webdataset_sets import list_webdataset
from fuzzing.mutations import damaged
from fuzzing.oracle import Read


def idx(rng: random.Random, folder: Path) -> Read:
    shape = rng.choice(((3, 4, 5), (7,), (2, 2)))
    content = bytes([0, 0, 8, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape)
    content += rng.randbytes(int(np.prod(shape)))
    zipped = rng.random() < 0.5
    if rng.random() < 0.3:
        content = damaged(rng, content)
    content = gzip.compress(content, 1, mtime=0) if zipped else content
    path = folder / "x-ubyte"
    path.write_bytes(damaged(rng, content))
    return lambda: read_idx(path, dimensions=rng.choice((len(shape), 1, 3)))


def idx_set(rng: random.Random, folder: Path) -> Read:
    """KMNIST's four files, one of them hurt or with labels that do not exist."""
    place = folder / "KMNIST" / "raw"
    place.mkdir(parents=True)
    worst = rng.choice((9, 9, 10, 255))
    files = {}
    for part, n in (("train", 12), ("t10k", 6)):
        pixels = rng.randbytes(n * 16)
        labels = bytes(rng.randint(0, worst) for _ in range(n))
        head = bytes([0, 0, 8, 3]) + b"".join(x.to_bytes(4, "big") for x in (n, 4, 4))
        files[f"{part}-images-idx3-ubyte"] = head + pixels
        files[f"{part}-labels-idx1-ubyte"] = bytes([0, 0, 8, 1]) + n.to_bytes(4, "big") + labels
    hurt = rng.choice([*files, None])
    for name, content in files.items():
        (place / name).write_bytes(damaged(rng, content) if name == hurt else content)
    return lambda: load_data("kmnist", root=folder, offline=True)


@cache
def _images() -> list[tuple[str, bytes]]:
    random_ = np.random.default_rng(1)
    rgb = Image.fromarray(random_.integers(0, 256, (20, 24, 3)).astype(np.uint8))
    grey = Image.fromarray(random_.integers(0, 65536, (9, 9)).astype(np.uint16))
    found = []
    for kind, suffix in (
        ("PNG", ".png"), ("JPEG", ".jpg"), ("BMP", ".bmp"), ("GIF", ".gif"), ("WEBP", ".webp"),
        ("TIFF", ".tif"), ("PPM", ".ppm"),
    ):  # fmt: skip
        for picture in (rgb, rgb.convert("L"), rgb.convert("P")):
            if kind in ("JPEG", "PPM", "WEBP") and picture.mode == "P":
                continue
            file = io.BytesIO()
            picture.save(file, kind)
            found.append((suffix, file.getvalue()))
    for kind, suffix in (("PNG", ".png"), ("TIFF", ".tif")):
        file = io.BytesIO()
        grey.save(file, kind)
        found.append((suffix, file.getvalue()))
    for options in ({"compression": "tiff_lzw"}, {"compression": "jpeg"}):
        file = io.BytesIO()
        rgb.save(file, "TIFF", **options)
        found.append((".tif", file.getvalue()))
    return found


def image(rng: random.Random, folder: Path) -> Read:
    suffix, content = rng.choice(_images())
    path = folder / f"x{suffix}"
    path.write_bytes(damaged(rng, content) if rng.random() < 0.97 else rng.randbytes(200))
    channels = rng.choice((1, 3))
    return lambda: read_image(path, channels)


NAMES = (
    "a/1.png", "a/2.png", "b/1.png", "../up.png", "/abs.png", "a/../../up.png", "..\\up.png",
    "C:\\x.png", "a/./b.png", "", ".", "..", "a//b.png", "a\nb.png", "a\x1b[2Jb.png", "x" * 300,
    "é/ü.png", "a", "a/1.png/b", "outside", "~/x", "con", " ", "a/..",
)  # fmt: skip


def archive(rng: random.Random, folder: Path) -> Read:
    kind = rng.choice((".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"))
    file = io.BytesIO()
    _, content = rng.choice(_images())
    hostile = rng.random() < 0.6
    chosen = [f"{'ab'[i % 2]}/{i}.png" for i in range(4)]
    chosen[rng.randrange(4)] = rng.choice(NAMES) if hostile else "a/last.png"
    if kind == ".zip":
        with zipfile.ZipFile(file, "w") as zipped, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a name may stand twice: that is the case
            for name in chosen:
                info = zipfile.ZipInfo(name or "x")
                modes = (0, 0o100644, *((0o120777, 0o060644) if rng.random() < 0.1 else ()))
                info.external_attr = rng.choice(modes) << 16
                zipped.writestr(info, content)
    else:
        mode = {".tar": "w", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}.get(kind, "w:gz")
        with tarfile.open(fileobj=file, mode=mode) as tar:
            for name in chosen:
                info = tarfile.TarInfo(name)
                info.type = tarfile.REGTYPE
                if hostile:
                    info.type = rng.choice((b"0",) * 20 + (b"2", b"1", b"3", b"6", b"5", b"L"))
                info.linkname = rng.choice(NAMES)
                info.size = len(content) if info.isreg() else 0
                tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
    data = file.getvalue()
    path = folder / f"x{kind}"
    path.write_bytes(damaged(rng, data) if rng.random() < 0.4 else data)
    return lambda: unpacked(path, folder / "kept")


def shard(rng: random.Random, folder: Path) -> Read:
    labels = (b"0", b"1", b"1", b"-1", b"x", b"9" * 30, b"", b"1e3", b"[" * 2000)
    odd = rng.random() < 0.5
    for part in ("train", "test"):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w") as tar:
            for i in range(3):
                fields = {"png": _images()[0][1], rng.choice(("cls", "cls", "json")): b""}
                for field in fields:
                    label = rng.choice(labels) if odd and rng.random() < 0.2 else labels[i % 2]
                    said = b'{"label": ' + label + b"}" if field == "json" else label
                    content = fields[field] or said
                    name = rng.choice(NAMES) if odd and rng.random() < 0.1 else f"{i:03d}"
                    info = tarfile.TarInfo(f"{name}.{field}")
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
        data = file.getvalue()
        (folder / f"{part}.tar").write_bytes(damaged(rng, data) if rng.random() < 0.3 else data)
    said = f"{folder}/train.tar::{folder}/test.tar"
    return lambda: list_webdataset(said, folder / "kept", offline=True)
