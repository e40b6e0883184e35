"""Pretrained weights through timm's own hub code, without waiting for a hub that is not there.

The hub's client looks at the network first and tries for more than a minute, even when the
weights lie in its cache. So the cache is looked at first here, and the hub is asked once, briefly.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import timm
from huggingface_hub import constants, hf_hub_url, try_to_load_from_cache

from bakeoff.errors import UsageError

ADVICE = "Connect to the network once, or fill the hub's cache, or use --init scratch"
ANSWER_SECONDS = 5.0
FILE_NAMES = ("model.safetensors", "pytorch_model.bin")


class WeightsUnavailable(UsageError):
    """Pretrained weights cannot be had: no network, no answer in time, or an incomplete cache."""


def reachable_weights(full_name: str) -> dict[str, Any]:
    """What timm needs to know to load `model.tag`: the cached file, or nothing if the hub answers.

    Raises WeightsUnavailable, after ANSWER_SECONDS at most, when they are neither cached nor to
    be reached.
    """
    config = timm.get_pretrained_cfg(full_name)
    repository = config.hf_hub_id
    if not repository:
        return {}
    for name in FILE_NAMES:
        cached = try_to_load_from_cache(repository, name)
        if isinstance(cached, str):
            return {"file": cached}
    if constants.HF_HUB_OFFLINE:
        raise WeightsUnavailable(
            f"pretrained weights {full_name} are not in the hub's cache, and HF_HUB_OFFLINE is set",
            ADVICE,
        )
    url = hf_hub_url(repository, FILE_NAMES[0])
    try:
        request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - the hub's own address
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS):  # noqa: S310
            return {}
    except urllib.error.HTTPError:
        return {}  # it answers; what it refuses, its client explains better
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise WeightsUnavailable(
            f"pretrained weights {full_name} cannot be reached: "
            f"{constants.ENDPOINT} does not answer ({reason})",
            ADVICE,
        ) from error
