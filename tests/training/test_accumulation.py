"""A batch in parts trains as the whole batch does, and says what differs."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from bakeoff.errors import UsageError
from bakeoff.training.assemble import assemble
from bakeoff.training.run import execute
from bakeoff.training.step import train_step

CPU = torch.device("cpu")


def trained(job, steps=4):
    parts = assemble(job, CPU)
    losses = [train_step(parts.state, parts.feed.batch(step)) for step in range(steps)]
    return torch.stack(losses), parts


@pytest.mark.parametrize("recipe", ["standard", "rsb-a3", "torchvision-v1"])
@pytest.mark.parametrize("micro_batch", [1, 5, 8])
def test_without_batch_norm_it_equals_the_whole_batch_up_to_rounding(make_job, recipe, micro_batch):
    job = make_job(recipe, model="test_vit")
    whole, reference = trained(job)
    split, parts = trained(replace(job, micro_batch=micro_batch))
    torch.testing.assert_close(split, whole, rtol=1e-4, atol=1e-5)
    for ours, theirs in zip(
        parts.state.model.parameters(), reference.state.model.parameters(), strict=True
    ):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)


def test_no_more_than_a_part_goes_through_the_network_at_once(make_job):
    parts = assemble(replace(make_job(), micro_batch=5), CPU)
    seen = []
    parts.state.model.register_forward_pre_hook(lambda module, given: seen.append(len(given[0])))
    train_step(parts.state, parts.feed.batch(0))
    assert seen == [4, 4, 4, 4]


def test_the_record_says_how_and_what_batch_norm_saw(make_job, tmp_path):
    normalised = execute(replace(make_job(), micro_batch=8), tmp_path / "a", device=CPU)
    assert normalised.micro_batch == 8
    assert any("batch norm took its statistics over 8" in note for note in normalised.notes)
    layered = execute(
        replace(make_job(model="test_vit"), micro_batch=8), tmp_path / "b", device=CPU
    )
    assert any("up to rounding" in n and "batch norm" not in n for n in layered.notes)


def test_a_part_as_large_as_the_batch_changes_no_bit(make_job):
    whole, _ = trained(make_job())
    same, parts = trained(replace(make_job(), micro_batch=16))
    assert torch.equal(whole, same)
    assert not any("parts of" in note for note in parts.notes)
    assert any(isinstance(m, nn.BatchNorm2d) for m in parts.state.model.modules())


@pytest.mark.parametrize(
    ("batch_size", "micro_batch", "images"),
    [
        pytest.param(1, None, 8, id="a batch of one"),
        pytest.param(16, 1, 64, id="parts of one"),
        pytest.param(33, 2, 66, id="a last part of one"),
        pytest.param(1, None, 1, id="a budget of one"),
    ],
)
def test_batch_norm_over_one_image_is_one_line_before_training(
    make_job, batch_size, micro_batch, images
):
    job = replace(make_job(batch_size=batch_size, images=images), micro_batch=micro_batch)
    with pytest.raises(UsageError, match="batch norm, which needs several images at a time"):
        assemble(job, CPU)


def test_parts_that_differ_by_one_are_all_right_while_each_has_two(make_job):
    assemble(replace(make_job(batch_size=5, images=20), micro_batch=4), CPU)  # 3 and 2


def test_without_batch_norm_one_image_is_a_batch(make_job):
    assemble(make_job(model="test_vit", batch_size=1, images=4), CPU)
