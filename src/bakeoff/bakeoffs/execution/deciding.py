"""What a bake-off sets out to do, written down before anything runs, and what it goes on from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bakeoff.bakeoffs.execution.looks import look_plan, refuse_other_looks
from bakeoff.bakeoffs.execution.run_store import Place
from bakeoff.bakeoffs.planning.plan import Plan
from bakeoff.data.group_names import is_table
from bakeoff.errors import UsageError
from bakeoff.records.manifest import GroupFacts, Manifest, PlanFacts, PlannedArm, load_manifest
from bakeoff.training.job import init_label


def decide(plan: Plan, place: Place, command: str) -> Manifest:
    """Write down what this bake-off sets out to do, with what was decided here before."""
    with place.deciding() as before:
        manifest = _manifest(plan, command)
        _refuse_another(place, before, manifest)
        if before is not None:
            manifest = _joined(before, manifest)
        place.save(manifest)
    return manifest


def added(place: Place, facts: dict[str, Any]) -> Manifest:
    """Add what was found out to what is written down here."""
    return changed(place, lambda before: before.model_copy(update=facts))


def changed(place: Place, change: Callable[[Manifest], Manifest]) -> Manifest:
    """Change what is written down here; nobody else does so meanwhile."""
    with place.deciding() as before:
        assert before is not None
        manifest = change(before)
        if manifest != before:
            place.save(manifest)
    return manifest


def _manifest(plan: Plan, command: str) -> Manifest:
    spec = plan.spec
    return Manifest(
        name=spec.name,
        question=spec.question,
        command=command,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        data=spec.data,
        datasets=spec.datasets,
        budgets=spec.budgets,
        budget_asked=plan.asked,
        budget_reason=plan.reason,
        arms=tuple(
            PlannedArm(
                name=arm.job.arm,
                recipe=arm.job.scaled.recipe.name,
                model=arm.job.model,
                init=init_label(arm.job.init),
                budget=arm.job.budget,
                without=arm.without,
                variant_of=arm.arm_name if arm.factor != 1 else "",
            )
            for arm in plan.arms
        ),
        seeds=spec.seeds,
        paired=spec.paired,
        primary=spec.primary,
        test=spec.test or "",
        also_test=spec.also_test,
        groups=_groups(plan),
        near_duplicates=plan.near_duplicates,
        reference=spec.reference,
        published=spec.published,
        notices=plan.notices,
        skipped=plan.skipped,
        ablates=spec.ablate or "",
        robust=spec.robust or "",
        look_plan=look_plan(spec),
        pretraining=plan.pretraining,
        plans=(plan.facts,) if plan.facts is not None else (),
        precision=plan.arms[0].job.precision,
        precision_facts=plan.precision,
    )


def _groups(plan: Plan) -> GroupFacts | None:
    groups = plan.arms[0].job.groups
    if plan.spec.groups is None or groups is None:
        return None
    said = Path(plan.spec.groups).name if is_table(plan.spec.groups) else plan.spec.groups
    return GroupFacts(said=said, groups=int(groups.max()) + 1, images=len(groups))


def _joined(before: Manifest, now: Manifest) -> Manifest:
    """The bake-off as it stands after this call: arms and seeds of both calls."""
    names = {arm.name for arm in now.arms}
    pretrained = {facts.name: facts for facts in before.pretraining}
    for facts in now.pretraining:
        earlier = pretrained[facts.name].arms if facts.name in pretrained else ()
        arms = tuple(dict.fromkeys((*facts.arms, *earlier)))
        pretrained[facts.name] = facts.model_copy(update={"arms": arms})
    return now.model_copy(
        update={
            "created": before.created,
            "floors": before.floors,
            "tuning": before.tuning,
            "robust": now.robust or before.robust,
            "looks": before.looks,
            "verdicts_at": before.verdicts_at,
            "arms": now.arms + tuple(arm for arm in before.arms if arm.name not in names),
            "seeds": tuple(sorted({*before.seeds, *now.seeds})),
            "pretraining": tuple(pretrained.values()),
            "plans": _history(before, now),
            "precision_facts": before.precision_facts or now.precision_facts,
        }
    )


def _history(before: Manifest, now: Manifest) -> tuple[PlanFacts, ...]:
    """Every decision on lengths; of calls in a row that kept them, only the last."""
    earlier = list(before.plans)
    if earlier and now.plans and now.plans[0].images == earlier[-1].images:
        if earlier[-1].because not in ("finished runs", "first"):
            return before.plans
        if now.plans[0].because != "finished runs":
            return before.plans
        if earlier[-1].because == "finished runs":
            earlier.pop()
    return (*earlier, *now.plans)


def refuse_foreign(plan: Plan, place: Place) -> None:
    """Raise UsageError when `place` holds something that this bake-off does not continue."""
    _refuse_another(place, load_manifest(place.folder), _manifest(plan, ""))


def _refuse_another(place: Place, before: Manifest | None, now: Manifest) -> None:
    if before is None:
        others = place.contents()
        what = f"other files ({others[0]} …)" if others else ""
    elif (before.name, before.data) != (now.name, now.data):
        what = f"another bake-off ({_words(before)})"
    else:
        there = {arm.name: arm for arm in before.arms}
        anew = bool(now.plans) and now.plans[0].because in ("no finished run", "wrong rate")
        other = [
            arm.name
            for arm in now.arms
            if arm.name in there and not _same_arm(there[arm.name], arm, lengths=not anew)
        ]
        what = f"this bake-off with another budget or arm ({_words(before)})" if other else ""
        if not other:
            refuse_other_looks(place, before, now)
        if not what and before.primary != now.primary:
            what = f"this bake-off, which decides by {before.primary.replace('_', ' ')}"
        if not what and before.test != now.test:
            what = f"this bake-off, which decides by {before.test or 'the usual'} test"
        if not what and before.also_test != now.also_test:
            tested = ", ".join(before.also_test) or "nothing"
            what = f"this bake-off, which also tests {tested} (bakeoff evaluate tests more)"
        if not what and before.groups != now.groups:
            said = "without groups" if before.groups is None else f"by {before.groups.said}"
            what = f"this bake-off with test images grouped otherwise ({said})"
        if not what and before.precision != now.precision:
            what = f"this bake-off in {before.precision}"
    if what:
        raise UsageError(
            f"{place} holds {what}", "Choose another folder with --out, or remove that one"
        )


def _same_arm(before: PlannedArm, now: PlannedArm, *, lengths: bool) -> bool:
    """Whether these are the same arm, of the same length where that counts; the reason for a
    length may be another today."""
    budget = before.budget
    if lengths:
        budget = now.budget.model_copy(update={"reason": before.budget.reason})
        now = now.model_copy(update={"budget": budget})
        return before == now
    return before == now.model_copy(update={"budget": budget})


def _words(manifest: Manifest) -> str:
    arms: Sequence[str] = [arm.name for arm in manifest.arms]
    budget = manifest.arms[0].budget
    return (
        f"{manifest.name}: {', '.join(arms)} on {manifest.data}, {manifest.budget_asked}, "
        f"{budget.images:,} images per run"
    )
