"""Confusion matrices: square tables of counts whose rows and columns carry the same labels."""

from __future__ import annotations

import re
from dataclasses import replace

from bakeoff.auditing.claims import Cell, Claim, Number, Unit
from bakeoff.auditing.reading.layout import Sheet
from bakeoff.auditing.reading.scope import Scope, make_claim

_TRUTH = r"(?:true|actual|truth|ground[\s-]truth|target|reference|gold)"
_PREDICTED = r"(?:predict\w{0,6}|pred|output|assigned)"
_ROWS_TRUE = re.compile(
    rf"\brows?\b[^.;]{{0,30}}\b{_TRUTH}|{_TRUTH}[^.;,]{{0,20}}\b(?:rows?|down)\b"
    rf"|\bcolumns?\b[^.;]{{0,30}}\b{_PREDICTED}",
    re.IGNORECASE,
)
_ROWS_PREDICTED = re.compile(
    rf"\brows?\b[^.;]{{0,30}}\b{_PREDICTED}|\bcolumns?\b[^.;]{{0,30}}\b{_TRUTH}", re.IGNORECASE
)
_CORNER_TRUE_FIRST = re.compile(
    rf"\b{_TRUTH}\b.{{0,20}}[\\/|↓→,\s].{{0,20}}\b{_PREDICTED}", re.IGNORECASE
)
_CORNER_PREDICTED_FIRST = re.compile(
    rf"\b{_PREDICTED}\b.{{0,20}}[\\/|↓→,\s].{{0,20}}\b{_TRUTH}", re.IGNORECASE
)
_SIDE_WORDS = re.compile(
    rf"^(?:{_TRUTH}|{_PREDICTED})[\s:=_-]{{0,3}}(?:class|label)?[\s:=_-]{{0,3}}", re.IGNORECASE
)

_SCORED = frozenset({"recall", "precision", "f1", "accuracy"})
_TOTAL = re.compile(r"(?:support|totals?|sum|images|n|all)$", re.IGNORECASE)


def confusion_claims(
    sheet: Sheet, cells: list[list[Cell]], caption: str, scope: Scope, index: int
) -> list[Claim] | None:
    """The cells as claims, or None if this is no confusion matrix of counts."""
    corner = sheet.labels[0]
    sums = [c for c, label in enumerate(sheet.labels) if c and _TOTAL.match(label.strip())]
    scored = {
        c: sheet.read[c].metric
        for c in range(1, len(sheet.labels))
        if sheet.read[c].metric in _SCORED and not sheet.read[c].doubtful
    }
    inside = [c for c in range(1, len(sheet.labels)) if c not in sums and c not in scored]
    classes = [_SIDE_WORDS.sub("", sheet.labels[c]).strip() for c in inside]
    said = "confusion" in f"{caption} {' '.join(scope.section[-1:])} {corner}".lower()
    if len(classes) < 2 or len(set(classes)) != len(classes) or not all(classes):
        return None
    rows = [row for row in cells if _SIDE_WORDS.sub("", row[0].text).strip() in classes]
    if [_SIDE_WORDS.sub("", row[0].text).strip() for row in rows] != classes:
        return None
    numbers = [row[c].number for row in rows for c in inside]
    if not all(n is not None and _is_count(n) for n in numbers):
        return None
    true_in_rows = _orientation(corner, caption, rows[0][0].text, sheet.labels[1])
    sided = _SIDE_WORDS.match(rows[0][0].text) or true_in_rows is not None
    if not said and len(classes) < 3 and not sided:
        return None
    doubtful = frozenset({"true", "predicted"}) if true_in_rows is None else frozenset[str]()
    claims: list[Claim] = []
    for r, row in enumerate(cells):
        label = _SIDE_WORDS.sub("", row[0].text).strip()
        if label not in classes:
            continue
        for c, name in zip(inside, classes, strict=True):
            cell = row[c]
            assert cell.number is not None
            pair = (label, name)
            true, predicted = pair if true_in_rows is not False else pair[::-1]
            own = {
                "true": true,
                "predicted": predicted,
                "row": row[0].text,
                "column": sheet.labels[c],
            }
            claim = make_claim(
                "confusion",
                replace(cell.number, unit="count"),
                cell.place,
                cell.text,
                own,
                scope,
                doubtful,
            )
            claims.append(replace(claim, group=f"t{index}", cell=(index, r, c), bold=cell.bold))
        for c, metric in scored.items():
            number = row[c].number
            if number is None:
                continue
            unit: Unit = number.unit or ("percent" if number.value > 1 else "fraction")
            own = {"class": label, "row": row[0].text, "column": sheet.labels[c]}
            claim = make_claim(
                metric, replace(number, unit=unit), row[c].place, row[c].text, own, scope
            )
            claims.append(replace(claim, group=f"t{index}r{r}", cell=(index, r, c)))
        total = row[sums[0]] if len(sums) == 1 and true_in_rows else None
        if total is not None and total.number is not None and _is_count(total.number):
            number = replace(total.number, unit="count")
            own = {"class": label, "row": row[0].text, "column": sheet.labels[sums[0]]}
            claim = make_claim("support", number, total.place, total.text, own, scope)
            claims.append(replace(claim, group=f"t{index}r{r}", cell=(index, r, sums[0])))
    return claims


def _is_count(number: Number) -> bool:
    return (
        number.exact
        and number.unit in {"", "count"}
        and number.value == number.value.to_integral_value()
        and "." not in number.text
    )


def _orientation(corner: str, caption: str, row: str, column: str) -> bool | None:
    """True if rows are the truth, False if columns are, None if it is not said."""
    if re.match(_TRUTH, row, re.IGNORECASE) or re.match(_PREDICTED, column, re.IGNORECASE):
        return True
    if re.match(_PREDICTED, row, re.IGNORECASE) or re.match(_TRUTH, column, re.IGNORECASE):
        return False
    for text, yes, no in (
        (corner, _CORNER_TRUE_FIRST, _CORNER_PREDICTED_FIRST),
        (caption, _ROWS_TRUE, _ROWS_PREDICTED),
    ):
        if bool(yes.search(text)) != bool(no.search(text)):
            return bool(yes.search(text))
    return None
