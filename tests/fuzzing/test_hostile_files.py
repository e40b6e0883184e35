"""Whatever a file holds, it is read or refused in one line with advice, soon, and in its place.

More cases: `python -m benchmarks.fuzz`. `docs/reliability.md` says how many were run.
"""

import hashlib
import io
import lzma
import tarfile
import warnings

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bakeoff.auditing import audit
from bakeoff.comparison import compare
from bakeoff.data.archive import unpacked
from bakeoff.data.images import decode_image
from bakeoff.errors import BadFile, NotComparable, UsageError
from bakeoff.records.predictions import Predictions
from bakeoff.training import checkpoint
from fuzzing.oracle import Yard, attempt
from fuzzing.targets import TARGETS
from fuzzing.texts import CLAIMS


@pytest.fixture(scope="module")
def yard(tmp_path_factory):
    return Yard(tmp_path_factory.mktemp("fuzz") / "yard")


@pytest.mark.parametrize("kind", TARGETS)
def test_a_hostile_file_is_read_or_refused_in_one_line(kind, yard, monkeypatch):
    monkeypatch.chdir(yard.outside)
    warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
    refused = 0
    for seed in range(25):
        found = attempt(TARGETS[kind], seed, yard)
        assert not found.bad, f"python -m benchmarks.fuzz --only {kind}:{seed}: {found.bad}"
        refused += bool(found.refused)
    assert refused, "nothing that was thrown at it was hostile"


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(kind=st.sampled_from(sorted(TARGETS)), seed=st.integers(10**6, 10**9))
def test_any_seed_of_any_kind_is_survived(kind, seed, yard, monkeypatch):
    monkeypatch.chdir(yard.outside)
    warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
    assert not attempt(TARGETS[kind], seed, yard).bad


def test_the_oracle_sees_what_it_is_there_to_see(yard, monkeypatch):
    monkeypatch.chdir(yard.outside)

    def crash(rng, folder):
        return lambda: 1 // 0

    def stray(rng, folder):
        return lambda: (folder.parent / "up").write_text("x")

    def lines(rng, folder):
        error = UsageError("x", "y")
        error.args = ("two\nlines",)
        return lambda: (_ for _ in ()).throw(error)

    def silent(rng, folder):
        return lambda: (_ for _ in ()).throw(UsageError("no advice", ""))

    for target, bad in (
        (crash, "ZeroDivisionError"),
        (lines, "not one printable line"),
        (silent, "no advice"),
        (stray, "outside its folder"),
    ):
        assert bad in attempt(target, 0, yard).bad
    (yard.root / "up").unlink()


# What the fuzzer found, each once; all of it ended in another exception, or in the system's
# killing the process.

SOUND = {
    "label": np.arange(6) % 3,
    "top5_class": np.zeros((6, 3), int),
    "top5_probability": np.full((6, 3), 0.3),
    "nll": np.ones(6),
}
ODD = {
    "a number for labels": {"label": np.float64(1)},
    "fractional labels": {"label": np.full(6, 0.5)},
    "complex losses": {"nll": np.ones(6, complex)},
    "a flat ranking": {"top5_class": np.zeros(6, int)},
    "no class at all": {"top5_class": np.zeros((6, 0), int)},
    "no image at all": {key: value[:0] for key, value in SOUND.items()},
    "a negative class": {"label": np.full(6, -1)},
    "times": {"label": np.arange(6).astype("datetime64[s]")},
    "other lengths": {"nll": np.ones(5)},
    "other shape of probabilities": {"top5_probability": np.ones((6, 2))},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_predictions_are_refused(tmp_path, odd):
    np.savez(tmp_path / "predictions.npz", **{**SOUND, **odd})
    with pytest.raises(BadFile):
        Predictions.load(tmp_path)


@pytest.mark.parametrize(
    "odd",
    [
        {"logits": np.ones(6)},
        {"logits": np.ones((6, 2))},
        {"logits": np.ones((6, 3), complex)},
        {"probabilities": np.ones((6, 0))},
        {"prediction": np.float64(2)},
        {"prediction": np.ones((6, 1), int)},
        {"top5_class": np.array(3)},
        {"prediction": np.arange(6), "nll": np.ones(6, complex)},
        {"prediction": np.zeros(6, dtype=[("a", "i4")])},
    ],
    ids=str,
)
def test_odd_predictions_of_others_are_refused(tmp_path, odd):
    np.savez(tmp_path / "a-seed-0.npz", label=np.arange(6) % 3, **odd)
    with pytest.raises(UsageError):
        compare(tmp_path / "a-seed-0.npz")


def test_a_table_of_strange_columns_is_refused_in_one_short_line(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(",".join(f"\x1b[31m{'x' * 500}{i}" for i in range(300)) + "\n")
    with pytest.raises(UsageError, match="has columns") as refused:
        compare(path)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 1500


STATES = {"a list": [], "a number": 3, "a tensor": torch.ones(2), "a dict": {"step": 1}}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_a_checkpoint_of_something_else_is_refused(tmp_path, state):
    file = io.BytesIO()
    torch.save(state, file)
    payloads = [file.getvalue()[:-30], b"\x80\x04\xff", b"\x80\x02cos\n\xff\n."]
    if not isinstance(state, dict):
        payloads.append(file.getvalue())
    for payload in payloads:
        path = tmp_path / "step-1.checkpoint"
        path.write_bytes(checkpoint.MAGIC + hashlib.sha256(payload).digest() + payload)
        with pytest.raises(BadFile, match="holds"):
            checkpoint.load(path)


def test_damage_in_a_compressed_archive_is_the_archives_fault(tmp_path):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:xz", preset=lzma.PRESET_DEFAULT) as tar:
        info = tarfile.TarInfo("a/1.png")
        info.size = 50_000
        tar.addfile(info, io.BytesIO(np.random.default_rng(0).bytes(50_000)))
    for at in range(200, len(file.getvalue()), 4_001):
        content = bytearray(file.getvalue())
        content[at : at + 8] = b"\xff" * 8
        (tmp_path / "x.tar.xz").write_bytes(content)
        with pytest.raises(BadFile, match="damaged archive"):
            unpacked(tmp_path / "x.tar.xz", tmp_path / "kept")


def test_images_named_in_one_run_and_numbered_in_another_have_none_in_common(tmp_path):
    path = tmp_path / "t.csv"
    rows = ["arm,seed,image,label,prediction", "a,0,1,0,0", "a,0,2,1,1", "b,0,one,0,0", "b,0,,1,1"]
    path.write_text("\n".join(rows) + "\n")
    with pytest.raises(NotComparable, match="no test image in common"):
        compare(path)


def test_a_parquet_file_of_impossible_types_is_refused(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"arm": ["a", "b"] * 3, "seed": [0, 0, 1, 1, 2, 2], "accuracy": [90.0] * 6})
    file = io.BytesIO()
    pq.write_table(table, file)
    sound, refused = file.getvalue(), 0
    for at in range(4, len(sound), 3):
        hurt = bytearray(sound)
        hurt[at] ^= 0x55
        (tmp_path / "t.parquet").write_bytes(hurt)
        try:
            compare(tmp_path / "t.parquet")
        except UsageError:
            refused += 1
    assert refused


def test_a_claim_of_an_astronomic_percentage_is_answered(tmp_path):
    path = tmp_path / "claims.yaml"
    path.write_text(CLAIMS.replace("98.87 %", "980x1087 %"))
    assert audit(path).claims


def test_an_infinite_seed_is_a_name(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("arm,seed,image,label,prediction\na,inf,1,0,0\nb,inf,1,0,0\n")
    assert compare(path).comparisons


def test_a_table_of_images_without_rows_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("arm,seed,image,label,prediction\n")
    with pytest.raises(UsageError, match="no rows"):
        compare(path)


def test_an_infinite_test_set_is_of_unknown_size(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"{arm},{seed},{90 + seed},inf" for arm in "ab" for seed in range(3)]
    path.write_text("\n".join(["arm,seed,accuracy,test_images", *rows]) + "\n")
    assert compare(path).test_images is None


def test_an_animation_cut_at_any_place_is_read_or_refused(tmp_path):
    frames = [Image.fromarray(np.full((9, 9), level, np.uint8)) for level in (0, 99, 200)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    sound, refused = file.getvalue(), 0
    for end in range(1, len(sound)):
        try:
            decode_image(tmp_path / "x.gif", sound[:end], 1)
        except BadFile:
            refused += 1
    assert refused
