"""What a plan has to say before its first run, in words."""

from __future__ import annotations

from bakeoff.bakeoffs.planning.plan import Plan


def notices(plan: Plan) -> tuple[str, ...]:
    """What its reader must know at once: arms that cannot run first."""
    skipped = (f"Arm {one.arm} was left out: {one.message}." for one in plan.skipped)
    return (*skipped, *_alike(plan), *plan.notices)


def _alike(plan: Plan) -> tuple[str, ...]:
    """Test images that nearly show the same, where there are many and nobody says which."""
    found = plan.near_duplicates
    if found is None or not found.many:
        return ()
    return (
        f"{found.alike:,} of {found.looked_at:,} test images look nearly like another one, up to"
        f" {found.largest:,} alike: they are right or wrong together, so one run of each arm says"
        " less than it seems. Say which belong together with groups: '{group}_*' or a CSV.",
    )
