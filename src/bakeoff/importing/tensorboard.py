"""TensorBoard: a folder of event files is a run; and the CSV that its page downloads.

Event files are records of a length, two checksums and a message. Each is read with a bounded size,
so that damage or malice costs one record; a file that is still written ends where it ends.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bakeoff.errors import BadFile, UsageError
from bakeoff.importing.files import as_number, csv_rows, header_of
from bakeoff.importing.runs import ImportedRun, Log, Setting

MAX_RECORD = 16 * 1024**2
_HEADER = 12  # uint64 length, its masked CRC
_FOOTER = 4
CSV_HEADER = ["Wall time", "Step", "Value"]
_STATUS = {0: "", 1: "complete", 2: "failed", 3: "running"}


def is_event_file(path: Path) -> bool:
    return "tfevents" in path.name and path.is_file()


def is_folder(path: Path) -> bool:
    try:
        return path.is_dir() and any(is_event_file(child) for child in path.iterdir())
    except OSError:
        return False


def read(path: Path) -> Iterator[ImportedRun]:
    """One run: scalars of all event files of the folder, hyperparameters of the hparams plugin.

    Raises UsageError where tensorboard is not installed.
    """
    try:
        from tensorboard.compat.proto.event_pb2 import Event
    except ImportError:
        raise UsageError(
            f"reading {path} needs tensorboard", "Install it: pip install tensorboard"
        ) from None
    from google.protobuf.message import DecodeError

    log, settings, statuses, cut = Log(), dict[str, Setting](), list[str](), False
    for file in sorted(child for child in path.iterdir() if is_event_file(child)):
        for record in _records(file):
            if record is None:
                cut = True
                break
            event = Event()
            try:
                event.ParseFromString(record)
            except DecodeError:
                cut = True
                break
            for value in event.summary.value:
                _take(value, event.step, log, settings, statuses)
    unknown = ["a record that is half written, and what follows it"] if cut else []
    yield ImportedRun(
        source=path,
        tool="tensorboard",
        name=path.name,
        settings=settings,
        values=log.values,
        curves=log.curves,
        axis="step",
        status=statuses[-1] if statuses else "",
        unknown=(*unknown, *log.unknown),
    )


def is_csv(path: Path) -> bool:
    return path.suffix.lower() == ".csv" and header_of(path) == CSV_HEADER


def read_csv(path: Path) -> Iterator[ImportedRun]:
    """One figure of one run. Its file's name says which: run-NAME-tag-TAG.csv."""
    named = re.fullmatch(r"(?:run-)?(.+?)-tag-(.+)", path.stem)
    if named is None:
        raise UsageError(
            f"{path}: which run and figure is this?",
            "Keep the name that TensorBoard gave it, as run-NAME-tag-TAG.csv",
        )
    log = Log()
    for row in csv_rows(path):
        where, value = as_number(row.get("Step")), as_number(row.get("Value"))
        if where is not None and value is not None:
            log.add(where, named[2].replace("_", "/", 1), value)
    yield ImportedRun(
        source=path,
        tool="tensorboard",
        name=named[1],
        values=log.values,
        curves=log.curves,
        axis="step",
        unknown=("hyperparameters", *log.unknown),
    )


def _records(path: Path) -> Iterator[bytes | None]:
    """The messages of an event file; None, and no more, where one is cut off or too long."""
    try:
        with path.open("rb") as file:
            while header := file.read(_HEADER):
                length = struct.unpack("<Q", header[:8])[0] if len(header) == _HEADER else 0
                if len(header) < _HEADER or length > MAX_RECORD:
                    yield None
                    return
                record = file.read(length + _FOOTER)
                if len(record) < length + _FOOTER:
                    yield None
                    return
                yield record[:length]
    except OSError as error:
        raise BadFile(path, "not readable", "Check its permissions") from error


def _take(
    value: Any, step: int, log: Log, settings: dict[str, Setting], statuses: list[str]
) -> None:
    plugin = value.metadata.plugin_data.plugin_name
    if plugin == "hparams":
        _hyperparameters(value.metadata.plugin_data.content, settings, statuses)
    elif value.WhichOneof("value") == "simple_value":
        log.add(step, value.tag, float(value.simple_value))
    elif (
        value.WhichOneof("value") == "tensor"
        and not value.tensor.tensor_shape.dim
        and value.tensor.dtype in (1, 2)
        and (figure := _scalar(value.tensor)) is not None
    ):
        log.add(step, value.tag, figure)


def _scalar(tensor: Any) -> float | None:
    """A float or double without a shape."""
    for listed in (tensor.float_val, tensor.double_val):
        if len(listed) == 1:
            return float(listed[0])
    form, size = ("<f", 4) if tensor.dtype == 1 else ("<d", 8)
    content = tensor.tensor_content
    return float(struct.unpack(form, content)[0]) if len(content) == size else None


def _hyperparameters(content: bytes, settings: dict[str, Setting], statuses: list[str]) -> None:
    from google.protobuf.message import DecodeError
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    data = HParamsPluginData()
    try:
        data.ParseFromString(content)
    except DecodeError:
        return
    for name, given in data.session_start_info.hparams.items():
        kind = given.WhichOneof("kind")
        if kind in ("number_value", "string_value", "bool_value"):
            value = getattr(given, kind)
            # Every number is a double there: a seed of 3 is 3.0.
            whole = kind == "number_value" and value == value // 1 and abs(value) < 2**53
            settings[name] = int(value) if whole else value
    if data.HasField("session_end_info"):
        statuses.append(_STATUS.get(data.session_end_info.status, ""))
