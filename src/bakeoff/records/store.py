"""Where records lie: `runs/<bake-off>/<arm>/seed-N/record.json`, and how they are found again."""

from __future__ import annotations

import glob
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from bakeoff.errors import BadFile, UsageError
from bakeoff.records.files import write_text
from bakeoff.records.manifest import MANIFEST_NAME
from bakeoff.records.names import RECORD_NAME as RECORD_NAME
from bakeoff.records.predictions import FILE_NAME as PREDICTIONS_NAME
from bakeoff.records.schema import SCHEMA_VERSION, Record
from bakeoff.records.storage import is_address, local_copy, original
from bakeoff.records.version_1 import upgraded

TRIALS_FOLDER = "_trials"
"""Beside the arms' folders: the trials of tuning. No arm's name can begin so."""
PRETRAINING_FOLDER = "_pretraining"
"""Beside them, too: runs whose weights arms start from."""
SET_ASIDE_FOLDER = "_set-aside"
"""Beside them, too: runs of a length that was planned by a wrong rate; nothing reads them."""
WEIGHTS_NAME = "weights.safetensors"
"""Beside a record: what other runs can start from."""
AUGMENTED_NAME = "augmented.png"
"""In an arm's folder, or beside the record of a run alone: a few training images as they are, and
as the recipe shows them to the network."""
MAX_RECORD_BYTES = 64 * 1024**2
ANEW = "Remove that file and run again"
"""A file that is there is never written over unread: it may be somebody's only copy."""
_OF_TODAY = re.compile(rb'^\s*\{\s*"schema_version":\s*%d\b' % SCHEMA_VERSION)
VIEWED = (RECORD_NAME, PREDICTIONS_NAME, MANIFEST_NAME, AUGMENTED_NAME)
"""What is copied from an address to be read: no weights, no checkpoints."""


def run_folder(root: Path, arm: str, seed: int) -> Path:
    """The folder of one run of a bake-off in `root`. Raises UsageError for an unsafe arm name."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}", arm):
        raise UsageError(
            f"arm name {arm!r} cannot be a folder", "Use letters, digits, '.', '_', '+' and '-'"
        )
    return root / arm / f"seed-{seed}"


def plain_name(text: str) -> str:
    """`text` with "-" for all that a folder's name should not hold; it may come out empty."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", text).strip("-.")


def save_record(record: Record, folder: Path) -> None:
    """Write `record.json` into `folder`, whole or not at all."""
    write_text(folder / RECORD_NAME, record.model_dump_json(indent=1) + "\n")


def load_record(path: Path) -> Record:
    """Read a record from its file or its run's folder.

    Raises BadFile when it is missing, damaged, too large, or of another schema version.
    """
    path = path / RECORD_NAME if path.is_dir() else path
    try:
        if path.stat().st_size > MAX_RECORD_BYTES:
            raise BadFile(original(path), "larger than 64 MiB, so not a record", ANEW)
        content = path.read_bytes()
        if _OF_TODAY.search(content, 0, 400):
            try:
                return Record.model_validate_json(content)
            except ValidationError:
                pass  # what is wrong is said below
        raw = json.loads(content)
    except FileNotFoundError:
        raise BadFile(path, "no such record", "Give a run's folder or its record.json") from None
    except (OSError, ValueError, RecursionError) as error:
        raise BadFile(original(path), f"not a readable record ({error})", ANEW) from error
    version = raw.get("schema_version") if isinstance(raw, dict) else None
    if version == 1:
        raw, version = upgraded(raw), SCHEMA_VERSION
    if version != SCHEMA_VERSION:
        raise BadFile(
            original(path),
            f"record schema version {version!r}, this Bakeoff reads {SCHEMA_VERSION}",
            f"Use the Bakeoff that wrote it, or {ANEW[0].lower()}{ANEW[1:]}",
        )
    try:
        return Record.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadFile(original(path), f"{where}: {first['msg']}", ANEW) from error


def readable(source: Path | str) -> Path | str:
    """The folder, file or glob itself; for an address, a local copy of the records there.

    Raises OutputError when the address does not answer.
    """
    return local_copy(source, VIEWED) if is_address(source) else source


def find_run_folders(sources: Iterable[Path | str]) -> list[Path]:
    """Every folder with a record below the given folders, files, globs or addresses; sorted.

    Copies of a run are all found (`RunSet` takes one of them). Trials of tuning, pretraining and
    what was set aside are found only where their own folder is given. Raises UsageError when a
    source holds none.
    """
    found: set[Path] = set()
    for source in sources:
        text = str(readable(source))
        matches = [Path(text)] if Path(text).exists() else [Path(m) for m in glob.glob(text)]  # noqa: PTH207
        here: set[Path] = set()
        for match in matches:
            if match.is_file() and match.name == RECORD_NAME:
                here.add(match.parent)
            elif match.is_dir():
                here |= {p.parent for p in match.rglob(RECORD_NAME) if _of_an_arm(p, match)}
        if not here:
            raise UsageError(
                f"no records in {source}", "Give a bake-off's folder, as in runs/reproduce"
            )
        found |= here
    return sorted(found)


def digest(path: Path) -> str:
    """SHA-256 of a file; empty where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _of_an_arm(record: Path, source: Path) -> bool:
    """Whether a record is a run of an arm: no trial, no pretraining, not set aside."""
    apart = {TRIALS_FOLDER, PRETRAINING_FOLDER, SET_ASIDE_FOLDER}
    return not apart & set(record.relative_to(source).parts)
