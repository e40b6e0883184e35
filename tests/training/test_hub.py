"""Pretrained weights by timm's own hub code: from a cache as the hub lays it out, or not at all."""

import dataclasses
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

from bakeoff.training.hub import WeightsUnavailable, reachable_weights

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
    hubs = ("HF_", "HUGGINGFACE_", "BAKEOFF_OFFLINE")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(hubs)}
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
@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "BAKEOFF_OFFLINE"])
def test_a_cached_tag_is_loaded_offline_and_gets_a_new_head(tmp_path, cached, init, variable):
    done, found = built(tmp_path, init, **{variable: "1"})
    assert found is not None, done.stderr
    different = {key for key in cached if not torch.equal(cached[key], found[key])}
    assert different == {"fc.weight", "fc.bias"}
    assert found["fc.weight"].shape[0] == 7


def test_grey_images_sum_the_first_layer_as_timm_does(tmp_path, cached):
    done, found = built(tmp_path, channels=1, HF_HUB_OFFLINE="1")
    assert found is not None, done.stderr
    [first] = [key for key in cached if key.endswith("weight") and cached[key].shape[1:2] == (3,)]
    torch.testing.assert_close(found[first], cached[first].sum(1, keepdim=True))


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "BAKEOFF_OFFLINE"])
def test_offline_and_not_cached_is_one_clear_line_and_nobody_is_asked(tmp_path, variable):
    with socket.socket() as hub:
        hub.bind(("127.0.0.1", 0))
        hub.listen()
        hub.settimeout(0)
        endpoint = f"http://127.0.0.1:{hub.getsockname()[1]}"
        done, found = built(tmp_path, HF_ENDPOINT=endpoint, **{variable: "1"})
        with pytest.raises(BlockingIOError):  # nobody has called
            hub.accept()
    assert found is None
    assert f"are not in the hub's cache, and {variable} is set" in done.stderr
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("kept", [False, True])
def test_weights_that_lie_at_an_address_are_not_fetched_offline(tmp_path, monkeypatch, kept):
    """Some of timm's tags name no hub: their weights come from a web server, into torch's cache."""
    monkeypatch.setenv("BAKEOFF_OFFLINE", "1")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    there = timm.get_pretrained_cfg("test_resnet.r160_in1k")
    address = dataclasses.replace(there, hf_hub_id=None, url="https://127.0.0.1/of/weights-1.pth")
    monkeypatch.setattr(timm, "get_pretrained_cfg", lambda _: address)
    if kept:
        (tmp_path / "checkpoints").mkdir()
        (tmp_path / "checkpoints" / "weights-1.pth").touch()
        assert reachable_weights("test_resnet.r160_in1k") == {}
        return
    with pytest.raises(WeightsUnavailable, match="not in torch's cache, and BAKEOFF_OFFLINE is"):
        reachable_weights("test_resnet.r160_in1k")


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
