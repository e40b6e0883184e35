"""Seeds until it is decided: the plan of looks in a bake-off file."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bakeoff.errors import BadValue
from bakeoff.statistics.sequential import FEWEST_RUNS, MOST_RUNS, default_looks


class SeedPlan(BaseModel):
    """Run seeds until every pair of arms is decided, or `at_most` seeds are there.

    looks: after how many seeds to look; by default 3, 5, 7, 10 for ten. give_up: stop a pair that
    shows too little for the rest to be worth while. race: stop an arm as soon as it is beaten.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_most: int = Field(10, ge=FEWEST_RUNS, le=MOST_RUNS)
    until: Literal["decided"] = "decided"
    looks: tuple[int, ...] = ()
    give_up: bool = True
    race: bool = False

    @model_validator(mode="after")
    def _looks_rise_to_the_end(self) -> Self:
        taken = self.looks
        if taken and (
            taken[-1] != self.at_most or taken[0] < FEWEST_RUNS or sorted(set(taken)) != list(taken)
        ):
            raise BadValue(
                f"looks must rise from {FEWEST_RUNS} seeds or more to at_most",
                f"Write looks: [3, 5, {self.at_most}]",
            )
        return self

    @property
    def after(self) -> tuple[int, ...]:
        """After how many seeds of each arm a look is taken."""
        return self.looks or default_looks(self.at_most)


def seeds_and_plan(values: dict[str, Any]) -> dict[str, Any]:
    """`seeds: {at_most: …, until: decided}` as a number of seeds and a plan of looks."""
    plan = values.get("seeds")
    if not isinstance(plan, dict):
        return values
    at_most = plan.get("at_most", SeedPlan.model_fields["at_most"].default)
    # What is wrong in the plan is said of the plan.
    usable = isinstance(at_most, int) and FEWEST_RUNS <= at_most <= MOST_RUNS
    return {**values, "seeds": at_most if usable else FEWEST_RUNS, "looks": plan}


def until_decided(values: dict[str, Any], seeds: int | None) -> dict[str, Any]:
    """What `--until-decided` asks for: a file's plan, or the usual one; at most `seeds`."""
    given = values.get("seeds")
    there = dict(given) if isinstance(given, dict) else {}
    if not there and values.get("looks"):
        looks = values["looks"]
        there = looks.model_dump() if isinstance(looks, SeedPlan) else dict(looks)
    if seeds is not None and seeds != there.get("at_most"):
        there = {**there, "at_most": seeds, "looks": ()}
    return {**values, "seeds": {"until": "decided", **there}}
