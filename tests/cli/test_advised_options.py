"""Every option that a message of a verb advises exists in that verb.

Messages are found in the source: from each verb's function over everything that it names, and that
names in turn (functions; classes with all their methods), to the texts of errors.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.main

import bakeoff
from bakeoff.cli.app import app

SOURCES = Path(bakeoff.__file__).parent
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
NAMED = re.compile(r"bakeoff ([a-z]+)")
OF_OTHERS = {"--no-deps", "--force-reinstall", "--head"}
"""Of pip and of ray."""
FROM_FILES = {"run", "reproduce"}
"""Verbs whose settings stand in a bake-off file, or could: messages say the key too."""
CANNOT_COME = {
    # The walk knows no values. Doctor asks for no device by name.
    ("doctor", "bakeoff.training.device._choose_own"),
    ("doctor", "bakeoff.training.device.choose"),
    # A report opens what its records opened, and of a refusal tells what is wrong, not the advice.
    ("report", "bakeoff.data.catalog.open_data"),
    ("report", "bakeoff.data.folder._labelled"),
    ("report", "bakeoff.data.images.LEAVE_OUT"),
    ("report", "bakeoff.data.torchvision_sets.from_arrays"),
    # These compare records, never tables whose unit could be in doubt.
    ("report", "bakeoff.comparison.units.unit_of"),
    ("reproduce", "bakeoff.comparison.units.unit_of"),
    ("run", "bakeoff.comparison.units.unit_of"),
    # They judge by the primary metric, and by the looks that the bake-off itself kept.
    *(
        (verb, f"bakeoff.comparison.{place}")
        for verb in ("report", "reproduce", "run")
        for place in ("families.check_family", "looks.looks_in_force")
    ),
    # The default bake-off has no arm that is a command.
    ("reproduce", "bakeoff.bakeoffs.execution.command_arms.refuse_elsewhere"),
    ("reproduce", "bakeoff.bakeoffs.execution.command_arms.refuse_unasked"),
    # The default bake-off runs on this machine.
    ("reproduce", "bakeoff.bakeoffs.execution.on_ray.ADVICE"),
    ("reproduce", "bakeoff.bakeoffs.execution.on_ray._require_answer"),
}
Place = tuple[str, str]
"""Module, and name at its top level."""


@cache
def trees() -> dict[str, ast.Module]:
    found = {}
    for path in sorted(SOURCES.rglob("*.py")):
        parts = path.relative_to(SOURCES.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


@cache
def defined() -> dict[Place, ast.AST]:
    """Functions, classes and constants at the top level of each module."""
    found: dict[Place, ast.AST] = {}
    for module, tree in trees().items():
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                found[module, node.name] = node
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Name):
                        found[module, target.id] = node
    return found


def imported(node: ast.AST) -> Iterator[tuple[str, Place]]:
    """Names that imports in `node` bring, and where they come from."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.ImportFrom) and (inner.module or "").startswith("bakeoff"):
            for name in inner.names:
                yield name.asname or name.name, (inner.module or "", name.name)


@cache
def imports_of(module: str) -> dict[str, Place]:
    return dict(imported(trees()[module]))


def resolved(place: Place) -> Place:
    """Where a name is defined that a package only passes on."""
    for _ in range(5):
        if place in defined():
            return place
        module, name = place
        if module not in trees() or name not in imports_of(module):
            return place
        place = imports_of(module)[name]
    return place


def references(module: str, node: ast.AST) -> Iterator[Place]:
    known = {**imports_of(module), **dict(imported(node))}
    arguments = {inner.arg for inner in ast.walk(node) if isinstance(inner, ast.arg)}
    known = {name: place for name, place in known.items() if name not in arguments}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id not in arguments:
            yield resolved(known.get(inner.id, (module, inner.id)))
        elif isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
            base = inner.value.id
            if base == "bakeoff":
                yield resolved(("bakeoff", inner.attr))
            elif base in known:
                package, name = known[base]
                yield resolved((f"{package}.{name}", inner.attr))


def reachable(start: Place) -> set[Place]:
    seen: set[Place] = set()
    waiting = [start]
    while waiting:
        place = waiting.pop()
        if place in seen or place not in defined():
            continue
        seen.add(place)
        waiting += references(place[0], defined()[place])
    return seen


def texts(node: ast.AST) -> Iterator[str]:
    """Texts in `node` that can be part of a message: all but docstrings, f-strings as one."""
    documentation = {
        id(inner.body[0].value)
        for inner in ast.walk(node)
        if isinstance(inner, (ast.FunctionDef, ast.ClassDef))
        and isinstance(inner.body[0], ast.Expr)
    }
    inside = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.JoinedStr):
            inside |= {id(part) for part in ast.walk(inner)} - {id(inner)}
            yield "".join(p.value for p in inner.values if isinstance(p, ast.Constant))
        elif (
            isinstance(inner, ast.Constant)
            and isinstance(inner.value, str)
            and id(inner) not in inside | documentation
        ):
            yield inner.value


def advised(place: Place) -> Iterator[tuple[str, str]]:
    """Options in the messages of a function, class or constant, with the text they stand in."""
    node = defined()[place]
    constant = isinstance(node, (ast.Assign, ast.AnnAssign))
    errors = [node] if constant else [
        inner
        for inner in ast.walk(node)
        if isinstance(inner, ast.Call) and _is_error(inner.func)
    ]  # fmt: skip
    for error in errors:
        message = ". ".join(texts(error))
        if "var(--" not in message:  # a style sheet has words of the same form
            for option in OPTION.findall(message):
                yield option, message


def _is_error(function: ast.expr) -> bool:
    name = getattr(function, "id", getattr(function, "attr", ""))
    return name in ERRORS


ERRORS = {
    node.name
    for module in trees().values()
    for node in module.body
    if isinstance(node, ast.ClassDef)
    and re.search(r"Error|Bad|Unknown|Failed|Unavailable|Memory|Diverged|Busy|Not|Few|Stopped",
                  node.name)
}  # fmt: skip


def verbs() -> dict[str, set[str]]:
    group = typer.main.get_command(app)
    found = {}
    for name, command in group.commands.items():
        words = {word for p in command.params for word in (*p.opts, *p.secondary_opts)}
        found[name] = words | {"--help", "--debug"}
    return found


VERBS = verbs()


def start_of(verb: str) -> Place:
    callback = next(
        c.callback for c in app.registered_commands if (c.name or c.callback.__name__) == verb
    )
    return callback.__module__, callback.__name__


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_option_that_a_message_of_a_verb_advises_exists_in_that_verb(verb):
    missing = set()
    for place in reachable(start_of(verb)):
        if place[0].startswith(("bakeoff.recipes.export_", "bakeoff.cli.options")):
            continue
        for option, text in advised(place):
            others = set(NAMED.findall(text)) & set(VERBS)
            offered = set().union(OF_OTHERS, *(VERBS[name] for name in (verb, *others)))
            told_for_files = verb in FROM_FILES and "in a bake-off file" in text
            unreachable = any(verb == v and ".".join(place) == p for v, p in CANNOT_COME)
            if option not in offered and not told_for_files and not unreachable:
                missing.add(f"{'.'.join(place)}: {option} in {text!r}")
    assert not missing, "\n".join(sorted(missing))


def test_the_walk_finds_messages():
    found = {option for place in reachable(start_of("evaluate")) for option, _ in advised(place)}
    assert {"--exclude", "--model", "--classes", "--key"} <= found
