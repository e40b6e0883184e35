"""`folder:PATH`: the user's own images, a sub-folder a class."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bakeoff.data.images import LEAVE_OUT, SUFFIXES
from bakeoff.errors import BadData, BadFile

TRAIN_NAMES = ("train", "training")
TEST_NAMES = ("test", "val", "valid", "validation")
TEST_SHARE = 0.2
SPLIT_SEED = 0


@dataclass(frozen=True)
class Files:
    """Image files with their labels (class indices), in the data set's order."""

    paths: tuple[Path, ...]
    labels: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.paths)


@dataclass(frozen=True)
class Listing:
    """A folder of images, split; `notes` says what was decided and left out.

    excluded: the patterns that left files out, relative to `root`.
    """

    root: Path
    class_names: tuple[str, ...]
    train: Files
    test: Files
    notes: tuple[str, ...]
    excluded: tuple[str, ...] = ()


def list_folder(
    root: Path,
    *,
    exclude: Sequence[str] = (),
    test_share: float = TEST_SHARE,
    split_seed: int = SPLIT_SEED,
) -> Listing:
    """What `root` holds: `train` and `test` (or `val`) folders of classes, or classes only.

    Classes are the folders' names in plain sorted order, as torchvision's ImageFolder. Without
    a test folder, `test_share` of each class (rounded, at least one image) becomes the test set,
    drawn with `split_seed`. exclude: shell patterns for paths relative to `root`.
    Raises BadFile when the folder cannot be read, BadData when it holds no classification data
    set: empty, single-class, nested, or a tested class that training lacks.
    """
    if not root.is_dir():
        raise BadFile(root, "no such folder", "Give the folder that holds your images")
    look = _Look(root, tuple(exclude))
    folders = {folder.name.lower(): folder for folder in look.folders(root)}
    train = next((folders[name] for name in TRAIN_NAMES if name in folders), None)
    tests = [name for name in TEST_NAMES if name in folders]
    if train is not None and tests:
        return _given_split(look, train, folders[tests[0]], unused=tests[1:])
    if train is None and tests and len(folders) == len(tests):
        raise BadData(
            f"{root} has {folders[tests[0]].name}/ but no train/",
            "Put the training images into a folder called train, beside it",
        )
    if train is not None and len(folders) == 1:
        return _drawn_split(look, train, test_share, split_seed)
    return _drawn_split(look, root, test_share, split_seed)


def list_tested(root: Path, *, exclude: Sequence[str] = ()) -> Listing:
    """A folder of classes of which every image is tested and none trained on.

    Raises as `list_folder` does.
    """
    if not root.is_dir():
        raise BadFile(root, "no such folder", "Give the folder that holds your images")
    look = _Look(root, tuple(exclude))
    classes = look.classes(root)
    names = tuple(sorted(classes))
    return Listing(
        root, names, Files((), ()), _files(names, classes), tuple(look.notes()), look.excluded
    )


def _given_split(look: _Look, train: Path, test: Path, unused: list[str]) -> Listing:
    train_classes, test_classes = look.classes(train), look.classes(test)
    names = tuple(sorted(train_classes))
    strangers = sorted(set(test_classes) - set(names))
    if strangers:
        raise BadData(
            f"{test} has {_some(strangers)}, which {train} lacks",
            f"Add training images of it, or {LEAVE_OUT}",
        )
    notes = [f"tested on {test.name}/"]
    notes += [f"{name}/ is not used" for name in unused]
    if untested := sorted(set(names) - set(test_classes)):
        notes.append(f"{test.name}/ has no images of {_some(untested)}")
    return Listing(
        look.root,
        names,
        _files(names, train_classes),
        _files(names, test_classes),
        (*notes, *look.notes()),
        look.excluded,
    )


def _drawn_split(look: _Look, folder: Path, share: float, seed: int) -> Listing:
    classes = look.classes(folder)
    names = tuple(sorted(classes))
    random = np.random.default_rng(seed)
    train: dict[str, list[Path]] = {}
    test: dict[str, list[Path]] = {}
    for name in names:
        paths = classes[name]
        if len(paths) < 2:
            raise BadData(
                f"class {name!r} has one image, too few to train and to test on",
                f"Add images to the class, or {LEAVE_OUT}",
            )
        tested = min(max(round(share * len(paths)), 1), len(paths) - 1)
        chosen = set(random.permutation(len(paths))[:tested].tolist())
        test[name] = [path for i, path in enumerate(paths) if i in chosen]
        train[name] = [path for i, path in enumerate(paths) if i not in chosen]
    note = f"no test folder: {share:.0%} of each class drawn for testing with split seed {seed}"
    return Listing(
        look.root,
        names,
        _files(names, train),
        _files(names, test),
        (note, *look.notes()),
        look.excluded,
    )


def _files(names: tuple[str, ...], classes: dict[str, list[Path]]) -> Files:
    pairs = [(path, label) for label, name in enumerate(names) for path in classes.get(name, ())]
    return Files(tuple(path for path, _ in pairs), tuple(label for _, label in pairs))


class _Look:
    """Looks into folders and remembers what it passed over."""

    def __init__(self, root: Path, exclude: tuple[str, ...]) -> None:
        self.root = root
        self.excluded = tuple(self._relative(pattern) for pattern in exclude)
        self._excluded: set[Path] = set()
        self._other: list[Path] = []
        self._hidden: set[Path] = set()

    def folders(self, folder: Path) -> list[Path]:
        return [path for path in self._entries(folder) if path.is_dir()]

    def classes(self, folder: Path) -> dict[str, list[Path]]:
        """Image files of each class folder. Raises BadData unless there are two full ones."""
        folders = self.folders(folder)
        if len(folders) < 2:
            found = "no class folders" if not folders else f"one class only, {folders[0].name!r}"
            raise BadData(
                f"{folder} has {found}",
                "Make a sub-folder for each class, at least two, and put its images there",
            )
        classes = {path.name: self._images(path) for path in folders}
        if empty := sorted(name for name, paths in classes.items() if not paths):
            raise BadData(
                f"{folder} has no images in {_some(empty)}",
                f"Add images to the folder, or {LEAVE_OUT}",
            )
        return classes

    def notes(self) -> list[str]:
        notes = []
        if self._excluded:
            notes.append(f"left out by --exclude: {len(self._excluded):,} files or folders")
        if self._hidden:
            notes.append(f"passed over, as their names begin with a dot: {len(self._hidden):,}")
        if self._other:
            kinds = sorted({path.suffix.lower() or "no suffix" for path in self._other})
            notes.append(f"not images by their names: {len(self._other):,} ({', '.join(kinds)})")
        return notes

    def _images(self, folder: Path) -> list[Path]:
        images = []
        for path in self._entries(folder):
            if path.is_dir():
                raise BadData(
                    f"{path} is a folder inside a class",
                    f"Move its images up into the class, or {LEAVE_OUT}",
                )
            if path.suffix.lower() in SUFFIXES:
                images.append(path)
            else:
                self._other.append(path)
        return images

    def _entries(self, folder: Path) -> list[Path]:
        try:
            with os.scandir(folder) as found:
                every = sorted(entry.name for entry in found)
        except OSError as trouble:
            raise BadFile(
                folder, f"cannot be read ({trouble.strerror})", "Check its permissions"
            ) from None
        self._hidden.update(folder / name for name in every if name.startswith("."))
        paths = [folder / name for name in every if not name.startswith(".")]
        kept = [path for path in paths if not self._is_excluded(path)]
        self._excluded.update(set(paths) - set(kept))
        return kept

    def _is_excluded(self, path: Path) -> bool:
        relative = path.relative_to(self.root).as_posix()
        return any(
            fnmatch.fnmatchcase(relative, pattern) or relative == pattern
            for pattern in self.excluded
        )

    def _relative(self, pattern: str) -> str:
        """A path as an error message names it is the file below `root`; all else is a pattern."""
        path, root = Path(pattern).absolute(), self.root.absolute()
        inside = path != root and path.is_relative_to(root) and os.path.lexists(path)
        return path.relative_to(root).as_posix() if inside else pattern


def _some(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{'class' if len(names) == 1 else 'classes'} {shown}{more}"
