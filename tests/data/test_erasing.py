"""Random erasing takes torchvision's boxes and sets them to the mean."""

from __future__ import annotations

import numpy as np
import torch
from scipy import stats
from torchvision.transforms import RandomErasing

from bakeoff.data.augment.erase import Erasure, draw_erasure, erased


def test_boxes_are_distributed_as_torchvisions() -> None:
    n, height, width = 4000, 28, 28
    torch.manual_seed(0)
    image = torch.zeros(1, height, width)
    theirs = np.array(
        [RandomErasing.get_params(image, (0.02, 0.33), (0.3, 3.3), [0.0])[:4] for _ in range(n)]
    )
    drawn = draw_erasure(
        n, height, width, probability=1.0, generator=torch.Generator().manual_seed(1)
    )
    ours = torch.stack([drawn.top, drawn.left, drawn.height, drawn.width], 1).numpy()
    for column in range(4):
        assert stats.ks_2samp(theirs[:, column], ours[:, column]).pvalue > 1e-3


def test_as_many_images_are_erased_as_asked(generator: torch.Generator) -> None:
    drawn = draw_erasure(20_000, 28, 28, probability=0.1, generator=generator)
    hits = int((drawn.height > 0).sum())
    assert stats.binomtest(hits, 20_000, 0.1).pvalue > 1e-3


def test_only_the_box_is_erased(generator: torch.Generator) -> None:
    images = torch.rand(2, 3, 10, 12, generator=generator) + 1
    box = Erasure(*(torch.tensor(x) for x in ([2.0, 0.0], [3.0, 0.0], [4.0, 0.0], [5.0, 9.0])))
    expected = images.clone()
    expected[0, :, 2:6, 3:8] = 0
    assert torch.equal(erased(images, box), expected)
