"""What a bake-off's folder says of the looks that were planned, and of the verdicts taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakeoff.records.looks import LookPlan
    from bakeoff.records.manifest import Manifest


@dataclass(frozen=True, slots=True)
class KeptLooks:
    """plan: made before the runs; None where nobody planned any. verdicts_at: then, at how many
    seeds of each arm a verdict was taken, in order."""

    plan: LookPlan | None = None
    verdicts_at: tuple[int, ...] = ()


def looks_of(manifest: Manifest | None) -> KeptLooks | None:
    """The looks of the bake-off that a run is of; None where it is of none."""
    if manifest is None:
        return None
    return KeptLooks(manifest.look_plan, manifest.verdicts_at)
