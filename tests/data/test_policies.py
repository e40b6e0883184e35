"""Which operation, how strong, how often: timm's RandAugment and torchvision's TrivialAugment."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import numpy as np
import pytest
import torch
from PIL import Image
from scipy import stats
from timm.data.auto_augment import rand_augment_transform
from torchvision.transforms import TrivialAugmentWide, autoaugment

from bakeoff.data.augment import RandAugment, TrivialAugment
from bakeoff.data.augment.op import Op

SIDE = 40
Seen = list[tuple[str, float]]


def our_name(op: int) -> str:
    return Op(op).name.replace("_", "").lower()


def their_name(name: str) -> str:
    return name.removesuffix("Increasing").removesuffix("Rel").lower()


def timm_operations(config: str, images: int) -> Seen:
    """What timm does to `images` images: (operation, argument in Pillow's unit)."""
    transform = rand_augment_transform(config, {"img_mean": (0, 0, 0)})
    seen: Seen = []

    def record(op) -> None:
        def note(image, *args, **_):
            argument = float(args[0]) if args else 0.0
            seen.append((their_name(op.name), argument * SIDE if "Rel" in op.name else argument))
            return image

        op.aug_fn = note

    for op in transform.ops:
        record(op)
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002 - timm draws from the global states
    image = Image.new("RGB", (SIDE, SIDE))
    for _ in range(images):
        transform(image)
    return seen


def our_operations(policy: RandAugment | TrivialAugment, images: int) -> Seen:
    slots = policy.draw(images, SIDE, torch.Generator().manual_seed(4))
    return [
        (our_name(op), argument)
        for slot in slots
        for op, argument in zip(slot.op.tolist(), slot.argument.tolist(), strict=True)
    ]


def assert_same_operations(ours: Seen, theirs: Seen, applications: int) -> None:
    """Two-sample chi-squared over operations, `identity` being what was not applied."""
    a, b = (Counter(name for name, _ in seen) for seen in (ours, theirs))
    b["identity"] += applications - len(theirs)
    assert set(a) == set(b)
    table = [[a[name] for name in sorted(a)], [b[name] for name in sorted(a)]]
    assert stats.chi2_contingency(table).pvalue > 1e-3


def assert_same_arguments(ours: Seen, theirs: Seen) -> None:
    """Per operation: chi-squared over values where they are few, else over equally filled bins.

    Values that are many are tested by Kolmogorov-Smirnov as well.
    """
    mine, others = defaultdict(list), defaultdict(list)
    for seen, into in ((ours, mine), (theirs, others)):
        for name, argument in seen:
            into[name].append(round(argument, 4) + 0.0)
    for name in others:
        a, b = Counter(mine[name]), Counter(others[name])
        values = sorted(set(a) | set(b))
        if len(values) == 1:
            continue
        if len(values) <= 70:
            table = np.array([[a[v] for v in values], [b[v] for v in values]])
            common = table.sum(0) >= 8
            assert common.mean() > 0.5 or len(values) <= 4, name
            pvalue = stats.chi2_contingency(table[:, common]).pvalue if common.sum() > 1 else 1.0
        else:
            edges = np.quantile([*mine[name], *others[name]], np.linspace(0, 1, 21)[1:-1])
            table = np.array(
                [
                    np.bincount(np.searchsorted(np.unique(edges), seen), minlength=20)
                    for seen in (mine[name], others[name])
                ]
            )
            binned = stats.chi2_contingency(table[:, table.sum(0) > 0]).pvalue
            pvalue = min(binned, stats.ks_2samp(mine[name], others[name]).pvalue)
        assert pvalue > 1e-4, name


@pytest.mark.parametrize(
    ("config", "policy"),
    [
        ("rand-m6-mstd0.5-inc1", RandAugment(6, 0.5, increasing=True)),
        ("rand-m7-mstd0.5-inc1", RandAugment(7, 0.5, increasing=True)),
        ("rand-m9-mstd0.5-inc1", RandAugment(9, 0.5, increasing=True)),
        ("rand-m9-n3-mstd1.5", RandAugment(9, 1.5, operations=3)),
        ("rand-m4-mstd0", RandAugment(4)),
    ],
)
def test_rand_augment_draws_as_timm(config: str, policy: RandAugment) -> None:
    images = 12_000
    ours, theirs = our_operations(policy, images), timm_operations(config, images)
    assert_same_operations(ours, theirs, images * policy.operations)
    assert_same_arguments(ours, theirs)


def test_trivial_augment_draws_as_torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    images = 20_000
    theirs: Seen = []

    def note(image, name, magnitude, **_):
        kind = name.lower()
        if kind in {"brightness", "color", "contrast", "sharpness"}:
            magnitude += 1.0
        theirs.append((kind, float(int(magnitude)) if "translate" in kind else magnitude))
        return image

    monkeypatch.setattr(autoaugment, "_apply_op", note)
    torch.manual_seed(0)
    transform = TrivialAugmentWide()
    for _ in range(images):
        transform(Image.new("RGB", (SIDE, SIDE)))
    ours = our_operations(TrivialAugment(), images)
    assert_same_operations(ours, theirs, images)
    assert_same_arguments(ours, theirs)
