"""What was trained: checkpoints, and the weights of others."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import random
from functools import cache
from pathlib import Path

import torch

from bakeoff.training import checkpoint
from bakeoff.training.existing import load_existing
from fuzzing.mutations import altered, damaged, value
from fuzzing.oracle import Read


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
