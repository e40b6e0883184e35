"""A verb's options and its function's arguments are the same: neither can gain one alone."""

import dataclasses
import inspect

import pytest
import typer

import bakeoff
from bakeoff.bakeoffs.run_options import RunOptions
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.cli import app

ON_SCREEN = {"quiet", "verbose", "listener", "command"}
"""How a verb is told on screen, or who listens: no part of what it does."""

VERBS = {
    # verb: (function, other names of the same thing, of the command line alone, of Python alone)
    "reproduce": (bakeoff.reproduce, {}, {"dry_run", "price_per_hour"}, set()),
    "run": (bakeoff.run, {"file": "spec"}, {"dry_run", "price_per_hour"}, set()),
    "train": (bakeoff.train, {"pin": "pins"}, {"dry_run", "price_per_hour"}, set()),
    "evaluate": (bakeoff.evaluate, {}, set(), set()),
    "compare": (
        bakeoff.compare,
        {"metric": "metrics", "runs": "source"},
        # In Python: bakeoff.comparison.shown_mapping.shown_mapping, and compare_against.
        {"show_mapping", "against", "fail_on", "check"},
        set(),
    ),
    "import": (bakeoff.import_runs, {"paths": "source"}, {"show_mapping"}, set()),
    "plan": (bakeoff.plan, {}, set(), set()),
    "report": (
        bakeoff.report,
        {"format_": "formats", "audit": "documents", "runs": "source"},
        # In Python: bakeoff.reporting.serve.
        {"serve", "port"},
        set(),
    ),
    "export": (bakeoff.export, {}, set(), set()),
    "doctor": (bakeoff.doctor, {}, set(), set()),
}


def options(verb: str) -> set[str]:
    command = typer.main.get_command(app).commands[verb]
    return {parameter.name for parameter in command.params} - {"help"}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_takes_what_its_function_takes(verb: str) -> None:
    function, renamed, line_alone, python_alone = VERBS[verb]
    said = {renamed.get(name, name) for name in options(verb) - line_alone} - ON_SCREEN
    said -= {"format_"}  # of what is printed; a report's is what is written
    takes = set(inspect.signature(function).parameters) - ON_SCREEN - python_alone
    assert said == takes


def test_run_and_its_dry_run_take_the_same_options() -> None:
    shared = {field.name for field in dataclasses.fields(RunOptions)}
    takes = {
        verb: set(inspect.signature(function).parameters)
        for verb, function in (("run", bakeoff.run), ("dry", bakeoff.dry_run))
    }
    assert takes["run"] - shared - ON_SCREEN == {"spec", "on", "address", "allow_commands"}
    assert takes["dry"] - shared == {"spec", "price_per_hour"}
    assert shared <= takes["run"] & takes["dry"]


def test_every_default_is_the_same_in_run_dry_run_and_the_options_value() -> None:
    for field in dataclasses.fields(RunOptions):
        for function in (bakeoff.run, bakeoff.dry_run):
            assert inspect.signature(function).parameters[field.name].default == field.default


def test_what_goes_before_a_file_is_a_key_of_the_file() -> None:
    keys = set(RunOptions(budget="quick").overrides()) - {"decided"}
    assert keys <= set(BakeoffSpec.model_fields)
