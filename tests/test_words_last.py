"""Logic never reads prose: outside the modules that make words, nothing asks what one says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "bakeoff"

PROSE = {
    "advice",
    "caption",
    "how",
    "message",
    "messages",
    "note",
    "notes",
    "notice",
    "notices",
    "reason",
    "reasons",
    "remark",
    "remarks",
    "rule",
    "sentence",
    "sentences",
    "summary",
    "title",
    "verdict_text",
    "why",
    "wording",
    "words",
}
"""Names of fields and variables that hold words for people."""

ASKING = {"startswith", "endswith", "find", "index", "count", "partition", "rpartition", "split",
          "removeprefix", "removesuffix", "splitlines"}  # fmt: skip
MATCHING = {"match", "fullmatch", "search", "findall", "finditer"}

READS_WORDS = {
    # Adapters: what older records said in words becomes values, here and nowhere else.
    "records/version_1.py",
    # What others wrote: documents, recipes' files, messages of other libraries.
    "auditing",
    "importing",
    "library_notes.py",
    # Words are made, wrapped and escaped here.
    "errors.py",
    "reporting/escape.py",
    "reporting/numbers.py",
}


def prose_of(node: ast.AST) -> str | None:
    """The name of the prose that an expression is, if it is one."""
    if isinstance(node, ast.Attribute) and node.attr in PROSE:
        return node.attr
    if isinstance(node, ast.Name) and node.id in PROSE:
        return node.id
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        # message.lower(), note.strip(): still the same words
        return prose_of(node.func.value) if node.func.attr in CLEANING else None
    return None


CLEANING = {"lower", "strip", "casefold", "rstrip", "lstrip", "replace"}


def readings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Places where a program asks what words say."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ASKING and (name := prose_of(node.func.value)):
                yield node.lineno, f"{name}.{node.func.attr}(…)"
            if node.func.attr in MATCHING:
                for argument in node.args:
                    if name := prose_of(argument):
                        yield node.lineno, f"{node.func.attr}(…, {name})"
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            literal = any(
                isinstance(side, ast.Constant) and isinstance(side.value, str) and side.value
                for side in sides
            )
            for side in sides:
                if literal and (name := prose_of(side)):
                    yield node.lineno, f"a comparison of {name} with a text"


def modules() -> list[Path]:
    return sorted(
        path
        for path in SOURCE.rglob("*.py")
        if not any(
            path.relative_to(SOURCE).as_posix() == where
            or path.relative_to(SOURCE).as_posix().startswith(f"{where}/")
            for where in READS_WORDS
        )
    )


def test_no_module_asks_what_a_sentence_says() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {what}"
        for path in modules()
        for line, what in readings(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "code",
    [
        'record.notes[0] if note.startswith("tuned") else 1',
        '"left out" in row.reason',
        're.fullmatch(r"Arm (.+)", notice)',
        'sentence.lower().removesuffix(").")',
        'step.rule == "pinned"',
    ],
)
def test_the_walk_finds_such_a_question(code: str) -> None:
    assert list(readings(ast.parse(code)))
