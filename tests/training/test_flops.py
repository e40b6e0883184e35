"""Training FLOPs are what the layers do, grouped convolutions included; older records say so."""

import pytest
import torch
from torch import nn

import bakeoff
from bakeoff.records.flops_counting import grouped_convolutions, overcounted
from bakeoff.records.schema import FLOPS_COUNTING
from bakeoff.training.flops import on_meta
from bakeoff.training.model import training_flops
from bakeoff.training.run import execute
from comparison.worlds import make_record

CPU = torch.device("cpu")


def by_hand(name: str, size: int) -> tuple[float, float]:
    """FLOPs of one image's forward, and of the first layer's, from shapes alone: two for each
    weight at each place of the output that it reaches."""
    model = on_meta(name, classes=10, channels=3)
    counted: list[int] = []

    def note(module: nn.Module, _given: object, out: torch.Tensor) -> None:
        places = out[0, 0].numel() if isinstance(module, nn.Conv2d) else out[0].numel() // (
            out.shape[-1]
        )  # fmt: skip
        counted.append(2 * module.weight.numel() * places)

    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(note)
    model(torch.empty(2, 3, size, size, device="meta"))
    return float(sum(counted)), float(counted[0])


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("efficientnet_b0", 224),
        ("convnext_tiny", 224),
        ("mobilenetv3_small_050", 32),
        ("resnext50_32x4d", 224),
        ("resnet18", 32),
    ],
)
def test_training_is_three_forwards_less_the_gradient_by_the_images(name, size):
    forward, first = by_hand(name, size)
    counted = training_flops(name, classes=10, channels=3, size=size)
    assert counted == pytest.approx(3 * forward - first, rel=1e-3)
    assert 2.875 <= counted / forward <= 3.0


def test_a_run_says_by_which_formula_its_flops_were_counted(make_job, tmp_path):
    record = execute(make_job("standard"), tmp_path / "run", device=CPU)
    assert record.cost.flops_counting == FLOPS_COUNTING == 2
    assert overcounted(record) is False


def old(arm, model, *, counting=1):
    runs = []
    for seed in range(3):
        made = make_record(arm, seed, 900 + seed)
        network = made.model.model_copy(update={"name": model})
        cost = made.cost.model_copy(update={"flops_counting": counting})
        runs.append(made.model_copy(update={"model": network, "cost": cost}))
    return runs


def test_records_without_the_marker_are_warned_of_where_convolutions_have_groups():
    grouped, plain = old("grouped", "mobilenetv3_small_050"), old("plain", "resnet18")
    assert overcounted(grouped[0]) is True
    assert overcounted(plain[0]) is False
    assert overcounted(old("gone", "no_such_model")[0]) is None
    [note] = [n for n in bakeoff.compare([*grouped, *plain]).notes if "FLOPs of" in n]
    assert "grouped" in note
    assert "plain" not in note.split(" are ")[0]
    counted_anew = old("grouped", "mobilenetv3_small_050", counting=FLOPS_COUNTING)
    assert not [n for n in bakeoff.compare([*counted_anew, *plain]).notes if "FLOPs of" in n]


def test_a_stored_record_without_the_marker_was_counted_by_the_first_formula():
    stored = make_record("a", 0, 900).model_dump(mode="json")
    del stored["cost"]["flops_counting"]
    from bakeoff.records.schema import Record

    assert Record.model_validate(stored).cost.flops_counting == 1


@pytest.mark.parametrize(
    "name",
    [
        *(
            "convnext_atto",
            "efficientnet_b0",
            "ghostnet_050",
            "mobilenetv3_small_050",
            "regnetx_002",
        ),
        *(
            "resnext50_32x4d",
            "tinynet_e",
            "lcnet_035",
            "mnasnet_small",
            "rexnet_100",
            "mobilevit_xxs",
        ),
        *("resnet18", "resnet50", "densenet121", "vgg11", "vit_tiny_patch16_224", "seresnet18"),
        *("wide_resnet50_2", "test_resnet", "test_vit", "deit_tiny_patch16_224", "mixer_s32_224"),
    ],
)
def test_the_lists_of_families_agree_with_the_networks(name):
    parts = on_meta(name, classes=10, channels=3).modules()
    has = any(isinstance(p, nn.modules.conv._ConvNd) and p.groups > 1 for p in parts)
    assert grouped_convolutions(name) is has
