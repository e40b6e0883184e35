"""Small documents as people paste them, sound and with one error, kept apart: seen while rules and
readers were mended, and unseen until they were measured.

A bundle holds documents one after another, each under a line "=== NAME sound|wrong".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
_HEAD = re.compile(r"^=== (\S+) (sound|wrong)$", re.MULTILINE)


@dataclass(frozen=True)
class Sibling:
    """One document; wrong: it holds one provable error."""

    name: str
    wrong: bool
    text: str

    @property
    def id(self) -> str:
        """A name that no other of the bundle has."""
        return f"{'wrong' if self.wrong else 'sound'}-{self.name}"


def bundle(name: str) -> list[Sibling]:
    """The documents of "seen" or "unseen"."""
    parts = _HEAD.split((HERE / f"{name}.txt").read_text(encoding="utf-8"))
    assert not parts[0].strip()
    return [
        Sibling(file, kind == "wrong", text.removeprefix("\n"))
        for file, kind, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    ]
