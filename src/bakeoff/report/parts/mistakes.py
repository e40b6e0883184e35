"""Which classes are hard, and the test images that were got wrong, with who got them right."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import BakeoffError
from bakeoff.records.predictions import Predictions
from bakeoff.records.schema import Record
from bakeoff.report.arms import ArmRuns
from bakeoff.report.document import Block, Column, Gallery, Paragraph, Picture, Section, Table
from bakeoff.report.material import Material
from bakeoff.report.numbers import count, counted, fixed

PICTURES = 24
MAX_ARMS = 6
MAX_SEEDS = 10
MAX_CLASSES = 30
MARK = {"right": "✓", "wrong": "✗", "some": "~"}


def mistakes(material: Material) -> Section:
    blocks: list[Block] = []
    if material.measured:
        blocks.append(_per_class(material))
        blocks.append(_gallery(material))
    return Section("mistakes", "What they get wrong", tuple(blocks))


def _per_class(material: Material) -> Table:
    arms = material.measured[:MAX_ARMS]
    first = arms[0].first
    alike = [arm for arm in arms if arm.first.data.class_names == first.data.class_names]
    means = []
    for arm in alike:
        found = [run.record.result.per_class_accuracy for run in arm.complete if run.record.result]
        means.append(np.mean(np.array(found, dtype=float), axis=0))
    classes = range(min(len(first.data.class_names), *(len(mean) for mean in means)))
    order = sorted(classes, key=lambda k: min(float(mean[k]) for mean in means))
    shown = order[:MAX_CLASSES] if len(order) > MAX_CLASSES else list(classes)
    return Table(
        "Test accuracy by class (%), mean over seeds",
        (Column("Class"), *(Column(arm.name, "number") for arm in alike)),
        tuple(
            (first.data.class_names[k], *(fixed(float(mean[k])) for mean in means)) for k in shown
        ),
        note=f"The {MAX_CLASSES} hardest of {len(order)} classes."
        if len(order) > MAX_CLASSES
        else "",
    )


def _gallery(material: Material) -> Block:
    """Images that most runs got wrong come first; then by the mean loss they cost."""
    reference = material.measured[0].first
    found: list[tuple[ArmRuns, list[Predictions]]] = []
    for arm in material.measured[:MAX_ARMS]:
        if arm.first.data.test_hash != reference.data.test_hash:
            continue
        loaded = [run.predictions() for run in arm.complete[:MAX_SEEDS]]
        kept = [predictions for predictions in loaded if predictions is not None]
        if kept:
            found.append((arm, kept))
    if not found:
        return Paragraph(
            "No per-image predictions lie beside these records, so the images that were got wrong "
            "cannot be named."
        )
    every = [predictions for _, kept in found for predictions in kept]
    labels = every[0].label
    if any(not np.array_equal(predictions.label, labels) for predictions in every):
        return Paragraph(
            "The runs’ predictions are not on the same images in the same order, so they are not "
            "shown side by side."
        )
    wrong = np.sum([~predictions.correct for predictions in every], axis=0)
    cost = np.mean([predictions.nll for predictions in every], axis=0)
    order = np.lexsort((np.arange(len(labels)), -cost, -wrong))
    chosen = [int(index) for index in order[:PICTURES] if wrong[index] > 0]
    if not chosen:
        return Paragraph("No run got any test image wrong.")
    names = reference.data.class_names
    ever, always = int(np.sum(wrong > 0)), int(np.sum(wrong == len(every)))
    caption = (
        f"{count(ever)} of {count(len(labels))} test images were got wrong by at least one of "
        f"{counted(len(every), 'run')}, {count(always)} by all of them. The "
        f"{len(chosen)} that most runs got wrong:"
    )
    answers = [tuple(_answer(arm, kept, index, names) for arm, kept in found) for index in chosen]
    images, missing = _images(reference, chosen)
    if images is None:
        return Table(
            caption,
            (
                Column("Test image"),
                Column("Label"),
                *(Column(arm.name) for arm, _ in found),
            ),
            tuple(
                (str(index), names[labels[index]], *(f"{MARK[how]} {said}" for _, how, said in row))
                for index, row in zip(chosen, answers, strict=True)
            ),
            note=missing,
        )
    return Gallery(
        caption,
        tuple(
            Picture(index, png, names[labels[index]], row)
            for index, png, row in zip(chosen, images, answers, strict=True)
        ),
    )


def _answer(
    arm: ArmRuns, kept: Sequence[Predictions], index: int, names: tuple[str, ...]
) -> tuple[str, str, str]:
    said = [int(predictions.top5_class[index, 0]) for predictions in kept]
    right = sum(bool(predictions.correct[index]) for predictions in kept)
    outcome = "right" if right == len(kept) else "some" if right else "wrong"
    words = ", ".join(names[answer] for answer in dict.fromkeys(said))
    tally = f" ({right} of {len(kept)} right)" if len(kept) > 1 else ""
    return arm.name, outcome, f"{words}{tally}"


def _images(record: Record, chosen: list[int]) -> tuple[list[bytes] | None, str]:
    """PNG of each chosen test image, or None and why there are none."""
    from bakeoff.data import catalog

    if record.data.name not in catalog.names():
        return None, f"The images of {record.data.title} are not at hand here, only their numbers."
    try:
        data = catalog.load(record.data.name, channels=record.data.channels, offline=True)
    except BakeoffError as error:
        return None, f"The images cannot be shown: {error.message}."
    if data.facts.test_hash != record.data.test_hash:
        return None, (
            f"The images of {record.data.title} at hand here are not the ones these runs were "
            "tested on, so they are not shown."
        )
    return [_png(data.test.images[index].numpy()) for index in chosen], ""


def _png(image: NDArray[np.uint8]) -> bytes:
    """A uint8 image (C, H, W) as PNG; equal channels are written once."""
    from PIL import Image

    grey = image.shape[0] != 3 or bool((image == image[:1]).all())
    pixels = image[0] if grey else np.moveaxis(image[:3], 0, -1)
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, format="PNG", optimize=True)
    return out.getvalue()
