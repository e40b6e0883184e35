"""Runs of other tools as a table, one row per run: which setting is the arm, which the seed.

Said by the user, else by a setting that names a procedure or model, else by folders called seed-N,
else by the hyperparameters that differ; where several readings are left, the answer is a question.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bakeoff.comparison import naming, roles
from bakeoff.comparison.columns import Table, plain, shown
from bakeoff.comparison.mapping import Said, applied
from bakeoff.comparison.numbers import plural
from bakeoff.errors import UsageError
from bakeoff.importing.runs import ImportedRun

MOST_CANDIDATES = 8

# Settings in which runs of one arm may differ: they do not change what is learned.
_NOT_THE_ARM = re.compile(
    r"(?:.*[._])?(?:name|id|path|dir|directory|folder|file|out|output|log|logs|logger|host|hostname"
    r"|user|device|devices|gpu|gpus|rank|port|workers|num_workers|date|time|timestamp|notes|version"
    r"|seed|fold|run|trial|repeat|rep|replicate|data|dataset|data_set|commit|tag|tags|description)"
    r"|.*seed.*|.*(?:_dir|_path|_id|_name|_file|_url|_uri)"
)
_SEED_IN_NAME = re.compile(
    r"(.+?)[-_. /,(]*(?:seed|(?<![a-z])s)[-_= ]?(\d{1,18})\)?", re.IGNORECASE
)
_LOOSE_FOLDERS = re.compile(
    r"version_\d+|lightning_logs|mlruns|wandb|vis_data|\d{8}_\d{6}|\d+|files"
)


@dataclass(frozen=True, slots=True)
class Arms:
    """names: a run's arm. origin: what said so. note: what a reader must know of it."""

    names: list[str]
    origin: str
    note: str = ""


def as_table(runs: Sequence[ImportedRun], said: Said) -> tuple[Table, list[str]]:
    """(one row per run: arm, seed, how it ended, data set, each figure's last value; notes).

    Raises UsageError, a question with the candidates, where arms or figures are in doubt.
    """
    plain_table = applied(_plain_table(runs), said)
    notes = []
    arms = _arms(runs, plain_table, said)
    seeds, seed_origin, told = _seeds(runs, plain_table, arms, said)
    notes += [note for note in (arms.note, told) if note]
    _one_recipe_each(runs, arms, seeds, said)
    columns: dict[str, Sequence[Any]] = {
        "arm": arms.names,
        "seed": seeds,
        "status": plain_table.columns.get("status", [run.status for run in runs]),
    }
    if any(run.fold is not None for run in runs):
        # A fold is no seed; where runs state none, there is one round of folds.
        columns["fold"] = [run.fold for run in runs]
        if seed_origin == "numbered":
            del columns["seed"]
            notes = [note for note in notes if note != told]
    origin = {
        **plain_table.origin, "arm": arms.origin, "seed": seed_origin,
        "status": plain_table.origin.get("status", "the tool's status"),
    }  # fmt: skip
    if not any(columns["status"]):
        del columns["status"], origin["status"]
    called = {name: name for name in columns}
    if any(run.data for run in runs) and "test_set" not in plain_table.columns:
        columns["test_set"], called["test_set"] = [run.data for run in runs], "test_set"
    if any(run.images for run in runs):
        columns["test_images"], called["test_images"] = [run.images for run in runs], "test_images"
    settings = {plain(f"config.{key}") for run in runs for key in run.settings}
    for name, values in plain_table.columns.items():
        if name not in columns and name not in settings and name != "name":
            columns[name], called[name] = values, plain_table.called[name]
    notes += [
        f"not known of {plural(n, 'run')}: {what}"
        for what, n in Counter(what for run in runs for what in run.unknown).items()
    ]
    return Table(columns, called, runs[0].source, origin, runs), notes


def _plain_table(runs: Sequence[ImportedRun]) -> Table:
    """Settings as config.…, figures by their own names, the run's name, its status."""
    columns: dict[str, Sequence[Any]] = {}
    called: dict[str, str] = {}

    def put(name: str, values: Sequence[Any]) -> None:
        if plain(name) not in columns:
            columns[plain(name)], called[plain(name)] = values, shown(name)

    if any(run.name for run in runs):
        put("name", [run.name for run in runs])
    if any(run.status for run in runs):
        put("status", [run.status for run in runs])
    if any(run.data for run in runs):
        put("test_set", [run.data for run in runs])
    for key in dict.fromkeys(key for run in runs for key in run.settings):
        put(f"config.{key}", [run.settings.get(key) for run in runs])
    for key in dict.fromkeys(key for run in runs for key in run.values):
        put(key, [run.values.get(key) for run in runs])
    return Table(columns, called)


def _arms(runs: Sequence[ImportedRun], table: Table, said: Said) -> Arms:
    if "arm" in said.columns:
        return Arms(_texts(table, "arm"), table.origin["arm"])
    by_path = [_from_path(run.source) for run in runs]
    if all(seed is not None for _, seed in by_path) and len({a for a, _ in by_path}) > 1:
        return Arms([arm for arm, _ in by_path], "the folder")
    by_name = [_SEED_IN_NAME.fullmatch(run.name) for run in runs]
    named = [match[1] for match in by_name if match]
    if len(named) == len(runs) and len(set(named)) > 1:
        return Arms([shown(name) for name in named], "the run's name")
    columns = [name for name in roles.arm_columns(table) if _differs(table, name)]
    if columns:
        names = [_texts(table, name) for name in columns]
        return Arms(
            [" with ".join(parts) for parts in zip(*names, strict=True)],
            " with ".join(table.told(name) for name in columns),
        )
    differing = differing_settings(runs)
    if differing:
        chosen = _alike(runs, differing)
        if len(chosen) > 1:
            raise UsageError(
                f"{plural(len(runs), 'run')} differ in {_listed(chosen)}: group by which?",
                f"bakeoff compare takes one, as --map arm={chosen[0]}, or several, as"
                f" --map arm={'+'.join(chosen[:3])}",
            )
        key = chosen[0]
        called = [f"{key}={run.settings.get(key, 'unset')}" for run in runs]
        return Arms(
            [shown(name) for name in called], f"config.{key}",
            f"no run names its arm; {key} is all that differs, so it does",
        )  # fmt: skip
    homes = [_home(run.source) for run in runs]
    if len(set(homes)) > 1:
        return Arms(homes, "the folder" if runs[0].source.is_dir() else "the path")
    if len({run.name for run in runs if run.name}) > 1 and not any(r.settings for r in runs):
        return Arms([shown(run.name) for run in runs], "the run's name")
    return Arms(homes, "the path")


def differing_settings(runs: Sequence[ImportedRun]) -> list[str]:
    """Hyperparameters that are not the same in all runs, without seeds, names and places."""
    keys = dict.fromkeys(key for run in runs for key in run.settings)
    return [
        key
        for key in keys
        if not _NOT_THE_ARM.fullmatch("_".join(naming.words(key)))
        and len({repr(run.settings.get(key)) for run in runs}) > 1
    ]


def _alike(runs: Sequence[ImportedRun], keys: Sequence[str]) -> list[str]:
    """Of settings that tell the same runs apart the first."""
    kept: dict[tuple[int, ...], str] = {}
    for key in keys:
        numbers: dict[str, int] = {}
        pattern = tuple(
            numbers.setdefault(repr(run.settings.get(key)), len(numbers)) for run in runs
        )
        kept.setdefault(pattern, key)
    return list(kept.values())


def _seeds(
    runs: Sequence[ImportedRun], table: Table, arms: Arms, said: Said
) -> tuple[list[Any], str, str]:
    """(seeds, what said them, a note)."""
    if "seed" in said.columns:
        return list(table.columns["seed"]), table.origin["seed"], ""
    seeds = [name for name, given in table.called.items() if naming.is_seed(given)]
    seeds = [name for name in seeds if all(v not in (None, "") for v in table.columns[name])]
    if seeds:
        own = [name for name in seeds if naming.shelved(name) == "seed"] or seeds
        varying = [name for name in own if _differs(table, name)] or own
        if len(varying) > 1 and len({tuple(map(str, table.columns[n])) for n in varying}) > 1:
            told = [table.called[name] for name in varying]
            raise UsageError(
                f"{_listed(told)} may each be the seed: which is it?",
                f"Say bakeoff compare … --map seed={told[0]}, or --map seed={told[1]}",
            )
        return list(table.columns[varying[0]]), table.told(varying[0]), ""
    by_path = [_from_path(run.source)[1] for run in runs]
    if all(seed is not None for seed in by_path):
        return list(by_path), "the folder", ""
    matches = [_SEED_IN_NAME.fullmatch(run.name) for run in runs]
    if all(matches):
        return [int(match[2]) for match in matches if match], "the run's name", ""
    counted: Counter[str] = Counter()
    numbers = []
    for arm in arms.names:
        numbers.append(counted[arm])
        counted[arm] += 1
    note = "no run states its seed: runs of an arm are numbered" if len(runs) > 1 else ""
    return numbers, "numbered", note


def _one_recipe_each(
    runs: Sequence[ImportedRun], arms: Arms, seeds: Sequence[Any], said: Said
) -> None:
    """Raise UsageError where runs of an arm differ in a hyperparameter, and nobody said that this
    does not matter."""
    if "arm" in said.columns:
        return
    by_arm: dict[str, list[ImportedRun]] = {}
    for arm, run in zip(arms.names, runs, strict=True):
        by_arm.setdefault(arm, []).append(run)
    for arm, mine in by_arm.items():
        if differ := differing_settings(mine):
            told = arms.origin.removeprefix("config.")
            both = f"{told}+{differ[0]}" if arms.origin.startswith("config.") else differ[0]
            raise UsageError(
                f"the {plural(len(mine), 'run')} of {arm} differ in {_listed(differ)}: are they of"
                " one arm?",
                f"If so, say bakeoff compare … --map arm={told}; if not, --map arm={both}"
                if arms.origin.startswith("config.")
                else f"If not, say bakeoff compare … --map arm={both}",
            )


def _from_path(source: Path) -> tuple[str, int | None]:
    """<arm>/seed-N/…, <arm>-seed-N/… or …/seed-N.json; None where no part names a seed."""
    parts = [
        source.stem if source.is_file() else source.name,
        *[p.name for p in source.parents][:4],
    ]
    for at, name in enumerate(parts):
        if match := re.fullmatch(r"(?:(.*?)[-_.]?)seed[-_]?(\d{1,18})", name, re.IGNORECASE):
            above = next((p for p in parts[at + 1 :] if p and not _LOOSE_FOLDERS.fullmatch(p)), "")
            return shown(match[1] or above or name), int(match[2])
        if not _LOOSE_FOLDERS.fullmatch(name) and at > 0 and name not in ("logs", "tb", "csv"):
            break
    return "", None


def _home(source: Path) -> str:
    """What a run's folder or file is called, by the first part of its path that says something."""
    first = source.stem if source.is_file() else source.name
    generic = {"history", "log", "logs", "scalars", "metrics", "results", "trainer_state", "result"}
    parts = [first, *[p.name for p in source.absolute().parents][:4]]
    told = [p for p in parts if p and not _LOOSE_FOLDERS.fullmatch(p) and p.lower() not in generic]
    return shown(told[0] if told else first)


def _texts(table: Table, name: str) -> list[str]:
    return [shown(value) if value not in (None, "") else "unset" for value in table.columns[name]]


def _differs(table: Table, name: str) -> bool:
    return len({str(value) for value in table.columns[name]}) > 1


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_CANDIDATES} more" if len(names) > MOST_CANDIDATES else ""
    return ", ".join(names[:MOST_CANDIDATES]) + more


def unread(runs: Sequence[ImportedRun]) -> UsageError:
    """The question where no figure is known to be an accuracy."""
    names = list(dict.fromkeys(key for run in runs for key in run.values))
    if not names:
        return UsageError(
            f"{runs[0].source} holds {plural(len(runs), 'run')} and no figure", "Give finished runs"
        )
    return UsageError(
        f"which figure of {runs[0].source} is the accuracy? There are {_listed(names)}",
        f"Say bakeoff compare … --map accuracy={names[0]}, or another of them",
    )


def by_source(runs: Sequence[ImportedRun]) -> Mapping[str, int]:
    """How many runs each tool left."""
    return Counter(run.tool or "a log of JSON lines" for run in runs)
