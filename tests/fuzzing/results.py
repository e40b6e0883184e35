"""What runs left: records, manifests, predictions, tables of results."""

from __future__ import annotations

import io
import json
import random
from functools import cache
from pathlib import Path

import numpy as np

from bakeoff.comparison import compare
from bakeoff.records.manifest import load_manifest
from bakeoff.records.predictions import Predictions
from bakeoff.records.store import load_record
from bakeoff.reporting import report
from fuzzing.mutations import altered, damaged, hurt_text
from fuzzing.oracle import Read

MEASURED = Path(__file__).parents[2] / "docs" / "results" / "flips"


@cache
def _measured(name: str) -> str:
    return next(iter(sorted(MEASURED.rglob(name)))).read_text()


def record(rng: random.Random, folder: Path) -> Read:
    """A hurt record beside a sound one: read, compared, and now and then reported."""
    sound = _measured("record.json")
    if rng.random() < 0.4:
        hurt = hurt_text(rng, [sound])
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
    (folder / "bakeoff.json").write_bytes(hurt_text(rng, [sound]) if rng.random() < 0.4 else hurt)
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
    path.write_bytes(
        hurt_text(rng, [runs, images, "epoch,train_loss,eval_top1\n0,1.0,80\n1,0.5,90\n"])
    )
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
