"""Pretrained weights through timm's own hub code, without waiting for a hub that is not there.

The hub's client looks at the network first and tries for more than a minute, even when the
weights lie in its cache. So the cache is looked at first here, and the hub is asked once, briefly.
"""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import timm
import torch
from huggingface_hub import constants, hf_hub_url, try_to_load_from_cache

from bakeoff.data import network
from bakeoff.errors import UsageError

ADVICE = "Connect to the network once, or fill the hub's cache, or train with init scratch"
ANSWER_SECONDS = 5.0
FILE_NAMES = ("model.safetensors", "pytorch_model.bin")


class WeightsUnavailable(UsageError):
    """Pretrained weights cannot be had: no network, no answer in time, or an incomplete cache."""


def reachable_weights(full_name: str) -> dict[str, Any]:
    """What timm needs to know to load `model.tag`: the cached file, or nothing if the hub answers.

    Raises WeightsUnavailable, after ANSWER_SECONDS at most, when they are neither cached nor to
    be reached, and at once where $BAKEOFF_OFFLINE or $HF_HUB_OFFLINE forbids asking.
    """
    config = timm.get_pretrained_cfg(full_name)
    repository = config.hf_hub_id
    if not repository:
        if network.forbidden() and config.url and not _downloaded(config.url):
            raise _forbidden(full_name, "torch's", network.FORBIDS)
        return {}
    for name in FILE_NAMES:
        cached = try_to_load_from_cache(repository, name)
        if isinstance(cached, str):
            return {"file": cached}
    if by := forbidden_by():
        raise _forbidden(full_name, "the hub's", by)
    url = hf_hub_url(repository, FILE_NAMES[0])
    try:
        request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - the hub's own address
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS):  # noqa: S310
            return {}
    except urllib.error.HTTPError:
        return {}  # it answers; what it refuses, its client explains better
    except (OSError, ValueError) as error:
        raise WeightsUnavailable(
            f"pretrained weights {full_name} cannot be reached: "
            f"{constants.ENDPOINT} does not answer ({network.why_unreachable(error)})",
            ADVICE,
        ) from error


def forbidden_by() -> str:
    """The variable that forbids asking the hub; empty where none does."""
    if network.forbidden():
        return network.FORBIDS
    return "HF_HUB_OFFLINE" if constants.HF_HUB_OFFLINE else ""


def _downloaded(url: str) -> bool:
    """Whether torch keeps a copy of what lies at `url`, by the name that it gives it."""
    name = urllib.parse.urlsplit(url).path.rpartition("/")[2]
    return Path(torch.hub.get_dir(), "checkpoints", name).is_file()


def _forbidden(full_name: str, whose: str, by: str) -> WeightsUnavailable:
    return WeightsUnavailable(
        f"pretrained weights {full_name} are not in {whose} cache, and {by} is set", ADVICE
    )
