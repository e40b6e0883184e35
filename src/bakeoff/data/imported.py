"""Images that come packed in other containers, unpacked once into the cache as plain files.

A folder of it holds `images/000000000` and so on, named by us and never by the container, and
`index.json`, written last: it says what each file is, and that the folder is whole.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from bakeoff.data.folder import Files, Listing
from bakeoff.errors import BadData, OutputError

INDEX = "index.json"
MOST_CLASSES = 1_000_000
UNLABELLED = -1
Half = Literal["train", "test"]


class Importer:
    """Collects images and labels; `Importer.finish` makes the folder whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[Half, list[tuple[str, int]]] = {"train": [], "test": []}
        self._unlabelled: Counter[Half] = Counter()
        (folder / "images").mkdir()

    def add(self, half: Half, content: bytes, label: int | None) -> None:
        """Keep the bytes of one image file, undecoded. None and -1 stand for no label."""
        if label in (None, UNLABELLED):
            self._unlabelled[half] += 1
            return
        name = f"images/{sum(map(len, self._found.values())):09d}"
        (self._folder / name).write_bytes(content)
        self._found[half].append((name, label))

    def finish(
        self, source: str, class_names: Sequence[str] | None, notes: Sequence[str] = ()
    ) -> None:
        """Write the index. class_names None: the labels' own numbers. notes:
        what was decided, for the facts.

        Raises BadData when a half is empty, there is one class, or labels do not fit the names.
        """
        labels = {label for pairs in self._found.values() for _, label in pairs}
        for half, pairs in self._found.items():
            if not pairs:
                without = self._unlabelled[half]
                why = f" with a label (of {without:,}, each is -1 or missing)" if without else ""
                raise BadData(
                    f"{source} has no {half} images{why}",
                    "Name both a train and a test (or val) part with labels",
                )
            if self._unlabelled[half]:
                # A part of which some images have none is not a smaller part: nobody said so.
                raise BadData(
                    f"{source} has labels -1 to {max(labels)}: {self._unlabelled[half]:,} of its "
                    f"{half} images have none",
                    "Leave these out of the container, or give them their class",
                )
        classes = len(class_names) if class_names else max(labels) + 1
        if not 2 <= classes <= MOST_CLASSES or min(labels) < 0 or max(labels) >= classes:
            raise BadData(
                f"{source} has labels {min(labels)} to {max(labels)} for {classes} classes",
                f"Labels must be 0 to classes - 1, of 2 to {MOST_CLASSES:,} classes",
            )
        names = list(class_names) if class_names else [str(i) for i in range(classes)]
        if empty := sorted(set(range(classes)) - {label for _, label in self._found["train"]}):
            raise BadData(
                f"{source} has no training images of class {names[empty[0]]!r}"
                + (f" and {len(empty) - 1:,} more" if len(empty) > 1 else ""),
                "Labels begin at 0; add images of each class, or number the classes anew",
            )
        index = {"source": source, "class_names": names, "notes": list(notes)}
        index |= self._found  # type: ignore[arg-type]
        (self._folder / INDEX).write_text(json.dumps(index), encoding="utf-8")


def imported(folder: Path, fill: Callable[[Importer], None]) -> Listing:
    """The listing of `folder`, which `fill` imports first if it is not there.

    Raises what `fill` raises, leaving nothing behind, and OutputError when it cannot be written.
    """
    if not (folder / INDEX).exists():
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".importing-") as aside:
                whole = Path(aside) / "whole"
                whole.mkdir()
                fill(Importer(whole))
                whole.rename(folder)
        except OSError as trouble:
            raise OutputError(
                f"{folder} cannot be written ({trouble.strerror or trouble})",
                "Make room, or choose another folder with $BAKEOFF_DATA",
            ) from trouble
    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))

    def files(half: Half) -> Files:
        names, labels = zip(*index[half], strict=True)
        return Files(tuple(folder / name for name in names), tuple(labels))

    notes = (f"imported from {index['source']}", *index.get("notes", ()))
    return Listing(folder, tuple(index["class_names"]), files("train"), files("test"), notes)
