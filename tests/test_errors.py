"""Every error that a user can meet says what to do next."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import bakeoff
from bakeoff.errors import BadFile, BakeoffError, UsageError

SOURCE = Path(bakeoff.__file__).parent
OWN_ADVICE = {"UnknownName", "ProcessLost", "MissingExtra"}
"""Classes that know what to advise."""


def kinds(of: type[BakeoffError]) -> Iterator[type[BakeoffError]]:
    yield of
    for kind in of.__subclasses__():
        yield from kinds(kind)


@pytest.fixture(scope="module")
def tree() -> dict[str, type[BakeoffError]]:
    """The error classes by name, those of other files than `bakeoff.errors` too."""
    for file in SOURCE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if any(isinstance(n, ast.ClassDef) and _of_errors(n) for n in ast.walk(ast.parse(text))):
            module = ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts)
            importlib.import_module(module.removesuffix(".__init__"))
    found = {kind.__name__: kind for kind in kinds(BakeoffError)}
    assert {"UsageError", "WeightsUnavailable", "ProcessLost"} <= set(found)
    return found


def _of_errors(of: ast.ClassDef) -> bool:
    from bakeoff import errors

    return any(isinstance(base, ast.Name) and hasattr(errors, base.id) for base in of.bases)


def made(file: Path, tree: dict[str, type[BakeoffError]]) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in tree:
                yield node, name


def test_every_error_that_is_raised_gives_advice(tree: dict[str, type[BakeoffError]]) -> None:
    mute, seen = [], 0
    for file in sorted(SOURCE.rglob("*.py")):
        for call, name in made(file, tree):
            seen += 1
            if name in OWN_ADVICE:
                continue
            if any(isinstance(argument, ast.Starred) for argument in call.args):
                continue  # an error of another process, as it was told there
            given = inspect.signature(tree[name]).bind(
                *call.args, **{keyword.arg: keyword.value for keyword in call.keywords}
            )
            said = given.arguments["advice"]
            if isinstance(said, ast.Constant) and not str(said.value).strip():
                mute.append(f"{file.relative_to(SOURCE)}:{call.lineno}")
    assert seen > 300
    assert mute == []


def test_no_error_can_be_made_without_advice(tree: dict[str, type[BakeoffError]]) -> None:
    for name, kind in tree.items():
        advice = inspect.signature(kind).parameters.get("advice")
        if name not in OWN_ADVICE:
            assert advice is not None, name
            assert advice.default is inspect.Parameter.empty, name
    with pytest.raises(TypeError, match="advice"):
        UsageError("what is wrong")  # type: ignore[call-arg]
    assert str(tree["UnknownName"]("recipe", "zzz", ["a", "b"])) == (
        "no recipe is called 'zzz'. Known: a, b."
    )
    assert str(BadFile("x.yaml", "is not YAML", "Mend it", line=3)) == (
        "x.yaml:3: is not YAML. Mend it."
    )
