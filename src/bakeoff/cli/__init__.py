"""The command line: one thin function a verb. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

# isort: off
# Each registers its verbs, and --help lists them in this order: running comes first.
from bakeoff.cli import running, knowing, judging, giving  # noqa: F401

# isort: on
from bakeoff.cli.app import app
from bakeoff.errors import BakeoffError

__all__ = ["app", "main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the `bakeoff` command: errors are one line, `--debug` shows where from."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [a for a in given if a != "--debug"]
    try:
        app(given, prog_name="bakeoff")
    except BakeoffError as error:
        if debug:
            raise
        if not error.told_elsewhere:
            sys.stderr.write(f"bakeoff: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("bakeoff: stopped.\n")
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, less) has gone; that is not our error, and nothing more can be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if debug:
            raise
        said = str(error).strip().partition("\n")[0][:300]
        sys.stderr.write(
            f"bakeoff: this should not happen: {type(error).__name__}: {said}. "
            "Run it again with --debug and report what it prints.\n"
        )
        sys.exit(3)
