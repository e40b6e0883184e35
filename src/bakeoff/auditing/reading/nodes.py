"""YAML as a tree of strings with lines: scalars stay as printed, since "99.0" is not 99.

Read event by event, so that neither the stack nor memory depends on what the document nests or
repeats: aliases to lists or mappings, tags, deep nesting and large files are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from bakeoff.errors import BadFile

MAX_CHARACTERS = 1024 * 1024
MAX_DEPTH = 24
MAX_NODES = 100_000


@dataclass(slots=True)
class Node:
    """A YAML value. kind: "text", "list", "map". pairs: (key node, value node) of a map.

    line, column: 1-based. quoted: written in quotes or as a block.
    """

    kind: str
    line: int
    column: int
    text: str = ""
    quoted: bool = False
    items: list[Node] = field(default_factory=list)
    pairs: list[tuple[Node, Node]] = field(default_factory=list)

    def get(self, key: str) -> Node | None:
        """The value of a key, letter case and blanks aside; None if absent."""
        wanted = key.lower()
        return next((v for k, v in self.pairs if k.text.strip().lower() == wanted), None)

    def said(self, *keys: str) -> str:
        """The text of the first of these keys that holds one, else ""."""
        for key in keys:
            node = self.get(key)
            if node is not None and node.kind == "text" and node.text.strip():
                return node.text.strip()
        return ""

    def children(self, key: str) -> list[Node]:
        """The items of a list under a key; a lone value counts as a list of one."""
        node = self.get(key)
        if node is None:
            return []
        return node.items if node.kind == "list" else [node]


def compose(text: str, file: str, first_line: int = 1) -> Iterator[Node]:
    """The documents of a YAML text. Raises BadFile with the line for what is refused or broken."""
    if len(text) > MAX_CHARACTERS:
        raise BadFile(file, f"holds more than {MAX_CHARACTERS // 2**20} MiB of YAML", "Split it")
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        yield from _compose(YAML(typ="safe", pure=True).parse(text), file, first_line)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + first_line if mark is not None else None
        what = error.problem or error.context or "it cannot be parsed"
        raise BadFile(
            file, f"this is not YAML: {what}", "Check indentation and quotes", line=line
        ) from None
    except (YAMLError, ValueError) as error:
        said = str(error).strip().splitlines() or ["it cannot be parsed"]
        raise BadFile(file, f"this is not YAML: {said[0][:200]}", "Save it as UTF-8 text") from None


def _compose(events: Iterator[object], file: str, first_line: int) -> Iterator[Node]:
    from ruamel.yaml.events import (
        AliasEvent,
        MappingStartEvent,
        NodeEvent,
        ScalarEvent,
        SequenceStartEvent,
    )
    from ruamel.yaml.events import CollectionEndEvent as End

    stack: list[Node] = []
    keys: list[Node | None] = []
    anchors: dict[str, Node] = {}
    count = 0
    for event in events:
        if isinstance(event, End):
            node = stack.pop()
            keys.pop()
            if not stack:
                yield node
            continue
        if not isinstance(event, NodeEvent):
            continue
        mark = event.start_mark
        line, column = mark.line + first_line, mark.column + 1
        count += 1
        if count > MAX_NODES:
            raise BadFile(file, f"holds more than {MAX_NODES:,} values", "Split it", line=line)
        if isinstance(event, AliasEvent):
            target = anchors.get(str(event.anchor))
            if target is None or target.kind != "text":
                raise BadFile(
                    file,
                    "an alias (*name) stands for more than one value",
                    "Write it out",
                    line=line,
                )
            node = Node("text", line, column, target.text, target.quoted)
        elif isinstance(event, ScalarEvent):
            node = Node("text", line, column, str(event.value), not event.implicit[0])
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            node = Node("map" if isinstance(event, MappingStartEvent) else "list", line, column)
        else:
            continue
        if getattr(event, "tag", None) is not None and not isinstance(event, AliasEvent):
            raise BadFile(
                file,
                f"the tag {str(event.tag)[:60]} is not read here",
                "Write a plain value",
                line=line,
            )
        if event.anchor and not isinstance(event, AliasEvent):
            anchors[str(event.anchor)] = node
        _put(node, stack, keys)
        if node.kind != "text":
            if len(stack) >= MAX_DEPTH:
                raise BadFile(file, "is nested too deeply", "Flatten it", line=line)
            stack.append(node)
            keys.append(None)
        elif not stack:
            yield node


def _put(node: Node, stack: list[Node], keys: list[Node | None]) -> None:
    if not stack:
        return
    top = stack[-1]
    if top.kind == "list":
        top.items.append(node)
    elif (key := keys[-1]) is None:
        keys[-1] = node
    else:
        top.pairs.append((key, node))
        keys[-1] = None
