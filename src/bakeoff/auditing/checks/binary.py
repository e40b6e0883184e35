"""True and false positives and negatives against the scores computed from them."""

from __future__ import annotations

from collections.abc import Iterator

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Number
from bakeoff.auditing.evaluation import WHICH, Evaluation, printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding
from bakeoff.auditing.intervals import Interval, share, show_percent
from bakeoff.auditing.metrics import METRICS

CELLS = ("tp", "fp", "tn", "fn")
FORMULAS = {
    "accuracy": ("(TP + TN)/N", "tp tn", "tp tn fp fn"),
    "error": ("(FP + FN)/N", "fp fn", "tp tn fp fn"),
    "precision": ("TP/(TP + FP)", "tp", "tp fp"),
    "recall": ("TP/(TP + FN)", "tp", "tp fn"),
    "specificity": ("TN/(TN + FP)", "tn", "tn fp"),
    "f1": ("2TP/(2TP + FP + FN)", "tp tp", "tp tp fp fn"),
}


MOST = 10**9
"""Images; a greater number is no count of them."""


def is_count(number: Number) -> bool:
    """True for a whole number of images."""
    return 0 <= number.value < MOST and number.value == number.value.to_integral_value()


def from_counts(metric: str, counts: dict[str, int]) -> float | None:
    """A score from the counts, None where one is missing or nothing was counted."""
    _, above, below = FORMULAS[metric]
    if any(name not in counts for name in below.split()):
        return None
    total = sum(counts[name] for name in below.split())
    return sum(counts[name] for name in above.split()) / total if total else None


@rule("binary-counts", 14, "scores follow from true and false positives and negatives")
def binary_counts(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Accuracy, precision, recall, specificity and F1 computed again from TP, FP, TN and FN.

    Example: TP = 90 and FN = 10 is a recall of 0.90, not 0.95.

    The positive class is the one that the counts call so; where precision and recall fit the other
    class the finding is ambiguous.

    Assumes: counts and scores of the same evaluation.
    Source: the definitions.
    """
    seen: set[object] = set()
    for evaluation in evidence.having(*CELLS):
        claims = {name: c for name in CELLS if (c := evaluation.one(name)) is not None}
        counts = {
            name: int(c.number.value)
            for name, c in claims.items()
            if c.number is not None and c.number.exact and is_count(c.number)
        }
        if len(counts) < 2:
            continue
        turned = {n: counts[m] for n, m in zip(CELLS, ("tn", "fn", "tp", "fp"), strict=True)
                  if m in counts}  # fmt: skip
        borne_out = evaluation.sure or _borne_out(evaluation, counts)
        for metric in FORMULAS:
            score = evaluation.one(metric)
            exact = from_counts(metric, counts)
            if score is None or score.number is None or exact is None:
                continue
            stated = share(score.number, often_small=metric == "error").within(0, 1)
            if stated.meets(Interval(exact, exact)) or (id(score), metric) in seen:
                continue
            seen.add((id(score), metric))
            other = from_counts(metric, turned)
            fits = other is not None and stated.meets(Interval(other, other))
            yield Finding(
                verdict="ambiguous" if fits or not borne_out else "inconsistent",
                message=f"{METRICS[metric].title} {printed(score.number)} does not follow from the "
                f"counts, which give {show_percent(exact)}"
                + ("; it is that of the other class" if fits else ""),
                arithmetic=f"{FORMULAS[metric][0]} = {exact:.6f} with "
                + ", ".join(f"{n.upper()} = {k:,}" for n, k in counts.items()),
                claims=(score, *claims.values()),
                assumptions=("counts and score of the same evaluation",),
                resolve="Check the counts and the score",
                relies_on=WHICH | {"unit"},
            )


def _borne_out(evaluation: Evaluation, counts: dict[str, int]) -> bool:
    """True if counts and scores were said in one paragraph and another score follows from the
    counts, so that they are of one evaluation."""
    said = {c.group.partition(".")[0] for c in evaluation.claims}
    if len(said) != 1 or not next(iter(said)).startswith("s"):
        return False
    for metric in FORMULAS:
        score, exact = evaluation.one(metric), from_counts(metric, counts)
        if score is None or score.number is None or exact is None or not 0 < exact < 1:
            continue
        if share(score.number, often_small=metric == "error").meets(Interval(exact, exact)):
            return True
    return False


@rule("printed-ratio", 9, "a share is the count printed beside it")
def printed_ratio(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """k/n printed beside a share is that share: "0.985 (384/390)", "9887 of 10000 (98.87 %)".

    Example: 384/390 is 0.98462, printed 0.985 or 0.984, not 0.945. Rounded and cut off are allowed;
    so is the complement, where a share of errors stands beside the images that were right.

    Source: the definition.
    """
    for claim in evidence.claims:
        if claim.ratio is None or claim.number is None or claim.spread is not None:
            continue
        k, n = claim.ratio
        exact = k / n
        stated = share(claim.number, often_small=True)
        if stated.meets(Interval(exact, exact)) or stated.meets(Interval(1 - exact, 1 - exact)):
            continue
        percent = share(claim.number).scaled(0.01)
        if claim.number.unit == "" and percent.meets(Interval(exact, exact)):
            continue
        yield Finding(
            verdict="inconsistent" if claim.number.exact else "ambiguous",
            message=f"{k:,} of {n:,} is {show_percent(exact)}, not {printed(claim.number)}",
            arithmetic=f"{k:,}/{n:,} = {exact:.6f}",
            claims=(claim,),
            assumptions=("the count printed beside the figure is of the same images",),
            resolve="Check the count and the share",
            relies_on=frozenset({"unit"}),
        )
