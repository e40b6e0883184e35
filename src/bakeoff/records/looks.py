"""What a bake-off's folder keeps of its looks: the plan, made before the runs, and each one."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Stop = Literal["decided", "given up", "open", "undecided"]


class LookPlan(BaseModel):
    """looks: after how many seeds of each arm. test: what decides at each. give_up, race: as in the
    bake-off's file. alpha: chance of any false winner on this data set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    looks: tuple[int, ...]
    test: Literal["joint", "welch", "paired"]
    give_up: bool
    race: bool
    alpha: float


class LookedPair(BaseModel):
    """One pair at one look. p: of the test at this look alone. bound: the p that it needed, for all
    looks and pairs together. winner: empty where none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    a: str
    b: str
    p: float
    bound: float
    stop: Stop
    winner: str = ""


class LookTaken(BaseModel):
    """One look. seeds: of each arm that was still running. at: when. running: arms that go on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seeds: int
    at: str
    pairs: tuple[LookedPair, ...]
    running: tuple[str, ...]

    def same_as(self, other: LookTaken) -> bool:
        """Whether both saw the same, whenever that was."""
        return self.model_copy(update={"at": other.at}) == other
