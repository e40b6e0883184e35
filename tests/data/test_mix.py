"""Mixup and CutMix are timm's, draw for draw and in distribution."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from timm.data import mixup as timm_mixup

from bakeoff.data.augment.mix import cut_box, draw_mix, mix_of, mixed, soft_targets

CLASSES, SIZE = 7, 28


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize(("mixup_alpha", "cutmix_alpha"), [(0.2, 0.0), (0.0, 1.0), (0.1, 1.0)])
def test_the_same_draws_give_timms_images_and_targets(
    monkeypatch: pytest.MonkeyPatch, mixup_alpha: float, cutmix_alpha: float, smoothing: float
) -> None:
    drawn: dict[str, object] = {}
    original_params, original_box = (
        timm_mixup.Mixup._params_per_batch,
        timm_mixup.cutmix_bbox_and_lam,
    )

    def params(self: timm_mixup.Mixup) -> tuple[float, bool]:
        drawn["lam"], drawn["cut"] = original_params(self)
        return drawn["lam"], drawn["cut"]

    def box(*args: object, **kwargs: object) -> object:
        result = original_box(*args, **kwargs)
        drawn["box"] = tuple(int(side) for side in result[0])
        return result

    monkeypatch.setattr(timm_mixup.Mixup, "_params_per_batch", params)
    monkeypatch.setattr(timm_mixup, "cutmix_bbox_and_lam", box)
    theirs = timm_mixup.Mixup(
        mixup_alpha, cutmix_alpha, label_smoothing=smoothing, num_classes=CLASSES
    )
    np.random.seed(0)  # noqa: NPY002 - timm draws from the global state
    random = torch.Generator().manual_seed(0)
    for _ in range(40):
        images = torch.randn(8, 3, SIZE, SIZE, generator=random)
        labels = torch.randint(CLASSES, (8,), generator=random)
        their_images, their_targets = theirs(images.clone(), labels)
        mix = mix_of(float(drawn["lam"]), drawn["box"] if drawn["cut"] else None, SIZE)
        torch.testing.assert_close(mixed(images, mix), their_images, atol=1e-6, rtol=1e-6)
        ours = soft_targets(labels, CLASSES, mix, smoothing)
        torch.testing.assert_close(ours, their_targets, atol=1e-6, rtol=1e-6)
        torch.testing.assert_close(ours.sum(1), torch.ones(8))


def test_boxes_are_cutmixs() -> None:
    np.random.seed(1)  # noqa: NPY002
    for share in np.linspace(0, 1, 23):
        state = np.random.get_state()  # noqa: NPY002
        y, x = np.random.randint(0, SIZE), np.random.randint(0, SIZE)  # noqa: NPY002
        np.random.set_state(state)  # noqa: NPY002
        top, bottom, left, right = timm_mixup.rand_bbox((3, SIZE, SIZE), share)
        assert cut_box(SIZE, share, y=y, x=x) == (top, bottom, left, right)


def test_shares_and_switching_are_distributed_as_timms() -> None:
    n = 4000
    settings = {"probability": 0.8, "switch_probability": 0.3}
    random = torch.Generator().manual_seed(5)
    ours = [
        draw_mix(SIZE, mixup_alpha=0.2, cutmix_alpha=1.0, generator=random, **settings)
        for _ in range(n)
    ]
    theirs = timm_mixup.Mixup(0.2, 1.0, prob=0.8, switch_prob=0.3)
    np.random.seed(2)  # noqa: NPY002
    their_shares, their_cuts = [], []
    for _ in range(n):
        share, cut = theirs._params_per_batch()
        if cut:
            _, share = timm_mixup.cutmix_bbox_and_lam((3, SIZE, SIZE), share)
        their_shares.append(float(share))
        their_cuts.append(bool(cut))
    our_shares = np.array([float(mix.share) for mix in ours])
    our_cuts = np.array([bool(mix.cut) for mix in ours])
    table = [[our_cuts.sum(), n - our_cuts.sum()], [sum(their_cuts), n - sum(their_cuts)]]
    assert stats.chi2_contingency(table).pvalue > 1e-3
    for kind in (True, False):
        a = our_shares[our_cuts == kind]
        b = np.array(their_shares)[np.array(their_cuts) == kind]
        assert stats.ks_2samp(a, b).pvalue > 1e-3


def test_without_mixing_targets_are_smoothed_labels() -> None:
    labels = torch.tensor([0, 2])
    expected = timm_mixup.mixup_target(labels, 4, lam=1.0, smoothing=0.1)
    torch.testing.assert_close(soft_targets(labels, 4, None, 0.1), expected)
