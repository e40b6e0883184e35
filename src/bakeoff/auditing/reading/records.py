"""Bakeoff's own `record.json` as claims; numbers keep the digits that the file has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bakeoff.auditing.claims import Claim, Document, Number, Unit
from bakeoff.auditing.reading.lexicon import dataset_of
from bakeoff.auditing.reading.numbers import figures
from bakeoff.auditing.reading.scope import Scope, make_claim
from bakeoff.auditing.reading.source import Source
from bakeoff.errors import BadFile

_PARTS = (("result", "test"), ("train_result", "train"))
_FIGURES: tuple[tuple[str, str, Unit], ...] = (
    ("accuracy", "accuracy", "percent"),
    ("top5", "top5", "percent"),
    ("loss", "loss", "nats"),
    ("images", "evaluated_images", "count"),
    ("correct", "correct", "count"),
    ("calibration_error", "ece", "percent"),
)


def read_record(source: Source) -> Document:
    """A run's record. Raises BadFile for JSON that is broken or no record."""
    text = "\n".join(source.lines)
    try:
        record = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as error:
        raise BadFile(
            source.file, f"this is not JSON: {error.msg}", "Name a record.json", line=error.lineno
        ) from None
    except RecursionError:
        raise BadFile(source.file, "is nested too deeply", "Name a record.json") from None
    if not isinstance(record, dict) or not ("schema_version" in record and "status" in record):
        raise BadFile(
            source.file, "is JSON, but no record of a run", "Name the record.json of a run's folder"
        )
    claims = list(_claims(record, source))
    return Document(source.file, "record", tuple(claims), title=str(record.get("arm", ""))[:120])


def _claims(record: dict[str, Any], source: Source) -> Iterator[Claim]:
    data, model = _part(record, "data"), _part(record, "model")
    own = {
        "dataset": dataset_of(str(data.get("name", ""))) or str(data.get("name", "")),
        "model": str(model.get("name", "")),
        "method": str(record.get("arm", ""))[:120],
        "run": str(record.get("seed", "")),
    }
    if isinstance(record.get("origin"), dict):
        # Of a run that another tool made a count of 0 says that it is not known.
        record = {**record, **{part: _stated(record, part) for part in ("data", "model", "result")}}
        data, model = record["data"], record["model"]
    for key, metric in (
        ("train_images", "train_images"),
        ("test_images", "test_images"),
        ("classes", "classes"),
    ):
        yield from _one(metric, data.get(key), key, "data", "count", own, source)
    yield from _one(
        "parameters", model.get("parameters"), "parameters", "model", "count", own, source
    )
    for part, split in _PARTS:
        found = _part(record, part)
        for key, metric, unit in _FIGURES:
            yield from _one(metric, found.get(key), key, part, unit, own | {"split": split}, source)


def _stated(record: dict[str, Any], part: str) -> dict[str, Any]:
    found = _part(record, part)
    gone = {"correct"} if found.get("images") == "0" else set()
    return {key: value for key, value in found.items() if value != "0" and key not in gone}


def _part(record: dict[str, Any], key: str) -> dict[str, Any]:
    value = record.get(key)
    return value if isinstance(value, dict) else {}


def _one(
    metric: str, value: object, key: str, part: str, unit: Unit, own: dict[str, str], source: Source
) -> Iterator[Claim]:
    if not isinstance(value, str) or len(value) > 40:
        return
    figure = next(figures(value), None)
    if figure is None or figure.start or figure.end != len(value):
        return
    number: Number = replace(figure.number, unit=unit)
    line, column = _where(source, part, key, value)
    place = source.place(line, column, len(value))
    claim = make_claim(metric, number, place, f"{part}.{key}: {value}", own, Scope())
    yield replace(claim, group=part if part.endswith("result") else "facts", runs=1)


def _where(source: Source, part: str, key: str, value: str) -> tuple[int, int]:
    """Where the value stands: the first `"key": value` after `"part": {`."""
    inside = False
    opening, wanted = (
        re.compile(rf'"{part}"\s?:\s?\{{'),
        re.compile(rf'"{key}"\s?:\s?{re.escape(value)}'),
    )
    for number, line in enumerate(source.lines, start=1):
        start = 0
        if not inside and (match := opening.search(line)):
            inside, start = True, match.end()
        if inside and (match := wanted.search(line, start)):
            return number, match.start() + 1
    return 1, 1
