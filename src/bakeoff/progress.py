"""How far long work is: said by whoever does it, shown by whoever asked to be told.

    with told(show):              the command line, a notebook
        for record in tracked(folders, "reading records"): …

Nobody listens unless asked to, and then this costs nothing worth measuring.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Teller = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and of how much."""

T = TypeVar("T")

_teller: ContextVar[Teller | None] = ContextVar("bakeoff_progress", default=None)


@contextmanager
def told(teller: Teller) -> Iterator[None]:
    """Call `teller` about all work that is done inside."""
    before = _teller.set(teller)
    try:
        yield
    finally:
        _teller.reset(before)


def tell(what: str, done: int, total: int) -> None:
    """Say that `done` of `total` parts of `what` are done; equal numbers say that it is over."""
    teller = _teller.get()
    if teller is not None:
        teller(what, done, total)


def tracked(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """The items, and before each one how many of them are done."""
    if total is None:
        items = items if isinstance(items, Sized) else list(items)
        total = len(items)
    for done, item in enumerate(items):
        tell(what, done, total)
        yield item
    tell(what, total, total)


def duration(seconds: float) -> str:
    """Seconds as a person says them: "45 s", "11 min", "2 h 5 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
