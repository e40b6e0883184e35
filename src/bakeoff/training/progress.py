"""What has happened in a run so far: kept in its checkpoints, and what its record is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bakeoff.records.schema import CurvePoint


@dataclass(slots=True)
class Progress:
    """seconds: of training; evaluation_seconds: of evaluation. created: when the run began, in UTC.

    notes: for the record. memory: the most bytes that each process took, as last gathered; empty
    where one process runs alone.
    """

    created: str
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    evaluation_seconds: float = 0.0
    resumed: int = 0
    curves: list[CurvePoint] = field(default_factory=list)
    objective_by_step: list[tuple[int, float]] = field(default_factory=list)
    memory: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain containers, for a weights-only checkpoint; notes and memory are of one process."""
        return {
            "created": self.created,
            "seconds": self.seconds,
            "evaluation_seconds": self.evaluation_seconds,
            "resumed": self.resumed,
            "curves": [point.model_dump() for point in self.curves],
            "objective_by_step": [list(pair) for pair in self.objective_by_step],
        }

    def restore(self, stored: dict[str, Any]) -> None:
        """Go back to what `to_dict` said."""
        self.created = stored["created"]
        self.seconds = stored["seconds"]
        self.evaluation_seconds = stored["evaluation_seconds"]
        self.resumed = stored["resumed"]
        self.curves = [CurvePoint.model_validate(point) for point in stored["curves"]]
        self.objective_by_step = [(int(s), float(v)) for s, v in stored["objective_by_step"]]
