"""The room opens without its heavy furniture."""

from __future__ import annotations

import subprocess
import sys

import pytest

import bakeoff.recipes


def test_importing_recipes_loads_neither_torch_nor_pydantic():
    code = (
        "import sys, bakeoff.recipes;"
        "print([m for m in ('torch', 'pydantic', 'ruamel.yaml', 'rich') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_loading_and_scaling_never_needs_torch():
    code = (
        "import sys; from bakeoff.recipes import load, names, scale, Budget;"
        "from bakeoff.recipes import show, export, diff, ablation;"
        "[load(n) for n in names()]; print('torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_everything_promised_is_there():
    for name in bakeoff.recipes.__all__:
        assert getattr(bakeoff.recipes, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'recipe_of_the_day'"):
        _ = bakeoff.recipes.recipe_of_the_day
