"""`webdataset:SHARDS`: tar shards of `key.jpg` and `key.cls`, as webdataset writes them."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
import tarfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from bakeoff.data.archive import DAMAGE, require_whole
from bakeoff.data.folder import Listing
from bakeoff.data.images import MOST_BYTES, SUFFIXES
from bakeoff.data.imported import Half, Importer, imported
from bakeoff.data.junk import in_junk
from bakeoff.errors import BadFile, UsageError

ANSWER_SECONDS = 30.0
MOST_SHARDS = 100_000
BRACES = re.compile(r"\{([^{}]*)\}")
RANGE = re.compile(r"(\d{1,12})\.\.(\d{1,12})")
LABEL_FIELDS = ("cls", "json")


def list_webdataset(shards: str, cache: Path, *, offline: bool) -> Listing:
    """The images of `TRAIN::TEST`, two patterns of shards, unpacked into `cache`.

    Each pattern is a path or URL with ranges or lists in braces, "train-{000..031}.tar" or
    "{old,new}.tar". A sample is the files of one key, up to the first dot of the name: one image,
    and `cls` (the label as a number) or `json` (an object with "label" or "cls"). Names in the tar
    are never used as paths.
    Raises UsageError for a pattern that makes no sense or a URL that cannot be fetched, BadFile
    for a damaged shard or sample.
    """
    patterns = shards.split("::")
    if len(patterns) != 2 or not all(patterns):
        raise UsageError(
            f"webdataset:{shards} does not name training and test shards",
            "Write webdataset:TRAIN.tar::TEST.tar, ranges as {000..031}",
        )
    halves: dict[Half, list[str]] = {
        "train": expand_braces(patterns[0]),
        "test": expand_braces(patterns[1]),
    }
    known = hashlib.sha256(json.dumps([halves, _stamps(halves)]).encode()).hexdigest()
    folder = cache / "webdataset" / known[:16]

    def fill(importer: Importer) -> None:
        for half, urls in halves.items():
            for url in urls:
                for content, label in _samples(_fetched(url, cache, offline)):
                    importer.add(half, content, label)
        importer.finish(f"webdataset:{shards}", None)

    return imported(folder, fill)


def expand_braces(pattern: str) -> list[str]:
    """Every name that a pattern with ranges {000..031} and lists {a,b} stands for, in order.

    Raises UsageError for ranges that are empty or too long.
    """
    parts = BRACES.split(pattern)  # text, inside of braces, text, …
    count = math.prod(_choices(inside) for inside in parts[1::2])
    if not 1 <= count <= MOST_SHARDS:
        raise UsageError(f"{pattern} stands for {count:,} shards", "Check the numbers in braces")
    choices = [_chosen(part) if i % 2 else [part] for i, part in enumerate(parts)]
    return ["".join(names) for names in itertools.product(*choices)]


def _choices(inside: str) -> int:
    if numbers := RANGE.fullmatch(inside):
        return max(0, int(numbers[2]) - int(numbers[1]) + 1)
    return inside.count(",") + 1


def _chosen(inside: str) -> list[str]:
    """What braces around `inside` stand for; without a range or a comma, themselves."""
    if numbers := RANGE.fullmatch(inside):
        first, last = numbers[1], numbers[2]
        return [f"{i:0{len(first)}d}" for i in range(int(first), int(last) + 1)]
    return inside.split(",") if "," in inside else [f"{{{inside}}}"]


def _stamps(halves: dict[Half, list[str]]) -> list[tuple[int, int]]:
    """Size and time of local shards, so that changed shards are unpacked anew."""
    local = [_local(url) for urls in halves.values() for url in urls]
    there = [path.stat() for path in local if path and path.exists()]
    return [(status.st_size, status.st_mtime_ns) for status in there]


def _local(url: str) -> Path | None:
    """The file that a path or a file:// URL names; None for what must be fetched."""
    if urllib.parse.urlsplit(url).scheme in ("http", "https"):
        return None
    return Path(url.removeprefix("file://")).expanduser()


def _fetched(url: str, cache: Path, offline: bool) -> Path:
    """The shard as a local file."""
    if local := _local(url):
        return local
    name = f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.tar"
    kept = cache / "webdataset" / "shards" / name
    if kept.exists():
        return kept
    if offline:
        raise UsageError(f"{url} is not in {kept.parent}", "Allow the network once")
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(".part")
    try:
        with (
            urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer,  # noqa: S310 - http(s)
            part.open("wb") as file,
        ):
            expected = answer.headers.get("Content-Length")
            while block := answer.read(1 << 20):
                file.write(block)
            if expected and file.tell() != int(expected):
                raise TimeoutError(f"stopped after {file.tell():,} of {int(expected):,} bytes")
    except (urllib.error.URLError, TimeoutError, ConnectionError) as failure:
        part.unlink(missing_ok=True)
        raise UsageError(
            f"{url} could not be fetched ({failure})", "Check the address, or try again later"
        ) from failure
    return part.rename(kept)


def _samples(shard: Path) -> Iterator[tuple[bytes, int]]:
    """Image bytes and label of each sample of a shard, in its order."""
    try:
        with tarfile.open(shard) as tar:
            members = (member for member in tar if member.isreg() and _is_data(member.name))
            for key, files in itertools.groupby(members, key=lambda member: _key(member.name)):
                yield _sample(shard, tar, key, list(files))
            require_whole(tar)
    except FileNotFoundError:
        raise BadFile(shard, "no such shard", "Check the pattern") from None
    except DAMAGE as damage:
        if isinstance(damage, OSError) and damage.errno is not None:
            said = f"cannot be read ({damage.strerror})"
            raise BadFile(shard, said, "Name a tar file that you may read") from None
        raise BadFile(shard, f"damaged shard ({damage})", "Get it again") from None


def _is_data(name: str) -> bool:
    """Whether a member belongs to a sample; webdataset too passes over names without extension."""
    return not in_junk(PurePosixPath(name)) and "." in name.rpartition("/")[2]


def _sample(
    shard: Path, tar: tarfile.TarFile, key: str, files: list[tarfile.TarInfo]
) -> tuple[bytes, int]:
    fields: dict[str, bytes] = {}
    for member in files:
        # All of the extension counts: beside 1.jpg, 1.seg.png is another picture, not the image.
        extension = member.name.rpartition("/")[2].partition(".")[2].lower()
        kind = "image" if f".{extension}" in SUFFIXES else extension
        if kind != "image" and kind not in LABEL_FIELDS:
            continue
        if kind in fields:
            raise BadFile(shard, f"sample {key!r} has two files of {kind}", "Keep one of them")
        if member.size > MOST_BYTES:
            raise BadFile(shard, f"{member.name!r} is larger than {MOST_BYTES:,} bytes", "Check it")
        content = tar.extractfile(member)
        assert content is not None
        fields[kind] = content.read()
    label = _label(fields)
    if "image" not in fields or label is None:
        lack = "a label (cls or json)" if "image" in fields else "an image"
        raise BadFile(shard, f"sample {key!r} has not {lack}", "Repair the shard")
    return fields["image"], label


def _label(fields: dict[str, bytes]) -> int | None:
    try:
        if "cls" in fields:
            return int(fields["cls"])
        stated = json.loads(fields.get("json", b"{}"))
        label = stated.get("label", stated.get("cls"))
        return None if label is None else int(label)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _key(name: str) -> str:
    folder, slash, file = name.rpartition("/")
    return folder + slash + file.partition(".")[0]
