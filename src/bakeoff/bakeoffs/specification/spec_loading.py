"""Read a bake-off file: strict YAML into a BakeoffSpec, errors with the line they stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from bakeoff.bakeoffs.specification.search_space import Range, TuneSpec
from bakeoff.bakeoffs.specification.seed_plan import SeedPlan, until_decided
from bakeoff.bakeoffs.specification.spec import ArmSpec, BakeoffSpec, Pretraining, arm_name
from bakeoff.data.group_names import is_table
from bakeoff.errors import BadFile, BadValue, UsageError
from bakeoff.recipes.ablation import ablate
from bakeoff.recipes.loading import load
from bakeoff.recipes.mistakes import nearest, refuse_unknown_key, say
from bakeoff.recipes.strict_yaml import YamlFile, read_yaml


def read_spec(
    source: BakeoffSpec | Mapping[str, Any] | Path | str,
    *,
    budget: str | None = None,
    budgets: Sequence[str] | None = None,
    seeds: int | Sequence[int] | None = None,
    track: Sequence[str] = (),
    precision: str | None = None,
    decided: bool = False,
) -> BakeoffSpec:
    """A specification from a file's path, a mapping, or itself; with overrides.

    A recipe or table given by a path is relative to the file's folder. The file's name is the
    default `name`. decided: seeds until it is decided, `seeds` of them at most. Raises BadFile
    (with the line) or UsageError.
    """
    overrides: dict[str, Any] = {}
    if budget is not None and budgets:
        raise UsageError("both a budget and budgets were given", "Keep one of them")
    if budget is not None:
        overrides |= {"budget": budget, "budgets": ()}
    if budgets:
        overrides |= {"budget": None, "budgets": tuple(budgets)}
    if seeds is not None and not decided:
        overrides |= {"seeds": seeds, "looks": None}
    if precision is not None:
        overrides["precision"] = precision
    if track:
        overrides["track"] = tuple(track)

    def overridden(values: Mapping[str, Any]) -> BakeoffSpec:
        found = {**values, **overrides}
        if decided:
            if seeds is not None and not isinstance(seeds, int):
                raise UsageError("seeds until decided is a number, not a list", "Give the most")
            found = until_decided(found, seeds)
        return _from_mapping(found)

    if isinstance(source, BakeoffSpec):
        return overridden(source.model_dump())
    if isinstance(source, Mapping):
        return overridden(source)
    path = Path(source)
    file = read_yaml(path, "bake-off")
    if not isinstance(file.value, dict):
        raise BadFile(
            path, "is not a bake-off, which is a list of key: value lines", "See the docs"
        )
    values = {"name": path.stem, **file.value}
    try:
        spec = BakeoffSpec.model_validate(values)
    except ValidationError as error:
        _refuse(file, _plainest(error))
    arms = tuple(_relative(arm, path.parent) for arm in spec.arms)
    ablated = _beside(spec.ablate, path.parent) if spec.ablate else None
    table = spec.groups
    if table and is_table(table) and not Path(table).expanduser().is_absolute():
        table = str(path.parent / table)
    spec = _with_ablation(
        spec.model_copy(update={"arms": arms, "ablate": ablated, "groups": table})
    )
    return overridden(spec.model_dump())


def _from_mapping(values: dict[str, Any]) -> BakeoffSpec:
    try:
        return _with_ablation(BakeoffSpec.model_validate(values))
    except ValidationError as error:
        what, advice = _say(_plainest(error))
        raise UsageError(what, advice) from None


def _plainest(error: ValidationError) -> Any:
    """The mistake to name: a misspelt key before the key that is missing because of it."""
    found = error.errors(include_url=False)
    return next((e for e in found if e["type"] == "extra_forbidden"), found[0])


def _refuse(file: YamlFile, error: Any) -> None:
    # In a file the ranges stand directly under tune.
    loc = tuple(part for part in error["loc"] if part not in ("ranges", "[key]"))
    if loc[:1] == ("looks",) and isinstance(file.value.get("seeds"), dict):
        loc = ("seeds", *loc[1:])
    error = {**error, "loc": loc}
    line = file.line(loc)
    if error["type"] == "extra_forbidden":
        model: type[BaseModel] = ArmSpec if loc[0] == "arms" else BakeoffSpec
        if "pretrain" in loc[:-1]:
            model = Pretraining
        if "tune" in loc[:-1]:
            model = TuneSpec if len(loc) == 2 else Range
        if loc[0] in ("seeds", "looks"):
            model = SeedPlan
        where = ".".join(map(str, loc[:-1]))
        refuse_unknown_key(file.path, line, str(loc[-1]), model.model_fields, where)
    what, advice = _say(error)
    raise BadFile(file.path, what, advice, line=line) from None


def _say(error: Any) -> tuple[str, str]:
    if error["type"] == "extra_forbidden":
        key = str(error["loc"][-1])
        return f"unknown key {key!r}", nearest(key, BakeoffSpec.model_fields)
    if error["type"] == "missing":
        key = str(error["loc"][-1])
        return f"{key} is missing", f"Write a line {key}: …"
    if error["type"] != "value_error":
        return say(error)
    refused = error["ctx"]["error"]
    key = ".".join(str(part) for part in error["loc"])
    advice = refused.advice if isinstance(refused, BadValue) else "Correct it"
    return f"{key}: {refused}" if key else str(refused), advice


def _relative(arm: ArmSpec, folder: Path) -> ArmSpec:
    found: dict[str, Any] = {"recipe": _beside(arm.recipe, folder)}
    if arm.pretrain is not None:
        recipe = _beside(arm.pretrain.recipe, folder)
        found["pretrain"] = arm.pretrain.model_copy(update={"recipe": recipe})
    return arm.model_copy(update=found)


def _beside(recipe: str, folder: Path) -> str:
    """A recipe's file is looked for beside the bake-off's; a library name is left as it is."""
    if not recipe.endswith((".yaml", ".yml")) or Path(recipe).is_absolute():
        return recipe
    return str(folder / recipe)


def _with_ablation(spec: BakeoffSpec) -> BakeoffSpec:
    """The arms that `ablate` asks for, after those that are there already."""
    if spec.ablate is None:
        return spec
    there = {arm_name(arm) for arm in spec.arms}
    whole = ArmSpec(recipe=spec.ablate)
    rest = ablate(load(spec.ablate))
    if not rest:
        raise UsageError(
            f"{spec.ablate} has no ingredient to ablate: it is plain SGD with crops and flips",
            "Name it under arms instead, or ablate another recipe",
        )
    arms = [whole] + [
        ArmSpec(recipe=spec.ablate, name=item.without.name, without=item.name) for item, _ in rest
    ]
    added = tuple(arm for arm in arms if arm_name(arm) not in there)
    return spec.model_copy(update={"arms": spec.arms + added})
