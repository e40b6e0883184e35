"""Pretrained weights by timm's own hub code: from a cache as the hub lays it out, or not at all."""

import hashlib
import json
import os
import socket
import subprocess
import sys

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file

REVISION = "0123456789abcdef0123456789abcdef01234567"
REPOSITORY = "models--timm--test_resnet.r160_in1k"
BUILD = """
import sys
from safetensors.torch import save_file
from bakeoff.errors import UsageError
from bakeoff.training.model import build
try:
    built = build("test_resnet", classes=7, channels=int(sys.argv[2]), init=sys.argv[1])
except UsageError as error:
    sys.exit(str(error))
save_file(built.module.state_dict(), sys.argv[3])
"""


def built(tmp_path, init="timm:default", channels=3, **environment):
    """Build a network in a process of its own: the hub's client reads its settings once."""
    out = tmp_path / "built.safetensors"
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGINGFACE_"))}
    done = subprocess.run(
        [sys.executable, "-c", BUILD, init, str(channels), str(out)],
        capture_output=True, text=True, timeout=200,
        env={**clean, "HF_HOME": str(tmp_path / "hf"), "OMP_NUM_THREADS": "1", **environment},
    )  # fmt: skip
    return done, load_file(out) if out.exists() else None


@pytest.fixture
def cached(tmp_path):
    """The hub's own layout: a blob by its hash, a snapshot that links to it, a branch."""
    torch.manual_seed(11)
    weights = timm.create_model("test_resnet").state_dict()
    repository = tmp_path / "hf" / "hub" / REPOSITORY
    blobs, snapshot = repository / "blobs", repository / "snapshots" / REVISION
    for folder in (blobs, snapshot, repository / "refs"):
        folder.mkdir(parents=True)
    save_file(weights, tmp_path / "model.safetensors")
    digest = hashlib.sha256((tmp_path / "model.safetensors").read_bytes()).hexdigest()
    (tmp_path / "model.safetensors").rename(blobs / digest)
    (snapshot / "model.safetensors").symlink_to(f"../../blobs/{digest}")
    (snapshot / "config.json").write_text(json.dumps({"architecture": "test_resnet"}))
    (repository / "refs" / "main").write_text(REVISION)
    return weights


@pytest.mark.parametrize("init", ["timm:default", "timm:r160_in1k"])
def test_a_cached_tag_is_loaded_offline_and_gets_a_new_head(tmp_path, cached, init):
    done, found = built(tmp_path, init, HF_HUB_OFFLINE="1")
    assert found is not None, done.stderr
    different = {key for key in cached if not torch.equal(cached[key], found[key])}
    assert different == {"fc.weight", "fc.bias"}
    assert found["fc.weight"].shape[0] == 7


def test_grey_images_sum_the_first_layer_as_timm_does(tmp_path, cached):
    done, found = built(tmp_path, channels=1, HF_HUB_OFFLINE="1")
    assert found is not None, done.stderr
    [first] = [key for key in cached if key.endswith("weight") and cached[key].shape[1:2] == (3,)]
    torch.testing.assert_close(found[first], cached[first].sum(1, keepdim=True))


def test_offline_and_not_cached_is_one_clear_line(tmp_path):
    done, found = built(tmp_path, HF_HUB_OFFLINE="1")
    assert found is None
    assert "are not in the hub's cache, and HF_HUB_OFFLINE is set" in done.stderr
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


def test_a_hub_that_never_answers_is_given_up(tmp_path):
    """A server that takes the connection and says nothing; without a limit this would hang."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        done, found = built(tmp_path, HF_ENDPOINT=endpoint)
    assert found is None
    assert f"{endpoint} does not answer (timed out)" in done.stderr


def test_an_unknown_tag_offers_those_there_are(tmp_path):
    done, found = built(tmp_path, "timm:r160_in1", HF_HUB_OFFLINE="1")
    assert found is None
    assert "Did you mean r160_in1k" in done.stderr
