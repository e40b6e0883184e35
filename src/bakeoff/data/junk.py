"""What operating systems and tools leave among a user's images: known here, for every container."""

from __future__ import annotations

from pathlib import PurePosixPath

_LEFT_BEHIND = frozenset(
    {
        "__macosx",  # zip files made by macOS's Finder
        "@eadir",  # Synology's thumbnails
        "@synoresource",
        "@tmp",
        "#recycle",
        "#snapshot",
        "@recycle",  # QNAP's
        "@recently-snapshot",
        "$recycle.bin",
        "recycler",
        "system volume information",
        "lost+found",
        "found.000",  # Windows' own of it
        "__pycache__",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "icon\r",  # macOS's picture of a folder
    }
)


def is_hidden(name: str) -> bool:
    """Whether a file or folder is hidden: .DS_Store, ._cat.jpg, .ipynb_checkpoints, .git …"""
    return name.startswith(".")


def is_junk(name: str) -> bool:
    """Whether nobody meant a file or folder of this name to be data: hidden, or left behind."""
    return is_hidden(name) or name.lower() in _LEFT_BEHIND


def in_junk(path: PurePosixPath) -> bool:
    """Whether a relative path is junk, or lies in a folder that is."""
    return any(is_junk(part) for part in path.parts if part not in (".", ".."))
