"""Parameters of a named architecture."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import lru_cache

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Claim, Table
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding, Verdict
from bakeoff.auditing.intervals import Interval, interval, show
from bakeoff.auditing.metrics import OTHER, normal

NEAR, FAR = 0.02, 0.05
"""Relative distances: up to 2 % other stems and heads differ; beyond 5 % it is another network."""

ANOTHER = 0.3
"""Relative distance beyond which no head, stem or usual width is the reason."""

CHANGED = re.compile(
    r"prun|sparse|compress|quant|distill|detect|segment|backbone|adapter|lora|ensemble|trainable|width"
    r"|wide|slim|scal|head|decoder|total|whole|small|tiny|modif|custom|variant|search|nas|siamese|dual"
    r"|multi|3d|video|student|teacher|fine-?tun",
    re.IGNORECASE,
)
"""Words around a table that say that its networks are not the named ones as published."""

OF_TWO_SIZES = frozenset({"vit_small_patch16_224", "vit_small_patch32_224"})
"""Names under which networks of two sizes were published: the first ViT-S that timm and PaddleClas
trained had 48.6 million parameters."""

BARE_MILLIONS = 10_000
"""A count below this without a unit is in millions."""

USUAL_CLASSES = (1000, 21841, 21843, 10, 100)


Judged = tuple[Claim, Finding | None]
"""A figure, and what is said of it, None where it fits."""
FEW = 3
"""Fewer misfits of a table may each be an error."""


def _not_of_all(judged: Iterable[Judged]) -> Iterator[Finding]:
    """The findings, but none of a table where most figures misfit: they are of a larger network, of
    which the named one is a part."""
    tables: dict[tuple[str, int | None], list[Finding | None]] = defaultdict(list)
    for claim, finding in judged:
        table = None if claim.cell is None else claim.cell[0]
        tables[claim.place.file, table].append(finding)
    for (_, table), found in tables.items():
        said = [f for f in found if f is not None]
        if table is None or len(said) < FEW or 2 * len(said) <= len(found):
            yield from said


def expected_counts(claim: Claim, facts: Facts) -> dict[str, int]:
    """What the parameters of the named architecture may be, by reading."""
    net = facts.network_of(claim)
    if net is None:
        return {}
    if net.backbone is None:
        released = net.millions.replace(",", "")
        return {"the released head": int(Decimal(released) * 10**6)} if released else {}
    found = {"no head": net.backbone}
    known = facts.classes_of(claim)
    classes = {known} if known else set(USUAL_CLASSES)
    for count in sorted(classes):
        total = net.parameters(count)
        if total is not None:
            found[f"{count:,} classes"] = total
    return found


@rule("parameter-count", 21, "an architecture has a known number of parameters")
def parameter_count(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Parameters = backbone + per_class K for K classes.

    Example: ResNet-50 has 23,508,032 + 2,049 K: 23,528,522 for 10 classes, 25,557,032 for 1,000.

    Implausible if it is the count of another network of the family and beyond 5 % of every reading
    (without head, for the data set's classes, for 10, 100, 1,000 and 21k); else ambiguous: another
    stem, width or variant, or a network of which the named one is a part. Networks for small images
    are often changed, so that there it is ambiguous too. A bare "304.4" is read as millions.

    Source: parameters counted with timm, in the registry of architectures.
    """
    yield from _not_of_all(_parameter_count(evidence, facts))


def _parameter_count(evidence: Evidence, facts: Facts) -> Iterator[Judged]:
    for claim, number in evidence.figures("parameters"):
        expected = expected_counts(claim, facts)
        if not expected or number.value <= 0 or _of_a_larger_network(claim, evidence):
            continue
        stated = interval(number)
        if "unit" in claim.doubtful and number.value < BARE_MILLIONS:
            stated = Interval(stated.low * 1e6, stated.high * 1e6)
        if any(stated.meets(Interval(n, n)) for n in expected.values()):
            yield claim, None
            continue
        middle = (stated.low + stated.high) / 2
        name, nearest = min(expected.items(), key=lambda kv: abs(kv[1] - middle))
        distance = max(stated.low - nearest, nearest - stated.high) / nearest
        full = stated.high - stated.low <= 1
        if distance <= NEAR and not full:
            yield claim, None
            continue
        known = facts.dataset_of(claim)
        small = known is not None and known.height is not None and known.height < 64
        cause = _neighbour(claim, stated)
        far = distance > FAR and not small and cause
        verdict: Verdict = "implausible" if far else "ambiguous"
        if distance > ANOTHER and _plainly_of_it(claim, evidence, facts):
            verdict = "inconsistent"
        yield (
            claim,
            Finding(
                verdict=verdict,
                message=f"{name_of(claim)} does not have {int(number.value):,} parameters, but "
                f"{nearest:,} with {name}",
                arithmetic=f"{number.text}, or {int(number.value):,}, against {nearest:,}: "
                f"{show(100 * distance, 2)} % apart",
                claims=(claim,),
                assumptions=("the architecture as published, with its usual stem and width",),
                resolve="Name the variant, its stem and the number of classes",
                cause=cause,
                relies_on=frozenset({"model", "unit"}),
            ),
        )


_TRUNK = re.compile(r"\b(?:backbone|encoder|trunk|feature\sextractor)\b", re.IGNORECASE)


def _of_a_larger_network(claim: Claim, evidence: Evidence) -> bool:
    """True in a table of detectors or the like, whose network is named as a part: its backbone."""
    table = _table_of(claim, evidence)
    if table is None or not any(_TRUNK.search(c.label) for c in table.columns):
        return False
    return any(OTHER.intersection(normal(c.label).split()) for c in table.columns)


def _table_of(claim: Claim, evidence: Evidence) -> Table | None:
    if claim.cell is None:
        return None
    tables = next((d.tables for d in evidence.documents if d.file == claim.place.file), ())
    return tables[claim.cell[0]] if claim.cell[0] < len(tables) else None


def _plainly_of_it(claim: Claim, evidence: Evidence, facts: Facts) -> bool:
    """True for a cell in the row of exactly this architecture, under a column of parameters, in a
    table about a known data set that says nothing of changed networks."""
    if claim.cell is None or claim.doubtful or claim.number is None or not claim.number.exact:
        return False
    net = facts.architecture(claim.context.get("row", ""))
    if net is None or net.name in OF_TWO_SIZES or facts.dataset_of(claim) is None:
        return False
    known = facts.dataset_of(claim)
    table = _table_of(claim, evidence)
    if table is None or (known is not None and known.height is not None and known.height < 64):
        return False
    words = [table.caption, *table.section, *(c.label for c in table.columns)]
    return not any(CHANGED.search(w) for w in words)


@rule("flop-count", 21, "an architecture takes a known number of multiply-accumulates")
def flop_count(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """MACs of the named architecture at its resolution; twice as many FLOPs, which many authors
    print under either name.

    Example: ResNet-50 at 224 pixels takes 4.1 GMACs, printed as 4.1 or 8.2 GFLOPs, not 41.

    Inconsistent only for a cell in the row of exactly this architecture where the table or the
    section says the resolution; else implausible: another resolution changes the figure.

    Source: multiply-accumulates counted with timm, in the registry of architectures.
    """
    yield from _not_of_all(_flop_count(evidence, facts))


def _flop_count(evidence: Evidence, facts: Facts) -> Iterator[Judged]:
    for claim, number in (*evidence.figures("macs"), *evidence.figures("flops")):
        net = facts.network_of(claim)
        if net is None or not net.gmacs or number.value <= 0 or "unit" in claim.doubtful:
            continue
        said = evidence.setting(claim, "test_resolution", "resolution")
        side = claim.context.get("resolution", "")
        if not side and said is not None and said.number is not None:
            side = str(int(said.number.value))
        macs = net.gmacs.get(int(side) if side.isdecimal() else 224)
        if macs is None or _of_a_larger_network(claim, evidence):
            continue
        stated = interval(number)
        expected = [float(macs) * 1e9 * k for k in (1, 2)]
        if any(stated.low <= e * 1.15 and stated.high >= e * 0.85 for e in expected):
            yield claim, None
            continue
        far = stated.low > expected[1] * 2 or stated.high < expected[0] / 2
        if not far:
            yield claim, None
            continue
        strict = side.isdecimal() and _plainly_of_it(claim, evidence, facts)
        yield (
            claim,
            Finding(
                verdict="inconsistent" if strict else "ambiguous",
                message=f"{name_of(claim)} does not take {number.text}, but {macs} GMACs "
                f"at {side or 224} pixels",
                arithmetic=f"{number.text} against {macs}e9 multiply-accumulates, or twice as many "
                "FLOPs",
                claims=(claim,),
                assumptions=("the architecture as published",)
                + (() if side else ("at 224 pixels, which the document does not say",)),
                resolve="Name the variant and the resolution",
                relies_on=frozenset({"model", "unit"}),
            ),
        )


def name_of(claim: Claim) -> str:
    """The model as the document calls it."""
    return claim.context.get("model") or claim.context.get("method", "")


def _neighbour(claim: Claim, stated: Interval) -> str:
    """Another architecture of the same family with this number of parameters."""
    family = "".join(c for c in name_of(claim).lower() if c.isalpha())[:6]
    width = stated.high - stated.low
    if width > 0.1 * stated.high:
        return ""
    fits = [name for name, total in _family(family) if stated.meets(Interval(total, total))]
    named = min(fits, key=len, default="")
    return f"these are the parameters of {named}" if named else ""


@lru_cache(maxsize=256)
def _family(beginning: str) -> tuple[tuple[str, int], ...]:
    """Architectures whose name begins so, with their parameters for ImageNet."""
    from bakeoff import published

    return tuple(
        (net.name, total)
        for net in published.architectures()
        if net.name.replace("_", "").startswith(beginning)
        and (total := net.parameters(1000)) is not None
    )
