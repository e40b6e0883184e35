"""What trackers and queues say of a run's end, and what it means for a comparison."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from bakeoff.comparison import naming
from bakeoff.comparison.columns import as_text
from bakeoff.errors import UsageError

Status = Literal["complete", "failed", "incomplete", ""]

# Bakeoff, W&B, MLflow, Optuna, Ray, Slurm, ClearML, Kubernetes; in lower case, with spaces for
# hyphens and underscores. Any other word is an error: a failure must not pass for a result.
_FINISHED = frozenset(
    {"complete", "completed", "finished", "ok", "success", "successful", "succeeded", "done",
     "published", "passed"}
)  # fmt: skip
# Ray Tune calls a trial that ended well "terminated"; other tools, one that was ended.
_FINISHED_BY_RAY = frozenset({"terminated"})
_FAILED = frozenset(
    {"failed", "fail", "failure", "crashed", "crash", "error", "errored", "diverged", "nan",
     "nan loss", "killed", "out of memory", "oom", "oomkilled", "oom killed", "timeout",
     "timed out", "time out", "deadline", "aborted", "cancelled", "canceled", "preempted",
     "node fail", "boot fail", "evicted", "abandoned", "pruned", "early stopped", "exception"}
)  # fmt: skip
_UNFINISHED = frozenset(
    {"incomplete", "running", "stopped", "interrupted", "paused", "pending", "waiting", "queued",
     "scheduled", "created", "preempting", "suspended", "in progress", "starting", "completing",
     "configuring", "requeued", "unfinished", "active", "submitted"}
)  # fmt: skip
_YES = frozenset({"true", "yes", "1", "1.0"})
_NO = frozenset({"false", "no", "0", "0.0"})
_NOT_STATED = frozenset({"", "none", "null", "na", "n/a", "-", "<na>"})


def statuses(column: Sequence[Any], runs: Sequence[str]) -> list[tuple[Status, str]]:
    """(what it means, the word) of each run's cell; runs: how a message calls each.

    Raises UsageError for a word that nobody knows, or that means different things by different
    tools.
    """
    said = [as_text(value) for value in column]
    found = [_word(text) for text in said]
    others = [word for word in found if word in _FINISHED]
    read: list[tuple[Status, str]] = []
    for text, word, run in zip(said, found, runs, strict=True):
        if text.lower() in _NOT_STATED:
            read.append(("", ""))
        elif word in _FINISHED or (word in _FINISHED_BY_RAY and not others):
            read.append(("complete", word))
        elif word in _FAILED:
            read.append(("failed", word))
        elif word in _UNFINISHED:
            read.append(("incomplete", word))
        else:
            raise UsageError(
                f"{run} has the status {text[:40]!r}: did it finish?",
                "Write complete, failed or incomplete",
            )
    return read


def told_otherwise(name: Any, column: Sequence[Any]) -> list[str] | None:
    """The cells of a column that tells how runs ended, though not as a status: an exit code, a flag
    such as failed or finished, a phase or outcome, what went wrong; as words for `statuses`.

    None for any other column, and for one of such a name that holds anything else: `failed` may
    count test images, and `phase` be of training.
    """
    end = naming.tells_an_end(name)
    if end is None:
        return None
    cells = [as_text(value).strip() for value in column]
    plain = [cell.lower() for cell in cells]
    stated = [cell for cell in plain if cell not in _NOT_STATED]
    if not stated:
        return None
    if end == "message":
        told = ["" if cell in _NOT_STATED | _NO else cell for cell in plain]
        return ["failed" if cell else "" for cell in told] if all(map(_is_text, told)) else None
    if end == "word":
        known = _FINISHED | _FINISHED_BY_RAY | _FAILED | _UNFINISHED
        return cells if all(_word(cell) in known for cell in stated) else None
    if end == "exit code":
        if not all(re.fullmatch(r"-?\d+(?:\.0)?(?::\d+)?", cell) for cell in stated):
            return None
        good = {cell for cell in stated if not cell.strip("0:.")}
    elif not all(cell in _YES | _NO for cell in stated):
        return None
    else:
        good = set(_YES if end == "well" else _NO)
    unfinished = not {"finished", "done"}.isdisjoint(naming.words(name))
    otherwise = "incomplete" if unfinished else "failed"
    return [
        "" if cell in _NOT_STATED else "complete" if cell in good else otherwise for cell in plain
    ]


def _is_text(cell: str) -> bool:
    return not cell or re.search(r"[^\W\d_]{3}", cell) is not None


def _word(text: str) -> str:
    """FINISHED, TrialState.FAIL and "CANCELLED by 1000" as the sets above have them."""
    text = re.sub(r"^\w*(?:state|status)\.", "", text.strip(), flags=re.IGNORECASE)
    word = " ".join(re.sub(r"[-_]", " ", text.lower()).split()).rstrip("+")
    return "cancelled" if word.startswith("cancelled by ") else word
