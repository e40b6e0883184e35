"""Parameters of a named architecture."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Claim
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding, Verdict
from bakeoff.auditing.intervals import Interval, interval, show

NEAR, FAR = 0.02, 0.05
"""Relative distances: up to 2 % other stems and heads differ; beyond 5 % it is another network."""

BARE_MILLIONS = 10_000
"""A count below this without a unit is in millions."""

USUAL_CLASSES = (1000, 21841, 21843, 10, 100)


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
    for claim, number in evidence.figures("parameters"):
        expected = expected_counts(claim, facts)
        if not expected or number.value <= 0:
            continue
        stated = interval(number)
        if "unit" in claim.doubtful and number.value < BARE_MILLIONS:
            stated = Interval(stated.low * 1e6, stated.high * 1e6)
        if any(stated.meets(Interval(n, n)) for n in expected.values()):
            continue
        middle = (stated.low + stated.high) / 2
        name, nearest = min(expected.items(), key=lambda kv: abs(kv[1] - middle))
        distance = max(stated.low - nearest, nearest - stated.high) / nearest
        full = stated.high - stated.low <= 1
        if distance <= NEAR and not full:
            continue
        known = facts.dataset_of(claim)
        small = known is not None and known.height is not None and known.height < 64
        cause = _neighbour(claim, stated)
        far = distance > FAR and not small and cause
        verdict: Verdict = "implausible" if far else "ambiguous"
        yield Finding(
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
        )


def name_of(claim: Claim) -> str:
    """The model as the document calls it."""
    return claim.context.get("model") or claim.context.get("method", "")


def _neighbour(claim: Claim, stated: Interval) -> str:
    """Another architecture of the same family with this number of parameters."""
    from bakeoff import published

    family = "".join(c for c in name_of(claim).lower() if c.isalpha())[:6]
    width = stated.high - stated.low
    if width > 0.1 * stated.high:
        return ""
    fits = [
        net.name
        for net in published.architectures()
        if net.name.replace("_", "").startswith(family)
        and (total := net.parameters(1000)) is not None
        and stated.meets(Interval(total, total))
    ]
    named = min(fits, key=len, default="")
    return f"these are the parameters of {named}" if named else ""
