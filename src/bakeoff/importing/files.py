"""Other people's files: opened in bounded memory, and never executed."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bakeoff.errors import BadFile, first_line

MAX_JSON = 64 * 1024**2
MAX_YAML = 4 * 1024**2
MAX_LINE = 4 * 1024**2
ADVICE = "Leave it out, or export it again"


def text_of(path: Path, most: int) -> str:
    """Raises BadFile for what is no regular file, too large, or not text."""
    try:
        if not path.is_file():
            raise BadFile(path, "not a regular file", ADVICE)
        with path.open("rb") as file:
            read = file.read(most + 1)
    except OSError as error:
        raise BadFile(path, first_line(error), ADVICE) from error
    if len(read) > most:
        raise BadFile(path, f"larger than {most // 1024**2} MiB", ADVICE)
    try:
        return read.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(path, "not text in UTF-8", ADVICE) from error


def json_of(path: Path) -> Any:
    """A JSON file, NaN and Infinity as Python writes them. Raises BadFile."""
    try:
        return json.loads(text_of(path, MAX_JSON))
    except (ValueError, RecursionError) as error:
        raise BadFile(path, "not whole JSON: half written, or damaged", ADVICE) from error


def begins_with(path: Path, most: int = 4096) -> str:
    """The first characters of a regular file, for telling what it is; empty where unreadable."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.read(most).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""


def json_lines(path: Path) -> Iterator[dict[str, Any]]:
    """A mapping a line. The last line may be half written, since a run may be going on; any other
    that is no JSON raises BadFile."""
    broken: int | None = None
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if broken is not None:
                    raise BadFile(path, "not JSON", ADVICE, line=broken)
                if len(line) > MAX_LINE:
                    raise BadFile(
                        path, f"longer than {MAX_LINE // 1024**2} MiB", ADVICE, line=number
                    )
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except (ValueError, RecursionError):
                    broken = number
                    continue
                if isinstance(row, dict):
                    yield row
    except OSError as error:
        raise BadFile(path, first_line(error), ADVICE) from error


def yaml_of(path: Path) -> dict[str, Any]:
    """A YAML mapping of plain values: tags make no objects, and are left out with their values.

    Raises BadFile.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import SafeConstructor
    from ruamel.yaml.error import YAMLError

    class Plain(SafeConstructor):
        """What a tag of Python or of a tool asks for is not built: there is nothing there."""

    Plain.add_constructor(None, lambda constructor, node: None)
    text = text_of(path, MAX_YAML)
    if text.count("*") > 1000 and text.count("&") > 10:
        raise BadFile(path, "full of aliases, which can grow without end", ADVICE)
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = Plain
    try:
        found = yaml.load(text)
    except (ValueError, TypeError, RecursionError, YAMLError) as error:
        raise BadFile(path, "not readable as YAML", ADVICE) from error
    return found if isinstance(found, dict) else {}


def csv_rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a comma-separated file by its header; a last row that is half written is left out."""
    csv.field_size_limit(MAX_LINE)
    try:
        with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            waiting: list[str] | None = None
            for row in reader:
                if waiting is not None:
                    yield dict(zip(header, waiting, strict=False))
                waiting = row
            if waiting is not None and len(waiting) >= len(header):
                yield dict(zip(header, waiting, strict=False))
    except (OSError, csv.Error) as error:
        raise BadFile(path, first_line(error), ADVICE) from error


def header_of(path: Path) -> list[str]:
    """The names in a CSV file's first line."""
    line = begins_with(path, 65536).splitlines()
    return next(csv.reader(line[:1]), []) if line else []


def as_number(text: Any) -> float | None:
    """A cell of text as a number; None for an empty one or other text."""
    try:
        return float(text) if str(text).strip() else None
    except (TypeError, ValueError):
        return None


def guessed(text: str) -> str | int | float | bool:
    """A setting that a store keeps as text, as what it was."""
    if text in ("True", "False", "true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        return value if math.isfinite(value) else text
    return text
