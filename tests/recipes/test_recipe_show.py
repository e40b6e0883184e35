"""What people and programs see of recipes."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from bakeoff.errors import UsageError
from bakeoff.recipes import load, names
from bakeoff.recipes.export import export
from bakeoff.recipes.show import (
    answer,
    diff_view,
    export_view,
    library_json,
    library_table,
    recipe_json,
    recipe_view,
)


def shown(what: object, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(what, crop=False)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_has_every_recipe():
    text = shown(library_table())
    assert all(name in text for name in names())
    assert [r["name"] for r in library_json()["recipes"]] == names()


@pytest.mark.parametrize("name", names())
def test_a_recipe_is_shown_with_its_sources(name):
    loaded = load(name)
    text = shown(recipe_view(loaded), width=300)
    assert loaded.recipe.citation in text
    assert loaded.sources["epochs"] in text
    assert all(missing in text for missing in loaded.recipe.not_carried)
    assert "not set" not in text


def test_what_nobody_set_but_acts_is_shown_too(write_recipe):
    text = shown(recipe_view(load(write_recipe())), width=200)
    assert "augment.horizontal_flip" in text
    assert "not set: Bakeoff's default" in text


def test_an_exported_command_is_one_line_on_any_screen():
    view, data = answer("rsb-a1", tool="timm", gpus=8)
    first = shown(view, width=40).splitlines()[0]
    assert first.split() == data["arguments"]


def test_each_question_has_an_answer_for_people_and_for_programs(write_recipe):
    mine = str(write_recipe())
    for asked in (
        {},
        {"name": mine},
        {"name": mine, "other": "rsb-a3"},
        {"name": mine, "tool": "timm"},
    ):
        view, data = answer(**asked)
        assert shown(view)
        assert json.loads(json.dumps(data)) == data


@pytest.mark.parametrize(
    "asked",
    [{"other": "rsb-a3"}, {"tool": "timm"}, {"name": "rsb-a1", "other": "rsb-a2", "tool": "timm"}],
)
def test_a_question_that_contradicts_itself_is_refused(asked):
    with pytest.raises(UsageError):
        answer(**asked)


@pytest.mark.parametrize("name", names())
def test_json_has_name_values_and_a_source_for_every_value(name):
    shape = json.loads(json.dumps(recipe_json(load(name))))
    assert shape["name"] == name

    def keys(values, prefix=""):
        for key, value in values.items():
            if isinstance(value, dict):
                yield from keys(value, f"{prefix}{key}.")
            else:
                yield f"{prefix}{key}"

    assert set(keys(shape["values"])) == set(shape["sources"])
    assert shape["values"]["optimizer"]["lr"] == load(name).recipe.optimizer.lr


def test_the_table_of_differences_leaves_out_what_is_equal():
    text = shown(diff_view(load("rsb-a2"), load("rsb-a3")))
    assert "0.005" in text
    assert "0.008" in text
    assert "momentum" not in text
    assert "train alike" in shown(diff_view(load("rsb-a2"), load("rsb-a2")))


def test_an_export_shows_what_cannot_be_said():
    text = shown(export_view(export(load("rsb-a3"), "torchvision")))
    assert "--lr 0.008" in text
    assert "optimizer lamb" in text
    assert "Not expressed by torchvision's train.py" in text


def test_markup_in_a_file_is_shown_and_not_obeyed(write_recipe):
    path = write_recipe("extends: standard\ntitle: '[red]not red[/red] [link=x]'\n")
    assert "[red]not red[/red] [link=x]" in shown(recipe_view(load(path)))
