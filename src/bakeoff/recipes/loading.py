"""Read a recipe by name or path, with the source of every value and the line of every mistake.

A file holds the fields of `schema.Recipe`, and three keys of its own:

    extends: rsb-a2            a library recipe, or a path relative to this file
    summary: "…"               what its publication asked and found, in a few sentences
    sources:                   where values come from, by dotted key
      default: "table 2"       for what this file writes and names no other source for
      optimizer: "…"           for a part
      optimizer.lr: "…"        for one value

A value belongs to the last file of the chain that writes it, and takes its source from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bakeoff.errors import BadFile, UnknownName
from bakeoff.recipes.mistakes import contradictions, refuse_unknown_key, say
from bakeoff.recipes.schema import Recipe
from bakeoff.recipes.strict_yaml import YamlFile, read_yaml
from bakeoff.recipes.values import all_keys, as_tuples, key_tree, training_values

LIBRARY = Path(__file__).parent / "library"
LONGEST_CHAIN = 8
SUFFIXES = (".yaml", ".yml")
NOT_SET = "not set: Bakeoff's default"
OWN_KEYS = ("extends", "sources", "summary")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRecipe:
    """A recipe as its file states it.

    sources: dotted key of each value → where it comes from, or "chosen: why".
    published: every resolved value, plain (JSON types), before any scaling.
    chain: the files it was made from, base first. summary: of its publication, empty where the
    file has none; a file that extends another has its own or none.
    """

    recipe: Recipe
    sources: dict[str, str]
    published: dict[str, Any]
    path: Path
    chain: tuple[Path, ...]
    summary: str = ""


def names() -> list[str]:
    """The recipes of the library."""
    return sorted(path.stem for path in LIBRARY.glob("*.yaml"))


def load(name_or_path: str | Path) -> LoadedRecipe:
    """A library recipe by name, or a user's own file by path (it ends in .yaml or holds a slash).

    Raises UnknownName, and BadFile with the line of the first thing that is wrong.
    """
    chain = _chain(_locate(name_or_path, Path()))
    values: dict[str, Any] = {}
    setters: dict[tuple[str, ...], YamlFile] = {}
    for file in chain:
        _merge(values, _own_values(file), (), file, setters)
    _describe(values, chain)
    recipe = _validate(values, chain, setters)
    return LoadedRecipe(
        recipe=recipe,
        sources=_sources(recipe, chain, setters),
        published=recipe.model_dump(mode="json"),
        path=chain[-1].path,
        chain=tuple(file.path for file in chain),
        summary=_summary(chain[-1]),
    )


def library_summary(name: str) -> str:
    """What the publication of a library recipe asked and found; empty where nothing is written, or
    no recipe of the library is called so."""
    return load(name).summary if name in names() else ""


def _summary(file: YamlFile) -> str:
    text = file.value.get("summary", "")
    if not isinstance(text, str) or not text.strip():
        if "summary" not in file.value:
            return ""
        raise BadFile(
            file.path,
            "summary must be text",
            "Write a few sentences on its publication, or leave it out",
            line=file.line(("summary",)),
        )
    return " ".join(text.split())


def _locate(name_or_path: str | Path, folder: Path) -> Path:
    text = str(name_or_path)
    if isinstance(name_or_path, str) and text in names():
        return LIBRARY / f"{text}.yaml"
    if isinstance(name_or_path, Path) or text.endswith(SUFFIXES) or "/" in text or "\\" in text:
        return folder / text
    raise UnknownName("recipe", text[:100], names())


def _chain(path: Path) -> list[YamlFile]:
    """The files from base to `path`. Raises BadFile on a cycle, and on more than LONGEST_CHAIN."""
    chain: list[YamlFile] = []
    seen: list[Path] = []
    while True:
        file = read_yaml(path, "recipe")
        if not isinstance(file.value, dict):
            raise BadFile(
                path, "is not a recipe, which is a list of key: value lines", "See docs/recipes.md"
            )
        chain.insert(0, file)
        seen.append(path.resolve())
        base = file.value.get("extends")
        if base is None:
            return chain
        line = file.line(("extends",))
        if not isinstance(base, str) or not base or "\0" in base:
            raise BadFile(
                path, "extends must be a recipe's name or path", "Write extends: rsb-a2", line=line
            )
        try:
            path = _locate(base, path.parent)
        except UnknownName as error:
            raise BadFile(file.path, error.message, error.advice, line=line) from None
        if path.resolve() in seen:
            circle = " → ".join(p.name for p in [*seen, path])
            raise BadFile(file.path, f"extends is cyclic: {circle}", "Break it", line=line)
        if len(chain) >= LONGEST_CHAIN:
            raise BadFile(
                file.path, f"extends more than {LONGEST_CHAIN} files deep", "Shorten it", line=line
            )


def _own_values(file: YamlFile) -> dict[str, Any]:
    """What this file sets; unknown keys and malformed sources are refused here, with the line."""
    values = {k: v for k, v in file.value.items() if k not in OWN_KEYS}
    _refuse_unknown(file, values, key_tree(), ())
    sources = file.value.get("sources", {})
    if not isinstance(sources, dict):
        raise BadFile(
            file.path,
            "sources must be key: text lines",
            "Write default: where from",
            line=file.line(("sources",)),
        )
    for key, text in sources.items():
        line = file.line(("sources", key))
        if key != "default" and key not in all_keys():
            refuse_unknown_key(file.path, line, key, [*all_keys(), "default"], "sources")
        if not isinstance(text, str) or not text.strip():
            raise BadFile(
                file.path, f"the source of {key} must be text", 'Write "chosen: why"', line=line
            )
    return values


def _refuse_unknown(
    file: YamlFile, values: dict[str, Any], tree: dict[str, Any], at: tuple[str, ...]
) -> None:
    for key, value in values.items():
        if key not in tree:
            known = [*tree, *OWN_KEYS] if not at else [*tree]
            elsewhere = [dotted for dotted in all_keys() if dotted.split(".")[-1] == key]
            refuse_unknown_key(
                file.path, file.line((*at, key)), key, known, ".".join(at), elsewhere
            )
        part = tree[key]
        if part is None or value is None:
            continue
        if not isinstance(value, dict):
            raise BadFile(
                file.path,
                f"{'.'.join((*at, key))} holds several values: {', '.join(part)}",
                "Write them as key: value",
                line=file.line((*at, key)),
            )
        _refuse_unknown(file, value, part, (*at, key))


def _merge(
    into: dict[str, Any],
    values: dict[str, Any],
    at: tuple[str, ...],
    file: YamlFile,
    setters: dict[tuple[str, ...], YamlFile],
) -> None:
    """Lay a file's values over its base's, and note who set each."""
    for key, value in values.items():
        here = (*at, key)
        if isinstance(value, dict) and value:
            if not isinstance(into.get(key), dict):
                into[key] = {}
                setters.pop(here, None)
            _merge(into[key], value, here, file, setters)
        else:
            for below in [k for k in setters if k[: len(here)] == here]:
                del setters[below]
            into[key] = value
            setters[here] = file


def _describe(values: dict[str, Any], chain: list[YamlFile]) -> None:
    """Name, title and notes are of one file; they must not pass from a base to what changed it."""
    last = chain[-1]
    for key in ("name", "title", "citation", "notes"):
        if key not in last.value:
            values.pop(key, None)
    values.setdefault("name", last.path.stem)
    base = chain[-2] if len(chain) > 1 else None
    values.setdefault("title", f"{base.path.stem}, changed" if base else str(values["name"]))
    if "citation" not in values:
        cited = base.value.get("citation") if base else None
        values["citation"] = f"changed from: {cited}" if cited else "none given"


def _validate(
    values: dict[str, Any], chain: list[YamlFile], setters: dict[tuple[str, ...], YamlFile]
) -> Recipe:
    last = chain[-1]

    def locate(loc: tuple[str | int, ...]) -> tuple[Path, int | None]:
        for length in range(len(loc), 0, -1):
            part = tuple(str(item) for item in loc[:length])
            file = setters.get(part)
            if file is not None:
                return file.path, file.line(loc)
        for file in reversed(chain):
            if loc and file.line(loc) != file.line(()):
                return file.path, file.line(loc)
        return last.path, None

    try:
        recipe = Recipe.model_validate(as_tuples(values), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path, line = locate(tuple(first["loc"]))
        what, advice = say(first)
        raise BadFile(path, what, advice, line=line) from None
    for key, what, advice in contradictions(recipe):
        path, line = locate(tuple(key.split(".")))
        raise BadFile(path, what, advice, line=line)
    return recipe


def _sources(
    recipe: Recipe, chain: list[YamlFile], setters: dict[tuple[str, ...], YamlFile]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for dotted in training_values(recipe):
        parts = tuple(dotted.split("."))
        setter = next(
            (setters[parts[:n]] for n in range(len(parts), 0, -1) if parts[:n] in setters), None
        )
        found[dotted] = NOT_SET if setter is None else _stated(setter, parts)
        later = chain[chain.index(setter) + 1 :] if setter is not None else []
        for file in later:
            found[dotted] = (file.value.get("sources") or {}).get(dotted, found[dotted])
    return found


def _stated(file: YamlFile, parts: tuple[str, ...]) -> str:
    sources = file.value.get("sources") or {}
    for length in range(len(parts), 0, -1):
        dotted = ".".join(parts[:length])
        if dotted in sources:
            return str(sources[dotted])
    if "default" in sources:
        return str(sources["default"])
    return f"{file.path.name}, line {file.line(parts)}; no source given"
