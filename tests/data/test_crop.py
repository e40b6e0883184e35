"""Random resized crop: torchvision's boxes, Pillow's pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import stats
from torchvision.transforms import RandomResizedCrop

from bakeoff.data.augment.crop import Boxes, draw_boxes, resized

Area = tuple[float, float]


@pytest.mark.parametrize(
    ("height", "width", "area", "ratio"),
    [
        (28, 28, (0.08, 1.0), (3 / 4, 4 / 3)),
        (40, 97, (0.35, 1.0), (3 / 4, 4 / 3)),
        (28, 28, (0.6, 1.0), (0.9, 1.1)),
        (100, 20, (0.9, 1.0), (3 / 4, 4 / 3)),  # no box fits: the fallback
    ],
)
def test_boxes_are_distributed_as_torchvisions(
    height: int, width: int, area: Area, ratio: Area
) -> None:
    n = 4000
    torch.manual_seed(0)
    image = torch.zeros(1, height, width)
    theirs = np.array(
        [RandomResizedCrop.get_params(image, list(area), list(ratio)) for _ in range(n)]
    )
    generator = torch.Generator().manual_seed(1)
    ours = torch.stack(
        draw_boxes(n, height, width, area=area, ratio=ratio, generator=generator), 1
    ).numpy()
    for column in range(4):
        assert stats.ks_2samp(theirs[:, column], ours[:, column]).pvalue > 1e-3
    # The joint law of size and place, too: the far corner of the box.
    for side, start in ((2, 0), (3, 1)):
        far = stats.ks_2samp(theirs[:, side] + theirs[:, start], ours[:, side] + ours[:, start])
        assert far.pvalue > 1e-3
    assert (ours[:, 0] + ours[:, 2] <= height).all()
    assert (ours[:, 1] + ours[:, 3] <= width).all()
    assert (ours >= 0).all()


@pytest.mark.parametrize("size", [16, 28, 64])
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_crops_equal_pillows(picture, size: int, flip: bool, channels: int) -> None:
    random = np.random.default_rng(3)
    for seed in range(10):
        array = picture(seed, 60, 44)
        h, w = int(random.integers(1, 61)), int(random.integers(1, 45))
        top, left = int(random.integers(0, 61 - h)), int(random.integers(0, 45 - w))
        image = Image.fromarray(array if channels == 3 else array[:, :, 0])
        theirs = image.crop((left, top, left + w, top + h)).resize(
            (size, size), Image.Resampling.BILINEAR
        )
        if flip:
            theirs = theirs.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        boxes = Boxes(
            *(torch.tensor([float(x)]) for x in (top, left, h, w)), flip=torch.tensor([flip])
        )
        pixels = torch.from_numpy(array).permute(2, 0, 1)[None, :channels]
        ours = resized(pixels, boxes, size)[0].permute(1, 2, 0).numpy()
        gap = np.abs(ours - np.asarray(theirs, dtype=float).reshape(size, size, channels))
        assert gap.max() <= 1.01  # Pillow rounds twice to whole levels
