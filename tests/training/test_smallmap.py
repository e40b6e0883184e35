"""Small-map convolutions are torch's convolutions, computed another way."""

import copy

import pytest
import timm
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from bakeoff.training.smallmap import SmallMapConv2d, use_small_map_convolutions


@settings(max_examples=80, deadline=None)
@given(
    kernel=st.sampled_from([1, 2, 3, 5, 7]),
    stride=st.integers(1, 3),
    padding=st.integers(0, 3),
    height=st.integers(1, 8),
    width=st.integers(1, 8),
    bias=st.booleans(),
    channels_last=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_outputs_and_gradients_are_those_of_torchs_convolution(
    kernel, stride, padding, height, width, bias, channels_last, seed
):
    padding = min(padding, kernel - 1)
    if min(height, width) + 2 * padding < kernel:
        return
    torch.manual_seed(seed)
    conv = nn.Conv2d(3, 5, kernel, stride, padding, bias=bias).double()
    twin = SmallMapConv2d.of(copy.deepcopy(conv))
    x = torch.randn(2, 3, height, width, dtype=torch.float64)
    if channels_last:
        x = x.contiguous(memory_format=torch.channels_last)
    xs = [x.clone().requires_grad_() for _ in range(2)]
    outs = [module(given) for module, given in zip((conv, twin), xs, strict=True)]
    torch.testing.assert_close(outs[1], outs[0])
    weight = torch.randn_like(outs[0])
    for out in outs:
        (out * weight).sum().backward()
    torch.testing.assert_close(xs[1].grad, xs[0].grad)
    for (name, ours), theirs in zip(twin.named_parameters(), conv.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, msg=name)


def test_a_whole_resnet50_at_28_px_gives_the_same_logits_and_gradients():
    torch.manual_seed(0)
    plain = timm.create_model("resnet50", num_classes=10).double()
    fast = copy.deepcopy(plain)
    assert use_small_map_convolutions(fast) == 53
    x = torch.randn(4, 3, 28, 28, dtype=torch.float64)
    target = torch.tensor([1, 2, 3, 4])
    for model in (plain, fast):
        nn.functional.cross_entropy(model(x), target).backward()
    torch.testing.assert_close(fast(x), plain(x))
    for ours, theirs in zip(fast.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)


def test_state_dicts_are_interchangeable():
    plain = timm.create_model("resnet18", num_classes=10)
    fast = copy.deepcopy(plain)
    use_small_map_convolutions(fast)
    assert plain.state_dict().keys() == fast.state_dict().keys()
    plain.load_state_dict(fast.state_dict())


@pytest.mark.parametrize(
    "conv",
    [
        nn.Conv2d(4, 4, 3, padding=1, groups=4),
        nn.Conv2d(4, 4, 3, padding=2, dilation=2),
        nn.Conv2d(4, 4, 3, padding="same"),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(4, 4, 1, padding=1),
    ],
    ids=["grouped", "dilated", "same", "reflect", "over-padded"],
)
def test_convolutions_it_does_not_cover_are_left_alone(conv):
    model = nn.Sequential(conv)
    assert use_small_map_convolutions(model) == 0
    assert type(model[0]) is nn.Conv2d


def test_a_kernel_larger_than_its_map_is_refused_as_torch_refuses_it():
    plain = nn.Conv2d(3, 4, 5)
    with pytest.raises(RuntimeError, match="Kernel size"):
        plain(torch.zeros(1, 3, 3, 3))
    with pytest.raises(RuntimeError, match="Kernel size"):
        SmallMapConv2d.of(plain)(torch.zeros(1, 3, 3, 3))
