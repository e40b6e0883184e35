"""What libraries warn of reaches the terminal as one line each, whatever way they warn."""

import logging
import subprocess
import sys
import textwrap

import pytest

from bakeoff.library_notes import LONGEST, MOST, library_notes

WARN = {
    "warnings of pyarrow": (
        "import warnings\n"
        "warnings.warn_explicit('the footer\\n is odd', UserWarning, "
        "'/x/site-packages/pyarrow/parquet.py', 7)",
        "note: pyarrow warns: the footer is odd",
    ),
    "a warning of scipy by its own class": (
        "import warnings\n"
        "class DegenerateDataWarning(RuntimeWarning): pass\n"
        "warnings.warn_explicit(DegenerateDataWarning('all equal'), None, "
        "'/x/site-packages/scipy/stats/x.py', 7)",
        "note: scipy warns: all equal",
    ),
    "Pillow's warnings, by its product's name": (
        "import warnings\n"
        "warnings.warn_explicit('Corrupt EXIF', UserWarning, '/x/site-packages/PIL/E.py', 7)",
        "note: Pillow warns: Corrupt EXIF",
    ),
    "torch, deprecations for users": (
        "import warnings\n"
        "warnings.warn_explicit('gone in 3.0', FutureWarning, "
        "'/x/site-packages/torch/_jit.py', 7)",
        "note: torch warns: gone in 3.0",
    ),
    "a logger without handlers, as timm's": (
        "import logging\nlogging.getLogger('timm.models._builder').warning('no %s', 'weights')",
        "note: timm warns: no weights",
    ),
    "a logger with its own handler, as the hub's": (
        "import logging\n"
        "hub = logging.getLogger('huggingface_hub')\n"
        "hub.addHandler(logging.StreamHandler())\n"
        "hub.propagate = False\n"
        "logging.getLogger('huggingface_hub.file_download').warning('no\\nsymlinks')",
        "note: huggingface_hub warns: no symlinks",
    ),
    "the root logger": ("import logging\nlogging.warning('by hand')", "note: root warns: by hand"),
    "warnings that are logged": (
        "import logging, warnings\n"
        "logging.captureWarnings(True)\n"
        "warnings.warn_explicit('both: ways', UserWarning, '/x/site-packages/timm/a.py', 7)",
        "note: timm warns: both: ways",
    ),
}


def said_by(code, *flags):
    script = (
        "from bakeoff.library_notes import library_notes\n"
        f"with library_notes():\n{textwrap.indent(code, '    ')}\n"
    )
    return subprocess.run([sys.executable, *flags, "-c", script], capture_output=True, text=True)


@pytest.mark.parametrize("kind", WARN)
def test_each_way_to_warn_is_one_line_that_names_the_library(kind):
    code, note = WARN[kind]
    done = said_by(code)
    assert done.stderr == f"{note}\n"
    assert (done.returncode, done.stdout) == (0, "")


def test_the_genuine_libraries_warn_in_one_line():
    """Their own loggers, with whatever handlers the installed versions bring."""
    libraries = ["huggingface_hub", "torch", "timm", "pyarrow", "scipy", "PIL"]
    done = said_by(
        "import importlib, logging, warnings\n"
        f"for name in {libraries}:\n"
        "    where = importlib.import_module(name).__file__\n"
        "    logging.getLogger(name + '.x').warning('two\\nlines')\n"
        "    warnings.warn_explicit('two\\nlines', UserWarning, where, 1)"
    )
    names = [*libraries[:-1], "Pillow"]
    assert done.stderr.splitlines() == [f"note: {name} warns: two lines" for name in names]


def test_a_warning_is_an_error_where_python_is_told_so():
    code, _ = WARN["warnings of pyarrow"]
    done = said_by(code, "-W", "error")
    assert done.returncode == 1
    assert "note:" not in done.stderr
    assert said_by(code, "-W", "ignore").stderr == ""


def test_a_text_is_said_once_and_a_flood_is_cut():
    said = []
    with library_notes(said.append):
        logger = logging.getLogger("bakeoff_test_flood")
        for _ in range(3):
            logger.warning("again")
        logger.warning("x" * 5000)
        for i in range(100):
            logger.warning("number %d", i)
        logger.info("no warning")
    assert said[0] == "note: bakeoff_test_flood warns: again"
    assert len(said[1]) < LONGEST + 50
    assert len(said) == MOST + 1
    assert "--debug" in said[-1]


def test_everything_is_as_before_afterwards(capsys):
    import warnings

    before = warnings.showwarning, logging.lastResort, logging.getLoggerClass()
    handlers = list(logging.getLogger().handlers)
    with library_notes(lambda line: None):
        logger = logging.getLogger("bakeoff_test_after")
    assert (warnings.showwarning, logging.lastResort, logging.getLoggerClass()) == before
    assert logging.getLogger().handlers == handlers
    logger.propagate = False
    logger.warning("a logger made inside is as any other afterwards")
    assert "note:" not in capsys.readouterr().err


def test_what_a_handler_of_the_user_writes_elsewhere_stays(tmp_path):
    done = said_by(
        "import logging\n"
        "logger = logging.getLogger('mine')\n"
        f"logger.addHandler(logging.FileHandler({str(tmp_path / 'log.txt')!r}))\n"
        "logger.warning('kept')"
    )
    assert done.stderr == "note: mine warns: kept\n"
    assert (tmp_path / "log.txt").read_text() == "kept\n"


VERB = """
import sys, warnings
from bakeoff.cli import app, main

@app.command()
def warned():
    warnings.warn_explicit('odd', UserWarning, '/x/site-packages/pyarrow/a.py', 7)
    print('{}')

main(sys.argv[1:])
"""


def test_every_verb_of_the_command_line_is_inside():
    def run(*words):
        command = [sys.executable, "-c", VERB, "warned", *words]
        return subprocess.run(command, capture_output=True, text=True)

    assert (run().stdout, run().stderr) == ("{}\n", "note: pyarrow warns: odd\n")
    assert "/x/site-packages/pyarrow/a.py:7: UserWarning: odd" in run("--debug").stderr
