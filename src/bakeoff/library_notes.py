"""What libraries warn of, as one line each: no paths of the installation, no repeats.

    with library_notes():
        …                                 Python's warnings and logging, told on stderr

    note: pyarrow warns: the file's footer is older than its data

Which warnings are shown is still Python's to say (`-W`, PYTHONWARNINGS): only their form changes,
and with `-W error` they are errors as ever.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

LONGEST = 300
"""Characters of a library's text that are shown."""

MOST = 20
"""Notes of one command; a library that warns in a loop does not fill the screen."""

_NAMES = {"PIL": "Pillow"}
_TOLD_ELSEWHERE = ("PIL",)
"""Loggers whose word `bakeoff.data.images` passes on with the file's name."""

Say = Callable[[str], None]


def _on_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


class _Notes:
    """Says each text of each library once, and MOST of them."""

    def __init__(self, say: Say) -> None:
        self.open = True
        self._say = say
        self._said: set[tuple[str, str]] = set()

    def __call__(self, library: str, text: str) -> None:
        shown = "".join(c if c.isprintable() else " " for c in text)
        shown = " ".join(shown.split())
        if len(shown) > LONGEST:
            shown = f"{shown[: LONGEST - 1]}…"
        if (library, shown) in self._said or len(self._said) > MOST:
            return
        self._said.add((library, shown))
        if len(self._said) > MOST:
            self._say("note: libraries warn of more; --debug shows everything")
        else:
            self._say(f"note: {library} warns: {shown}")


class _Handler(logging.Handler):
    """Notes what is logged as a warning or worse."""

    def __init__(self, notes: _Notes) -> None:
        super().__init__(logging.WARNING)
        self._notes = notes

    def emit(self, record: logging.LogRecord) -> None:
        library = record.name.partition(".")[0]
        if library in _TOLD_ELSEWHERE:
            return
        try:
            text = record.getMessage()
        except Exception:  # a library's own mistake in its format
            text = str(record.msg)
        if record.name == "py.warnings":  # path:line: Kind: text, then the source line
            where, _, text = text.partition("\n")[0].partition(": ")
            self._notes(_library_of(where.rpartition(":")[0]), text.partition(": ")[2])
            return
        self._notes(_NAMES.get(library, library), text)


def _writes_to_terminal(handler: logging.Handler) -> bool:
    streams = (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)
    return getattr(handler, "stream", handler) in streams  # torch's is no StreamHandler


def _library_of(filename: str) -> str:
    """The package that a source file belongs to, as a user knows it."""
    parts = Path(filename).parts
    for folder in ("site-packages", "dist-packages"):
        if folder in parts[:-1]:
            name = parts[parts.index(folder) + 1].removesuffix(".py")
            return _NAMES.get(name, name)
    if filename.startswith("<") or Path(filename).is_relative_to(Path(os.__file__).parent):
        return "Python"
    return "bakeoff" if "bakeoff" in parts else Path(filename).stem


@contextmanager
def library_notes(say: Say = _on_stderr) -> Iterator[None]:
    """Inside, warnings and logged warnings of libraries reach `say` as one line each.

    Loggers that libraries create inside keep their handlers, except those that write to the
    terminal: most libraries bring one, with a format of their own. What is less than a warning is
    not for the terminal.
    """
    notes = _Notes(say)
    handler = _Handler(notes)

    def showwarning(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        notes(_library_of(filename), str(message) or category.__name__)

    before = logging.getLoggerClass()

    class Logger(before):  # type: ignore[valid-type, misc]
        """A library's, whose handlers on the terminal are replaced by ours."""

        def callHandlers(self, record: logging.LogRecord) -> None:
            if not notes.open:
                super().callHandlers(record)
                return
            current: Any = self
            heard = found = False
            while current is not None:
                for own in current.handlers:
                    found = True
                    if record.levelno < own.level:
                        continue
                    if own is handler or _writes_to_terminal(own):
                        heard = True
                    else:
                        own.handle(record)
                current = current.parent if current.propagate else None
            if (heard or not found) and record.levelno >= handler.level:
                handler.handle(record)

    shown, last_resort = warnings.showwarning, logging.lastResort
    root = logging.getLogger()
    warnings.showwarning = showwarning
    logging.lastResort = handler
    logging.setLoggerClass(Logger)
    root.addHandler(handler)
    try:
        yield
    finally:
        notes.open = False
        root.removeHandler(handler)
        logging.setLoggerClass(before)
        logging.lastResort = last_resort
        warnings.showwarning = shown
