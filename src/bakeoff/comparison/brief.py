"""A comparison in a dozen lines for a terminal of 80 columns: each arm against the reference.

Names are never cut: where they leave no room for the figures, a name has a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bakeoff.comparison.metrics import about
from bakeoff.comparison.numbers import MINUS, amount, plural, sentence_case, with_interval
from bakeoff.comparison.reasons import (
    Adjusted,
    AlsoDiffers,
    DidNotTrain,
    Reason,
    RunFarOff,
    UnequalBudgets,
)
from bakeoff.comparison.result import ArmSummary, Compared, PairVerdict, Word
from bakeoff.comparison.wording import word
from bakeoff.statistics import FEWEST_SETS, Interval

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MOST_ARMS = 40
"""Of a table of hundreds of published models, those that lead."""
WIDEST = 100
TURNED: dict[Word, Word] = {"better": "worse", "worse": "better"}
SYMBOL: dict[Word, str] = {"better": "▲", "worse": "▼", "same": "=", "cannot tell": "?"}
STYLE: dict[Word, str] = {"better": "green", "worse": "red"}
LIMITS = (AlsoDiffers, UnequalBudgets, RunFarOff)
"""What a reader must know of a pair besides what its sentence states."""
HEADINGS = ("rank", "arm", "", "difference", "p", "verdict")


@dataclass(frozen=True, slots=True)
class Line:
    """One arm as its cells, in the order of HEADINGS; said: the verdict that colours it."""

    cells: tuple[str, str, str, str, str, str]
    said: Word | None = None


def tell_briefly(comparison: Compared, console: Console, *, more: str = "") -> None:
    """Print the ranking against the reference, one line of method, and what limits it.

    more: how to get the rest, as a last line.
    """
    from rich.text import Text

    width = min(WIDEST, console.width)

    def said(text: str, style: str = "") -> None:
        for part in Text(text, style=style).wrap(console, width):
            part.rstrip()
            console.print(part, soft_wrap=True)

    metric = comparison.comparisons[0].metric if comparison.comparisons else "accuracy"
    for arms in groups(comparison):
        reference = _reference(comparison, arms, metric)
        rows = _against(comparison, arms, reference, metric)
        names = _names(arms)
        said(_heading(comparison, arms, metric), "bold")
        lines = _lines(comparison, arms, reference, rows, metric, names)
        for line in _laid_out(lines, metric, width):
            console.print(line, soft_wrap=True)
        for sentence in _below(comparison, arms, reference, rows, names):
            said(sentence)
    for sentence in _of_the_whole(comparison, metric):
        said(sentence)
    if more:
        said(more, "dim")


def groups(comparison: Compared) -> list[list[ArmSummary]]:
    """The arms of each data set: those that pairs connect, best first, arms without a rank last."""
    first = comparison.comparisons[0].metric if comparison.comparisons else ""
    group = {summary.arm: {summary.arm} for summary in comparison.arms}
    for row in comparison.pairs(first):
        if group[row.a] is not group[row.b]:
            joined = group[row.a] | group[row.b]
            group.update(dict.fromkeys(joined, joined))

    def order(summary: ArmSummary) -> tuple[float, float]:
        mean = summary.metrics[first].mean if first in summary.metrics else None
        sign = about(first).sign if first else 1
        best = -sign * mean if mean is not None else float("inf")
        return (summary.rank or float("inf"), best)

    found: dict[int, list[ArmSummary]] = {}
    for summary in comparison.arms:
        found.setdefault(id(group[summary.arm]), []).append(summary)
    return [sorted(arms, key=order) for arms in found.values()]


def _names(arms: Sequence[ArmSummary]) -> dict[str, str]:
    """How the table of these arms calls each; its heading names the data set and the budget."""
    if len({(arm.data, arm.budget) for arm in arms}) > 1:
        return {arm.arm: arm.arm for arm in arms}
    return {arm.arm: arm.name or arm.arm for arm in arms}


def _reference(comparison: Compared, arms: Sequence[ArmSummary], metric: str) -> str:
    """The arm that the file names, else the first of those that have a result."""
    there = [s.arm for s in comparison.arms if s in arms and s.metrics[metric].mean is not None]
    named = [arm for arm in there if arm in comparison.references]
    return next(iter([*named, *there]), "")


def _against(
    comparison: Compared, arms: Sequence[ArmSummary], reference: str, metric: str
) -> dict[str, PairVerdict]:
    """By arm, its pair with the reference."""
    found: dict[str, PairVerdict] = {}
    for row in comparison.pairs(metric):
        if reference in (row.a, row.b):
            found[row.b if row.a == reference else row.a] = row
    return {summary.arm: found[summary.arm] for summary in arms if summary.arm in found}


def _heading(comparison: Compared, arms: Sequence[ArmSummary], metric: str) -> str:
    title = about(metric).title
    what = f"Test {title}" if about(metric).unit == "points" else title[0].upper() + title[1:]
    parts = {(arm.data, arm.budget) for arm in arms}
    data, budget = parts.pop() if len(parts) == 1 else ("", "")
    on = data or comparison.data
    seen = {s.metrics["images"].mean for s in arms if "images" in s.metrics and s.n}
    trained = seen.pop() if len(seen) == 1 else None
    after = f" after {trained:,.0f} images" if trained and metric != "images" else ""
    runs = {summary.n + summary.failed + summary.incomplete for summary in arms}
    each = f", {plural(runs.pop(), 'seed')} each" if len(runs) == 1 else ""
    at = f" at {budget}" if budget else after
    return f"{what}{f' on {on}' if on else ''}{at}{each}"


def _lines(
    comparison: Compared,
    arms: Sequence[ArmSummary],
    reference: str,
    rows: dict[str, PairVerdict],
    metric: str,
    names: Mapping[str, str],
) -> Iterator[Line]:
    for summary in arms[:MOST_ARMS]:
        line = _line(comparison, summary, reference, rows.get(summary.arm), metric)
        rank, arm, mean, difference, p, verdict = line.cells
        yield replace(line, cells=(rank, names[arm], mean, difference, p, verdict))


def _line(
    comparison: Compared, summary: ArmSummary, reference: str, row: PairVerdict | None, metric: str
) -> Line:
    found = summary.metrics[metric]
    mean = "–" if found.mean is None else with_interval(found.mean, found.interval)
    rank = _rank(comparison, summary)
    if summary.did_not_train:
        return Line((rank, summary.arm, mean, "", "", "did not train"))
    if summary.arm == reference:
        return Line((rank, summary.arm, mean, "", "", "reference"))
    if row is None:
        return Line(
            (rank, summary.arm, mean, "", "", "" if found.mean is not None else "no result")
        )
    turned = row.a != summary.arm
    said = TURNED.get(row.verdict, row.verdict) if turned else row.verdict
    p = "" if row.p_adjusted is None else f"{row.p_adjusted:.3f}"
    cells = (
        rank,
        summary.arm,
        mean,
        _signed(row, turned),
        "<0.001" if row.p_adjusted is not None and row.p_adjusted < 0.001 else p,
        f"{SYMBOL[said]} {said}",
    )
    return Line(cells, said)


def _rank(comparison: Compared, summary: ArmSummary) -> str:
    if summary.rank is None:
        return "–"
    ranked = next((tied for tied in comparison.ranking if summary.arm in tied), ())
    return f"{summary.rank}{'=' if len(ranked) > 1 else ''}"


def _signed(row: PairVerdict, turned: bool) -> str:
    """The arm minus the reference, with a sign."""
    if row.difference is None:
        return "–"
    value, interval = row.difference, row.interval
    if turned:
        value = -value
        interval = None if interval is None else Interval(-interval.high, -interval.low)
    shown = with_interval(value, interval)
    return shown if shown.startswith((MINUS, "0")) and value <= 0 else f"+{shown}"


def _laid_out(lines: Iterator[Line], metric: str, width: int) -> Iterator[Text]:
    """The table; names on lines of their own where they would leave too little room."""
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    unit = {"points": "%"}.get(about(metric).unit, about(metric).unit)
    headings = (HEADINGS[0], HEADINGS[1], unit, *HEADINGS[3:])
    body = list(lines)
    table = [Line(headings), *body]
    widths = [max(cell_len(line.cells[at]) for line in table) for at in range(len(headings))]
    needed = sum(widths) + 2 * (len(widths) - 1)
    if width < needed <= width + 2:
        table[0] = Line(("#", *table[0].cells[1:]))  # two columns less than "rank"
        widths[0] = max(cell_len(line.cells[0]) for line in table)
    stacked = sum(widths) + 2 * (len(widths) - 1) > width
    right = {0, 2, 3, 4}
    for line in table:
        cells = [
            (" " * (wide - cell_len(cell)) + cell) if at in right else set_cell_size(cell, wide)
            for at, (cell, wide) in enumerate(zip(line.cells, widths, strict=True))
        ]
        style = "bold" if line is table[0] else ""
        verdict = Text(
            cells[5].rstrip(), style=style or (STYLE.get(line.said, "") if line.said else "")
        )
        if stacked:
            if line is not table[0]:
                yield Text(f"{cells[0]}  {line.cells[1]}", style=style)
            yield Text(f"{' ' * widths[0]}  {'  '.join(cells[2:5])}  ", style=style) + verdict
        else:
            yield Text(f"{'  '.join(cells[:5])}  ", style=style) + verdict


def _below(
    comparison: Compared,
    arms: Sequence[ArmSummary],
    reference: str,
    rows: dict[str, PairVerdict],
    names: Mapping[str, str],
) -> Iterator[str]:
    """One line of method, then what limits these verdicts, each thing said once."""
    if len(arms) > MOST_ARMS:
        yield f"… and {len(arms) - MOST_ARMS:,} more arms: --verbose."
    tested = [row for row in rows.values() if not row.has(DidNotTrain)]
    if tested:
        yield _method(comparison, names[reference], tested)
    if any(row.scope == "models" for row in tested):
        yield "One seed each: this compares these models, not the recipes."
    limits: dict[str, list[str]] = {}
    for arm, row in rows.items():
        for reason in row.facts if not row.has(DidNotTrain) else ():
            if reason.remark or isinstance(reason, LIMITS):
                limits.setdefault(word(_called(reason, names)), []).append(names[arm])
    for limit, whom in limits.items():
        everyone = len(whom) == len(tested) > 1
        yield f"{limit[0].upper()}{limit[1:]}." if everyone else f"{', '.join(whom)}: {limit}."
    undecided = [row for row in tested if row.verdict == "cannot tell" and row.more_seeds]
    for row in undecided:
        arm = row.b if row.a == reference else row.a
        seeds = plural(row.more_seeds or 0, "more seed")
        yield f"{names[arm]}: about {seeds} per arm would decide a gap of {row.more_seeds_for:.2g}."
    for summary in arms:
        if summary.failed:
            runs = summary.n + summary.failed + summary.incomplete
            first = f" ({summary.failures[0]})" if summary.failures else ""
            yield f"{names[summary.arm]}: {summary.failed} of {plural(runs, 'run')} failed{first}."
        if summary.incomplete:
            yield f"{names[summary.arm]}: {plural(summary.incomplete, 'run')} not finished."


def _called(reason: Reason, names: Mapping[str, str]) -> Reason:
    """The reason with the name that its table gives the arm that it is about."""
    arm: str = getattr(reason, "arm", "")
    return replace(reason, **{"arm": names[arm]}) if arm in names else reason


def _method(comparison: Compared, reference: str, rows: Sequence[PairVerdict]) -> str:
    """Such as "Differences are from standard, with 95 % intervals; test: Welch."."""
    tests = list(dict.fromkeys(row.test for row in rows if row.test != "none"))
    level = f"{100 * comparison.level:g} %"
    parts = [f"Differences are from {reference}, with {level} intervals"]
    adjusted = {
        reason.pairs for row in rows for reason in row.facts if isinstance(reason, Adjusted)
    }
    if tests:
        holm = f", p adjusted for {max(adjusted)} pairs (Holm)" if adjusted else ""
        parts.append(f"test: {' or '.join(tests)}{holm}")
    if comparison.margin is not None:
        parts.append(f"the same means within ±{amount(comparison.margin)}")
    return "; ".join(parts) + "."


def _of_the_whole(comparison: Compared, metric: str) -> Iterator[str]:
    """Agreement with papers, what the results look like, and notes on no other metric."""
    few = [over for over in comparison.over_data_sets if len(over.sets) < FEWEST_SETS]
    if few:
        sets = plural(max(len(over.sets) for over in few), "data set")
        yield f"No verdict over data sets: {sets}, and {FEWEST_SETS} are needed."
    for over in comparison.over_data_sets:
        if over not in few:
            yield over.sentence
    called = {summary.arm: summary.name for summary in comparison.arms}
    references = {
        called[arm] for arms in groups(comparison) if (arm := _reference(comparison, arms, metric))
    }
    for across in comparison.budgets:
        if references & {across.a, across.b}:
            yield across.sentence
    for verdict in comparison.published:
        yield verdict.sentence
    for concern in comparison.concerns:
        if concern.code != "did not train":
            yield concern.sentence
    for note in comparison.notes:
        if note not in {n for name, n in comparison.metric_notes.items() if name != metric}:
            yield sentence_case(note)
