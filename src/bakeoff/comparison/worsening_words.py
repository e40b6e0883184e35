"""A check against runs from before, in words: for a terminal, and for a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakeoff.comparison.metrics import about
from bakeoff.comparison.numbers import amount, plural, probability, with_interval

if TYPE_CHECKING:
    from bakeoff.comparison.worsening import ArmChecked, Checked

_MARKED = {
    "worse": "✗ worse",
    "did not train": "✗ did not train",
    "not shown to be worse": "not shown to be worse",
    "cannot tell": "? cannot tell",
}


def sentence(arm: ArmChecked, margin: float) -> str:
    """One arm's verdict, with what it stands on."""
    beyond = f" by more than {amount(margin)} {arm.unit}" if margin else ""
    runs = f"{arm.n} new and {arm.n_before} earlier {'run' if arm.n_before == 1 else 'runs'}"
    failed = f", {plural(arm.failed, 'new run')} failed" if arm.failed else ""
    if arm.verdict == "did not train":
        return f"{arm.arm} did not train: {plural(arm.failed, 'new run')} failed, all there are."
    if arm.verdict == "cannot tell" or arm.difference is None or arm.p_adjusted is None:
        return f"cannot tell whether {arm.arm} is worse: {arm.because} ({runs}{failed})."
    verb = "is worse" if arm.verdict == "worse" else "is not shown to be worse"
    shows = ""
    if arm.verdict != "worse" and arm.would_show is not None:
        shows = f"; a worsening of {amount(arm.would_show)} would have shown with 80 % power"
    return (
        f"{arm.arm} {verb}{beyond} in {about(arm.metric).title}: new minus before "
        f"{with_interval(arm.difference, arm.interval)} {arm.unit} ({runs}{failed}, one-sided "
        f"{probability(arm.p_adjusted)}{shows})."
    )


def as_text(found: Checked) -> str:
    """A line an arm, and what a reader must know of the whole."""
    return "\n".join([*(sentence(arm, found.margin) for arm in found.arms), *_notes(found)])


def as_markdown(found: Checked) -> str:
    """A heading that answers, a table, and the notes; names are escaped."""
    head = "No arm is shown to be worse"
    if found.worse:
        head = f"Worse than before: {', '.join(map(_safe, found.worse))}"
    rows = [
        f"| {_safe(arm.arm)} | {_MARKED[arm.verdict]} | {_amount(arm.mean_before)} | "
        f"{_amount(arm.mean)} | {_difference(arm)} | {_p(arm)} | {arm.n_before} / {arm.n}"
        f"{f', {arm.failed} failed' if arm.failed else ''} |"
        for arm in found.arms
    ]
    unit = found.arms[0].unit
    title = about(found.arms[0].metric).title
    return "\n".join(
        [
            f"### {head}",
            "",
            f"| arm | verdict | before | new | new − before ({unit}) | p, one-sided | runs |",
            "|---|---|---:|---:|---:|---:|---|",
            *rows,
            "",
            *(f"- {_safe(sentence(arm, found.margin))}" for arm in found.arms if arm.because),
            *(f"- {_safe(note)}" for note in (f"metric: {title}", *_notes(found))),
            "",
        ]
    )


def _notes(found: Checked) -> list[str]:
    margin = (
        f"a worsening up to {amount(found.margin)} does not matter"
        if found.margin
        else ("margin 0: any worsening that is certain counts")
    )
    notes = [
        f"check {found.check} of this question: {found.spent:.3g} of the {found.alpha:g} that all "
        f"its checks share; {margin}"
    ]
    if found.only_before:
        notes.append(f"not run anew: {', '.join(found.only_before)}")
    if found.only_new:
        notes.append(f"new, with nothing to hold against: {', '.join(found.only_new)}")
    return notes


def _amount(value: float | None) -> str:
    return "–" if value is None else amount(value)


def _difference(arm: ArmChecked) -> str:
    return "–" if arm.difference is None else with_interval(arm.difference, arm.interval)


def _p(arm: ArmChecked) -> str:
    return "–" if arm.p_adjusted is None else probability(arm.p_adjusted).removeprefix("p = ")


def _safe(text: str) -> str:
    """A name as text: it can break no table and make no link, mention or markup."""
    return re.sub(r"([\\`*_{}\[\]<>()#|~@!])", r"\\\1", " ".join(text.split()))
