"""What the shell offers after TAB; answers come from file names, so that nothing heavy loads."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

DEVICES = ("auto", "cpu", "cuda", "cuda:0", "mps")
BUDGETS = ("quick", "full", "1epochs", "5epochs", "20000images", "30min")
PLACES = ("folder:", "imagenet:", "hf:", "webdataset:")


def recipes(incomplete: str) -> list[str]:
    """Recipes of the library, and recipe files."""
    library = files("bakeoff.recipes") / "library"
    names = [p.name.removesuffix(".yaml") for p in library.iterdir() if p.name.endswith(".yaml")]
    return _starting(names, incomplete) + _paths(incomplete, {".yaml", ".yml"})


def data_sets(incomplete: str) -> list[str]:
    """Data sets by name, and folders after "folder:"."""
    from bakeoff.data.known_names import NAMES

    kind, colon, path = incomplete.partition(":")
    if colon and kind in ("folder", "imagenet"):
        return [f"{kind}:{found}" for found in _paths(path, set())]
    return _starting((*NAMES, *PLACES), incomplete)


def published(incomplete: str) -> list[str]:
    """Identifiers of published results."""
    table = files("bakeoff.published") / "results.csv"
    rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    return _starting([row["id"] for row in rows], incomplete)


def devices(incomplete: str) -> list[str]:
    return _starting(DEVICES, incomplete)


def budgets(incomplete: str) -> list[str]:
    return _starting(BUDGETS, incomplete)


def trackers(incomplete: str) -> list[str]:
    return _starting(("tensorboard", "mlflow", "wandb", "trackio"), incomplete)


def bakeoff_files(incomplete: str) -> list[str]:
    """YAML files, and folders on the way to them."""
    return _paths(incomplete, {".yaml", ".yml"})


def run_folders(incomplete: str) -> list[str]:
    """Folders, as of bake-offs and runs."""
    return _paths(incomplete, set())


def _starting(names: Iterable[str], incomplete: str) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))


def _paths(incomplete: str, suffixes: set[str]) -> list[str]:
    """Folders (with a slash) and files with these suffixes that begin so."""
    folder, _, start = incomplete.rpartition("/")
    place = Path(folder or ("/" if incomplete.startswith("/") else "."))
    head = f"{folder}/" if "/" in incomplete else ""
    try:
        found = [p for p in place.expanduser().iterdir() if p.name.startswith(start)]
        found = [p for p in found if not p.name.startswith(".") or start.startswith(".")]
        offered = [f"{head}{p.name}/" for p in found if p.is_dir()]
    except OSError:
        return []
    return sorted(offered + [f"{head}{p.name}" for p in found if p.suffix in suffixes])
