"""`bakeoff.json`: what a bake-off set out to do, at the top of its folder.

Written before the first run starts; an interrupted bake-off resumes under the same decisions.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bakeoff.errors import BadFile
from bakeoff.records.files import write_text
from bakeoff.records.schema import BudgetFacts

MANIFEST_NAME = "bakeoff.json"


class PlannedArm(BaseModel):
    """recipe: a library name or a file's path. budget: what each run of this arm uses.

    without: the ingredient of `Manifest.ablates` that this arm leaves out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    recipe: str
    model: str
    init: str
    budget: BudgetFacts
    without: str = ""


class FloorFacts(BaseModel):
    """A simple classifier on raw pixels. accuracy: percent of `images` test images."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    accuracy: float
    images: int
    how: str


class Manifest(BaseModel):
    """datasets: all data sets of a bake-off that has several; this is its part on `data`.

    notices: what a reader must know at once ("pretrained weights could not be reached …").

    paired: whether equal seeds were declared as pairs before the runs. published: identifiers of
    published results this bake-off is to be shown beside. ablates: the recipe whose ingredients
    are left out one by one; its own arm is the one of that recipe without `without`. floors: what
    needs no network, measured on all test images, if asked for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: int = 1
    name: str
    question: str = ""
    command: str = ""
    created: str
    data: str
    datasets: tuple[str, ...] = ()
    budget_asked: str
    budget_reason: str
    arms: tuple[PlannedArm, ...]
    seeds: tuple[int, ...]
    paired: bool = False
    published: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    ablates: str = ""
    floors: tuple[FloorFacts, ...] = ()

    def save(self, folder: Path) -> None:
        """Write `bakeoff.json` into `folder`, whole or not at all."""
        write_text(folder / MANIFEST_NAME, self.model_dump_json(indent=1) + "\n")


def load_manifest(folder: Path) -> Manifest | None:
    """The manifest of a bake-off's folder, None where there is none. Raises BadFile."""
    path = folder / MANIFEST_NAME
    try:
        return Manifest.model_validate(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError, ValidationError) as error:
        raise BadFile(
            path,
            f"not a readable bake-off ({str(error).splitlines()[0]})",
            "Choose another folder with --out, or remove that file",
        ) from error
