"""A recipe as arguments for other people's train.py, and what those cannot say.

Checked against timm's train.py (1.0.29.dev0) and torchvision's references/classification/train.py
(of 0.14 and later). Nothing is left out silently: what a tool cannot express is listed.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import Any

from bakeoff.errors import UnknownName, UsageError
from bakeoff.recipes.loading import LoadedRecipe

TOOLS = ("timm", "torchvision")


@dataclass(frozen=True, slots=True)
class Export:
    """arguments: for the tool's train.py. not_expressed: one line for each thing it cannot say."""

    tool: str
    recipe: str
    arguments: tuple[str, ...]
    not_expressed: tuple[str, ...]

    @property
    def command(self) -> str:
        """The arguments as one line for a shell."""
        return shlex.join(self.arguments)

    def to_json(self) -> dict[str, Any]:
        """`{"recipe", "tool", "arguments": […], "not_expressed": […]}`."""
        return {
            "recipe": self.recipe,
            "tool": self.tool,
            "arguments": list(self.arguments),
            "not_expressed": list(self.not_expressed),
        }


@dataclass(slots=True)
class Writer:
    """Collects arguments, and what cannot be said with them."""

    arguments: list[str] = field(default_factory=list)
    not_expressed: list[str] = field(default_factory=list)

    def add(self, flag: str, *values: Any) -> None:
        """A flag with its values; floats as short as they stay exact."""
        self.arguments += [flag, *(_plain(value) for value in values)]

    def whole(self, flag: str, value: float, what: str) -> None:
        """A flag that takes a whole number only."""
        self.add(flag, max(0, round(value)))
        if value != round(value):
            self.cannot(
                f"{what} of {value:g}: {flag} takes a whole number, {round(value)} is given"
            )

    def cannot(self, what: str) -> None:
        """Something the tool has no argument for."""
        self.not_expressed.append(what)


def export(loaded: LoadedRecipe, tool: str, *, gpus: int = 1) -> Export:
    """Arguments for `tool`'s train.py on `gpus` processes, which share the recipe's batch.

    Raises UnknownName for another tool, UsageError when the batch cannot be shared so.
    """
    from bakeoff.recipes.export_timm import write_timm
    from bakeoff.recipes.export_torchvision import write_torchvision

    if tool not in TOOLS:
        raise UnknownName("training script that recipes are exported to", tool[:60], TOOLS)
    recipe = loaded.recipe
    if gpus < 1 or recipe.batch_size % gpus:
        raise UsageError(
            f"a batch of {recipe.batch_size} cannot be shared by {gpus} GPUs", "Give a divisor"
        )
    out = Writer()
    if recipe.trains == "head":
        out.cannot("training only the head on features computed once")
    write = write_timm if tool == "timm" else write_torchvision
    write(recipe, out, recipe.batch_size // gpus, gpus)
    for missing in recipe.not_carried:
        out.cannot(f"what Bakeoff's own file leaves out as well: {missing}")
    return Export(tool, recipe.name, tuple(out.arguments), tuple(out.not_expressed))


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e9:
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)
