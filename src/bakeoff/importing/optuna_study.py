"""Optuna: studies of a SQLite storage; a trial is a run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bakeoff.importing.runs import Curve, ImportedRun, Setting, number
from bakeoff.importing.sqlite import opened, tables


def is_database(path: Path) -> bool:
    return {"studies", "trials", "trial_params", "trial_values"} <= tables(path)


def read(path: Path) -> Iterator[ImportedRun]:
    """Every trial of every study. Its objective is called `value` unless the study names it."""
    with opened(path) as store:
        studies = dict(store.execute("select study_id, study_name from studies").fetchall())
        names = {
            study: _loaded(text)
            for study, key, text in store.execute(
                "select study_id, key, value_json from study_system_attributes"
            )
            if key == "study:metric_names"
        }
        trials = store.execute(
            "select trial_id, study_id, number, state from trials order by study_id, number"
        ).fetchall()
        settings: dict[int, dict[str, Setting]] = {}
        rows = "select trial_id, param_name, param_value, distribution_json from trial_params"
        for trial, name, value, distribution in store.execute(rows):
            settings.setdefault(trial, {})[str(name)] = _parameter(value, _loaded(distribution))
        values: dict[int, dict[str, float]] = {}
        study_of = {trial: study for trial, study, _, _ in trials}
        rows = "select trial_id, objective, value, value_type from trial_values order by objective"
        for trial, objective, value, kind in store.execute(rows):
            given: Any = names.get(study_of.get(trial))
            called = f"value{f'_{objective}' * bool(objective)}"
            if isinstance(given, list) and objective < len(given):
                called = str(given[objective])
            infinite = {"INF_POS": math.inf, "INF_NEG": -math.inf}
            values.setdefault(trial, {})[called] = infinite.get(kind, value)
        rows = "select trial_id, key, value_json from trial_user_attributes"
        for trial, key, text in store.execute(rows):
            said = _loaded(text)
            if (figure := number(said)) is not None and not _is_setting(str(key)):
                values.setdefault(trial, {})[str(key)] = figure
            elif isinstance(said, str | int | float | bool):
                settings.setdefault(trial, {})[str(key)] = said
        curves: dict[int, Curve] = {}
        rows = (
            "select trial_id, step, intermediate_value from trial_intermediate_values"
            " where intermediate_value is not null order by trial_id, step"
        )
        for trial, step, value in store.execute(rows):
            curve = curves.setdefault(trial, Curve())
            curve.where.append(step)
            curve.values.append(value)
    for trial, study, at, state in trials:
        mine = settings.get(trial, {})
        if len(studies) > 1:
            mine["experiment_name"] = str(studies.get(study))
        yield ImportedRun(
            source=path,
            tool="optuna",
            name=f"trial {at}",
            settings=mine,
            values=values.get(trial, {}),
            curves={"value": curves[trial]} if trial in curves else {},
            axis="step",
            status=str(state),
        )


def _is_setting(name: str) -> bool:
    return "seed" in name.lower() or "fold" in name.lower()


def _loaded(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def _parameter(value: Any, distribution: Any) -> Setting:
    """A categorical choice is kept as its place among the choices."""
    if isinstance(distribution, dict):
        given = distribution.get("attributes")
        choices = given.get("choices") if isinstance(given, dict) else None
        if isinstance(choices, list) and 0 <= int(value) < len(choices):
            chosen = choices[int(value)]
            return chosen if isinstance(chosen, str | int | float | bool) else str(chosen)
        if str(distribution.get("name", "")).startswith("Int"):
            return int(value)
    return float(value)
