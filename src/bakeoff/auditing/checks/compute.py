"""Training time and steps against what the hardware and the settings allow."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Claim, Number
from bakeoff.auditing.evaluation import printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding, Verdict
from bakeoff.auditing.intervals import Interval, interval, show

if TYPE_CHECKING:
    from bakeoff.published import Accelerator

NO_INPUT_GRADIENT = 0.95
"""The first layer needs no gradient of its input: ResNet-50 at 224 takes 24.3 GFLOP an image, not
24.5, and nets with a heavier stem up to 4 % less."""

USUAL_RESOLUTION = 224


def training_flop(gmacs: float, images: float) -> float:
    """FLOP of training on so many images: 2 a multiply-accumulate, forward once, backward twice."""
    return 6 * gmacs * 1e9 * images


@rule("compute-peak", 19, "training cannot be faster than the hardware's peak")
def compute_peak(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """6 MACs images / (time devices peak) <= 1.

    Example: ResNet-50 at 224 for 90 epochs of ImageNet: 6 x 4.09e9 x 1,281,167 x 90 = 2.83e18 FLOP,
    at least 2.52 h on one A100 (312 TFLOP/s, dense bf16). The first layer needs no input gradient,
    so 5 % less is allowed.

    Impossible only where model, epochs, devices and resolution are stated; ambiguous if the
    resolution is not.

    Assumes: all layers trained at the stated resolution in at most 16 bits, dense (no fp8, no
    sparsity), the whole training set.
    Source: peaks and multiply-accumulates of the registry, with their sources.
    """
    for claim, number in evidence.figures("train_time"):
        if number.value <= 0:
            continue
        devices = evidence.setting(claim, "devices")
        net = facts.network_of(claim)
        images, images_from = _images_seen(claim, evidence, facts)
        if net is None or not net.gmacs or not images:
            continue
        hardware = _hardware(devices or claim, evidence, facts)
        if hardware is None:
            continue
        resolution = evidence.setting(claim, "train_resolution", "resolution")
        side = int(resolution.number.value) if resolution and resolution.number else None
        gmacs = net.gmacs.get(side if side is not None else USUAL_RESOLUTION)
        if gmacs is None:
            continue
        needed = training_flop(float(gmacs), images)
        peak = float(hardware.peak_tflops) * 1e12
        count = _count(devices)
        if devices is None or count is None:
            yield from _devices_needed(claim, needed / peak, hardware)
            continue
        most = interval(number).high * count * peak
        if most >= NO_INPUT_GRADIENT * needed:
            continue
        hours = needed / (count * peak) / 3600
        settings = [devices, *images_from, *([resolution] if resolution else [])]
        near = all(c.section == claim.section for c in settings)
        sure = side is not None and near and not _partly_trained(claim, evidence)
        verdict: Verdict = "impossible" if sure else "ambiguous"
        yield Finding(
            verdict=verdict,
            message=f"{claim.text.strip() or printed(number)} on {count} {hardware.name} is "
            f"faster than their peak allows: {net.name} needs at least {show(hours, 2)} h",
            arithmetic=f"6 x {gmacs}e9 MACs x {images:.4g} images = {needed:.3g} FLOP; "
            f"/ ({count} x {hardware.peak_tflops} TFLOP/s) = {show(hours, 2)} h",
            claims=(claim, devices, *images_from, *((resolution,) if resolution else ())),
            assumptions=(
                f"trained at {side or USUAL_RESOLUTION} pixels" + ("" if side else " (not stated)"),
                "all layers trained; at most 16 bits, dense: no fp8, no sparsity",
                f"peak of {hardware.name}: {hardware.peak_tflops} TFLOP/s ({hardware.precision}, "
                f"{hardware.source})",
            ),
            resolve="State resolution, precision, devices and epochs",
        )


@rule("compute-rate", 19, "FLOP over seconds cannot exceed the hardware's peak")
def compute_rate(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """FLOP of a run / (its seconds x devices x peak) <= 1.

    Example: 2.9 PFLOP in 2.59 s are 1,120 TFLOP/s; one A100 has a peak of 312.

    Read in one row or sentence, with the devices stated beside it or above it. Read as a rate
    (PFLOP/s) as well: only what breaks both readings is impossible.

    Assumes: dense arithmetic in at most 16 bits (no fp8, no sparsity), FLOP as executed.
    Source: peaks of the registry, with their sources.
    """
    for claim, number in evidence.figures("train_flops"):
        times = [
            c for c in evidence.beside(claim, "duration", "train_time") if c.number is not None
        ]
        if len(times) != 1 or times[0].number is None or number.value <= 0:
            continue
        devices = evidence.setting(claim, "devices")
        hardware = _hardware(devices or claim, evidence, facts)
        count = _count(devices)
        seconds = interval(times[0].number).high
        if hardware is None or count is None or devices is None or seconds <= 0:
            continue
        peak = float(hardware.peak_tflops) * 1e12 * count
        flop = interval(number).low
        if flop / seconds <= peak or flop <= peak:
            continue
        near = devices.section == claim.section[: len(devices.section)]
        yield Finding(
            verdict="impossible" if near and number.exact else "ambiguous",
            message=f"{number.text} ({claim.context.get('column', 'FLOP')}) in "
            f"{times[0].number.text} is {show(flop / seconds / 1e12, 1)} TFLOP/s, above the peak "
            f"of {count} {hardware.name}",
            arithmetic=f"{flop:.3g} FLOP / {show(seconds)} s = {flop / seconds:.3g}; peak {count} "
            f"x {hardware.peak_tflops} TFLOP/s = {peak:.3g}",
            claims=(claim, times[0], devices),
            assumptions=(
                "dense arithmetic in at most 16 bits: no fp8, no sparsity",
                f"peak of {hardware.name}: {hardware.peak_tflops} TFLOP/s ({hardware.precision}, "
                f"{hardware.source})",
            ),
            resolve="State what was counted as FLOP, time and devices",
            relies_on=frozenset({"unit"}),
        )


def _devices_needed(claim: Claim, seconds: float, hardware: Accelerator) -> Iterator[Finding]:
    """Where the number of devices is not stated: how many it takes at least."""
    assert claim.number is not None
    least = NO_INPUT_GRADIENT * seconds / interval(claim.number).high
    if least > 1:
        yield Finding(
            verdict="undetermined",
            message=f"{printed(claim.number)} takes at least {math.ceil(least)} {hardware.name}; "
            "the document does not say how many there were",
            arithmetic=f"one {hardware.name} at its peak needs {show(seconds / 3600, 2)} h",
            claims=(claim,),
            assumptions=("dense arithmetic in at most 16 bits, all layers trained",),
            resolve="State the number of devices",
        )


def _hardware(claim: Claim, evidence: Evidence, facts: Facts) -> Accelerator | None:
    if claim.word:
        return facts.accelerator(claim.word)
    words = {c.word for c in evidence.settings(claim.place.file, "hardware") if c.word}
    return facts.accelerator(words.pop()) if len(words) == 1 else None


def _images_seen(claim: Claim, evidence: Evidence, facts: Facts) -> tuple[float, tuple[Claim, ...]]:
    """Least number of images seen in training, and the claims it rests on; 0 if not known."""
    epochs = evidence.setting(claim, "epochs")
    known = facts.dataset_of(claim)
    stated = evidence.setting(claim, "train_images")
    if epochs is None or epochs.number is None or epochs.number.upper is not None:
        return 0.0, ()
    if stated is not None and stated.number is not None:
        size = float(stated.number.low)
        return float(epochs.number.low + epochs.number.half) * size, (epochs, stated)
    if known is None or known.train_images is None:
        return 0.0, ()
    return float(epochs.number.value) * known.train_images, (epochs,)


def _partly_trained(claim: Claim, evidence: Evidence) -> bool:
    return any(
        c.metric == "transfer_learning" and not c.negated
        for c in evidence.settings(claim.place.file, "transfer_learning")
    )


@rule("step-count", 20, "steps are epochs times batches an epoch")
def step_count(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """steps = epochs ceil(N/B), or epochs floor(N/B) if the last batch is dropped.

    Example: 50,000 images, batch 128, 200 epochs: 78,200 steps, or 78,000.

    Batch per device times devices and gradient accumulation are allowed as other readings, and
    zeros at the end of a number of steps as rounding. More steps than that: inconsistent. Fewer:
    ambiguous, because part of the training set may be held out.

    Assumes: every epoch sees each training image once.
    Source: the definition.
    """
    for claim, number in evidence.figures("steps"):
        epochs = _count(evidence.setting(claim, "epochs"))
        batch_claim = evidence.setting(claim, "batch_size", "batch_size_per_device")
        batch = _count(batch_claim)
        size = _train_images(claim, evidence, facts)
        if epochs is None or batch is None or size is None or batch_claim is None:
            continue
        if not epochs or not batch:
            continue
        devices = _count(evidence.setting(claim, "devices")) or 1
        accumulation = _count(evidence.setting(claim, "accumulation")) or 1
        batches = {batch, batch * devices, batch * accumulation, batch * devices * accumulation}
        stated = _steps(number)
        possible = [epochs * rounding for b in batches for rounding in (size // b, -(-size // b))]
        if any(stated.low <= p <= stated.high for p in possible):
            continue
        more = stated.low > max(possible)
        official = evidence.setting(claim, "train_images") is None
        per_device = len(batches) > 1 and batch_claim.metric == "batch_size_per_device"
        # An exact count that is no multiple of the epochs is none of whole epochs of any set.
        broken = stated.high - stated.low <= 1 and int(number.value) % epochs != 0
        strict = (more or broken or not official) and not per_device and len(batches) == 1
        nearest = min(possible, key=lambda p: abs(p - float(number.value)))
        yield Finding(
            verdict="inconsistent" if strict else "ambiguous",
            message=f"{printed(number)} steps are not {epochs:,} epochs of {size:,} images in "
            f"batches of {batch:,}",
            arithmetic=f"{epochs:,} x ceil({size:,}/{batch:,}) = {epochs * -(-size // batch):,}, "
            f"{epochs:,} x floor({size:,}/{batch:,}) = {epochs * (size // batch):,}; nearest "
            f"reading {nearest:,}",
            claims=(claim, batch_claim),
            assumptions=(
                f"{size:,} training images, each seen once an epoch",
                "no accumulation, and the batch is the whole batch, where nothing else is said",
            ),
            resolve="State batch per device, devices, accumulation and images of the training set",
        )


def _steps(number: Number) -> Interval:
    """A number of steps; zeros at the end may be rounding."""
    digits = re.sub(r"\D", "", number.text)
    zeros = len(digits) - len(digits.rstrip("0"))
    whole = number.value == int(number.value)
    half = Decimal(10) ** zeros / 2 if whole and digits.strip("0") and zeros > 1 else number.half
    half = max(half, number.half)
    return Interval(float(number.value - half), float(number.value + half))


def _count(claim: Claim | None) -> int | None:
    if claim is None or claim.number is None or not claim.number.exact:
        return None
    number = claim.number
    return int(number.value) if number.half <= Decimal("0.5") else None


def _train_images(claim: Claim, evidence: Evidence, facts: Facts) -> int | None:
    stated = evidence.setting(claim, "train_images")
    if stated is not None:
        return _count(stated)
    known = facts.dataset_of(claim)
    return None if known is None else known.train_images
