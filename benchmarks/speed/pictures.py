"""The rivals' data: Pillow pictures one at a time, and loaders that never run out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from bakeoff.data.dataset import Split, is_grey
from bakeoff.data.stream import StreamedSplit

AnySplit = Split | StreamedSplit


class Pictures(Dataset[Any]):
    """(picture, label) as torchvision's data sets give them: "L" or "RGB", through `transform`."""

    def __init__(self, split: AnySplit, transform: Callable[..., Any] | None = None) -> None:
        self.transform = transform
        self._files = split.files if isinstance(split, StreamedSplit) else None
        if isinstance(split, Split):
            images = split.images
            self._arrays = (
                images[:, 0] if is_grey(images) else images.permute(0, 2, 3, 1).contiguous()
            ).numpy()
            self._labels = split.labels.tolist()

    def __len__(self) -> int:
        return len(self._files) if self._files is not None else len(self._labels)

    def __getitem__(self, index: int) -> Any:
        if self._files is not None:
            with Image.open(self._files.paths[index]) as file:
                picture = file.convert("RGB")
            label = self._files.labels[index]
        else:
            picture, label = Image.fromarray(self._arrays[index]), self._labels[index]
        return (self.transform(picture) if self.transform else picture), label


def endless(loader: Iterable[Any]) -> Iterator[Any]:
    """Epoch after epoch; the iterator, and with it the workers, stays between two turns."""
    while True:
        yield from loader


def loader(
    pictures: Dataset[Any],
    batch: int,
    workers: int,
    *,
    shuffle: bool,
    pin: bool,
    collate: Callable[[Any], Any] | None = None,
) -> DataLoader[Any]:
    """torch's DataLoader as everybody calls it."""
    return DataLoader(
        pictures,
        batch_size=batch,
        shuffle=shuffle,
        drop_last=True,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=pin,
        collate_fn=collate,
    )


Pair = tuple[Tensor, Tensor]
