"""Every error a user can meet, in one tree.

    BakeoffError                 anything Bakeoff raises on purpose; one line that ends in advice
    ├── UsageError      exit 2   the request cannot be carried out as asked
    │   ├── UnknownName          a data set, recipe, model, device … that does not exist
    │   ├── BadFile              a file that cannot be read as what it should be (path, line)
    │   ├── BadData              images or labels that must not be trained or tested on
    │   ├── OutputError          an output folder that is read-only, full, or in use
    │   │   └── Busy             another process works on the same run; wait, or take the next one
    │   ├── NotComparable        results that must not be ranked against each other
    │   └── TooFewSeeds          a statistic that does not exist at this number of seeds
    ├── RunFailed       exit 3   a run started and did not end well; recorded as a failure
    │   ├── Diverged             loss or gradient is not finite
    │   ├── OutOfMemory          the batch does not fit on the device
    │   └── ProcessLost          another process of the run ended (training.distributed)
    └── Stopped         exit 143 (130 for Ctrl-C) asked to stop; state was saved first

Each message says what is wrong and what to do next. `BakeoffError.advice` holds the second part
on its own. Broken invariants of Bakeoff itself are `assert`s, not members of this tree.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LONGEST = 1000
"""Characters of a message; what is wrong can be said in fewer."""
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


class BakeoffError(Exception):
    """Anything Bakeoff raises on purpose.

    message: what is wrong, no full stop needed. advice: what to do next. Both become one printable
    line: what they quote of a stranger's file can neither break it nor move a terminal's cursor.
    """

    exit_code = 2
    told_elsewhere = False
    """Of several processes, another one tells the user; this one needs not."""

    def __init__(self, message: str, advice: str) -> None:
        self.message = _one_line(message).rstrip(".")
        self.advice = _one_line(advice).rstrip(".")
        super().__init__(" ".join(_sentence(part) for part in (self.message, self.advice) if part))

    def __reduce__(self) -> tuple[Any, ...]:
        # Subclasses take other arguments; between processes an error travels as what it holds.
        return _rebuilt, (type(self), self.args, self.__dict__)


def _sentence(text: str) -> str:
    return text if text.endswith(("?", "!")) else f"{text}."


def _rebuilt(kind: type[BakeoffError], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


def _one_line(text: str) -> str:
    """Line breaks as blanks, other characters that are not seen as escapes; at most LONGEST."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST - 100]} … {text[-99:]}"
    if text.isprintable():
        return text
    text = " ".join(text.splitlines())
    return "".join(
        c if unicodedata.category(c) not in _HIDDEN else c.encode("unicode_escape").decode()
        for c in text
    )


def first_line(error: BaseException) -> str:
    """The first line of another library's error; the name of its type where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class UsageError(BakeoffError):
    """The request cannot be carried out as asked."""


class UnknownName(UsageError):
    """A name that does not exist; offers the nearest that do."""

    def __init__(self, kind: str, name: str, known: Iterable[str], advice: str = "") -> None:
        self.kind, self.name = kind, name
        known = sorted(known)
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        if not advice:
            advice = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known)}"
        super().__init__(f"no {kind} is called {name!r}", advice)


class BadFile(UsageError):
    """A file that cannot be read as what it should be."""

    def __init__(
        self, path: Path | str, what: str, advice: str, *, line: int | None = None
    ) -> None:
        self.path, self.line, self.what = Path(path), line, what
        where = f"{path}:{line}" if line is not None else f"{path}"
        super().__init__(f"{where}: {what}", advice)


class BadValue(ValueError):
    """A value of a file that its own checks refuse; whoever reads the file names the line."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.advice = advice


class BadData(UsageError):
    """Images or labels that must not be trained or tested on."""


class OutputError(UsageError):
    """An output folder that is read-only, full, or in use by another run."""


class Busy(OutputError):
    """Another process, here or on another machine, works on the same run."""


class NotComparable(UsageError):
    """Results that must not be ranked against each other; the message names each difference."""


class TooFewSeeds(UsageError):
    """A statistic that does not exist at this number of seeds."""


class RunFailed(BakeoffError):
    """A run started and did not end well."""

    exit_code = 3


class Diverged(RunFailed):
    """Loss or gradient is not finite; the update was not made."""


class OutOfMemory(RunFailed):
    """The batch does not fit on the device; Bakeoff never changes the batch size silently."""


class Stopped(BakeoffError):
    """Asked to stop by a signal; what was finished is saved."""

    exit_code = 143
