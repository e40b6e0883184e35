"""Which classes are hard, and the test images that were got wrong, with who got them right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bakeoff.records.predictions import Predictions
from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.charts.classes import class_dots, confusions
from bakeoff.reporting.document import (
    Answer,
    Block,
    Column,
    Gallery,
    Outcome,
    Paragraph,
    Picture,
    Section,
    Table,
)
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import count, counted, fixed
from bakeoff.reporting.parts.found import pair_of
from bakeoff.reporting.pictures import SMALL, NotAtHand, pictures_of
from bakeoff.reporting.score.making import reference_of

PICTURES = 24
MOST_SMALL = 72
"""Images of a gallery whose files are a few hundred bytes each."""
MAX_ARMS = 6
MAX_SEEDS = 10
MAX_CLASSES = 30


def mistakes(material: Material) -> Section:
    blocks: list[Block] = []
    if material.measured:
        blocks += _charts(material)
        blocks.append(_per_class(material))
        blocks += _gallery(material)
    return Section("mistakes", "What they get wrong", tuple(blocks))


def _charts(material: Material) -> list[Block]:
    """Classes by gap, and what is taken for what; nothing where no run tells its answers."""
    pair = pair_of(material)
    if pair is None:
        return []
    arms, names = material.measured, material.page_names
    made = (class_dots(arms, names, pair), confusions(arms, names, pair))
    return [one for one in made if one is not None]


def _per_class(material: Material) -> Table:
    arms = material.measured[:MAX_ARMS]
    first = arms[0].first
    alike = [arm for arm in arms if arm.first.data.class_names == first.data.class_names]
    means = []
    for arm in alike:
        found = [run.record.result.per_class_accuracy for run in arm.complete if run.record.result]
        means.append(np.mean(np.array(found, dtype=float), axis=0))
    empty = {k for k, images in enumerate(arms[0].class_sizes) if not images}
    known = range(min(len(first.data.class_names), *(len(mean) for mean in means)))
    # An accuracy on no image at all is none; it must not look like the hardest class.
    classes = [k for k in known if k not in empty]
    order = sorted(classes, key=lambda k: min(float(mean[k]) for mean in means))
    shown = order[:MAX_CLASSES] if len(order) > MAX_CLASSES else classes
    notes = []
    if not arms[0].class_sizes:
        notes.append("Classes without a test image, which only the predictions tell, show 0.")
    if len(order) > MAX_CLASSES:
        notes.append(f"The {MAX_CLASSES} hardest of {len(order)} classes.")
    if len(known) > len(classes):
        none = counted(len(known) - len(classes), "class", "classes")
        notes.append(f"{none} without a test image left out.")
    if len(material.measured) > MAX_ARMS:
        notes.append(f"The first {MAX_ARMS} of {len(material.measured)} arms.")
    return Table(
        "Test accuracy by class (%), mean over seeds",
        (Column("Class"), *(Column(arm.name, "number") for arm in alike)),
        tuple(
            (first.data.class_names[k], *(fixed(float(mean[k])) for mean in means)) for k in shown
        ),
        note=" ".join(notes),
        folded="Accuracy by class, in figures",
    )


def _gallery(material: Material) -> list[Block]:
    """Images that most runs got wrong come first; then by the mean loss they cost."""
    reference = material.measured[0].first
    found: list[tuple[ArmRuns, list[tuple[int, Predictions]]]] = []
    for arm in material.measured[:MAX_ARMS]:
        if arm.first.data.test_hash != reference.data.test_hash:
            continue
        kept = [
            (run.record.seed, predictions)
            for run in arm.complete[:MAX_SEEDS]
            if (predictions := run.predictions()) is not None
        ]
        if kept:
            found.append((arm, kept))
    if not found:
        return [
            Paragraph(
                "No per-image predictions lie beside these records, so the images that were got "
                "wrong cannot be named."
            )
        ]
    every = [predictions for _, kept in found for _, predictions in kept]
    labels = every[0].label
    if any(not np.array_equal(predictions.label, labels) for predictions in every):
        return [
            Paragraph(
                "The runs’ predictions are not on the same images in the same order, so they are "
                "not shown side by side."
            )
        ]
    wrong = np.sum([~predictions.correct for predictions in every], axis=0)
    cost = np.mean([predictions.nll for predictions in every], axis=0)
    order = np.lexsort((np.arange(len(labels)), -cost, -wrong))
    chosen = [int(index) for index in order[:PICTURES] if wrong[index] > 0]
    small = max(reference.data.height, reference.data.width) <= SMALL
    chosen += _telling(material, found, chosen, MOST_SMALL if small else PICTURES)
    if not chosen:
        return [Paragraph("No run got any test image wrong.")]
    names = reference.data.class_names
    ever, always = int(np.sum(wrong > 0)), int(np.sum(wrong == len(every)))
    found_out = (
        f"{count(ever)} of {count(len(labels))} test images were got wrong by at least one of "
        f"{counted(len(every), 'run')}, {count(always)} by all of them."
    )
    there = sum(len(arm.complete) for arm in material.measured)
    if there > len(every):
        found_out += f" Only these of the {there} complete runs were looked at."
    hardest = min(PICTURES, len(chosen))
    caption = f"The {hardest} that most runs got wrong"
    if len(chosen) > hardest:
        caption += f", and {len(chosen) - hardest} that tell arms apart"
    answers = [tuple(_answer(arm, kept, index, names) for arm, kept in found) for index in chosen]
    labelled = [names[labels[index]] for index in chosen]
    planned = material.manifest.data if material.manifest else ""
    try:
        images = pictures_of(
            reference.data, chosen, material.source.data, (planned, reference.data.name)
        )
    except NotAtHand as reason:
        said = f"{found_out} {reason}"
        return [Paragraph(said), _listed(caption, chosen, labelled, answers)]
    pictures = tuple(
        Picture(index, image, label, row)
        for index, image, label, row in zip(chosen, images, labelled, answers, strict=True)
    )
    return [Gallery(f"{found_out} {caption}, the hardest first:", pictures)]


def _telling(
    material: Material,
    found: Sequence[tuple[ArmRuns, list[tuple[int, Predictions]]]],
    chosen: Sequence[int],
    most: int,
) -> list[int]:
    """Images that every run of one arm got right and every run of another wrong, the surest
    first: as many for each arm against the reference, in both directions."""
    reference = reference_of(material)
    right = {arm.name: np.stack([p.correct for _, p in kept]) for arm, kept in found}
    cost = {arm.name: np.mean([p.nll for _, p in kept], axis=0) for arm, kept in found}
    if reference is None or reference.name not in right or len(right) < 2:
        return []
    base = reference.name
    ways = [way for name in right if name != base for way in ((base, name), (name, base))]
    each = max(0, most - len(chosen)) // len(ways)
    more: list[int] = []
    for good, bad in ways:
        telling = np.flatnonzero(right[good].all(0) & ~right[bad].any(0))
        best = telling[np.argsort(-(cost[bad] - cost[good])[telling], kind="stable")]
        more += [k for k in map(int, best) if k not in chosen and k not in more][:each]
    return more


def _listed(
    caption: str,
    chosen: list[int],
    labels: list[str],
    answers: list[tuple[Answer, ...]],
) -> Table:
    """The same without images."""
    return Table(
        caption,
        (
            Column("Test image"),
            Column("Label"),
            *(Column(answer.arm) for answer in answers[0]),
        ),
        tuple(
            (str(index), label, *(answer.written for answer in row))
            for index, label, row in zip(chosen, labels, answers, strict=True)
        ),
        note="✓ right, ✗ wrong, ~ right in some runs; then what it was taken for.",
        folded="Their numbers, labels and answers",
    )


def _answer(
    arm: ArmRuns, kept: Sequence[tuple[int, Predictions]], index: int, names: tuple[str, ...]
) -> Answer:
    """How an arm's runs did on one image: how many got it right, which seeds, what others said."""
    right = [seed for seed, predictions in kept if predictions.correct[index]]
    said = dict.fromkeys(
        names[int(predictions.top5_class[index, 0])]
        for _, predictions in kept
        if not predictions.correct[index]
    )
    outcome: Outcome = "right" if len(right) == len(kept) else "some" if right else "wrong"
    tally = f"{len(right)}/{len(kept)}" if len(kept) > 1 else ""
    seeds = ", ".join(str(seed) for seed in right)
    by = f"{'seed' if len(right) == 1 else 'seeds'} {seeds}" if said and right else ""
    return Answer(arm.name, outcome, tally, by, ", ".join(said))
