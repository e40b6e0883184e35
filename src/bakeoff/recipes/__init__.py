"""HOW a model is trained: typed recipes, the library with its sources, and the scaling rules.

    load("rsb-a3")                   a recipe with the source of every value
    load("mine.yaml")                a user's own file, treated the same
    names()                          the library
    Budget.parse("20000images")      how much training an arm may have
    scale(loaded, data=…, images=…)  the recipe as used, and every rule that changed it

Names are resolved on first use, so that importing the package stays instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bakeoff.recipes.budget import Budget
    from bakeoff.recipes.loading import LoadedRecipe, load, names
    from bakeoff.recipes.scaling import Scaled, scale
    from bakeoff.recipes.schema import Recipe, ScalingStep

__all__ = [
    "Budget",
    "LoadedRecipe",
    "Recipe",
    "Scaled",
    "ScalingStep",
    "load",
    "names",
    "scale",
]

_HOME = {
    "Budget": "budget",
    "LoadedRecipe": "loading",
    "Recipe": "schema",
    "Scaled": "scaling",
    "ScalingStep": "schema",
    "load": "loading",
    "names": "loading",
    "scale": "scaling",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
