"""A batch in parts trains as the whole batch does, and says what differs."""

from dataclasses import replace

import pytest
import torch
from torch import nn

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
