"""Per-image predictions on the test set: `predictions.npz` beside a run's record."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import BadFile
from bakeoff.records.files import write_atomically

FILE_NAME = "predictions.npz"
_Number = TypeVar("_Number", np.int32, np.float32)
_NPY_1 = b"\x93NUMPY\x01\x00"
MAX_BYTES = 2 * 1024**3
ANEW = "Remove the record beside it and run again"
"""A run whose record says that it is complete is not run again."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """A row per test image, in the data set's order.

    label: (N,) int32, the true class. top5_class: (N, k) int32, the k = min(5, K) most probable
    classes, most probable first. top5_probability: (N, k) float32, softmax. nll: (N,) float32,
    negative log-likelihood of the true class in nats. log_probability: (N, K) float32 of every
    class, where it was asked for; too large to be kept in the file. group: (N,) int32, which test
    images belong together, where somebody says.
    """

    label: NDArray[np.int32]
    top5_class: NDArray[np.int32]
    top5_probability: NDArray[np.float32]
    nll: NDArray[np.float32]
    log_probability: NDArray[np.float32] | None = None
    group: NDArray[np.int32] | None = None

    @property
    def correct(self) -> NDArray[np.bool_]:
        """(N,) whether the most probable class is the true one."""
        correct: NDArray[np.bool_] = self.top5_class[:, 0] == self.label
        return correct

    def save(self, folder: Path) -> None:
        """Write `predictions.npz` into `folder`, atomically."""
        groups: dict[str, Any] = {} if self.group is None else {"group": self.group}
        write_atomically(
            folder / FILE_NAME,
            lambda file: np.savez_compressed(
                file,
                label=self.label,
                top5_class=self.top5_class,
                top5_probability=self.top5_probability,
                nll=self.nll,
                **groups,
            ),
        )

    @classmethod
    def load(cls, path: Path) -> Predictions:
        """Read from an .npz file or the run folder that holds it.

        Raises BadFile when it is missing, damaged, or not of this shape. Pickled arrays are
        refused.
        """
        path = path / FILE_NAME if path.is_dir() else path
        try:
            with zipfile.ZipFile(path) as archive:
                if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
                    raise BadFile(path, "larger than 2 GiB when unpacked", "Split the test set")
                found = cls(
                    label=_as(np.int32, _array(archive, "label")),
                    top5_class=_as(np.int32, _array(archive, "top5_class")),
                    top5_probability=_as(np.float32, _array(archive, "top5_probability")),
                    nll=_as(np.float32, _array(archive, "nll")),
                    group=_as(np.int32, _array(archive, "group"))
                    if "group.npy" in archive.namelist()
                    else None,
                )
        except FileNotFoundError:
            raise BadFile(path, "no predictions there", f"{ANEW}, or compare by records") from None
        except BadFile:
            raise
        except (
            Exception
        ) as error:  # damaged bytes make zip and numpy raise whatever they stumble on
            raise BadFile(path, f"not a readable predictions file ({error})", ANEW) from error
        n = found.label.size
        shape = found.top5_class.shape
        fits = found.label.shape == found.nll.shape == shape[:1] == (n,)
        fits = fits and (found.group is None or found.group.shape == (n,))
        if not fits or len(shape) != 2 or not n or found.top5_probability.shape != shape:
            raise BadFile(path, "arrays of different lengths", ANEW)
        if not shape[1] or min(found.label.min(), found.top5_class.min()) < 0:
            raise BadFile(path, "classes that cannot be", ANEW)
        return found


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """An array of an .npz file; no pickled one. Raises whatever damaged bytes lead to.

    numpy.load opens the file once more and parses each header as Python, which for a thousand runs
    takes as long as all the rest; headers are alike.
    """
    content = archive.read(f"{name}.npy")
    if content[:8] == _NPY_1:
        begin = 10 + int.from_bytes(content[8:10], "little")
        shape, by_columns, kind = _header(content[8:begin])
        if not by_columns and not kind.hasobject:
            return np.frombuffer(content, kind, offset=begin).reshape(shape)
    found: NDArray[Any] = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    return found


@lru_cache(maxsize=64)
def _header(content: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    return np.lib.format.read_array_header_1_0(io.BytesIO(content))


def _as(kind: type[_Number], values: NDArray[Any]) -> NDArray[_Number]:
    """The values as another width of the same kind. Raises TypeError for another kind."""
    with np.errstate(over="ignore"):
        return values.astype(kind, casting="same_kind")
