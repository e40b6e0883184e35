"""YAML from strangers: plain values with line numbers, and nothing else.

Read here: mappings with text keys, sequences, and the scalars of YAML 1.2's core schema
(specification 1.2.2, section 10.3.2). Refused, with file and line: duplicate keys, tags, aliases,
directives, control characters, several documents, deep nesting, large files. The parser yields
events one by one, so time, memory and stack depend only on the bounded size of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from bakeoff.errors import BadFile

MAX_BYTES = 64 * 1024
MAX_DEPTH = 16

Key = tuple[str | int, ...]
"""Where a value stands: ("augment", "crop", "area", 0)."""

_NULL = re.compile(r"(?:~|null|Null|NULL)?\Z")
_TRUE = re.compile(r"(?:true|True|TRUE)\Z")
_FALSE = re.compile(r"(?:false|False|FALSE)\Z")
_DECIMAL = re.compile(r"[-+]?[0-9]+\Z")
_BASED = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_SPECIAL = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LONGEST_NUMBER = 64


@dataclass(frozen=True, slots=True)
class YamlFile:
    """value: dicts, lists and scalars. lines: the line of each key and item, from 1."""

    path: Path
    value: Any
    lines: dict[Key, int]

    def line(self, key: Key) -> int | None:
        """The line of `key`, or of the nearest part around it that is written."""
        for length in range(len(key), -1, -1):
            if key[:length] in self.lines:
                return self.lines[key[:length]]
        return None


def read_yaml(path: Path, what: str = "YAML file") -> YamlFile:
    """Read one bounded file. Raises BadFile with the line for everything it does not accept."""
    return parse_yaml(_read_text(path, what), path)


def parse_yaml(text: str, path: Path) -> YamlFile:
    """As `read_yaml`, from text; `path` is named in errors."""
    builder = _Builder(path)
    try:
        for event in _events(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadFile(
            path,
            f"this is not YAML: {error.problem or error.context or 'it cannot be parsed'}",
            "Check indentation, quotes and brackets at that line",
            line=mark.line + 1 if mark is not None else None,
        ) from None
    except (YAMLError, ValueError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else "it cannot be parsed"
        raise BadFile(path, f"this is not YAML: {first}", "Save it as plain UTF-8 text") from None
    return YamlFile(path, builder.root, builder.lines)


def _read_text(path: Path, what: str) -> str:
    try:
        if path.is_dir():
            raise BadFile(path, f"is a folder, not a {what}", "Name the file inside it")
        if path.exists() and not path.is_file():
            raise BadFile(path, f"is not a regular file, and cannot be a {what}", "Name a file")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise BadFile(path, "does not exist", "Check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadFile(path, f"cannot be read: {reason}", "Check the path and its rights") from None
    if len(content) > MAX_BYTES:
        raise BadFile(
            path,
            f"is larger than {MAX_BYTES // 1024} KiB, which no {what} needs to be",
            "Name another file",
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadFile(path, "is not UTF-8 text", "Save it as UTF-8", line=line) from None


def _events(text: str) -> Iterator[Event]:
    yield from YAML(typ="safe", pure=True).parse(text)


@dataclass(slots=True)
class _Open:
    """A mapping or sequence being read; `key` waits for its value."""

    value: dict[str, Any] | list[Any]
    where: Key
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    path: Path
    root: Any = None
    lines: dict[Key, int] = field(default_factory=dict)
    stack: list[_Open] = field(default_factory=list)
    documents: int = 0

    def take(self, event: Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark is not None else 1
        if isinstance(event, DocumentStartEvent):
            self._start_document(event, line)
        elif isinstance(event, AliasEvent):
            raise BadFile(
                self.path, "aliases (*name) are not read here", "Write the value out", line=line
            )
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self._refuse_tag(event, line)
            if len(self.stack) >= MAX_DEPTH:
                raise BadFile(self.path, "is nested too deeply", "Flatten it", line=line)
            value: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
            where = self._place(value, line)
            self.stack.append(_Open(value, where))
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self.stack.pop()
        elif isinstance(event, ScalarEvent):
            self._refuse_tag(event, line)
            self._scalar(event, line)

    def _start_document(self, event: DocumentStartEvent, line: int) -> None:
        self.documents += 1
        if self.documents > 1:
            raise BadFile(
                self.path, "holds several documents", "Keep what stands above ---", line=line
            )
        if event.version or event.tags:
            raise BadFile(self.path, "directives (%…) are not read here", "Remove it", line=line)

    def _refuse_tag(self, event: Any, line: int) -> None:
        if event.tag is not None:
            raise BadFile(
                self.path,
                f"the tag {str(event.tag)[:60]} is not read here",
                "Write a plain value",
                line=line,
            )

    def _scalar(self, event: ScalarEvent, line: int) -> None:
        text = str(event.value)
        top = self.stack[-1] if self.stack else None
        plain = bool(event.implicit[0])
        if _CONTROL.search(text):
            raise BadFile(self.path, "holds a control character", "Remove it", line=line)
        if top is not None and isinstance(top.value, dict) and top.key is None:
            if plain and text == "<<":
                raise BadFile(
                    self.path, "merge keys (<<) are not read here", "Write it out", line=line
                )
            if text in top.value:
                first = self.lines[(*top.where, text)]
                raise BadFile(
                    self.path,
                    f"the key {text[:60]!r} is written twice, first on line {first}",
                    "Keep one of them",
                    line=line,
                )
            top.key = text
            self.lines[(*top.where, text)] = line
            return
        self._place(_plain_value(text) if plain else text, line)

    def _place(self, value: Any, line: int) -> Key:
        """Put a value where the innermost open part expects it; returns where that is."""
        if not self.stack:
            self.root = value
            self.lines.setdefault((), line)
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            where: Key = (*top.where, len(top.value))
            top.value.append(value)
            self.lines[where] = line
            return where
        if top.key is None:
            raise BadFile(self.path, "a key must be a plain word", "Write key: value", line=line)
        where = (*top.where, top.key)
        top.value[top.key] = value
        top.key = None
        return where


def _plain_value(text: str) -> Any:
    """The core schema's value of an unquoted scalar."""
    if _NULL.match(text):
        return None
    if _TRUE.match(text):
        return True
    if _FALSE.match(text):
        return False
    if len(text) > _LONGEST_NUMBER:
        return text
    if _DECIMAL.match(text):
        return int(text)
    if _BASED.match(text):
        return int(text, 0)
    if _FLOAT.match(text) or _SPECIAL.match(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def scalar(text: str) -> Any:
    """A value written on the command line, read as an unquoted YAML scalar or a flow list.

    Raises BadFile, whose path says "command line", for what is not YAML.
    """
    return parse_yaml(text, Path("command line")).value
