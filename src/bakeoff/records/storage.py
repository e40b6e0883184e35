"""Addresses: places for runs that are no local folder, as `s3://bucket/runs`, through fsspec.

The one file that knows fsspec. Everything else deals in local folders, and in whole objects that
it fetches from an address or sends there. On object stores a put is atomic: an object is whole or
absent. Elsewhere (sftp, smb, …) it is written aside and moved into place.
"""

from __future__ import annotations

import contextlib
import functools
import tempfile
import threading
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from bakeoff.errors import OutputError, UsageError

T = TypeVar("T")

OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "oss"}
EXTRAS = {"s3": "bakeoff[s3]", "s3a": "bakeoff[s3]"}
S3_OPTIONS = {"config_kwargs": {"connect_timeout": 5, "retries": {"max_attempts": 2}}}
MARKS = ("ETag", "etag", "mtime", "last_modified", "LastModified", "modified", "last_write_time")
"""What stores call that of an object which changes with its content."""
PATIENCE_SECONDS = 20.0
"""How long the first question to an address may take before it counts as unreachable."""


def is_address(place: object) -> bool:
    """Whether this is an address that only fsspec can reach; `file://` is a folder."""
    return "://" in str(place) and not str(place).startswith(("file://", "local://"))


def as_place(place: Path | str) -> Path | str:
    """A folder as a Path, whether written so or as file://…; an address as its text."""
    text = str(place)
    if is_address(text):
        return text.rstrip("/")
    return Path(text.partition("://")[2]) if "://" in text else Path(place)


class Address:
    """One folder at an address; names are relative to it. Every error is one line."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> Address:
        return Address(f"{self.url}/{name}")

    def __reduce__(self) -> tuple[Any, ...]:
        return Address, (self.url,)

    @functools.cached_property
    def _opened(self) -> tuple[Any, str]:
        import fsspec

        protocol = self.url.partition("://")[0]
        options = S3_OPTIONS if protocol in ("s3", "s3a") else {}
        try:
            return fsspec.core.url_to_fs(self.url, **options)  # type: ignore[no-any-return]
        except ImportError as error:
            package = EXTRAS.get(protocol)
            advice = f"pip install {package}" if package else str(error)
            raise UsageError(f"{self.url} needs a package that is not installed", advice) from error
        except ValueError as error:
            raise UsageError(
                f"{self.url} is no address ({error})", "Write s3://BUCKET/FOLDER, or a folder"
            ) from error

    @property
    def _files(self) -> Any:
        return self._opened[0]

    @property
    def _objects(self) -> bool:
        return self.url.partition("://")[0] in OBJECT_STORES

    def _path(self, name: str) -> str:
        return f"{self._opened[1]}/{name}" if name else self._opened[1]

    def require_there(self) -> None:
        """Raise OutputError, within PATIENCE_SECONDS, unless this address answers."""
        _in_time(self, self.names)

    def require_writable(self) -> None:
        """Raise OutputError, within PATIENCE_SECONDS, unless it can be written to."""
        trial = f".trial-{uuid.uuid4().hex}"

        def write_and_remove() -> None:
            self.write(trial, b"room for a record")
            self.remove(trial)

        _in_time(self, write_and_remove)

    def names(self) -> list[str]:
        """Everything below this folder, sorted; empty where there is nothing yet."""
        return sorted(self._listed())

    def _listed(self) -> dict[str, str]:
        """Each name, with a mark that changes with the content; "" where the store tells none."""
        with _told(self):
            self._files.invalidate_cache()
            root = self._opened[1].rstrip("/")
            try:
                found: dict[str, dict[str, Any]] = self._files.find(root, detail=True)
            except FileNotFoundError as error:
                if "bucket" in str(error):
                    raise
                return {}
            return {str(p)[len(root) + 1 :]: _mark(i) for p, i in found.items() if str(p) != root}

    def exists(self, name: str) -> bool:
        with _told(self):
            self._files.invalidate_cache()
            return bool(self._files.exists(self._path(name)))

    def read(self, name: str) -> bytes | None:
        """The content of an object, None where there is none."""
        with _told(self):
            try:
                content: bytes = self._files.cat_file(self._path(name))
            except FileNotFoundError as error:
                if "bucket" in str(error):
                    raise
                return None
            return content

    def write(self, name: str, content: bytes) -> None:
        """Put an object: afterwards, whatever interrupts, it is as before or as it should be."""
        self._put(name, lambda path: self._files.pipe_file(path, content))

    def create(self, name: str, content: bytes) -> bool:
        """Put an object unless there is one of that name; says whether it did.

        Two machines cannot both succeed where the store knows conditional puts (S3 and stores
        like it do); elsewhere it is looked for first and then written.
        """
        with _told(self):
            if not self._objects:
                self._files.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)
            try:
                self._files.pipe_file(self._path(name), content, mode="create")
            except FileExistsError:
                return False
            return True

    def remove(self, *names: str) -> None:
        """Remove objects; those that are not there are no error."""
        with _told(self):
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    self._files.rm_file(self._path(name))

    def fetch(self, names: Sequence[str], folder: Path) -> None:
        """Copy objects into a local folder under their names."""
        with _told(self):
            for name in names:
                place = folder / name
                place.parent.mkdir(parents=True, exist_ok=True)
                aside = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
                self._files.get_file(self._path(name), str(aside))
                aside.replace(place)

    def update(self, folder: Path, kinds: Collection[str]) -> None:
        """`fetch` everything that is called as one of `kinds`, but what this process has fetched
        so before and is still the same there."""
        for name, mark in sorted(self._listed().items()):
            copy = folder / name
            if copy.name not in kinds or (mark and _marks.get(copy) == mark and copy.exists()):
                continue
            self.fetch([name], folder)
            _marks[copy] = mark

    def send(self, path: Path, name: str) -> None:
        """Copy a local file here, whole or not at all."""
        self._put(name, lambda place: self._files.put_file(str(path), place))

    def _put(self, name: str, put: Callable[[str], Any]) -> None:
        with _told(self):
            path = self._path(name)
            if self._objects:
                put(path)
                return
            self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
            aside = f"{path}.{uuid.uuid4().hex[:8]}.part"
            put(aside)
            self._files.mv(aside, path)


def local_copy(place: Path | str, kinds: Sequence[str]) -> Path:
    """The folder itself; for an address a local copy of its files that are called so.

    place: a folder, a file in one, or an address of either. The copy lives as long as this
    process. Raises OutputError when the address does not answer.
    """
    found = as_place(place)
    if isinstance(found, Path):
        return found
    address, wanted = Address(found), set(kinds)
    if found.rpartition("/")[2] in wanted:
        address = Address(found.rpartition("/")[0])
    address.require_there()
    folder = Path(_copies().name) / uuid.uuid4().hex
    folder.mkdir()
    _copied[folder] = address.url
    address.update(folder, wanted)
    return folder


_copied: dict[Path, str] = {}
"""Where the folders that `local_copy` has made in this process were copied from."""


def original(path: Path) -> Path | str:
    """What a user knows `path` as: in a local copy the address it was copied from, else itself."""
    for folder, url in _copied.items():
        if path.is_relative_to(folder):
            return f"{url}/{path.relative_to(folder).as_posix()}".removesuffix("/.")
    return path


_marks: dict[Path, str] = {}
"""Of each copy that `Address.update` has made in this process: what it was copied from."""


def _mark(info: dict[str, Any]) -> str:
    found = next((info[key] for key in MARKS if info.get(key)), None)
    return "" if found is None else f"{info.get('size')} {found}"


@functools.cache
def _copies() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="bakeoff-", ignore_cleanup_errors=True)


@contextlib.contextmanager
def _told(address: Address) -> Iterator[None]:
    """Whatever a store complains of, as one line and what to do about it."""
    try:
        yield
    except (UsageError, AssertionError):
        raise
    except Exception as error:
        raise OutputError(f"{address} cannot be used: {_reason(error)}", _advice(error)) from error


def _reason(error: Exception) -> str:
    said = str(error).strip().partition("\n")[0].rstrip(".")[:200]
    return said[:1].lower() + said[1:] if said else type(error).__name__


def _advice(error: Exception) -> str:
    kind, said = type(error).__name__, str(error).lower()
    if "Credentials" in kind or "Token" in kind:
        return "Give credentials, as in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if isinstance(error, PermissionError):
        return "These credentials may not do that there; choose another place with --out"
    if isinstance(error, FileNotFoundError) and "bucket" in said:
        return "Create the bucket, or correct its name"
    if isinstance(error, NotImplementedError):
        return "It can be read only; choose another place with --out"
    if isinstance(error, ConnectionError | TimeoutError) or "Connect" in kind or "Timeout" in kind:
        return "Check the address and the network; AWS_ENDPOINT_URL names a store other than AWS"
    return "Check the address and your rights there, or choose another place with --out"


def _in_time(address: Address, ask: Callable[[], T]) -> T:
    """`ask`, given up after PATIENCE_SECONDS: some stores are tried for minutes by their client."""
    answer: list[T] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            answer.append(ask())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(PATIENCE_SECONDS)
    if thread.is_alive():
        raise OutputError(
            f"{address} does not answer within {PATIENCE_SECONDS:.0f} s",
            "Check the address and the network; AWS_ENDPOINT_URL names a store other than AWS",
        )
    if failure:
        raise failure[0]
    return answer[0]
