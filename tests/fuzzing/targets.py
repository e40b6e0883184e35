"""Every kind of file that Bakeoff reads from strangers, and who reads it."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import pickle
import random
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from audit.corpus.hostile import case as hostile_document
from bakeoff.audit import audit
from bakeoff.bakeoffs.file import read_spec
from bakeoff.comparison import compare
from bakeoff.data import load as load_data
from bakeoff.data.archive import unpacked
from bakeoff.data.facts import DataFacts
from bakeoff.data.idx import read_idx
from bakeoff.data.images import read_image
from bakeoff.data.webdataset_sets import list_webdataset
from bakeoff.recipes import load, scale
from bakeoff.recipes.loading import LIBRARY
from bakeoff.records.manifest import load_manifest
from bakeoff.records.predictions import Predictions
from bakeoff.records.store import load_record
from bakeoff.report import report
from bakeoff.training import checkpoint
from bakeoff.training.existing import load_existing
from fuzzing.mutations import TOKENS, altered, damaged, nested, reworded, soup, value
from fuzzing.oracle import Target

ROOT = Path(__file__).parents[2]
MEASURED = ROOT / "docs" / "results" / "flips"
Read = Callable[[], object]


def _text(rng: random.Random, sound: list[str]) -> bytes:
    """A hurt text: mostly one that was sound."""
    kind = rng.randrange(8)
    if kind == 0:
        return rng.randbytes(rng.randint(0, 300))
    if kind == 1:
        text = soup(rng, TOKENS)
    elif kind == 2:
        text = nested(rng)
    else:
        text = reworded(rng, rng.choice(sound))
    return text.encode(rng.choice(("utf-8",) * 6 + ("utf-16", "latin-1")), "replace")


@cache
def _recipes() -> list[str]:
    return [path.read_text() for path in sorted(LIBRARY.glob("*.yaml"))]


@cache
def _mnist() -> DataFacts:
    return DataFacts(
        name="mnist", title="MNIST", train_images=60_000, test_images=10_000, classes=10,
        class_names=tuple("0123456789"), channels=3, height=28, width=28, mean=(0.1,) * 3,
        std=(0.3,) * 3, train_hash="a", test_hash="b",
    )  # fmt: skip


def recipe(rng: random.Random, folder: Path) -> Read:
    path = folder / "x.yaml"
    path.write_bytes(_text(rng, _recipes()))
    images = rng.choice((1, 1000, 10**12))
    return lambda: scale(load(path), data=_mnist(), images=images)


BAKEOFF = """name: mine
question: which one?
data: mnist
model: resnet50
init: scratch
channels: 3
arms:
  - standard
  - {recipe: rsb-a3, name: a3, pin: {optimizer.lr: 0.01}, init: timm:default, optional: true}
seeds: [0, 1, 2]
budget: 20000images
full: 5epochs
paired: true
published: [rsb-a3]
"""


@cache
def _bakeoffs() -> list[str]:
    return [BAKEOFF, "data: mnist\nablate: rsb-a2\nseeds: 3\n"] + [
        (ROOT / "examples" / f"{name}.yaml").read_text() for name in ("flips", "insights")
    ]


def bakeoff_file(rng: random.Random, folder: Path) -> Read:
    path = folder / "x.yaml"
    path.write_bytes(_text(rng, _bakeoffs()))
    return lambda: read_spec(path)


CLAIMS = """bakeoff: claims
source: README.md
context: {model: resnet50, dataset: mnist, experiment: ours}
claims:
  - metric: accuracy
    number: 98.87 %
    split: validation
    epoch: 5
    line: 16
  - {metric: loss, number: 0.0011, split: validation, epoch: 5, line: 15}
  - {metric: accuracy, number: 95.2, unit: percent, spread: 0.3, spread_kind: sd, runs: 3}
  - {metric: init, word: pretrained, line: 8}
  - {metric: accuracy, number: 95.0, interval: [94.9, 95.5], level: 0.95, operands: [93.2, 94.5]}
suppress:
  - {rule: loss-floor, because: the loss was summed over batches, lines: 15}
"""


def claims(rng: random.Random, folder: Path) -> Read:
    path = folder / "claims.yaml"
    path.write_bytes(_text(rng, [CLAIMS]))
    return lambda: audit(path)


def document(rng: random.Random, folder: Path) -> Read:
    name, content = hostile_document(rng)
    path = folder / name
    path.write_bytes(content)
    return lambda: audit(path)


@cache
def _measured(name: str) -> str:
    return next(iter(sorted(MEASURED.rglob(name)))).read_text()


def record(rng: random.Random, folder: Path) -> Read:
    """A hurt record beside a sound one: read, compared, and now and then reported."""
    sound = _measured("record.json")
    if rng.random() < 0.4:
        hurt = _text(rng, [sound])
    else:
        hurt = json.dumps(altered(rng, json.loads(sound))).encode()
    for arm, content in (("a", sound.encode()), ("b", hurt)):
        (folder / arm / "seed-0").mkdir(parents=True)
        (folder / arm / "seed-0" / "record.json").write_bytes(content)
    kind = rng.randrange(250)
    if kind == 0:
        return lambda: report(folder)
    if kind < 100:
        return lambda: compare(folder)
    return lambda: load_record(folder / "b" / "seed-0")


def manifest(rng: random.Random, folder: Path) -> Read:
    sound = _measured("bakeoff.json")
    hurt = json.dumps(altered(rng, json.loads(sound))).encode()
    (folder / "bakeoff.json").write_bytes(_text(rng, [sound]) if rng.random() < 0.4 else hurt)
    return lambda: load_manifest(folder)


def _arrays(rng: random.Random) -> dict[str, np.ndarray]:
    n = rng.choice((0, 1, 20, 20, 20, 20, 20, 20))
    random_ = np.random.default_rng(3)
    found = {
        "label": random_.integers(0, 10, n),
        "top5_class": random_.integers(0, 10, (n, 5)),
        "top5_probability": random_.uniform(size=(n, 5)),
        "nll": random_.uniform(size=n),
    }
    for name in rng.sample(list(found), rng.randrange(3)):
        found[name] = rng.choice(
            (
                lambda x: x.reshape(-1)[:1],
                lambda x: x[None],
                lambda x: np.float64(3.0),
                lambda x: x.astype(str),
                lambda x: x.astype(np.complex128),
                lambda x: np.full(x.shape, np.nan),
                lambda x: np.full(x.shape, -(2**40)),
                lambda x: x.astype("S3"),
                lambda x: x.astype("datetime64[s]") if x.dtype.kind == "i" else x,
                lambda x: np.zeros(x.shape, dtype=[("a", "i4")]),
                lambda x: x[: len(x) // 2],
            )
        )(found[name])
    if rng.random() < 0.2:
        del found[rng.choice(list(found))]
    return found


def predictions(rng: random.Random, folder: Path) -> Read:
    file = io.BytesIO()
    rng.choice((np.savez, np.savez_compressed))(file, **_arrays(rng))
    content = file.getvalue()
    path = folder / "arm" / "seed-0" / "predictions.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(damaged(rng, content) if rng.random() < 0.6 else content)
    if rng.random() < 0.5:
        return lambda: Predictions.load(path)
    other = folder / "other-seed-0.npz"
    labels = _arrays(random.Random(0))["label"]  # those of the other, unless it was changed
    np.savez(other, label=labels, prediction=np.arange(len(labels)) % 9)
    return lambda: compare([path, other])


def table(rng: random.Random, folder: Path) -> Read:
    """A results table given to `compare`."""
    runs = "arm,seed,accuracy,loss,status,test_images,images,seconds\n" + "".join(
        f"{arm},{seed},{90 + seed / 7:.2f},0.{seed}3,complete,10000,20000,12.5\n"
        for arm in ("a", "b")
        for seed in range(3)
    )
    images = "arm,seed,image,label,prediction,nll\n" + "".join(
        f"{arm},0,{i},{i % 3},{i % 4},0.{i}\n" for arm in ("a", "b") for i in range(12)
    )
    path = folder / rng.choice(("t.csv", "t.csv", "t.tsv", "summary.csv"))
    path.write_bytes(_text(rng, [runs, images, "epoch,train_loss,eval_top1\n0,1.0,80\n1,0.5,90\n"]))
    return lambda: compare(path)


def parquet(rng: random.Random, folder: Path) -> Read:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(pa.table({"arm": ["a", "b"] * 3, "seed": [0, 0, 1, 1, 2, 2],
                             "accuracy": [90.0, 91.0, 90.5, 91.5, 90.1, 91.1]}), file)  # fmt: skip
    path = folder / "t.parquet"
    path.write_bytes(damaged(rng, file.getvalue()))
    return lambda: compare(path)


def idx(rng: random.Random, folder: Path) -> Read:
    shape = rng.choice(((3, 4, 5), (7,), (2, 2)))
    content = bytes([0, 0, 8, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape)
    content += rng.randbytes(int(np.prod(shape)))
    zipped = rng.random() < 0.5
    if rng.random() < 0.3:
        content = damaged(rng, content)
    content = gzip.compress(content, 1) if zipped else content
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


class _Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("canary"),))  # in the folder that must stay empty


def _state(rng: random.Random) -> bytes:
    """A torch archive: sound, of odd content, or malicious."""
    kind = rng.randrange(5)
    state: object = {"fingerprint": "x", "identity": {}, "step": 1, "model": {"w": torch.ones(3)}}
    if kind == 0:
        state = _Evil()
    elif kind == 1:
        state = {"model": _Evil(), "step": 1}
    elif kind == 2:
        state = rng.choice(([], 3, "x", {"step": []}, torch.ones(2), {1: {2: _Evil()}}))
    file = io.BytesIO()
    if rng.random() < 0.15:
        return pickle.dumps(state, protocol=rng.choice((0, 2, 4)))
    torch.save(state, file, _use_new_zipfile_serialization=rng.random() < 0.8)
    return file.getvalue()


def checkpoint_file(rng: random.Random, folder: Path) -> Read:
    """A hurt checkpoint, half of them with a checksum that fits the hurt content."""
    payload = _state(rng)
    if rng.random() < 0.5:
        payload = damaged(rng, payload)
    content = checkpoint.MAGIC + hashlib.sha256(payload).digest() + payload
    if rng.random() < 0.5:
        content = damaged(rng, content)
    path = folder / "step-000000000001.checkpoint"
    path.write_bytes(content)
    if rng.random() < 0.5:
        return lambda: checkpoint.load_newest(folder, _one_line)
    return lambda: checkpoint.load(path)


def _one_line(text: str) -> None:
    if "\n" in text:
        raise AssertionError(text)


@cache
def _weights() -> tuple[bytes, bytes]:
    import timm
    from safetensors.torch import save

    state = timm.create_model("test_resnet", num_classes=3).state_dict()
    file = io.BytesIO()
    torch.save(state, file)
    return save(state, metadata={"model": "test_resnet"}), file.getvalue()


def weights(rng: random.Random, folder: Path) -> Read:
    """Somebody's weights, as safetensors or a torch file."""
    safe, torchs = _weights()
    if rng.random() < 0.5:
        path, content = folder / "w.safetensors", damaged(rng, safe)
        if rng.random() < 0.4:
            content = _with_other_header(rng, safe)
    else:
        path = folder / rng.choice(("w.pth", "w.pt", "w.bin", "w.pth.tar"))
        content = _state(rng) if rng.random() < 0.5 else damaged(rng, torchs)
    path.write_bytes(content)
    return lambda: load_existing(str(path), model="test_resnet")


def _with_other_header(rng: random.Random, content: bytes) -> bytes:
    length = int.from_bytes(content[:8], "little")
    header = altered(rng, json.loads(content[8 : 8 + length]))
    if isinstance(header, dict) and rng.random() < 0.3:
        header["__metadata__"] = {"model": "test_resnet", "bakeoff": json.dumps(value(rng))}
    written = json.dumps(header).encode()
    return len(written).to_bytes(8, "little") + written + content[8 + length :]


TARGETS: dict[str, Target] = {
    "recipe": recipe,
    "bake-off": bakeoff_file,
    "claims": claims,
    "document": document,
    "record": record,
    "manifest": manifest,
    "predictions": predictions,
    "table": table,
    "parquet": parquet,
    "idx": idx,
    "idx-set": idx_set,
    "image": image,
    "archive": archive,
    "shard": shard,
    "checkpoint": checkpoint_file,
    "weights": weights,
}
