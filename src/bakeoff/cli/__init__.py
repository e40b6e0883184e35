"""The command line: one thin function a verb. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Any

# isort: off
# Each registers its verbs, and --help lists them in this order: running comes first.
from bakeoff.cli import running, knowing, judging, giving  # noqa: F401

# isort: on
from bakeoff.cli.app import app
from bakeoff.errors import BakeoffError, UsageError

__all__ = ["app", "main"]

INTERRUPTED = 130


class _Terminated(BaseException):
    """SIGTERM outside the parts that save first (see `bakeoff.training.stopping`)."""


def _terminated(number: int, frame: FrameType | None) -> None:
    raise _Terminated


def _wrong_use(error: Any) -> int:
    """Tell an option or verb that does not exist in one line, as every other error."""
    said = error.format_message().strip().replace("Value error, ", "")
    verb = error.ctx.command_path if getattr(error, "ctx", None) is not None else "bakeoff"
    if said.startswith("Usage:") or not said:
        error.show()  # no verb at all: the help
    else:
        # "No such option: --nope (Possible options: --model)", "Missing argument 'FILE'."
        sys.stderr.write(f"bakeoff: {UsageError(said, f'See {verb} --help')}\n")
    return int(error.exit_code)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the `bakeoff` command: errors are one line, `--debug` shows where from."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [a for a in given if a != "--debug"]
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminated)
    try:
        code = app(given, prog_name="bakeoff", standalone_mode=False) or 0
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        sys.exit(code)
    except _Terminated:
        sys.stderr.write("bakeoff: stopped; run the same command again.\n")
        sys.exit(128 + signal.SIGTERM)
    except BakeoffError as error:
        if debug:
            raise
        if not error.told_elsewhere:
            sys.stderr.write(f"bakeoff: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("bakeoff: stopped.\n")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader (head, less) has gone; that is not our error, and nothing more can be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if hasattr(error, "format_message"):  # Typer's own, whose class is where its version has it
            sys.exit(_wrong_use(error))
        if debug:
            raise
        said = str(error).strip().partition("\n")[0][:300]
        sys.stderr.write(
            f"bakeoff: this should not happen: {type(error).__name__}: {said}. "
            "Run it again with --debug and report what it prints.\n"
        )
        sys.exit(3)
