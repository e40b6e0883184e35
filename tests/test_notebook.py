"""The example notebook runs from a clean start and shows tables and charts inline."""

import os
import re
from pathlib import Path

import nbclient
import nbformat
import pytest

import bakeoff
from bakeoff.errors import UnknownName

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:zmq")
def test_the_notebook_runs_and_shows_tables_and_charts(tmp_path, monkeypatch):
    monkeypatch.setenv(
        "PYTHONPATH", f"{ROOT / 'src'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    )
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(ROOT / "examples" / "compare.ipynb", as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    shown = [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]
    page = shown[1][-1]["data"]["text/html"]
    assert "<table>" in page
    assert "standard-gentle" in page
    assert page.count("<svg") == 2
    assert "image/svg+xml" in shown[2][-1]["data"]
    assert "test_accuracy" in shown[3][-1]["data"]["text/html"]
    assert "loss-floor" in shown[4][-1]["data"]["text/html"]


def test_the_notebook_is_kept_without_outputs():
    notebook = nbformat.read(ROOT / "examples" / "compare.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)


def test_a_comparison_in_a_notebook_needs_nothing_from_elsewhere():
    page = bakeoff.compare(ROOT / "docs" / "results" / "reproduce")._repr_html_()
    drawn = re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)
    assert not re.search(r"(src|href)=\"?http|<script|url\(http", drawn)
    assert page.count("<svg") == 2


def test_the_chart_holds_every_seed_and_each_mean():
    comparison = bakeoff.compare(ROOT / "docs" / "results" / "reproduce")
    chart = comparison.chart("loss").to_dict()
    values = [layer["data"]["values"] for layer in chart["layer"]]
    for arm in comparison.arms:
        told = arm.metrics["loss"]
        seeds = [v["value"] for v in values[2] if v["arm"] == arm.arm]
        assert seeds == list(told.values)
        (mean,) = [v for v in values[1] if v["arm"] == arm.arm]
        assert mean["mean"] == told.mean
        assert (mean["low"], mean["high"]) == tuple(told.interval)
    with pytest.raises(UnknownName, match="loss"):
        comparison.chart("los")
