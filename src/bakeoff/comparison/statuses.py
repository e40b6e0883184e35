"""What trackers and queues say of a run's end, and what it means for a comparison."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from bakeoff.comparison.columns import as_text
from bakeoff.errors import UsageError

Status = Literal["complete", "failed", "incomplete", ""]

# Bakeoff, W&B, MLflow, Optuna, Ray, Slurm, ClearML, Kubernetes; in lower case, with spaces for
# hyphens and underscores. Any other word is asked about: a failure must not pass for a result.
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


def _word(text: str) -> str:
    """FINISHED, TrialState.FAIL and "CANCELLED by 1000" as the sets above have them."""
    text = re.sub(r"^\w*(?:state|status)\.", "", text.strip(), flags=re.IGNORECASE)
    word = " ".join(re.sub(r"[-_]", " ", text.lower()).split()).rstrip("+")
    return "cancelled" if word.startswith("cancelled by ") else word
