"""The command line: one thin function a verb. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

# isort: off
# Each file is a verb and registers it; --help lists them in this order.
from bakeoff.cli import reproduce, run, train, evaluate  # noqa: F401
from bakeoff.cli import compare, import_, report, plan, audit  # noqa: F401
from bakeoff.cli import data, recipes, results, doctor, export  # noqa: F401

# isort: on
from bakeoff.cli.app import app
from bakeoff.errors import BakeoffError, UsageError
from bakeoff.library_notes import library_notes

__all__ = ["app", "main"]

INTERRUPTED = 130
READER_GONE = 128 + signal.SIGPIPE
"""What a shell shows of a program whose reader has gone, as of `ls | head -1`."""


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


class _Output:
    """Where stdout goes as a command begins: Rich turns it to nowhere when its reader has gone."""

    def __init__(self) -> None:
        try:
            self._handle = os.dup(sys.stdout.fileno())
        except (OSError, ValueError, AttributeError):  # closed, or not a file
            self._handle = -1

    def has_no_reader(self) -> bool:
        if self._handle < 0:
            return False
        watched = select.poll()
        watched.register(self._handle, select.POLLERR)
        return bool(watched.poll(0))

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _broken_pipe(error: BrokenPipeError, output: _Output, debug: bool) -> NoReturn:
    """End quietly where the reader of what we print (head, less) has gone; any other broken pipe is
    an unexpected error."""
    if not output.has_no_reader():
        _unforeseen(error, debug)
    # What is still buffered must not be tried again at the interpreter's end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(READER_GONE)


def _unforeseen(error: Exception, debug: bool) -> NoReturn:
    if debug:
        raise error
    said = str(error).strip().partition("\n")[0][:300]
    sys.stderr.write(
        f"bakeoff: this should not happen: {type(error).__name__}: {said}. "
        "Run it again with --debug and report what it prints.\n"
    )
    sys.exit(3)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the `bakeoff` command: errors are one line, `--debug` shows where from."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [a for a in given if a != "--debug"]
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminated)
    output = _Output()
    if not debug:
        # What torch's C++ prints by itself cannot be caught; what it hands to Python can.
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    try:
        with contextlib.nullcontext() if debug else library_notes():
            code = app(given, prog_name="bakeoff", standalone_mode=False) or 0
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        sys.stdout.flush()  # a reader that has gone is met here, not at the interpreter's end
        sys.exit(code)
    except SystemExit as ended:
        # Typer and Rich answer a closed pipe by exit code 1, which here means "no".
        if isinstance(ended.__context__, BrokenPipeError):
            _broken_pipe(ended.__context__, output, debug)
        raise
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
    except BrokenPipeError as error:
        _broken_pipe(error, output, debug)
    except Exception as error:
        if hasattr(error, "format_message"):  # Typer's own, whose class is where its version has it
            sys.exit(_wrong_use(error))
        _unforeseen(error, debug)
    finally:
        output.close()
