"""Findings in words: what the records of a data set show, one short sentence each."""

from __future__ import annotations

from collections.abc import Callable

from bakeoff.reporting import findings
from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.document import Arm, Inline, Insight, Text
from bakeoff.reporting.findings import Shift
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import NBSP, count, counted, fixed, listed, percent, short, signed
from bakeoff.reporting.score.making import reference_of

MOST_ARMS = 4
CALIBRATED = 2.0
"""Points of confidence beside accuracy that need no telling."""
OVERFIT = 1.0
ALMOST = 0.5
"""Points by which a gap must change to be called closing or growing."""

Teller = Callable[[ArmRuns, ArmRuns], Text | None]


def found(material: Material) -> list[Insight]:
    """Every finding that there is, what explains a gap first; of each data set where several."""
    asked: list[tuple[str, Callable[[Material], Text | None]]] = [
        ("Where does the gap come from?", _of_pair(_classes)),
        ("What do arms answer too often?", _of_arms(_shift)),
        ("Who is right where the other is wrong?", _of_pair(_alone)),
        ("Does the arm behind catch up?", _of_pair(_closing)),
        ("How large is the gap beside the seeds?", _of_pair(_spread)),
        ("Are the probabilities right?", _confidence),
        ("Does an arm overfit?", _fit),
    ]
    told = []
    for question, tell in asked:
        if (text := _set_by_set(material, tell)) is not None:
            told.append(Insight(question, True, text))
    return told


def pair_of(material: Material) -> tuple[ArmRuns, ArmRuns] | None:
    """The two arms of the headline: the best, and the reference or else the next."""
    arms = sorted(
        (arm for arm in material.measured if arm.accuracy),
        key=lambda arm: -(arm.accuracy.mean if arm.accuracy else 0.0),
    )
    reference = reference_of(material)
    if len(arms) < 2 or reference is None:
        return None
    return arms[0], arms[1] if arms[0] is reference else reference


def _set_by_set(material: Material, tell: Callable[[Material], Text | None]) -> Text | None:
    parts: list[Inline] = []
    several = len(material.sets) > 1
    for one, title in zip(material.sets, material.set_titles, strict=True):
        if (text := tell(one)) is not None:
            parts += [" "] if parts else []
            parts += [f"{title}: "] if several else []
            parts += [text] if isinstance(text, str) else text
    return tuple(parts) or None


def _of_pair(tell: Teller) -> Callable[[Material], Text | None]:
    def told(material: Material) -> Text | None:
        pair = pair_of(material)
        return None if pair is None else tell(*pair)

    return told


def _of_arms(tell: Callable[[ArmRuns], Text | None]) -> Callable[[Material], Text | None]:
    def told(material: Material) -> Text | None:
        said = [text for arm in material.measured if (text := tell(arm)) is not None]
        parts: list[Inline] = []
        for text in said[:MOST_ARMS]:
            parts += [" "] if parts else []
            parts += [text] if isinstance(text, str) else text
        if len(said) > MOST_ARMS:
            parts.append(f" And {counted(len(said) - MOST_ARMS, 'more arm')}.")
        return tuple(parts) or None

    return told


def _classes(ahead: ArmRuns, behind: ArmRuns) -> Text | None:
    gap = findings.gap_by_class(ahead, behind)
    if gap is None:
        return None
    names = listed(list(gap.classes))
    one = len(gap.classes) == 1
    words = f"{'Class' if one else 'Classes'} {names} {'carries' if one else 'carry'} "
    share = percent(gap.share, 0)
    return (words, share, " of the gap between ", Arm(ahead.name), " and ", Arm(behind.name), ".")


def _shift(arm: ArmRuns) -> Text | None:
    both = findings.shifts(arm)
    if both is None:
        return None

    def told(one: Shift) -> str:
        return f"“{one.name}” for {percent(one.said, 1)} of images ({percent(one.true, 1)} are)"

    said = [told(one) for one in both if one is not None]
    return (Arm(arm.name), f" answers {'; '.join(said)}.")


def _alone(a: ArmRuns, b: ArmRuns) -> Text | None:
    both = findings.alone(a, b)
    if both is None or not (both.first or both.second):
        return None
    first, second = (a, b) if both.first >= both.second else (b, a)
    most, least = sorted((both.first, both.second), reverse=True)
    seeds = " in every run" if len(a.complete) > 1 or len(b.complete) > 1 else ""
    return (
        Arm(first.name),
        f" alone is right{seeds} on {counted(most, 'image')}, ",
        Arm(second.name),
        f" alone on {count(least)}.",
    )


def _closing(ahead: ArmRuns, behind: ArmRuns) -> Text | None:
    gap = findings.closing(ahead, behind)
    if gap is None:
        return None
    if gap.late > 0 and abs(gap.early - gap.late) < ALMOST:
        does = "keeps its distance to "
    elif gap.early < 0:
        does = "overtook "
        return (
            Arm(ahead.name),
            f" {does}",
            Arm(behind.name),
            f": {fixed(-gap.early, 1)}{NBSP}points behind after a quarter of the training, "
            f"{fixed(gap.late, 1)} ahead at its end.",
        )
    else:
        does = "catches up with " if gap.late < gap.early else "falls further behind "
    return (
        Arm(behind.name),
        f" {does}",
        Arm(ahead.name),
        f": {fixed(gap.early, 1)}{NBSP}points behind after a quarter of the training, "
        f"{fixed(gap.late, 1)} at its end.",
    )


def _spread(a: ArmRuns, b: ArmRuns) -> Text | None:
    both = findings.gap_and_spread(a, b)
    if both is None:
        return None
    head = f"The gap is {fixed(both.gap)}{NBSP}points; "
    within = f"seeds of one arm differ by {fixed(both.spread)} at most"
    if both.spread <= 0:
        return f"{head}{within}."
    times = both.gap / both.spread
    if times >= 1.5:
        return f"{head}{within}, {short(times, 2)} times less."
    return f"{head}{within}: a seed matters as much."


def _confidence(material: Material) -> Text | None:
    """Arms that are surer or less sure than they are right; the others are counted."""
    both = [(a, one) for a in material.measured if (one := findings.confidence(a)) is not None]
    if not both:
        return None
    parts: list[Inline] = []
    calibrated = [arm for arm, one in both if abs(one.confidence - one.accuracy) < CALIBRATED]
    off = [(arm, one) for arm, one in both if arm not in calibrated]
    for arm, one in off[:MOST_ARMS]:
        word = "over" if one.confidence > one.accuracy else "under"
        parts += [
            " " if parts else "",
            Arm(arm.name),
            f" is {word}confident: {percent(one.confidence, 1)} sure on average, right "
            f"{percent(one.accuracy, 1)} of the time.",
        ]
    if len(off) > MOST_ARMS:
        parts.append(f" And {counted(len(off) - MOST_ARMS, 'more arm')}.")
    if calibrated and not off:
        return "Every arm is about as sure as it is right."
    if calibrated:
        parts.append(f" {counted(len(calibrated), 'other arm')}: about as sure as right.")
    return tuple(parts)


def _fit(material: Material) -> Text | None:
    both = [(arm, one) for arm in material.measured if (one := findings.fit(arm)) is not None]
    if not both:
        return None
    over = [(arm, one) for arm, one in both if one.excess >= OVERFIT]
    if not over:
        whom = "Neither arm overfits" if len(both) == 2 else "No arm overfits"
        least, most = (signed(end(one.excess for _, one in both)) for end in (min, max))
        span = least if least == most else f"{least} to {most}"
        return f"{whom}: {span}{NBSP}points on training images against test images."
    parts: list[Inline] = []
    for arm, one in over[:MOST_ARMS]:
        parts += [
            " " if parts else "",
            Arm(arm.name),
            f" overfits: {percent(one.train, 1)} of training images right, {percent(one.test, 1)} "
            "of test images.",
        ]
    return tuple(parts)
