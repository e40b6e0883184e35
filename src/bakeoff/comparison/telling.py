"""A comparison for people: a terminal, plain text, a notebook."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bakeoff.comparison.metrics import about
from bakeoff.comparison.numbers import amount, with_interval
from bakeoff.comparison.reasons import DidNotTrain
from bakeoff.comparison.result import ArmSummary, Compared, PairVerdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDTH = 100
MOST_ROWS = 60
DRAWN = ("accuracy", "loss")


def tell(comparison: Compared, console: Console) -> None:
    """Print tables and sentences; plain text where the console is not a terminal."""
    from rich.text import Text

    console.print(arms_table(comparison))
    if comparison.comparisons:
        console.print(pairs_table(comparison))
    for sentence in sentences(comparison):
        # A terminal's lines break between words; a file's lines are whole, for grep.
        console.print(Text(sentence), soft_wrap=not console.is_terminal)


def as_text(comparison: Compared) -> str:
    """What `tell` prints, as a string without control characters."""
    from rich.console import Console

    out = io.StringIO()
    tell(comparison, Console(file=out, width=WIDTH, force_terminal=False, color_system=None))
    return out.getvalue()


def sentences(comparison: Compared) -> Iterator[str]:
    """The verdicts in the first metric, agreement with papers, and notes, a line each."""
    first = comparison.comparisons[0].metric if comparison.comparisons else "accuracy"
    rows = comparison.pairs(first)
    # An arm that never worked is what a reader must know before any comparison with it.
    for concern in comparison.concerns:
        if concern.code == "did not train":
            yield concern.sentence
    for pair in comparison.budgets:
        yield pair.sentence
    rows = tuple(row for row in rows if not (row.has(DidNotTrain) and row.verdict == "cannot tell"))
    for row in rows[:MOST_ROWS]:
        yield row.sentence
    if len(rows) > MOST_ROWS:
        yield f"… and {len(rows) - MOST_ROWS:,} more pairs; --format json has them all."
    for over in comparison.over_data_sets:
        yield over.sentence
    for verdict in comparison.published:
        yield verdict.sentence
    for concern in comparison.concerns:
        if concern.code != "did not train":
            yield concern.sentence
    for summary in comparison.arms:
        for failure in summary.failures:
            yield f"failed: {summary.arm}, {failure}"
    yield from comparison.notes


def arms_table(comparison: Compared) -> Table:
    """A row an arm: rank, runs, and mean with interval in every metric."""
    table = _table("Arms" + (f" on {comparison.data}" if comparison.data else ""))
    table.add_column("rank", justify="right")
    table.add_column("arm", overflow="fold")
    table.add_column("runs", justify="right")
    names = list(comparison.arms[0].metrics) if comparison.arms else []
    shown = [name for name in names if not name.startswith("accuracy_at")][:6]
    for name in shown:
        table.add_column(about(name).title, justify="right", overflow="fold")
    order = {name: i for i, tied in enumerate(comparison.ranking) for name in tied}
    for summary in sorted(comparison.arms, key=lambda s: order.get(s.arm, len(order))):
        rank = _rank(summary, comparison)
        table.add_row(rank, _safe(summary.arm), _runs(summary), *_cells(summary, shown))
    return table


def pairs_table(comparison: Compared) -> Table:
    """A row a pair and metric."""
    table = _table("Verdicts")
    for title in ("a", "b", "metric", "a − b", "P(a better)", "p", "test", "a is"):
        name = title in ("a", "b", "metric")
        table.add_column(title, justify="left" if name else "right", overflow="fold")
    for row in comparison.comparisons[:MOST_ROWS]:
        table.add_row(*(_safe(cell) for cell in _pair_cells(row)))
    return table


def as_html(comparison: Compared) -> str:
    """A fragment for notebooks; every name escaped."""
    head = "".join(
        f"<th>{title}</th>"
        for title in ("a", "b", "metric", "a − b", "P(a better)", "p", "test", "a is")
    )
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _pair_cells(row)) + "</tr>"
        for row in comparison.comparisons[:MOST_ROWS]
    )
    said = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences(comparison))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"{_drawings(comparison)}{table}<ul>{said}</ul>"


def _drawings(comparison: Compared) -> str:
    """The first metrics as SVG in a row, each with what it shows in words."""
    from bakeoff.comparison.drawing import as_svg

    there = [n for n in DRAWN if any(n in a.metrics and a.metrics[n].n for a in comparison.arms)]
    return "".join(
        f'<figure style="display:inline-block;background:#fff;margin:0 1em 1em 0" role="img" '
        f'aria-label="{html.escape(about(name).title)} of every arm: seeds as points, mean and '
        f'interval">{as_svg(comparison, name)}</figure>'
        for name in there
    )


def _pair_cells(row: PairVerdict) -> tuple[str, ...]:
    difference = "–" if row.difference is None else with_interval(row.difference, row.interval)
    superiority = "–" if row.p_superiority is None else f"{row.p_superiority:.2f}"
    p = "–" if row.p_adjusted is None else _p(row.p_adjusted)
    word = row.verdict
    if row.verdict == "cannot tell" and row.more_seeds is not None:
        word_text = f"cannot tell: {row.more_seeds:,} more seeds would"
    elif row.verdict == "same" and row.margin is not None:
        word_text = f"the same within ±{row.margin:g}"
    else:
        word_text = word
    if row.scope == "models":
        word_text += " (these models)"
    unit = f" {row.unit}" if row.unit not in ("images", "FLOP") else ""
    return (
        row.a,
        row.b,
        about(row.metric).title,
        difference + (unit if row.difference is not None else ""),
        superiority,
        p,
        row.test,
        word_text,
    )


def _cells(summary: ArmSummary, metrics: list[str]) -> Iterator[str]:
    for name in metrics:
        found = summary.metrics[name]
        if found.mean is None:
            yield "–"
        elif found.interval is None:
            yield amount(found.mean)
        else:
            yield with_interval(found.mean, found.interval)


def _rank(summary: ArmSummary, comparison: Compared) -> str:
    """Such as "1", "2= (1–3)": tied with another, and truly between first and third."""
    possible = summary.rank_interval
    between = "" if possible is None else f"{possible[0]}–{possible[1]}"
    if summary.rank is None:
        return between or "–"
    tied = sum(other.rank == summary.rank for other in comparison.arms) > 1
    certain = possible is None or possible == (summary.rank, summary.rank)
    return f"{summary.rank}{'=' if tied else ''}{'' if certain else f' ({between})'}"


def _runs(summary: ArmSummary) -> str:
    if summary.did_not_train:
        return f"did not train ({summary.failed} failed)"
    parts = [f"{summary.n}"]
    if summary.failed:
        parts.append(f"{summary.failed} failed")
    if summary.incomplete:
        parts.append(f"{summary.incomplete} unfinished")
    return ", ".join(parts)


def _p(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _table(title: str) -> Table:
    from rich import box
    from rich.table import Table

    return Table(title=title, box=box.SIMPLE, title_justify="left", pad_edge=False)


def _safe(text: str) -> str:
    from rich.markup import escape

    return escape(text)
