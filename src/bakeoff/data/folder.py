"""`folder:PATH`: the user's own images, one sub-folder per class."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bakeoff.data.class_names import composed
from bakeoff.data.images import DEEP_WHITE, LEAVE_OUT, SUFFIXES
from bakeoff.data.junk import is_hidden, is_junk
from bakeoff.data.patterns import Patterns
from bakeoff.errors import BadData, BadFile

TRAIN_NAMES = ("train", "training")
TEST_NAMES = ("test", "val", "valid", "validation")
TEST_SHARE = 0.2
SPLIT_SEED = 0


@dataclass(frozen=True)
class Files:
    """Image files with their labels (class indices), in the data set's order.

    white: the level that is white where grey levels have 16 bits.
    """

    paths: tuple[Path, ...]
    labels: tuple[int, ...]
    white: int = DEEP_WHITE

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
    idle_patterns: bool = False,
    test_share: float = TEST_SHARE,
    split_seed: int = SPLIT_SEED,
) -> Listing:
    """What `root` holds: `train` and `test` (or `val`) folders of classes, or classes only.

    Classes are the folders' names in plain sorted order, as torchvision's ImageFolder, and are
    told in composed Unicode (NFC). The first of `test`, `val`, `valid` and `validation` that has
    a class of `train` is tested on; one without classes is passed over where another serves.
    Without a test folder, `test_share` of each class (rounded, at least one image) becomes the
    test set, drawn with `split_seed`.
    exclude: shell patterns for paths relative to `root` (see `patterns`). idle_patterns: they are
    those of a record, and may name files that are gone since.
    Raises BadFile when the folder cannot be read, UsageError for a pattern that names nothing,
    BadData when it holds no classification data set: empty, single-class, nested, or a tested
    class that training lacks.
    """
    look = _Look(root, exclude)
    try:
        return _split(look, test_share, split_seed)
    finally:
        # A misspelt pattern is often why the folder is refused, so it is told first.
        if not idle_patterns:
            look.patterns.require_effect()


def list_tested(
    root: Path,
    *,
    exclude: Sequence[str] = (),
    idle_patterns: bool = False,
    patterns_in: Path | None = None,
    known: Sequence[str] = (),
) -> Listing:
    """A folder of classes of which every image is tested and none trained on.

    patterns_in: the folder that `exclude` is relative to, if it is not `root` but holds it.
    known: every class that is told apart, in their order; a folder of some of them is tested on
    all. Raises as `list_folder` does.
    """
    look = _Look(root, exclude, patterns_in)
    every = [composed(name) for name in known]
    folders = {composed(folder.name) for folder in look.folders(root)}
    some = bool(folders) and folders < set(every)
    classes = look.classes(root, fewest=1 if some else 2)
    if not idle_patterns:
        look.patterns.require_effect()
    untested = [name for name in every if name not in classes] if some else []
    notes = (f"there are no images of {_some(untested)}",) if untested else ()
    return look.listing(every if some else classes, {}, classes, notes)


def list_for_testing(
    root: Path,
    *,
    exclude: Sequence[str] = (),
    idle_patterns: bool = False,
    known: Sequence[str] = (),
) -> Listing:
    """What weights that exist are tested on in `root`: its test folder, with the training images
    beside it where they are there, else every image of it.

    known: as in `list_tested`. Raises as `list_folder` does.
    """
    trains, tests = _parts(_Look(root, exclude))
    if trains and tests:
        return list_folder(root, exclude=exclude, idle_patterns=idle_patterns)
    fewest = 1 if known else 2
    named = [folder for folder in tests if len(_Look(root, exclude).folders(folder)) >= fewest]
    place = (named or tests or trains or [root])[0]
    found = list_tested(
        place, exclude=exclude, idle_patterns=idle_patterns, patterns_in=root, known=known
    )
    unused = [f"{folder.name}/ is not used" for folder in tests if folder != place]
    where = f"of {place.name}/ " if place != root else ""
    return replace(found, notes=(f"all images {where}are tested", *unused, *found.notes))


def draws_test_images(root: Path) -> bool:
    """Whether training on `root` holds some of its images out to test on: it has no test folder."""
    return not _parts(_Look(root, ()))[1]


def _parts(look: _Look) -> tuple[list[Path], list[Path]]:
    """Training and test folders, by their names; none where they are only some of the classes."""
    folders = {folder.name.lower(): folder for folder in look.folders(look.root)}
    trains = [folders[name] for name in TRAIN_NAMES if name in folders]
    tests = [folders[name] for name in TEST_NAMES if name in folders]
    whole = bool(trains and tests) or len(folders) == len(trains or tests)
    return (trains, tests) if whole else ([], [])


def _split(look: _Look, test_share: float, split_seed: int) -> Listing:
    folders = {folder.name.lower(): folder for folder in look.folders(look.root)}
    trains = [folders[name] for name in TRAIN_NAMES if name in folders]
    tests = [folders[name] for name in TEST_NAMES if name in folders]
    if trains and tests:
        return _given_split(look, trains[0], tests)
    if tests and len(folders) == len(tests):
        raise BadData(
            f"{look.root} has {tests[0].name}/ but no train/",
            "Put the training images into a folder called train, beside it",
        )
    place = trains[0] if trains and len(folders) == 1 else look.root
    return _drawn_split(look, place, test_share, split_seed)


def _given_split(look: _Look, train: Path, tests: list[Path]) -> Listing:
    train_classes = look.classes(train)
    test, notes = _labelled(look, train, train_classes, tests)
    test_classes = look.classes(test)
    strangers = sorted(set(test_classes) - set(train_classes))
    if strangers:
        raise BadData(
            f"{test} has {_some(strangers)}, which {train} lacks",
            f"Add training images of it, or {LEAVE_OUT}",
        )
    others = [folder for folder in look.folders(look.root) if folder not in (train, *tests)]
    notes += [f"{folder.name}/ is not used" for folder in others]
    if untested := sorted(set(train_classes) - set(test_classes)):
        notes.append(f"{test.name}/ has no images of {_some(untested)}")
    return look.listing(train_classes, train_classes, test_classes, notes)


def _labelled(
    look: _Look, train: Path, classes: Iterable[str], tests: list[Path]
) -> tuple[Path, list[str]]:
    """The first test folder that has a class of the training folder, and what to note of all."""
    unlabelled: list[tuple[Path, str]] = []
    for test in tests:
        folders = look.folders(test)
        if {composed(folder.name) for folder in folders} & set(classes):
            notes = [f"tested on {test.name}/"]
            notes += [f"{folder.name}/ is not used: {why}" for folder, why in unlabelled]
            later = tests[tests.index(test) + 1 :]
            return test, notes + [f"{folder.name}/ is not used" for folder in later]
        unlabelled.append((test, f"it has no folder called like a class of {train.name}/"))
    flat = tests[0]
    if len(look.folders(flat)) > 1:
        return flat, []  # Its classes are told to be strangers.
    raise BadData(
        f"{flat} has no folder called like a class of {train}, so its images have no labels",
        f"Leave it out with --exclude {flat.name} (in a bake-off file: exclude), and "
        f"{TEST_SHARE:.0%} of the training images are drawn to test on",
    )


def _drawn_split(look: _Look, folder: Path, share: float, seed: int) -> Listing:
    classes = look.classes(folder)
    random = np.random.default_rng(seed)
    train: dict[str, list[Path]] = {}
    test: dict[str, list[Path]] = {}
    for name, paths in classes.items():
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
    return look.listing(classes, train, test, (note,))


def _files(names: Iterable[str], classes: dict[str, list[Path]]) -> Files:
    pairs = [(path, label) for label, name in enumerate(names) for path in classes.get(name, ())]
    return Files(tuple(path for path, _ in pairs), tuple(label for _, label in pairs))


class _Look:
    """Looks into folders and remembers what it passed over."""

    def __init__(self, root: Path, exclude: Sequence[str], patterns_in: Path | None = None) -> None:
        if not _is_folder(root):
            raise BadFile(root, "no such folder", "Give the folder that holds your images")
        self.root = root
        self.patterns = Patterns(patterns_in or root, exclude)
        self._excluded: set[Path] = set()
        self._other: set[Path] = set()
        self._hidden: set[Path] = set()
        self._junk: set[Path] = set()

    def folders(self, folder: Path) -> list[Path]:
        return [path for path in self._entries(folder) if _is_folder(path)]

    def classes(self, folder: Path, *, fewest: int = 2) -> dict[str, list[Path]]:
        """Image files of each class folder, by its name in composed Unicode, in the classes' order.

        Raises BadData unless there are `fewest` full ones, of different names that can be written.
        """
        folders = self.folders(folder)
        if len(folders) < fewest:
            found = "no class folders" if not folders else f"one class only, {folders[0].name!r}"
            raise BadData(
                f"{folder} has {found}",
                "Make a sub-folder for each class, at least two, and put its images there",
            )
        self._require_names(folder, [path.name for path in folders])
        classes = {composed(path.name): self._images(path) for path in folders}
        if empty := sorted(name for name, paths in classes.items() if not paths):
            raise BadData(
                f"{folder} has no images in {_some(empty)}",
                f"Add images to the folder, or {LEAVE_OUT}",
            )
        return classes

    def listing(
        self,
        names: Iterable[str],
        train: dict[str, list[Path]],
        test: dict[str, list[Path]],
        notes: Iterable[str],
    ) -> Listing:
        """The listing of these classes, in their order, with everything that was passed over."""
        names = tuple(names)
        return Listing(
            self.root,
            names,
            _files(names, train),
            _files(names, test),
            (*notes, *self.notes()),
            self.patterns.texts,
        )

    def notes(self) -> list[str]:
        notes = []
        if self._excluded:
            notes.append(f"left out by --exclude: {len(self._excluded):,} files or folders")
        if self._hidden:
            notes.append(f"passed over, as their names begin with a dot: {len(self._hidden):,}")
        if self._junk:
            counted = Counter(path.name for path in self._junk)
            names = ", ".join(f"{count:,} {name}" for name, count in sorted(counted.items()))
            notes.append(f"passed over, as operating systems leave them behind: {names}")
        if self._other:
            kinds = sorted({path.suffix.lower() or "no suffix" for path in self._other})
            notes.append(f"not images by their names: {len(self._other):,} ({', '.join(kinds)})")
        return notes

    def _require_names(self, folder: Path, names: list[str]) -> None:
        seen: dict[str, str] = {}
        for name in names:
            try:
                name.encode("utf-8")
            except UnicodeEncodeError:
                raise BadData(
                    f"{folder} has a class folder whose name is not UTF-8: {os.fsencode(name)!r}",
                    "Rename it, as records and reports cannot hold such a name",
                ) from None
            if (twin := seen.setdefault(composed(name), name)) != name:
                raise BadData(
                    f"{folder} has two class folders {name!r} that look alike: one name is "
                    f"{twin!a}, the other {name!a}",
                    "Move the images of one into the other, or rename it",
                )

    def _images(self, folder: Path) -> list[Path]:
        images = []
        for path in self._entries(folder):
            if _is_folder(path):
                raise BadData(
                    f"{path} is a folder inside a class",
                    f"Move its images up into the class, or {LEAVE_OUT}",
                )
            if path.suffix.lower() in SUFFIXES:
                images.append(path)
            else:
                self._other.add(path)
        return images

    def _entries(self, folder: Path) -> list[Path]:
        """What is in a folder and meant to be data, sorted by name."""
        try:
            with os.scandir(folder) as found:
                every = sorted(entry.name for entry in found)
        except OSError as trouble:
            raise _unreadable(folder, trouble) from None
        kept = []
        for path in (folder / name for name in every):
            named = self.patterns.leave_out(path)
            if is_hidden(path.name):
                self._hidden.add(path)
            elif is_junk(path.name) and _is_folder(path):
                self._junk.add(path)
            elif named:
                self._excluded.add(path)
            else:
                kept.append(path)
        return kept


def _is_folder(path: Path) -> bool:
    """Whether `path` is a folder. Raises BadFile where that cannot be found out."""
    try:
        return path.is_dir()
    except OSError as trouble:
        raise _unreadable(path, trouble) from None


def _unreadable(path: Path, trouble: OSError) -> BadFile:
    return BadFile(path, f"cannot be read ({trouble.strerror or trouble})", "Check its permissions")


def _some(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"{'class' if len(names) == 1 else 'classes'} {shown}{more}"
