"""What a plan has to say before its first run, in words."""

from __future__ import annotations

from bakeoff.bakeoffs.planning.plan import Plan


def notices(plan: Plan) -> tuple[str, ...]:
    """What its reader must know at once: arms that cannot run first."""
    skipped = (f"Arm {one.arm} was left out: {one.message}." for one in plan.skipped)
    return (*skipped, *plan.notices)
