"""Which of the sets of weights that a file holds is meant, and what to tell of the choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bakeoff.errors import UnknownName, UsageError
from bakeoff.training.weights_file import Contents, Fit

_USUAL_KEYS = ("", "state_dict", "model", "model_state_dict", "model_state", "net", "network")


def choose(
    found: Sequence[Fit],
    contents: Contents,
    path: Path,
    key: str | None,
    *,
    advice: str = "Choose one with --key",
) -> Fit:
    """The set called `key`, else the averaged one where there is one, else the only one, or the
    only one in a usual place.

    Averages come first, as a checkpoint's log is about them, unless its arguments say otherwise.
    advice: what to do where several are left. Raises UnknownName, or UsageError where it is a
    question.
    """
    if key is not None:
        named = [fit for fit in found if key in (fit.name, fit.key)]
        if len(named) != 1:
            raise UnknownName(f"set of weights in {path.name}", key, [fit.name for fit in found])
        return named[0]
    averaged = [fit for fit in found if fit.averaged]
    raw = [fit for fit in found if not fit.averaged]
    log_is_raw = contents.said.get("model_ema") is False or contents.said.get("model_ema_force_cpu")
    for several in (raw, averaged) if log_is_raw is True else (averaged, raw):
        if several:
            return _only(several, path, advice)
    raise AssertionError("every fit is averaged or not")


def _only(several: Sequence[Fit], path: Path, advice: str) -> Fit:
    usual = [fit for fit in several if fit.key in _USUAL_KEYS and not fit.prefix]
    for choice in (several, usual):
        if len(choice) == 1:
            return choice[0]
    names = ", ".join(fit.name or "the file itself" for fit in several)
    raise UsageError(f"{path.name} holds several sets of weights: {names}", advice)


def with_counters(tensors: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """With the counters of batch norm that files from before torch 1.0 do not have."""
    counters = {
        key: value
        for key, value in wanted.items()
        if key.endswith(".num_batches_tracked") and key not in tensors
    }
    return {**tensors, **counters}


def others(found: Fit, every: Sequence[Fit]) -> tuple[str, ...]:
    """The names of the sets that were not taken."""
    return tuple(fit.name for fit in every if fit.name != found.name)


def told(found: Fit, every: Sequence[Fit], *, classifier: str, how: str = "") -> list[str]:
    """What was chosen, and what was taken off or left aside, in words.

    classifier: the model's name of it. how: to choose another set, in words.
    """
    notes = []
    if left_aside := others(found, every):
        kind = "averaged " if found.averaged else ""
        notes.append(
            f"the file holds several sets of weights: the {kind}ones under {found.name!r} were "
            f"taken, not {', '.join(map(repr, left_aside))}" + (f" ({how})" if how else "")
        )
    elif found.averaged:
        notes.append(f"the weights are averages over training ({found.name!r})")
    if found.head:
        notes.append(
            f"guessed: the layer {found.head!r} was taken for the classifier {classifier!r}"
        )
    prefixes = tuple(fit.prefix for fit in every if fit.key == found.key)
    left = [name for name in found.left if not name.startswith(prefixes)]
    if left:
        shown = ", ".join(left[:3]) + (", …" if len(left) > 3 else "")
        notes.append(f"tensors that are not the network's were left aside: {shown}")
    return notes
