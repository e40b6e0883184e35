"""A recipe as arguments for other people's train.py, and what those cannot say.

Checked against timm's train.py (1.0.29.dev0) and torchvision's references/classification/train.py
(of 0.14 and later). Nothing is left out silently: what a tool cannot express is listed.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from bakeoff.errors import UnknownName, UsageError
from bakeoff.recipes.arguments import Writer
from bakeoff.recipes.export_timm import write_timm
from bakeoff.recipes.export_torchvision import write_torchvision
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


def export(loaded: LoadedRecipe, tool: str, *, gpus: int = 1) -> Export:
    """Arguments for `tool`'s train.py on `gpus` processes, which share the recipe's batch.

    Raises UnknownName for another tool, UsageError when the batch cannot be shared so.
    """
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
