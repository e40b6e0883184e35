"""The public API is what `__all__` says, typed, documented, and light to import."""

import inspect
import json
import subprocess
import sys

import pytest

import bakeoff

HEAVY = ("torch", "torchvision", "timm", "scipy", "statsmodels", "pandas", "altair", "numpy")


def test_all_is_exactly_the_public_names():
    assert sorted(bakeoff.__all__) == sorted(
        [
            "BakeoffError",
            "__version__",
            "audit",
            "compare",
            "doctor",
            "dry_run",
            "evaluate",
            "export",
            "frame",
            "import_runs",
            "load_records",
            "plan",
            "report",
            "reproduce",
            "run",
            "train",
        ]
    )
    for name in bakeoff.__all__:
        assert getattr(bakeoff, name) is not None


@pytest.mark.parametrize("name", [n for n in bakeoff.__all__ if n.islower() and n[0] != "_"])
def test_every_function_is_documented_and_typed(name):
    function = getattr(bakeoff, name)
    assert callable(function), f"bakeoff.{name} is a {type(function)}"
    assert len(inspect.getdoc(function).splitlines()) > 1
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty, parameter.name


def test_functions_stay_functions_when_their_rooms_are_imported():
    import bakeoff.auditing.api
    import bakeoff.reporting.build

    assert callable(bakeoff.audit)
    assert callable(bakeoff.report)


@pytest.mark.parametrize("what", ["import bakeoff", "from bakeoff.cli import main; main(['-h'])"])
def test_importing_and_helping_load_nothing_heavy(what):
    code = (
        "import sys, json, atexit\n"
        f"atexit.register(lambda: print(json.dumps([m for m in {HEAVY!r} if m in sys.modules])))\n"
        f"{what}\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []
