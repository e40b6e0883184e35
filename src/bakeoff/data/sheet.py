"""Pictures of images as they are, and as a recipe shows them to the network."""

from __future__ import annotations

import io

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from bakeoff.data.augment.batch import BatchAugment
from bakeoff.data.dataset import Dataset
from bakeoff.data.stream import StreamedDataset

CELL = 84
MARGIN = 4
CAPTION = 18
FONT_SIZE = 12
STRIP_IMAGES, STRIP_COPIES = 8, 2
STRIP_SIDE = 96
"""Longest side in pixels of an image in a strip."""
PAPER, INK = (255, 255, 255), (40, 40, 40)


def picture_sheet(
    data: Dataset | StreamedDataset,
    augment: BatchAugment | None = None,
    *,
    title: str = "",
    images: int = 8,
    copies: int = 7,
    seed: int = 0,
) -> bytes:
    """PNG: a row for each of `images` training images, itself and `copies` augmented ones.

    Images come from classes in turn. Mixup and CutMix mix a row with the mirrored row of the
    sheet, as they would in a batch. The seed decides which images and what happens to them.
    """
    columns, labels = _views(data, augment, images, copies, seed)
    return _drawn(columns, [data.facts.class_names[label] for label in labels.tolist()], title)


def picture_strip(data: Dataset | StreamedDataset, augment: BatchAugment, seed: int = 0) -> bytes:
    """PNG of square tiles without words: a row of STRIP_IMAGES training images as they are, and
    STRIP_COPIES rows of the same as they are trained on.

    The images depend on the labels and the seed alone, so recipes are shown on the same ones.
    """
    rows, _ = _views(data, augment, STRIP_IMAGES, STRIP_COPIES, seed)
    side = min(STRIP_SIDE, max(max(images.shape[-2:]) for images in rows))
    strip = Image.new("RGB", (side * len(rows[0]), side * len(rows)), PAPER)
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            strip.paste(_cell(image, side), (column * side, row * side))
    png = io.BytesIO()
    strip.save(png, "PNG", optimize=True)
    return png.getvalue()


def _views(
    data: Dataset | StreamedDataset,
    augment: BatchAugment | None,
    images: int,
    copies: int,
    seed: int,
) -> tuple[list[Tensor], Tensor]:
    """Training images as they are and `copies` times augmented, uint8 each, and their labels."""
    generator = torch.Generator().manual_seed(seed)
    chosen = _from_each_class(data.train.labels, images, generator)
    originals, labels = data.train.batch(chosen)
    views = [originals]
    if augment is not None:
        mean, std = (
            torch.tensor(values)[:, None, None] for values in (data.facts.mean, data.facts.std)
        )
        for _ in range(copies):
            shown, _ = augment(originals, labels, generator)
            levels = (shown.cpu() * std + mean) * 255
            views.append(levels.round().clamp(0, 255).to(torch.uint8))
    return views, labels


def _from_each_class(labels: Tensor, wanted: int, generator: torch.Generator) -> Tensor:
    """Indices of `wanted` images (or all, if fewer), one class after the other."""
    order = torch.randperm(len(labels), generator=generator)
    mine = labels[order]
    turn = torch.zeros_like(mine)
    for label in mine.unique():  # type: ignore[no-untyped-call]
        members = mine == label
        turn[members] = torch.arange(int(members.sum()))
    by_turn = torch.argsort(turn * (int(labels.max()) + 1) + mine)
    return order[by_turn[:wanted]]


def _drawn(columns: list[Tensor], names: list[str], title: str) -> bytes:
    font = ImageFont.load_default(FONT_SIZE)
    label_width = MARGIN * 2 + max(int(font.getlength(_short(name))) for name in names)
    step = CELL + MARGIN
    width = label_width + step * len(columns) + MARGIN
    sheet = Image.new("RGB", (width, CAPTION + step * len(names) + MARGIN), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((label_width, MARGIN), "as it is", INK, font)
    if len(columns) > 1:
        heading = f"as trained on: {title}" if title else "as trained on"
        draw.text((label_width + step, MARGIN), heading, INK, font)
    for row, name in enumerate(names):
        top = CAPTION + MARGIN + row * step
        draw.text((MARGIN, top + CELL // 2 - FONT_SIZE // 2), _short(name), INK, font)
        for column, images in enumerate(columns):
            sheet.paste(_cell(images[row]), (label_width + column * step, top))
    png = io.BytesIO()
    sheet.save(png, "PNG", optimize=True)
    return png.getvalue()


def _cell(image: Tensor, side: int = CELL) -> Image.Image:
    """One image (C, H, W) in a square cell; small ones enlarged pixel by pixel."""
    levels = image.expand(3, -1, -1) if image.shape[0] == 1 else image
    picture = Image.fromarray(levels.permute(1, 2, 0).contiguous().numpy())
    scale = side / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    how = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BILINEAR
    cell = Image.new("RGB", (side, side), PAPER)
    cell.paste(picture.resize(size, how), ((side - size[0]) // 2, (side - size[1]) // 2))
    return cell


def _short(name: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in name)
    return printable if len(printable) <= 16 else printable[:15] + "…"
