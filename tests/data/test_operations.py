"""Every operation of RandAugment equals timm's on Pillow images within 2 grey levels.

Geometric operations are compared with Pillow's bilinear resampling; timm itself draws bilinear or
bicubic for each image, and the batched form is always bilinear.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from timm.data import auto_augment
from torchvision.transforms import InterpolationMode
from torchvision.transforms.autoaugment import _apply_op

from bakeoff.data.augment.op import Op, Operations
from bakeoff.data.augment.operations import operated

FILL = (10, 120, 230)
FACTORS = (0.1, 0.46, 1.0, 1.54, 1.9)
SHIFTS = (-12.6, -7.56, 3.0, 7.5)
CASES = {
    Op.AUTO_CONTRAST: (auto_augment.auto_contrast, (None,)),
    Op.EQUALIZE: (auto_augment.equalize, (None,)),
    Op.INVERT: (auto_augment.invert, (None,)),
    Op.POSTERIZE: (auto_augment.posterize, (1, 2, 3, 4, 8)),
    Op.SOLARIZE: (auto_augment.solarize, (0, 103, 128, 256)),
    Op.SOLARIZE_ADD: (auto_augment.solarize_add, (0, 66, 110)),
    Op.CONTRAST: (auto_augment.contrast, FACTORS),
    Op.BRIGHTNESS: (auto_augment.brightness, FACTORS),
    Op.COLOR: (auto_augment.color, FACTORS),
    Op.SHARPNESS: (auto_augment.sharpness, FACTORS),
    Op.ROTATE: (auto_augment.rotate, (-30.0, -18.3, 0.7, 18.0, 30.0)),
    Op.SHEAR_X: (auto_augment.shear_x, (-0.3, 0.18, 0.3)),
    Op.SHEAR_Y: (auto_augment.shear_y, (-0.3, 0.18, 0.3)),
    Op.TRANSLATE_X: (auto_augment.translate_x_abs, SHIFTS),
    Op.TRANSLATE_Y: (auto_augment.translate_y_abs, SHIFTS),
}


def batched(
    arrays: list[np.ndarray], op: Op, arguments: list[float], fill: tuple[int, ...]
) -> np.ndarray:
    images = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).float()
    operations = Operations(torch.full((len(arrays),), int(op)), torch.tensor(arguments).float())
    done = operated(images, operations, torch.tensor(fill, dtype=torch.float32))
    return done.permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("op", list(CASES), ids=lambda op: op.name)
@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize("size", [(28, 28), (32, 32), (31, 45)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_each_operation_is_timms(picture, op: Op, size: tuple[int, int], channels: int) -> None:
    function, arguments = CASES[op]
    fill = FILL if channels == 3 else FILL[0]
    for argument in arguments:
        arrays = [picture(seed, *size, channels) for seed in range(12)]
        arrays.append(np.full((*size, channels), 77, np.uint8))  # flat: nothing to stretch
        args = () if argument is None else (argument,)
        theirs = [
            np.asarray(
                function(
                    Image.fromarray(a if channels == 3 else a[:, :, 0]),
                    *args,
                    resample=Image.Resampling.BILINEAR,
                    fillcolor=fill,
                ),
                dtype=float,
            ).reshape(a.shape)
            for a in arrays
        ]
        ours = batched(arrays, op, [float(argument or 0)] * len(arrays), FILL[:channels])
        for mine, other in zip(ours, theirs, strict=True):
            assert (np.abs(mine - other) <= 2).mean() >= 0.99
            assert np.array_equal(mine, mine.round())


@pytest.mark.parametrize(
    ("op", "name", "magnitudes"),
    [
        (Op.ROTATE, "Rotate", (-135.0, 72.0)),
        (Op.SHEAR_X, "ShearX", (-0.99, 0.5)),
        (Op.SHEAR_Y, "ShearY", (-0.99, 0.5)),
        (Op.TRANSLATE_X, "TranslateX", (-32.0, 7.0)),
        (Op.TRANSLATE_Y, "TranslateY", (-32.0, 7.0)),
        (Op.POSTERIZE, "Posterize", (2, 5, 8)),
        (Op.SOLARIZE, "Solarize", (0.0, 93.5, 255.0)),
        (Op.EQUALIZE, "Equalize", (0.0,)),
        (Op.AUTO_CONTRAST, "AutoContrast", (0.0,)),
    ],
)
def test_each_operation_is_torchvisions(
    picture, op: Op, name: str, magnitudes: tuple[float, ...]
) -> None:
    """At TrivialAugment's strengths; a translation's sign is drawn evenly, so may differ."""
    for magnitude in magnitudes:
        array = picture(5, 48, 48)
        theirs = np.asarray(
            _apply_op(Image.fromarray(array), name, magnitude, InterpolationMode.BILINEAR, None),
            dtype=float,
        )
        argument = -magnitude if name.startswith("Translate") else magnitude
        gap = np.abs(batched([array], op, [argument], (0, 0, 0))[0] - theirs)
        assert (gap <= 2).mean() >= 0.99


def test_a_slot_gives_each_image_its_own_operation(picture) -> None:
    array = picture(0, 32, 32)
    ops = list(Op)
    images = torch.from_numpy(np.stack([array] * len(ops))).permute(0, 3, 1, 2).float()
    arguments = torch.tensor([3.0 if op == Op.POSTERIZE else 0.3 for op in ops])
    fill = torch.tensor([float(level) for level in FILL])
    together = operated(images.clone(), Operations(torch.tensor(ops), arguments), fill)
    for row, op in enumerate(ops):
        alone = operated(
            images[row : row + 1].clone(),
            Operations(torch.tensor([int(op)]), arguments[row : row + 1]),
            fill,
        )
        assert torch.equal(together[row], alone[0]), op.name
