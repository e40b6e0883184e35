"""Data sets by name or place: `mnist`, `cifar-10`, `folder:PATH`, `imagenet:PATH`, …"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bakeoff.data import network
from bakeoff.data.archive import is_archive, only_folder, unpacked
from bakeoff.data.dataset import Dataset
from bakeoff.data.file_sets import Progress, build
from bakeoff.data.folder import draws_test_images, list_folder, list_for_testing
from bakeoff.data.hub_sets import list_hub_set
from bakeoff.data.idx_sets import idx_files, read_idx_set
from bakeoff.data.imagenet_sets import list_imagenet
from bakeoff.data.letters import load_letters
from bakeoff.data.mnist_files import load_mnist
from bakeoff.data.patterns import Patterns
from bakeoff.data.stream import StreamedDataset
from bakeoff.data.torchvision_sets import KNOWN, Known, cache_folder, from_arrays, load_known
from bakeoff.data.webdataset_sets import list_webdataset
from bakeoff.errors import UnknownName, UsageError
from bakeoff.progress import tell

PLACES = (
    "folder:PATH",
    "imagenet:PATH",
    "idx:PATH",
    "hf:OWNER/SET:CONFIG::PART",
    "webdataset:TRAIN::TEST",
)


def names() -> tuple[str, ...]:
    """Every name that `load` knows without a path; `mnist` is bundled, `letters` is drawn.

    The others are downloaded once.
    """
    return ("mnist", "letters", *KNOWN)


def kept_at(name: str) -> Path | None:
    """The folder that holds what was downloaded or unpacked for `name`; None where nothing is."""
    kind, _, place = name.partition(":")
    packed = kind in ("hf", "webdataset") or is_archive(Path(place or name).expanduser())
    return cache_folder() if name in KNOWN or packed else None


def listed() -> list[dict[str, str]]:
    """Name, title and origin of each set that needs no path."""
    own = {
        "mnist": ("MNIST handwritten digits", "bundled"),
        "letters": ("Letters drawn by Pillow's font", "drawn, with a fixed seed"),
    }
    downloaded = {name: (known.title, "downloaded once") for name, known in KNOWN.items()}
    return [
        {"name": name, "title": title, "comes": comes}
        for name, (title, comes) in {**own, **downloaded}.items()
    ]


def load(
    name: str,
    *,
    channels: int | None = None,
    root: Path | str | None = None,
    offline: bool = False,
    size: int | None = None,
    exclude: Sequence[str] = (),
    idle_patterns: bool = False,
    progress: Progress = tell,
) -> Dataset:
    """The data set called `name`, in memory.

    Raises what `open_data` does, and BadData when it is too large for memory.
    """
    data = open_data(
        name,
        channels=channels,
        root=root,
        offline=offline,
        size=size,
        exclude=exclude,
        idle_patterns=idle_patterns,
        stream=False,
        progress=progress,
    )
    assert isinstance(data, Dataset)
    return data


def open_data(
    name: str,
    *,
    channels: int | None = None,
    root: Path | str | None = None,
    offline: bool = False,
    size: int | None = None,
    exclude: Sequence[str] = (),
    idle_patterns: bool = False,
    stream: bool | None = None,
    tested_only: bool = False,
    known_classes: Sequence[str] = (),
    progress: Progress = tell,
) -> Dataset | StreamedDataset:
    """The data set called `name`, in memory if small, else streamed from its files.

    name: one of `names()`; `folder:PATH` or a path (train and val or test folders of classes, or
    classes only; a zip or tar archive of such is unpacked into the cache); `imagenet:PATH` (see
    `imagenet_sets`); `idx:PATH` (four files in MNIST's layout); `hf:OWNER/SET` (of
    the Hugging Face hub; see `hub_sets`);
    `webdataset:TRAIN::TEST` (patterns of tar shards).
    channels: of the images as trained on; None takes 3 (grey sets as equal channels), so that
    pretrained weights and published models fit.
    root: where downloads are, or are to be kept; None takes the bundled or cached files.
    offline: never touch the network; $BAKEOFF_OFFLINE set to 1 says the same.
    size: shorter side, at most, of the images held in memory, and of streamed test images, in
    pixels; None takes 256. Images held in memory that all have one size are never cropped, others
    to the central square.
    exclude: shell patterns of files and folders to leave out, relative to the folder; one that
    names nothing is refused, as are any for a set that is no folder.
    idle_patterns: the patterns are those of a record and may name files that are gone since.
    stream: None decides by size (2 GiB of pixels as they would be held), True or False insist.
    tested_only: training images are not needed; of a folder that has no test folder, all images
    are tested. Only folders can do without training images.
    known_classes: with tested_only, every class that is told apart, in their order: a folder that
    has images of some of them only is tested among all.
    Raises UnknownName, BadFile, BadData, or UsageError when a set cannot be fetched.
    """
    kept_at = Path(root) if root else None
    offline = offline or network.forbidden()
    if channels not in (None, 1, 3):
        raise UsageError(f"images cannot be shown with {channels} channels", "Use 1 or 3")
    if exclude and not takes_patterns(name):
        raise UsageError(
            f"--exclude has no effect on {name}, which is no folder of images",
            "Leave it out (in a bake-off file: exclude), or unpack the set into a folder",
        )
    if name == "mnist":
        return load_mnist(channels=channels or 3, root=kept_at)
    if name == "letters":
        return load_letters(channels=channels or 3)
    if name in KNOWN:
        return load_known(
            name,
            channels=channels,
            root=kept_at,
            offline=offline,
            size=size,
            stream=stream,
            progress=progress,
        )
    kind, _, rest = name.partition(":")
    if kind == "idx":
        held = read_idx_set(rest)
        title = f"{Path(rest.partition('::')[0]).expanduser().resolve().name}"
        title += rest[rest.find("::") :] if "::" in rest else ""
        return from_arrays(
            f"idx:{title}",
            Known(title, ""),
            held.train,
            held.test,
            held.class_names,
            channels,
            held.notes,
        )
    if kind in ("hf", "webdataset"):
        list_set = list_hub_set if kind == "hf" else list_webdataset
        # Shards are told by their file's name: where they lie is nobody's business in a record.
        title = rest if kind == "hf" else rest.partition("::")[0].rpartition("/")[2]
        return build(
            list_set(rest, kept_at or cache_folder(), offline=offline),
            name=f"{kind}:{title}",
            title=title,
            channels=channels,
            size=size,
            stream=stream,
            progress=progress,
        )
    kind, place = _place(name)
    if kind == "imagenet":
        found = list_imagenet(
            place, exclude=exclude, idle_patterns=idle_patterns, tested_only=tested_only
        )
        return build(
            found.listing,
            name=found.name,
            title=found.title,
            channels=channels,
            size=size,
            stream=True if stream is None else stream,
            progress=progress,
            citation=found.citation,
            valid=found.valid,
        )
    path = Path(place).expanduser()
    if idx_files(path):
        raise UsageError(f"{path} holds IDX files, as MNIST's", f"Write idx:{place}")
    title = path.resolve().name
    list_files = partial(list_for_testing, known=known_classes) if tested_only else list_folder
    listing = list_files(_opened(path), exclude=exclude, idle_patterns=idle_patterns)
    return build(
        listing,
        name=f"folder:{title}",
        title=title,
        channels=channels,
        size=size,
        stream=stream,
        progress=progress,
    )


def takes_patterns(name: str) -> bool:
    """Whether files can be left out of the set called `name`: of folders and archives they can."""
    return name not in names() and name.partition(":")[0] not in ("hf", "webdataset", "idx")


def files_tested(name: str, *, exclude: Sequence[str] = ()) -> tuple[str, ...]:
    """The files of the test images of the set called `name`, below its folder, in their order.

    Raises UsageError for a set that is no folder of images, and what `open_data` does.
    """
    if not takes_patterns(name):
        raise UsageError(
            f"the test images of {name} are no files with names of their own",
            "Give a CSV with a column group, and a row for each test image in the set's order",
        )
    kind, place = _place(name)
    if kind == "imagenet":
        listing = list_imagenet(place, exclude=exclude).listing
    else:
        listing = list_folder(_opened(Path(place).expanduser()), exclude=exclude)
    return tuple(path.relative_to(listing.root).as_posix() for path in listing.test.paths)


def effective_patterns(name: str, exclude: Sequence[str]) -> tuple[str, ...]:
    """Those of some patterns, maybe of another set, that name something in this one."""
    if not exclude or not takes_patterns(name):
        return ()
    folder = _opened(_root(name))
    return tuple(pattern for pattern in exclude if Patterns(folder, [pattern]).names_something())


def draws_split(name: str) -> bool:
    """Whether training on the set called `name` draws its test images from a folder of classes."""
    if not takes_patterns(name) or name.startswith("imagenet:"):
        return False
    try:
        return draws_test_images(_opened(_root(name)))
    except UnknownName:  # opening it says so
        return False


def patterns_of_each(sets: Sequence[str], exclude: Sequence[str]) -> list[tuple[str, ...]]:
    """For each of several data sets, the patterns that name something in it.

    Raises UsageError for a pattern that names nothing in any of them.
    """
    if not exclude:
        return [()] * len(sets)
    found = []
    for name in sets:
        folder = _opened(_root(name)) if takes_patterns(name) else None
        found.append(
            tuple(p for p in exclude if folder and Patterns(folder, [p]).names_something())
        )
    for pattern in exclude:
        if not any(pattern in effective for effective in found):
            raise UsageError(
                f"the pattern to exclude {pattern!r} names nothing in any of the data sets "
                f"{', '.join(sets)}",
                "Patterns are relative to each set's folder, such as 'train/cat/0001.png'",
            )
    return found


def _root(name: str) -> Path:
    return Path(_place(name)[1].partition("::")[0]).expanduser()


def _opened(path: Path) -> Path:
    """The folder that an archive holds, or `path` itself."""
    return only_folder(unpacked(path, cache_folder())) if is_archive(path) else path


def _place(name: str) -> tuple[str, str]:
    """What kind of place `name` is, and where."""
    kind, colon, path = name.partition(":")
    if colon and kind in ("folder", "imagenet"):
        if not path:
            raise UsageError(f"{kind}: needs a folder", f"Write {kind}:PATH")
        return kind, path
    if "/" in name or Path(name).exists():
        return "folder", name
    raise UnknownName("data set", name, (*names(), *PLACES))
