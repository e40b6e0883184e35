"""Faults 16 to 18, 20 and 23: damaged images, impossible labels, empty folders, evil archives."""

import gzip
import io
import os
import stat
import tarfile
import zipfile

import pytest
import torch
from PIL import Image

from bakeoff.bakeoffs import run as run_bakeoff
from bakeoff.data import load, open_data
from bakeoff.data.archive import unpacked
from bakeoff.data.images import read_image
from bakeoff.data.pixels import covered
from bakeoff.errors import BadData, BadFile
from bakeoff.training.run import execute
from faults_tools import CPU

RESIDENT_OR_STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["resident", "stream"])


def halves(image_folder, root, side=32):
    image_folder(root / "train", {"a": 8, "b": 8}, side=side)
    image_folder(root / "test", {"a": 4, "b": 4}, side=side, first=1)
    return root


@RESIDENT_OR_STREAMED
@pytest.mark.usefixtures("no_processes_left")
def test_fault_16_a_truncated_training_image_is_named_by_its_path(
    make_job, image_folder, tmp_path, stream
):
    root = halves(image_folder, tmp_path / "images")
    hurt = root / "train" / "b" / "003.png"
    size = len(hurt.read_bytes())

    def train():
        data = open_data(f"folder:{root}", stream=stream, size=32)
        if stream:  # the set's files were sound when it was opened
            hurt.write_bytes(hurt.read_bytes()[: size // 2])
        execute(make_job(images=32, dataset=data, batch_size=8), tmp_path / "run", device=CPU)

    if not stream:
        hurt.write_bytes(hurt.read_bytes()[: size // 2])
    with pytest.raises(BadFile, match=r"003\.png: truncated after .* leave it out") as refused:
        train()
    assert refused.value.path == hurt


@RESIDENT_OR_STREAMED
@pytest.mark.usefixtures("no_processes_left")
def test_fault_17_a_corrupt_test_image_is_refused_and_never_replaced_by_another(
    make_job, image_folder, tmp_path, stream
):
    root = halves(image_folder, tmp_path / "images")
    hurt = root / "test" / "a" / "001.png"
    data = open_data(f"folder:{root}", stream=stream, size=32)
    content = bytearray(hurt.read_bytes())
    content[len(content) // 2] ^= 0xFF  # in the pixels; the header is as it was
    hurt.write_bytes(content)

    def train():
        opened = data if stream else open_data(f"folder:{root}", stream=False, size=32)
        execute(make_job(images=16, dataset=opened, batch_size=8), tmp_path / "run", device=CPU)

    with pytest.raises(BadFile, match=r"001\.png: "):
        train()
    assert not (tmp_path / "run" / "predictions.npz").exists()


def write_shards(folder, labels, content):
    for part in ("train", "test"):
        with tarfile.open(folder / f"{part}.tar", "w") as tar:
            for number, label in enumerate(labels):
                for suffix, data in (("png", content), ("cls", str(label).encode())):
                    info = tarfile.TarInfo(f"{number:04d}.{suffix}")
                    info.size = len(data)
                    tar.addfile(info, io.BytesIO(data))
    return f"webdataset:{folder}/train.tar::{folder}/test.tar"


def cut_between_members(whole, headers):
    return whole[: headers[len(headers) // 2]]


def cut_inside_a_header(whole, headers):
    return whole[: headers[len(headers) // 2] + 200]


def a_header_with_a_wrong_check_sum(whole, headers):
    place = headers[len(headers) // 2] + 150  # an octal digit of it
    return whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]


def a_flipped_check_sum_of_gzip(whole, _):
    packed = bytearray(gzip.compress(whole, mtime=0))
    packed[-8] ^= 0xFF
    return bytes(packed)


def a_zeroed_stretch_of_gzip(whole, _):
    packed = bytearray(gzip.compress(whole, mtime=0))
    middle = len(packed) // 2
    packed[middle : middle + 200] = bytes(200)
    return bytes(packed)


@pytest.mark.parametrize("unpack", ["archive", "shard"])
@pytest.mark.parametrize(
    "hurt",
    [
        cut_between_members,
        cut_inside_a_header,
        a_header_with_a_wrong_check_sum,
        a_flipped_check_sum_of_gzip,
        a_zeroed_stretch_of_gzip,
    ],
)
def test_fault_16_no_damage_of_a_tar_file_loses_images_in_silence(
    tmp_path, monkeypatch, hurt, unpack
):
    monkeypatch.setenv("BAKEOFF_DATA", str(tmp_path / "cache"))
    noise = torch.randint(0, 256, (3000,), generator=torch.Generator().manual_seed(0))
    write_shards(tmp_path, [0, 1] * 10, bytes(noise.tolist()))
    with tarfile.open(tmp_path / "train.tar") as tar:
        headers = [member.offset for member in tar]
    damaged = hurt((tmp_path / "train.tar").read_bytes(), headers)
    path = tmp_path / ("bad.tar.gz" if damaged[:2] == b"\x1f\x8b" else "bad.tar")
    path.write_bytes(damaged)
    name = {"archive": f"folder:{path}", "shard": f"webdataset:{path}::{tmp_path}/test.tar"}
    with pytest.raises(BadFile, match=rf"bad\.tar.*damaged {unpack}"):
        load(name[unpack])
    assert not [p for p in (tmp_path / "cache").rglob("*") if p.is_file()]


def png(image_folder, folder):
    return (image_folder(folder, {"x": 1}) / "x" / "000.png").read_bytes()


def test_fault_17_a_corrupt_image_in_a_shard_is_refused(image_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("BAKEOFF_DATA", str(tmp_path / "cache"))
    content = png(image_folder, tmp_path / "one")
    name = write_shards(tmp_path, [0, 1, 0, 1], content[: len(content) // 2])
    with pytest.raises(BadFile, match="truncated after"):
        load(name)


def test_fault_18_labels_that_no_class_has_are_refused_before_the_device_is_touched(
    tmp_path, monkeypatch, image_folder
):
    def touched(*args, **kwargs):
        raise AssertionError("the device was touched")

    monkeypatch.setattr(torch.Tensor, "to", touched)
    place = tmp_path / "KMNIST" / "raw"
    place.mkdir(parents=True)
    for part, labels in (("train", [0, 1, 10]), ("t10k", [0, 1, 2])):
        size = len(labels).to_bytes(4, "big")
        images = bytes([0, 0, 8, 3]) + size + bytes([0, 0, 0, 4]) * 2 + bytes(range(48))
        (place / f"{part}-images-idx3-ubyte").write_bytes(images)
        (place / f"{part}-labels-idx1-ubyte").write_bytes(
            bytes([0, 0, 8, 1]) + size + bytes(labels)
        )
    with pytest.raises(BadData, match="run from 0 to 10, but it has 10 classes"):
        load("kmnist", root=tmp_path, offline=True)
    monkeypatch.setenv("BAKEOFF_DATA", str(tmp_path / "cache"))
    content = png(image_folder, tmp_path / "one")
    for labels, said in (([0, 1, -1], "labels -1 to 1"), ([0, 1, 10**30], "0 to 1000")):
        with pytest.raises(BadData, match=said):
            load(write_shards(tmp_path, labels, content))


def test_fault_18_labels_beyond_a_hub_sets_named_classes_are_refused(
    image_folder, tmp_path, monkeypatch
):
    from data.test_packed_sets import lay_hub_set

    monkeypatch.setenv("BAKEOFF_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    pixels = torch.zeros(4, 4, 3, dtype=torch.uint8).numpy()
    lay_hub_set(tmp_path / "hub", {"train": [0, 1, 2], "test": [0, 1]}, lambda number: pixels)
    with pytest.raises(BadData, match="labels 0 to 2 for 2 classes"):
        load("hf:owner/digits", offline=True)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda root: (root / "c").mkdir(), "no images in class 'c'"),
        (lambda root: (root / "c" / "deeper").mkdir(parents=True), "folder inside a class"),
        (lambda root: [p.unlink() for p in (root / "b").iterdir()], "no images in class 'b'"),
        (lambda root: (root / "b").rename(root / "a" / "b"), "one class only, 'a'"),
        (lambda root: [(root / x).rename(root.parent / x) for x in "ab"], "no class folders"),
        (lambda root: (root / "train").mkdir(), "no images in class 'train'"),
    ],
    ids=["empty class", "nested", "emptied", "one class", "empty folder", "empty train"],
)
def test_fault_20_empty_and_nested_folders_are_refused_by_name(image_folder, tmp_path, make, said):
    root = image_folder(tmp_path / "images", {"a": 3, "b": 3})
    make(root)
    with pytest.raises(BadData, match=said) as refused:
        load(f"folder:{root}")
    assert refused.value.advice
    with pytest.raises(BadData, match=said):
        run_bakeoff(
            {"name": "x", "data": f"folder:{root}", "arms": ["standard"], "model": "test_resnet"},
            out=tmp_path / "out",
            device="cpu",
        )
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_fault_20_a_number_that_no_training_image_has_is_an_empty_class(
    image_folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("BAKEOFF_DATA", str(tmp_path / "cache"))
    name = write_shards(tmp_path, [1, 2, 1, 2], png(image_folder, tmp_path / "one"))
    with pytest.raises(BadData, match=r"no training images of class '0'.* Labels begin at 0"):
        load(name)


def of_tar(name, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


OUT = "../outside/canary"
TARS = {
    "up": [of_tar(OUT)],
    "up inside": [of_tar(f"a/../../{OUT}")],
    "absolute": [of_tar("ABSOLUTE/canary")],
    "symlink": [of_tar("a/link", tarfile.SYMTYPE, "../../outside")],
    "through a symlink": [of_tar("l", tarfile.SYMTYPE, "../outside"), of_tar("l/canary")],
    "absolute symlink": [of_tar("l", tarfile.SYMTYPE, "ABSOLUTE"), of_tar("l/canary")],
    "hardlink": [of_tar("a/hard", tarfile.LNKTYPE, OUT)],
    "character device": [of_tar("a/null", tarfile.CHRTYPE)],
    "block device": [of_tar("a/disk", tarfile.BLKTYPE)],
    "fifo": [of_tar("a/fifo", tarfile.FIFOTYPE)],
    "folder up": [of_tar("../outside/canary", tarfile.DIRTYPE)],
}


def everything(folder):
    return {p: p.read_bytes() if p.is_file() else None for p in folder.rglob("*")}


@pytest.mark.parametrize("members", TARS.values(), ids=TARS)
@pytest.mark.parametrize("kind", [".tar", ".tar.gz", ".zip"])
def test_fault_23_no_member_of_an_archive_is_written_outside(tmp_path, kind, members):
    outside = tmp_path / "kept" / "outside"
    outside.mkdir(parents=True)
    (outside / "there").write_text("before")
    archive = tmp_path / f"evil{kind}"
    if kind == ".zip":
        with zipfile.ZipFile(archive, "w") as zipped:
            zipped.writestr("a/1.png", b"x")
            for member in members:
                name = member.name.replace("ABSOLUTE", str(outside))
                info = zipfile.ZipInfo(name + "/" * member.isdir())
                mode = {b"2": stat.S_IFLNK, b"1": stat.S_IFLNK, b"3": stat.S_IFCHR,
                        b"4": stat.S_IFBLK, b"6": stat.S_IFIFO}.get(member.type, 0)  # fmt: skip
                info.external_attr = mode << 16
                zipped.writestr(info, member.linkname.replace("ABSOLUTE", str(outside)))
    else:
        with tarfile.open(archive, "w:gz" if kind == ".tar.gz" else "w") as tar:
            tar.addfile(of_tar("a/1.png"), io.BytesIO())
            for member in members:
                copy = of_tar(
                    member.name.replace("ABSOLUTE", str(outside)),
                    member.type,
                    member.linkname.replace("ABSOLUTE", str(outside)),
                )
                tar.addfile(copy, io.BytesIO())
    before = everything(tmp_path)
    with pytest.raises(BadFile, match=r"leads out of the archive's folder|is a link or a device"):
        unpacked(archive, tmp_path / "kept")
    assert everything(tmp_path) == before


def test_a_strip_of_a_hundred_thousand_pixels_is_not_enlarged_whole():
    strip = Image.new("L", (100_000, 1))
    strip.paste(255, (50_000, 0, 100_000, 1))
    seen = covered(strip, 256, 256)
    assert seen.shape == (1, 256, 256)
    assert (seen[0, 0, 0], seen[0, 0, -1]) == (0, 255)


def test_postscript_called_png_starts_no_other_program(tmp_path, monkeypatch):
    ghostscript, called = tmp_path / "gs", tmp_path / "called"
    ghostscript.write_text(f"#!/bin/sh\ntouch {called}\n")
    ghostscript.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    file = tmp_path / "cat.png"
    file.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n{} loop\n")
    with pytest.raises(BadFile, match="not an image"):
        read_image(file, 3)
    assert not called.exists()
