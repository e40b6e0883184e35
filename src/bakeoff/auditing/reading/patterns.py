"""Patterns that are compiled when first needed, and not tried where they cannot match.

Most patterns of the readers begin with a choice of many words, which the engine tries at every
character. A text in which none of those words stands need not be tried at all, and looking for a
few words costs a hundredth of it. Which words every match holds is read off the pattern itself.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

Found = re.Match[str]
TRIED_BEFORE = 24
"""Texts that a pattern is tried on before its words are worked out, which costs a compilation."""

_EVERYWHERE = frozenset({
    " ", "-", "accurac", "accuracy", "data", "epoch", "error", "image", "images", "loss", "model",
    "result", "results", "set", "test", "train", "val",
})  # fmt: skip
"""Words that documents about results are full of: they rule nothing out."""


class Pattern:
    """A regular expression over text, as `re.compile` gives it, and lazy."""

    __slots__ = ("_compiled", "_tried", "_words", "flags", "pattern")

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self.pattern, self.flags = pattern, flags
        self._compiled: re.Pattern[str] | None = None
        self._words: tuple[str, ...] = ()
        self._tried = 0

    @property
    def compiled(self) -> re.Pattern[str]:
        """The compiled pattern."""
        if self._compiled is None:
            self._compiled = re.compile(self.pattern, self.flags)
        return self._compiled

    def absent(self, s: str) -> bool:
        """True if no match can be in `s`; False promises nothing."""
        if self._tried < TRIED_BEFORE:
            self._tried += 1
            if self._tried == TRIED_BEFORE:
                self._words = words_of_every_match(self.pattern, self.flags)
            return False
        if not self._words:
            return False
        folded = _folded(s)
        for word in self._words:  # noqa: SIM110 (`any` over a generator costs twice as much)
            if word in folded:
                return False
        return True

    @property
    def words(self) -> tuple[str, ...]:
        """Case-folded words, one of which stands in every match; empty if there are none."""
        if self._tried < TRIED_BEFORE:
            self._tried = TRIED_BEFORE
            self._words = words_of_every_match(self.pattern, self.flags)
        return self._words

    def search(self, s: str, start: int = 0, end: int = sys.maxsize) -> Found | None:
        """As `re.Pattern.search`."""
        return None if self.absent(s) else self.compiled.search(s, start, end)

    def match(self, s: str, start: int = 0, end: int = sys.maxsize) -> Found | None:
        """As `re.Pattern.match`."""
        return self.compiled.match(s, start, end)

    def fullmatch(self, s: str, start: int = 0, end: int = sys.maxsize) -> Found | None:
        """As `re.Pattern.fullmatch`."""
        return self.compiled.fullmatch(s, start, end)

    def finditer(self, s: str, start: int = 0) -> Iterator[Found]:
        """As `re.Pattern.finditer`."""
        return iter(()) if self.absent(s) else self.compiled.finditer(s, start)

    def sub(self, put: str | Callable[[Found], str], s: str) -> str:
        """As `re.Pattern.sub`."""
        return s if self.absent(s) else self.compiled.sub(put, s)


class Choice:
    """Patterns that are mostly absent, all at once: those that `s` may hold a match of."""

    __slots__ = ("_always", "_by_word", "_patterns", "_tried")

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._patterns = tuple(patterns)
        self._by_word: dict[str, set[int]] = {}
        self._always: set[int] = set()
        self._tried = 0

    def possible(self, s: str) -> Iterable[int]:
        """Indices of the patterns that may match somewhere in `s`, ascending."""
        if self._tried < TRIED_BEFORE:
            self._tried += 1
            if self._tried == TRIED_BEFORE:
                self._sort_words()
            return range(len(self._patterns))
        folded = _folded(s)
        found = set(self._always)
        for word, indices in self._by_word.items():
            if word in folded:
                found |= indices
        return sorted(found)

    def promising(self, lines: Iterable[str]) -> Iterator[tuple[int, str]]:
        """The lines, with their indices, in which any of the patterns may match: for many lines
        that mostly hold nothing, since words that stand nowhere are not looked for in each."""
        lines = list(lines)
        if self._tried < TRIED_BEFORE:
            self._tried += len(lines)
            if self._tried < TRIED_BEFORE:
                yield from enumerate(lines)
                return
            self._sort_words()
        folded = [line.casefold() for line in lines]
        whole = "\n".join(folded)
        words = [word for word in self._by_word if word in whole]
        for index, line in enumerate(folded if words or self._always else ()):
            if self._always or any(word in line for word in words):
                yield index, lines[index]

    def _sort_words(self) -> None:
        for index, pattern in enumerate(self._patterns):
            if not pattern.words:
                self._always.add(index)
            for word in pattern.words:
                self._by_word.setdefault(word, set()).add(index)


@lru_cache(maxsize=4)
def _folded(s: str) -> str:
    return s.casefold()


def words_of_every_match(pattern: str, flags: int = 0) -> tuple[str, ...]:
    """Case-folded words, one of which stands in every match; empty if the pattern has none."""
    try:
        parser = importlib.import_module("re._parser")
        return tuple(sorted(_words(parser.parse(pattern, flags)) or ()))
    except (ImportError, AttributeError, TypeError, ValueError):  # not in this Python: no shortcut
        return ()


def _words(sequence: Iterable[tuple[Any, Any]]) -> set[str] | None:
    """The best choice of words of a sequence of parsed items: rare, long and few ones."""
    choices: list[set[str]] = []
    run = ""
    for op, value in sequence:
        name = str(op)
        if name == "LITERAL":
            run += chr(value)
            continue
        if name in {"AT", "ASSERT", "ASSERT_NOT"}:  # of no width: what is beside it adjoins
            continue
        choices += [{run.casefold()}] if run else []
        run = ""
        inner = _inner(name, value)
        choices += [inner] if inner else []
    choices += [{run.casefold()}] if run else []
    return max(choices, key=_worth, default=None)


def _worth(words: set[str]) -> tuple[bool, int, int]:
    return words.isdisjoint(_EVERYWHERE), min(map(len, words)), -len(words)


def _inner(name: str, value: Any) -> set[str] | None:
    """The words of what an item holds, None if it may be empty or anything."""
    if name == "SUBPATTERN":
        return _words(value[-1])
    if name == "ATOMIC_GROUP":
        return _words(value)
    if name in {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}:
        return _words(value[2]) if value[0] > 0 else None
    if name == "BRANCH":
        found = [_words(part) for part in value[1]]
        return {word for part in found for word in part or ()} if all(found) else None
    return None
