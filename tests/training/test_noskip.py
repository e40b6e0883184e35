"""A ResNet without skips computes its residual branches, and nothing around them."""

import pytest
import timm
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from bakeoff.errors import UnknownName, UsageError
from bakeoff.training.model import build, training_flops
from bakeoff.training.run import execute

CPU = torch.device("cpu")


def plain_network(weights, x, convolutions, strides):
    """By hand, from the parameters: stem, then each block's convolutions in a row."""

    def normal(x, name):
        return F.batch_norm(
            x,
            weights[f"{name}.running_mean"],
            weights[f"{name}.running_var"],
            weights[f"{name}.weight"],
            weights[f"{name}.bias"],
        )

    x = F.relu(normal(F.conv2d(x, weights["conv1.weight"], stride=2, padding=3), "bn1"))
    x = F.max_pool2d(x, 3, 2, 1)
    for layer in range(1, 5):
        for block in range(2):
            for conv in range(1, convolutions + 1):
                name = f"layer{layer}.{block}"
                kernel = weights[f"{name}.conv{conv}.weight"]
                stride = 2 if layer > 1 and block == 0 and conv == strides else 1
                x = F.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2)
                x = F.relu(normal(x, f"{name}.bn{conv}"))
    return x.mean((2, 3)) @ weights["fc.weight"].T + weights["fc.bias"]


@pytest.mark.parametrize(
    ("name", "convolutions", "strides"), [("resnet18", 2, 1), ("resnet26", 3, 2)]
)
def test_forward_is_the_plain_network_by_hand(name, convolutions, strides):
    torch.manual_seed(0)
    network = build(f"{name}_noskip", classes=3, channels=3).module.eval()
    x = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        found = network(x)
        expected = plain_network(network.state_dict(), x, convolutions, strides)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert found.std() > 0


def test_skips_matter_and_the_other_weights_fit(tmp_path):
    torch.manual_seed(0)
    whole = timm.create_model("test_resnet", num_classes=4)
    save_file(whole.state_dict(), tmp_path / "whole.safetensors")
    made = build(
        "test_resnet_noskip", classes=4, channels=3, init=f"file:{tmp_path}/whole.safetensors"
    )
    weights = whole.state_dict()
    for key, value in made.module.state_dict().items():
        assert torch.equal(value, weights[key])
    assert {key for key in weights if key not in made.module.state_dict()} == {
        key for key in weights if ".downsample." in key
    }
    assert any("projections" in note for note in made.notes)


def test_resnet50_loses_exactly_its_projections():
    """Convolutions 64→256, 256→512, 512→1024, 1024→2048, and their batch norms."""
    with torch.device("meta"):
        facts = build("resnet50_noskip", classes=10, channels=3, fast_convolutions=False).facts
    convolutions = 64 * 256 + 256 * 512 + 512 * 1024 + 1024 * 2048
    assert facts.parameters == 23_508_032 + 2_049 * 10 - convolutions - 2 * (
        256 + 512 + 1024 + 2048
    )
    assert facts.name == "resnet50_noskip"


def test_flops_are_those_without_projections():
    plain, whole = (
        training_flops(name, classes=10, channels=3, size=32)
        for name in ("resnet18_noskip", "resnet18")
    )
    assert 0.9 * whole < plain < whole


def test_it_trains_and_is_recorded_under_its_name(make_job, tmp_path):
    record = execute(make_job(model="test_resnet_noskip"), tmp_path, device=CPU)
    assert record.model.name == "test_resnet_noskip"
    assert record.status == "complete"


@pytest.mark.parametrize(
    ("name", "options", "error", "words"),
    [
        ("resnt50_noskip", {}, UnknownName, "resnt50_noskip"),
        ("test_vit_noskip", {}, UsageError, "none of timm's ResNets"),
        ("resnet18_noskip", {"stochastic_depth": 0.1}, UsageError, "stochastic_depth=0"),
        ("resnet18_noskip", {"init": "timm:a1_in1k"}, UsageError, "no pretrained weights"),
    ],
)
def test_what_cannot_be_made_is_refused(name, options, error, words):
    with pytest.raises(error, match=words):
        build(name, classes=2, channels=3, **options)
