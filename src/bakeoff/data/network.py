"""Whether the network may be asked: one answer for data sets, hub sets and pretrained weights."""

from __future__ import annotations

import os
import socket
import urllib.error

FORBIDS = "BAKEOFF_OFFLINE"


def forbidden() -> bool:
    """True where $BAKEOFF_OFFLINE says that nothing is to be fetched ("" and "0" do not)."""
    return os.environ.get(FORBIDS, "0") not in ("", "0")


def why_unreachable(error: OSError | ValueError) -> str:
    """What kept an address from answering, in words and without the system's error number."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, socket.gaierror):
        return "its name cannot be resolved, as on a machine without a network"
    return (reason.strerror if isinstance(reason, OSError) else None) or str(reason)
