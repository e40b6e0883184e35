"""What `tune:` in a bake-off file says: how many trials every arm gets, and from which ranges."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from bakeoff.errors import BadValue, UsageError
from bakeoff.recipes.budget import Budget
from bakeoff.recipes.mistakes import nearest, shorten
from bakeoff.recipes.schema import Recipe
from bakeoff.recipes.values import PROSE, all_keys, training_values

DIGITS = 4
"""Significant digits of a drawn number: more cannot matter, and fewer can be read."""


def _tunable(key: str) -> str:
    """The key as it is. Raises ValueError for one that is not a recipe's, or is the budget."""
    if key == "epochs":
        raise ValueError("epochs cannot be tuned: they are the budget, equal for all arms")
    if key not in tunable_keys():
        raise BadValue(f"a recipe has no value {key[:60]!r}", nearest(key, tunable_keys()))
    return key


def tunable_keys() -> list[str]:
    """Every dotted recipe value that a range may be given for."""
    return [key for key in all_keys() if key not in PROSE and key != "epochs"]


class Range(BaseModel):
    """Where a recipe value is drawn from.

    In a file: `[0.001, 0.1, log]`, `[0.0, 0.1]`, `[x0.25, x4, log]` (times the arm's own value), or
    `{choices: [sgd, adamw]}`. low, high: both ends included. log: evenly over magnitudes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: float = 0.0
    high: float = 0.0
    log: bool = False
    relative: bool = False
    choices: tuple[Any, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            return value
        ends, kind = list(value[:2]), list(value[2:])
        if len(ends) < 2 or kind not in ([], ["log"], ["linear"]):
            raise ValueError("a range is [low, high], [low, high, log] or {choices: [a, b]}")
        relative = [isinstance(end, str) and end.strip()[:1] in ("x", "×") for end in ends]
        if any(relative) and not all(relative):
            raise ValueError("both ends of a range are multiples (x0.25, x4), or neither is")
        try:
            low, high = (float(end.strip()[1:]) if relative[0] else float(end) for end in ends)
        except (TypeError, ValueError):
            raise ValueError("the ends of a range must be numbers, or multiples as x0.5") from None
        return {"low": low, "high": high, "log": kind == ["log"], "relative": relative[0]}

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.choices:
            if self.model_fields_set & {"low", "high", "log", "relative"}:
                raise BadValue("choices are drawn from alone", "Remove low, high and log")
            if any(self.choices.count(choice) > 1 for choice in self.choices):
                raise ValueError("the same choice stands twice in choices")
            if len(self.choices) == 1:
                raise BadValue(
                    "one choice leaves nothing to draw", "Give several, or write it under pin"
                )
            return self
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"a range from {self.low:g} to {self.high:g} holds nothing to draw")
        if self.low < 0 or (self.log and self.low == 0):
            raise ValueError(f"a range cannot begin at {self.low:g}{' on a log' * self.log} scale")
        return self

    def __str__(self) -> str:
        if self.choices:
            return f"one of {', '.join(map(str, self.choices))}"
        times = "× " if self.relative else ""
        return f"{times}{self.low:g} to {times}{self.high:g}{', log scale' if self.log else ''}"

    def ends(self, own: Any) -> tuple[float, float]:
        """(low, high) for an arm whose own value is `own`. Raises UsageError if it is no number."""
        if not self.relative:
            return self.low, self.high
        if isinstance(own, bool) or not isinstance(own, (int, float)) or not own > 0:
            raise UsageError(
                f"a range in multiples needs a value above 0 to multiply, and it is {shorten(own)}",
                "Give the range in numbers",
            )
        return self.low * own, self.high * own

    def at(self, share: float, own: Any) -> Any:
        """The value at `share`, 0 to 1, of the range."""
        if self.choices:
            return self.choices[min(int(share * len(self.choices)), len(self.choices) - 1)]
        low, high = self.ends(own)
        if self.log:
            value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        else:
            value = low + share * (high - low)
        return tidy(min(max(value, low), high), own)


Ranges = dict[Annotated[str, AfterValidator(_tunable)], Range]
"""By dotted recipe value, as "optimizer.lr"."""


class TuneSpec(BaseModel):
    """Equal tuning: every arm gets `trials` trials, its values drawn from `ranges`.

    search: random (the same draws for every arm) or optuna (TPE; extra `tune`). seed: of the
    draws, of the split and of the trials' runs. holdout: share of the training images, the same of
    every class, that trials are judged on and do not train on. budget: of one trial, as
    "5000images"; None for as many as a run of the arm. searches: one for all seeds of an arm, or
    one for each, with draws, split and training of its own. In a file the ranges stand beside
    these: `optimizer.lr: [0.001, 0.1, log]`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    trials: int = Field(ge=1, le=1000)
    search: Literal["random", "optuna"] = "random"
    searches: Literal["one", "per-seed"] = "one"
    seed: int = Field(0, ge=0)
    holdout: float = Field(0.1, gt=0, le=0.5)
    budget: str | None = None
    ranges: Ranges = {}

    @model_validator(mode="before")
    @classmethod
    def _ranges_stand_beside(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        known = {*tunable_keys(), "epochs"}
        beside = {str(k): item for k, item in value.items() if "." in str(k) or k in known}
        rest = {key: item for key, item in value.items() if str(key) not in beside}
        ranges = {**(rest.pop("ranges", None) or {}), **beside}
        return {**rest, "ranges": ranges}

    @model_validator(mode="after")
    def _tunes_something(self) -> Self:
        if not self.ranges:
            raise BadValue("there are no ranges", "Write one, as optimizer.lr: [x0.25, x4, log]")
        return self

    @field_validator("budget")
    @classmethod
    def _is_a_length(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                length = Budget.parse(value).images(1000)
            except UsageError as error:
                raise BadValue(error.message, error.advice) from None
            if length is None:
                raise ValueError(f"a trial's budget is images or epochs, not {value}")
        return value


def draw(
    ranges: Mapping[str, Range], recipe: Recipe, *, seed: int | Sequence[int], trial: int
) -> dict[str, Any]:
    """The values of one random trial. The same seed and trial give every arm the same shares of
    its ranges, and more trials later change none of the earlier ones."""
    g = np.random.default_rng([*((seed,) if isinstance(seed, int) else seed), trial])
    shares = {key: float(g.random()) for key in sorted(ranges)}
    own = training_values(recipe)
    return {key: ranges[key].at(shares[key], own.get(key)) for key in ranges}


def tidy(value: float, own: Any) -> float | int:
    """A drawn number with DIGITS digits; whole where the recipe's own value is."""
    if isinstance(own, int) and not isinstance(own, bool):
        return round(value)
    return float(f"{value:.{DIGITS}g}")


def with_shape(values: Mapping[str, Any], recipe: Recipe) -> dict[str, Any]:
    """Pins for a drawn learning rate: warm-up and final rate follow it, as the scaling rules do.

    recipe: as the arm would use it untuned. Values that are drawn themselves are left as drawn.
    """
    pins = dict(values)
    if "optimizer.lr" in pins:
        factor = float(pins["optimizer.lr"]) / recipe.optimizer.lr
        for name in ("warmup_lr", "min_lr"):
            before = float(getattr(recipe.schedule, name))
            if before and factor != 1:
                pins.setdefault(f"schedule.{name}", before * factor)
    return pins
