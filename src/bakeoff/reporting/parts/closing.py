"""The conclusion, and what this comparison cannot say."""

from __future__ import annotations

from bakeoff.comparison.numbers import sentence_case
from bakeoff.reporting.conclusion import conclusions
from bakeoff.reporting.document import Items, Paragraph, Section, Text
from bakeoff.reporting.material import Material, unique
from bakeoff.reporting.numbers import counted, fixed, listed

MOST_NOTES = 20


def conclusion(material: Material) -> Section:
    return Section(
        "conclusion",
        "Conclusion",
        tuple(Paragraph(sentence) for sentence in conclusions(material)),
    )


def limits(material: Material) -> Section:
    """What keeps these figures from meaning more than they do; only what applies is said."""
    items: list[Text] = []
    sizes = sorted({len(arm.complete) for arm in material.measured})
    if sizes:
        seeds = counted(sizes[0], "seed") if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]} seeds"
        items.append(
            f"{seeds} an arm. Intervals take the seeds’ spread to be normal, and say nothing about "
            "other budgets, data sets or machines."
        )
    if material.untuned is not None:
        items.append("Hyperparameters were not tuned for this data set and budget.")
    if material.untuned is not None and not material.untuned.rate_checked:
        items.append(
            "No arm was tested at other learning rates: whether a verdict survives half or twice "
            "the rate is not known."
        )
    items.append(
        f"One test set{'' if len(material.data_titles) == 1 else ' an arm'}, "
        f"{listed(list(material.data_titles))}. Intervals over seeds do not cover the choice of "
        "its images; where that was worked out too, it stands among the reasons of a verdict."
    )
    devices = unique(record.environment.device for record in material.records)
    if len(devices) > 1:
        items.append(f"Runs on different devices ({listed(list(devices))}): times do not compare.")
    items += _unlike(material)
    if any(arm.cut_short for arm in material.measured):
        items.append(
            "Recipes were scaled to a shorter budget than they were made for. What is compared is "
            "the recipes as scaled here, under Training epochs and budget."
        )
    resumed = sum(record.resumed > 0 for record in material.records)
    if resumed:
        items.append(f"{counted(resumed, 'run')} resumed after an interruption.")
    nondeterministic = sum(not record.environment.deterministic for record in material.records)
    if nondeterministic:
        items.append(
            f"{counted(nondeterministic, 'run')} used operations that are not deterministic: the "
            "same seed may give slightly different figures."
        )
    failed = sum(len(arm.failed) for arm in material.arms)
    if failed:
        share = 100 * failed / len(material.records)
        items.append(
            f"{counted(failed, 'run')} of {len(material.records)} failed ({fixed(share, 1)} %). "
            "Means are over the runs that ended; an arm that fails is worse than its mean says."
        )
    said = {notice for plan in material.plans for notice in plan.notices}
    notes = unique(note for record in material.records for note in record.notes)
    items += [
        sentence_case(note, material.names) for note in notes[:MOST_NOTES] if note not in said
    ]
    if len(notes) > MOST_NOTES:
        items.append(f"{counted(len(notes) - MOST_NOTES, 'more note')} in the records.")
    folded = f"What these figures do not say: {counted(len(items), 'limit')}"
    return Section("limits", "Limits of this comparison", (Items(tuple(items), folded=folded),))


def _unlike(material: Material) -> list[Text]:
    """What else than the recipe was not the same for all runs, or cannot be had again."""
    made = [record.environment for record in material.records]
    items: list[Text] = []
    precisions = unique(one.precision for one in made)
    if len(precisions) > 1:
        items.append(
            f"Runs at different precisions ({listed(list(precisions))}): a part of a difference "
            "may be due to that."
        )
    if len({(one.code, tuple(sorted(one.packages.items()))) for one in made}) > 1:
        items.append(
            "Runs were made with different versions of Bakeoff or of its packages: see How to "
            "reproduce it."
        )
    dirty = sum(one.code.endswith("-dirty") for one in made)
    if dirty:
        items.append(
            f"{counted(dirty, 'run')} of {len(made)} made by code with changes that no commit "
            "holds: the same figures may not come out again."
        )
    return items
