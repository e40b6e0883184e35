"""Data order depends on the seed and on nothing else; every image counts the same."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bakeoff.data.order import batch_indices, epoch_order, evaluation_shard, rank_rows
from bakeoff.errors import UsageError

sizes = st.integers(1, 300)
repeat_counts = st.integers(1, 4)


@given(sizes, st.integers(0, 2**63), st.integers(0, 50))
@settings(deadline=None)
def test_an_epoch_is_a_permutation(n: int, seed: int, epoch: int) -> None:
    order = epoch_order(n, seed=seed, epoch=epoch)
    assert order.sort().values.tolist() == list(range(n))


def test_order_depends_on_seed_and_epoch() -> None:
    orders = {
        tuple(epoch_order(50, seed=seed, epoch=epoch).tolist())
        for seed in (0, 1, 2, 2**32, 2**40 + 1)
        for epoch in range(5)
    }
    assert len(orders) == 25


def test_order_depends_on_nothing_else() -> None:
    torch.manual_seed(1)
    first = epoch_order(100, seed=3, epoch=2)
    torch.manual_seed(2)
    torch.rand(10)
    assert torch.equal(epoch_order(100, seed=3, epoch=2), first)


@given(sizes, repeat_counts, st.integers(0, 3))
@settings(deadline=None)
def test_repeated_augmentation_shows_every_image_equally_often(
    n: int, repeats: int, start: int
) -> None:
    epochs = [
        epoch_order(n, seed=1, epoch=start * repeats + e, repeats=repeats) for e in range(repeats)
    ]
    assert all(len(order) == n for order in epochs)
    assert torch.cat(epochs).bincount().tolist() == [repeats] * n


@given(st.integers(1, 100), st.integers(1, 20), repeat_counts, st.integers(0, 40))
@settings(deadline=None)
def test_each_global_batch_holds_each_image_repeats_times(
    n: int, groups: int, repeats: int, step: int
) -> None:
    batch = batch_indices(n, seed=0, step=step, batch_size=groups * repeats, repeats=repeats)
    assert len(batch) == groups * repeats
    assert (batch.view(groups, repeats) == batch.view(groups, repeats)[:, :1]).all()
    if groups <= n // 2 and (step + 1) * groups <= n:  # within one permutation
        assert sorted(batch.bincount()[batch.unique()].tolist()) == [repeats] * groups


def test_fewer_than_256_images_are_not_truncated() -> None:
    seen = torch.cat(
        [batch_indices(100, seed=0, step=s, batch_size=30, repeats=3) for s in range(10)]
    )
    assert seen.bincount().tolist() == [3] * 100


@given(st.integers(1, 60), st.integers(1, 5))
@settings(deadline=None)
def test_processes_share_a_global_batch_without_changing_it(batch: int, processes: int) -> None:
    if (batch + 1) // 2 < processes:
        with pytest.raises(UsageError, match="fewer processes or a larger batch"):
            rank_rows(batch, rank=0, processes=processes)
        return
    rows = [rank_rows(batch, rank=rank, processes=processes) for rank in range(processes)]
    assert torch.cat(rows).sort().values.tolist() == list(range(batch))
    assert max(map(len, rows)) - min(map(len, rows)) <= 2
    for mine in rows if processes > 1 else ():
        # What a process mixes by flipping its own rows is what one process would have mixed.
        assert torch.equal(mine.flip(0), batch - 1 - mine)


@given(st.integers(0, 200), st.integers(1, 3))
@settings(deadline=None)
def test_evaluation_counts_every_image_exactly_once(n: int, processes: int) -> None:
    shards = [evaluation_shard(n, rank=rank, processes=processes) for rank in range(processes)]
    assert torch.cat(shards).sort().values.tolist() == list(range(n))
    assert max(map(len, shards)) - min(map(len, shards)) <= 1


def test_no_images_are_refused() -> None:
    with pytest.raises(UsageError, match="no images"):
        epoch_order(0, seed=0, epoch=0)
