"""SQLite stores of other tools: opened so that nothing is written, made or migrated."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from bakeoff.errors import BadFile
from bakeoff.importing.files import ADVICE

SECONDS = 5.0
"""How long to wait for a tool that is writing."""
MAGIC = b"SQLite format 3\x00"


def is_sqlite(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def tables(path: Path) -> set[str]:
    """Names of its tables; empty for what is no SQLite file. Raises BadFile."""
    if not is_sqlite(path):
        return set()
    with opened(path) as store:
        return {name for (name,) in store.execute("select name from sqlite_master")}


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that can only read. Raises BadFile for a locked or damaged store."""
    # A write-ahead log belongs to a tool that may be writing, and only locks keep its pages
    # together; without one, not even a lock is taken.
    live = any(Path(f"{path}{end}").exists() for end in ("-wal", "-journal"))
    how = "mode=ro" if live else "mode=ro&immutable=1"
    store = None
    try:
        store = sqlite3.connect(
            f"file:{quote(str(path.resolve()))}?{how}", uri=True, timeout=SECONDS
        )
        store.execute("pragma query_only = on")
        # What a stranger's views and triggers would call is not to be trusted.
        store.execute("pragma trusted_schema = off")
        yield store
    except sqlite3.Error as error:
        said = str(error).lower()
        if "locked" in said or "busy" in said:
            raise BadFile(
                path, "another program is writing to it", "Try again, or give a copy"
            ) from error
        raise BadFile(path, f"not a readable store ({error})", ADVICE) from error
    finally:
        if store is not None:
            store.close()
