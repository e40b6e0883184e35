"""Whether the network may be asked: one answer for data sets, hub sets and pretrained weights."""

from __future__ import annotations

import os

FORBIDS = "BAKEOFF_OFFLINE"


def forbidden() -> bool:
    """True where $BAKEOFF_OFFLINE says that nothing is to be fetched ("" and "0" do not)."""
    return os.environ.get(FORBIDS, "0") not in ("", "0")
