"""What a claim inherits from where it stands, and the making of claims."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from bakeoff.auditing.claims import Claim, Number, Place
from bakeoff.auditing.metrics import METRICS


@dataclass(slots=True, unsafe_hash=True)
class Scope:
    """Context in force at a place. doubtful: keys of `values` that were guessed."""

    values: dict[str, str] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()
    section: tuple[str, ...] = ()

    def with_(self, **values: str) -> Scope:
        """This scope, with the values that are not empty put over its own."""
        new = {k: v for k, v in values.items() if v}
        if not new:
            return self
        return Scope(self.values | new, self.doubtful - new.keys(), self.section)

    def without(self, *keys: str) -> Scope:
        """This scope without some keys."""
        kept = {k: v for k, v in self.values.items() if k not in keys}
        return replace(self, values=kept, doubtful=self.doubtful - set(keys))

    def guess(self, **values: str) -> Scope:
        """This scope, with guesses put under its own values."""
        new = {k: v for k, v in values.items() if v and k not in self.values}
        return replace(self, values=new | self.values, doubtful=self.doubtful | new.keys())


def make_claim(
    metric: str,
    number: Number | None,
    place: Place,
    text: str,
    own: dict[str, str],
    scope: Scope,
    doubtful: frozenset[str] = frozenset(),
    inherits: frozenset[str] = frozenset(),
    **details: Any,
) -> Claim:
    """A claim with its own context put over what it inherits.

    Adds what any number tells: a hedged one is doubtful; so is one that cannot be of its kind.
    inherits: keys beside those of the scope that are not the figure's own. details: further fields.
    """
    context = {k: v for k, v in own.items() if v}
    if scope.values and (inherited := scope.values.keys() - context.keys()):
        context = {k: v for k, v in scope.values.items() if k in inherited} | context
        inherits |= inherited
        if scope.doubtful:
            doubtful |= scope.doubtful & inherited
    if number is not None and not _certain(metric, number):
        doubtful |= {"number"}
    return Claim(metric, number, place, text, context, inherits, doubtful, scope.section, **details)


def _certain(metric: str, number: Number) -> bool:
    said = plausible(metric, number) or ("%" in number.text and beyond(metric, number))
    return number.exact and said


def plausible(metric: str, number: Number) -> bool:
    """False if a number cannot be of this metric, so that something else was read."""
    kind = METRICS[metric].kind
    if kind == "share":
        return 0 <= number.value <= (100 if number.unit != "fraction" else 1)
    if kind == "probability":
        return 0 <= number.value <= 1
    if kind in {"loss", "time", "rate", "count"}:
        return number.value >= 0
    return True


NEVER_BEYOND = frozenset(
    {"accuracy", "top5", "balanced_accuracy", "precision", "recall", "f1", "specificity", "auc"}
)


def beyond(metric: str, number: Number) -> bool:
    """A percentage above 100 of a metric that has none: wrong, where "%" is printed with it."""
    name = metric.partition("_")[2] if metric.startswith(("macro_", "micro_", "weighted_")) else ""
    never = metric in NEVER_BEYOND or name in NEVER_BEYOND
    return never and number.unit == "percent" and 100 < number.value < 1000
