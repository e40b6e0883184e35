"""One way of writing where a data set lies. Light: no torch, and the disk is not touched."""

from __future__ import annotations

from pathlib import PurePath

_PATHS = ("folder", "imagenet", "idx")


def same_place(name: str) -> str:
    """`name` as it is compared and recorded: folder:./x//y/ is folder:x/y.

    Where a step "..", a link or another working folder leads is not asked.
    """
    kind, colon, place = name.partition(":")
    if colon and place and kind in _PATHS:
        parts = (str(PurePath(part)) if part else "" for part in place.split("::"))
        return f"{kind}:{'::'.join(parts)}"
    if not colon and "/" in name:
        path = str(PurePath(name))
        return path if "/" in path else f"./{path}"
    return name
