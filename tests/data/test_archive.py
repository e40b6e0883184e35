"""An archive of images is unpacked inside its folder, within bounds, or refused whole."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bakeoff.data import load
from bakeoff.data.archive import unpacked
from bakeoff.errors import BadFile

Save = Callable[..., Path]
TAR_MODES = {".tar": "w", ".tgz": "w:gz", ".tar.xz": "w:xz"}


def tar_of(path: Path, members: list[tarfile.TarInfo], content: bytes = b"x") -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            member.size = len(content) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(content) if member.isreg() else None)
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize("suffix", [".zip", ".tar", ".tgz", ".tar.xz"])
def test_an_archived_folder_loads_like_the_folder(
    tmp_path: Path, image_folder: Save, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setenv("BAKEOFF_DATA", str(tmp_path / "cache"))
    root = image_folder(tmp_path / "pictures", {"a": 4, "b": 4})
    archive = tmp_path / f"pictures{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as zipped:
            for path in sorted(root.rglob("*")):
                zipped.write(path, path.relative_to(tmp_path))
    else:
        with tarfile.open(archive, TAR_MODES[suffix]) as tar:
            tar.add(root, "pictures")
    packed, loose = load(f"folder:{archive}"), load(f"folder:{root}")
    assert packed.facts.test_hash == loose.facts.test_hash
    assert packed.facts.class_names == ("a", "b")
    assert load(f"folder:{archive}").facts.train_hash == loose.facts.train_hash


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (member("../outside.png"), "leads out"),
        (member("a/../../outside.png"), "leads out"),
        (member("/tmp/outside.png"), "leads out"),
        (member("..\\outside.png"), "leads out"),
        (member("C:/outside.png"), "leads out"),
        (member("../outside", tarfile.DIRTYPE), "leads out"),
        (member("a/link", tarfile.SYMTYPE, "/etc"), "link or a device"),
        (member("a/link", tarfile.LNKTYPE, "../../outside"), "link or a device"),
        (member("a/fifo", tarfile.FIFOTYPE), "link or a device"),
        (member("a/1.png"), "two files called"),
    ],
)
def test_a_member_that_leads_elsewhere_refuses_the_whole_archive(
    tmp_path: Path, bad: tarfile.TarInfo, says: str
) -> None:
    archive = tar_of(tmp_path / "evil.tar.gz", [member("a/1.png"), bad])
    keep = tmp_path / "deep" / "cache"
    with pytest.raises(BadFile, match=says):
        unpacked(archive, keep)
    left = set(tmp_path.rglob("*"))
    assert left == {archive, keep, keep.parent}


def test_links_and_escapes_in_zip_files_are_refused(tmp_path: Path) -> None:
    for name, mode in (("../outside", 0), ("link", stat.S_IFLNK | 0o777)):
        archive = tmp_path / f"{mode}.zip"
        with zipfile.ZipFile(archive, "w") as zipped:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            zipped.writestr(info, "/etc/passwd")
        with pytest.raises(BadFile, match=r"leads out|link or a device"):
            unpacked(archive, tmp_path / "cache")
    assert not (tmp_path / "outside").exists()


def test_an_archive_bomb_is_stopped(tmp_path: Path) -> None:
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("a/zeros.png", bytes(30_000_000))
    with pytest.raises(BadFile, match="200 times its size"):
        unpacked(archive, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_a_damaged_archive_is_named(tmp_path: Path, name: str) -> None:
    archive = tmp_path / name
    archive.write_bytes(b"\x1f\x8b nonsense")
    with pytest.raises(BadFile, match=name):
        unpacked(archive, tmp_path / "cache")


def test_a_truncated_archive_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "a.tar.gz", [member("a/1.png")], content=bytes(range(256)) * 400)
    archive.write_bytes(archive.read_bytes()[:300])
    with pytest.raises(BadFile, match="damaged archive"):
        unpacked(archive, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())
