"""Read with care: what limits this comparison, on its first screen."""

from __future__ import annotations

from bakeoff.comparison.numbers import sentence_case
from bakeoff.reporting.baselines import LINEAR, NEIGHBOUR
from bakeoff.reporting.document import Arm, Inline, Text
from bakeoff.reporting.material import Material, unique
from bakeoff.reporting.numbers import NBSP, count, counted, listed, percent, short
from bakeoff.reporting.score.card import Care, CareCode

MAX_NAMED = 8


def cares(material: Material) -> tuple[Care, ...]:
    """What limits this comparison, the weightiest first; what holds on every set is said once."""
    noted = unique(text for plan in material.plans for text in plan.notices)
    found = _skipped(material)
    found += [Care(CareCode.LEFT_OUT, sentence_case(t, material.planned_names)) for t in noted]
    found += _alike(material)
    waiting = unique(name for plan in material.plans for name in plan.datasets)
    waiting = tuple(name for name in waiting if name not in {p.data for p in material.plans})
    if waiting and all(plan.datasets for plan in material.plans):
        found.append(Care(CareCode.MISSING_RUNS, f"No run yet on {listed(list(waiting))}."))
    lengths = unique(name for plan in material.plans for name in plan.budgets)
    left = [name for name in lengths if name not in {p.budget_asked for p in material.plans}]
    if left and all(plan.budgets for plan in material.plans):
        found.append(Care(CareCode.MISSING_RUNS, f"No run yet of {listed(left)}."))
    for facts in material.pretraining:
        more = f"a pretraining on {facts.data} ({count(facts.images)} images), which neither"
        words = f" had {more} the images nor the cost given here contain."
        found.append(Care(CareCode.EXTRA_DATA, (*_names(list(facts.arms)), words), "note"))
    if any(one.untuned is not None for one in material.sets):
        found.append(_untuned(material))
    found += _set_by_set(material)
    return tuple(sorted(found, key=lambda care: care.code))


def _untuned(material: Material) -> Care:
    checked = all(one.untuned is None or one.untuned.rate_checked for one in material.sets)
    more = "" if checked else ", and learning-rate sensitivity was not checked"
    return Care(CareCode.NOT_TUNED, f"Hyperparameters were not tuned{more}.")


def _set_by_set(material: Material) -> list[Care]:
    """Of each test set, named where there are several and it does not hold on all of them."""
    titles = material.set_titles
    each = [(title, _of_one_set(one)) for one, title in zip(material.sets, titles, strict=True)]
    everywhere = [care for care in each[0][1] if all(care in found for _, found in each[1:])]
    if len(each) == 1:
        return everywhere
    own = [
        Care(care.code, (f"{title}: ", *_parts(care.text)), care.level)
        for title, found in each
        for care in found
        if care not in everywhere
    ]
    return [*everywhere, *own]


def _parts(text: Text) -> tuple[Inline, ...]:
    return (text,) if isinstance(text, str) else text


def _skipped(material: Material) -> list[Care]:
    """Arms that were left out for one reason are named in one line."""
    arms: dict[str, list[str]] = {}
    for one in unique(one for plan in material.plans for one in plan.skipped):
        arms.setdefault(one.message, []).append(one.arm)
    return [
        Care(
            CareCode.LEFT_OUT,
            f"{'Arm' if len(names) == 1 else 'Arms'} {listed(names)} "
            f"{'was' if len(names) == 1 else 'were'} left out: {message}.",
        )
        for message, names in arms.items()
    ]


def _alike(material: Material) -> list[Care]:
    """Test images that nearly show the same, where nobody says which belong together."""
    facts = unique(plan.near_duplicates for plan in material.plans if plan.near_duplicates)
    return [
        Care(
            CareCode.IMAGES_ALIKE,
            f"{one.alike:,} of {one.looked_at:,} test images look nearly like another one, up to "
            f"{one.largest:,} alike. They are right or wrong together, so a test that counts "
            "images (one run of each arm) finds winners too often; no groups were given.",
        )
        for one in facts
        if one.many
    ]


def _of_one_set(material: Material) -> list[Care]:
    found = _below_baselines(material)
    found += [
        Care(CareCode.LOOKS_COPIED, sentence_case(concern.sentence, material.names))
        for concern in material.judged.concerns
    ]
    found += _failed(material)
    found += _missing(material)
    found += _evaluated(material)
    singles = [
        arm.name
        for arm in material.measured
        if len(arm.complete) == 1 and (arm.recipe_known or arm.first.origin is not None)
    ]
    if singles:
        found.append(
            Care(
                CareCode.ONE_RUN,
                (
                    "Only one run of ",
                    *_names(singles),
                    ": its figures speak of that model, not of the recipe.",
                ),
            )
        )
    found += _nothing_learnt(material)
    found += _budget(material)
    return found


def _nothing_learnt(material: Material) -> list[Care]:
    """Arms that are no better than one answer to everything, however high that accuracy is."""
    found: list[Care] = []
    arms = [arm for arm in material.measured if arm.accuracy and arm.commonest]
    names = [
        a.name for a in arms if a.accuracy and a.commonest and a.accuracy.mean <= a.commonest[1]
    ]
    if names and (floor := arms[0].commonest):
        is_are = "is" if len(names) == 1 else "are"
        said = f" {is_are} no better than always answering {floor[0]}, which is right for "
        words = f"{said}{percent(floor[1])} of the test images."
        found.append(Care(CareCode.NOTHING_LEARNT, (*_names(names), words)))
    return found


def _below_baselines(material: Material) -> list[Care]:
    """Arms that do not reach what needs no network; all of them in one sentence, said first."""
    arms = [arm for arm in material.measured if arm.accuracy]
    known = {one.name: one.accuracy for one in material.baselines}
    words = {LINEAR: "a linear model", NEIGHBOUR: "the nearest neighbour"}
    missed = {
        name: [arm.name for arm in arms if arm.accuracy and arm.accuracy.mean < known[name]]
        for name in words
        if name in known
    }
    by_none = [name for name, below in missed.items() if below and len(below) == len(arms)]
    if by_none:
        told = listed([f"{words[name]} ({percent(known[name])})" for name in by_none], "or")
        text: Text = f"No arm reaches {told} on raw pixels."
        return [Care(CareCode.BELOW_BASELINE, text)]
    if below := missed.get(LINEAR):
        does = "does not reach" if len(below) == 1 else "do not reach"
        told = f" {does} a linear model on raw pixels ({percent(known[LINEAR])})."
        return [Care(CareCode.BELOW_BASELINE, (*_names(below), told))]
    return []


def _evaluated(material: Material) -> list[Care]:
    brought = unique(r.origin.by for r in material.records if r.origin is not None)
    if brought:
        text = f"Runs of {listed(list(brought))}: nobody here knows on which images they tested."
        if all(record.data.test_hash for record in material.records):
            text = f"Runs of {listed(list(brought))}: that their test images agree is as stated."
        return [Care(CareCode.NOT_TRAINED_HERE, text, "note")]
    names = [arm.name for arm in material.measured if not arm.trained]
    if not names:
        return []
    words = " was not trained here: its weights existed and were evaluated once."
    if len(names) > 1:
        words = " were not trained here: their weights existed and were evaluated once."
    return [Care(CareCode.NOT_TRAINED_HERE, (*_names(names), words), "note")]


def _failed(material: Material) -> list[Care]:
    never = [Care(CareCode.DID_NOT_TRAIN, one.sentence(), "failure") for one in material.untrained]
    gone = {one.arm for one in material.untrained}
    arms = [arm for arm in material.arms if arm.failed and arm.name not in gone]
    if not arms:
        return never
    total = sum(len(arm.failed) for arm in arms)
    each = [f"{len(arm.failed)} of {len(arm.runs)}" for arm in arms]
    parts: list[Inline] = [f"{counted(total, 'run')} failed: "]
    for index, (arm, how_many) in enumerate(zip(arms, each, strict=True)):
        parts += [", " if index else "", Arm(arm.name), f" {how_many}"]
    parts.append(". Failed runs have no accuracy and are in no mean; they count against their arm.")
    return [*never, Care(CareCode.FAILED_RUNS, tuple(parts), "failure")]


def _missing(material: Material) -> list[Care]:
    found: list[Care] = []
    unfinished = [arm for arm in material.arms if arm.incomplete]
    if unfinished:
        total = sum(len(arm.incomplete) for arm in unfinished)
        found.append(
            Care(
                CareCode.MISSING_RUNS,
                f"{counted(total, 'run')} not finished: running, or interrupted (the same command "
                "resumes).",
            )
        )
    short_of: dict[tuple[int, int], list[str]] = {}
    for plan in material.plans:
        for planned in plan.arms:
            if planned.variant_of:
                continue
            runs = [run for arm in material.arms if arm.planned == planned.name for run in arm.runs]
            have, wanted = sum(run.manifest is plan for run in runs), len(plan.seeds)
            if have < wanted:
                short_of.setdefault((have, wanted), []).append(planned.name)
    if short_of:
        parts: list[Inline] = ["Fewer seeds than planned: "]
        for number, ((have, wanted), names) in enumerate(short_of.items()):
            parts += ["; " if number else "", *_names(names), f" {have} of {wanted}"]
        found.append(Care(CareCode.MISSING_RUNS, (*parts, ".")))
    return found


def _budget(material: Material) -> list[Care]:
    """A budget shorter than recipes ask for, said with both lengths; of some arms, of which."""
    arms = [arm for arm in material.measured if arm.trained]
    cut = [arm for arm in arms if arm.cut_short]
    if not cut:
        return []
    used = max(arm.first.budget.epochs for arm in arms)
    asked = [arm.published_epochs for arm in arms]
    low, high = min(asked), max(asked)
    doubt = "The order of the arms may change with more training."
    if used >= low * 0.999:
        lengths: list[Inline] = []
        for arm in cut[:MAX_NAMED]:
            length = f"{short(arm.first.budget.epochs)} of {short(arm.published_epochs)}"
            lengths += [", " if lengths else "", Arm(arm.name), f" {length}{NBSP}epochs"]
        if len(cut) > MAX_NAMED:
            lengths.append(f" and {len(cut) - MAX_NAMED} more")
        return [Care(CareCode.SHORT_BUDGET, ("Shorter than published: ", *lengths, f". {doubt}"))]
    span = short(low) if low == high else f"{short(low)} to {short(high)}"
    return [
        Care(
            CareCode.SHORT_BUDGET,
            f"Short budget: {short(used)}{NBSP}{'epoch' if used == 1 else 'epochs'} "
            f"({count(arms[0].first.budget.images)} images a run), where the recipes as published "
            f"ask for {span}. {doubt}",
        )
    ]


def _names(names: list[str]) -> tuple[Inline, ...]:
    parts: list[Inline] = []
    for index, name in enumerate(names[:MAX_NAMED]):
        parts += [", " if index else "", Arm(name)]
    if len(names) > MAX_NAMED:
        parts.append(f" and {len(names) - MAX_NAMED} more")
    return tuple(parts)
