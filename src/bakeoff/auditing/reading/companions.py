"""Columns and rows that tell something of the figure beside them: its spread, its interval."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from bakeoff.auditing.claims import Cell, Claim, Number, SpreadKind
from bakeoff.auditing.metrics import METRICS
from bakeoff.auditing.reading import cells as reading
from bakeoff.auditing.reading.columns import Meaning
from bakeoff.auditing.reading.numbers import number
from bakeoff.auditing.reading.phrases import level

_MEANS = frozenset({"", "mean", "average"})


def with_companions(
    claims: list[Claim],
    columns: Sequence[Meaning],
    cells: Sequence[Sequence[Cell]],
    index: int,
    transposed: bool,
) -> list[Claim]:
    """The claims of table `index`, with a "Std" row or column and "CI low", "CI high" columns put
    on the one figure of their row that they can be of."""
    claims = _with_intervals(_with_spreads(claims), columns, cells)
    ends = {
        end: [c for c, m in enumerate(columns) if m.label.end == end] for end in ("low", "high")
    }
    if not ends["low"] or not ends["high"]:
        return claims
    by_row: dict[int, list[int]] = defaultdict(list)
    for i, claim in enumerate(claims):
        if claim.cell is not None and _is_scored(claim):
            by_row[claim.cell[1]].append(i)
    out = list(claims)
    for row, members in by_row.items():
        for i in members:
            claim = out[i]
            low, high = (
                [c for c in ends[end] if columns[c].label.of in ("", claim.metric)]
                for end in ("low", "high")
            )
            alone = len(members) == 1 or columns[low[0]].label.of == claim.metric if low else False
            if len(low) != 1 or len(high) != 1 or not alone or claim.interval is not None:
                continue
            if claim.context.get("statistic", "") not in _MEANS:
                continue
            numbers = [_number(cells[row][c], claim) for c in (low[0], high[0])]
            if numbers[0] is not None and numbers[1] is not None:
                out[i] = replace(claim, interval=(numbers[0], numbers[1]))
    return out


_INTERVAL = re.compile(
    r"[\[(]?\s?(\d{1,4}(?:\.\d{1,8})?)\s?%?\s?(?:,|;|–|—|-|\.\.\.?|to)\s?(\d{1,4}(?:\.\d{1,8})?)"
    r"\s?%?\s?[\])]?",
    re.IGNORECASE,
)


def _with_intervals(
    claims: list[Claim], columns: Sequence[Meaning], cells: Sequence[Sequence[Cell]]
) -> list[Claim]:
    """The claims with what stands in the one column of intervals, where it can be of one only."""
    told = [c for c, m in enumerate(columns) if not m.metric and m.of_intervals]
    if len(told) != 1:
        return claims
    scored = Counter(c.cell[1] for c in claims if c.cell is not None and _is_scored(c))
    out = list(claims)
    for i, claim in enumerate(claims):
        if claim.cell is None or not _is_scored(claim) or scored[claim.cell[1]] != 1:
            continue
        match = _INTERVAL.fullmatch(cells[claim.cell[1]][told[0]].text.strip())
        if match is None or claim.interval is not None or claim.number is None:
            continue
        low, high = (number(part, claim.number.unit) for part in match.groups())
        if low is not None and high is not None and claim.context.get("statistic", "") in _MEANS:
            said = claim.level or level(columns[told[0]].label.text)
            out[i] = replace(claim, interval=(low, high), level=said)
    return out


def _is_scored(claim: Claim) -> bool:
    scored = claim.number is not None and METRICS[claim.metric].kind in {"share", "score"}
    return scored and claim.metric != "spread"


def _number(cell: Cell, claim: Claim) -> Number | None:
    got = reading.read_cell(cell.text)
    if got is None or claim.number is None or got.spread is not None:
        return None
    return replace(got.number, unit=claim.number.unit) if not got.number.unit else got.number


def _with_spreads(claims: list[Claim]) -> list[Claim]:
    """A "Std" row or column is also put on the mean it stands beside."""
    spreads = [c for c in claims if c.metric == "spread" and c.cell is not None]
    if not spreads:
        return claims
    out = list(claims)
    alone = Counter((c.metric, c.cell[1]) for c in claims if c.cell is not None)
    lines: dict[tuple[str, int], list[Claim]] = defaultdict(list)
    for s in spreads:
        assert s.cell is not None
        lines["row", s.cell[1]].append(s)
        lines["column", s.cell[2]].append(s)
    for i, claim in enumerate(out):
        if claim.spread is not None or claim.cell is None or claim.metric == "spread":
            continue
        of_row = lines.get(("row", claim.cell[1]), [])
        named = [s for s in of_row if s.context.get("of") == claim.metric]
        statistic = claim.context.get("statistic", "")
        if named and statistic in _MEANS and alone[claim.metric, claim.cell[1]] == 1:
            near = named
        elif statistic in {"mean", "average"}:
            near = [s for s in of_row if not s.context.get("of")]
            near += [s for s in lines.get(("column", claim.cell[2]), []) if s.context.get("of")]
        else:
            continue
        if len(near) == 1 and near[0].number is not None:
            said = near[0].context.get("column", "") + near[0].context.get("row", "")
            kind: SpreadKind = "se" if "err" in said.lower() else "sd"
            out[i] = replace(claim, spread=near[0].number, spread_kind=kind)
    return out
