"""Which older records counted too many FLOPs.

Until `FLOPS_COUNTING` 2 training FLOPs came from torch's own formula, which takes the weight
gradient of a convolution with g groups for that of one dense convolution.
"""

from __future__ import annotations

from bakeoff.records.schema import FLOPS_COUNTING, Record

GROUPED = (
    "coat", "convmixer", "convnext", "dpn", "edgenext", "efficientformer", "efficientnet",
    "fastvit", "fbnet", "gernet", "ghostnet", "hardcorenas", "lcnet", "mixnet", "mnasnet",
    "mobilenet", "mobilevit", "nfnet", "pvt_v2", "regnet", "repvit", "resnest", "resnext",
    "rexnet", "seresnext", "spnasnet", "tf_efficientnet", "tf_mixnet", "tf_mobilenet", "tinynet",
    "xception",
)  # fmt: skip
UNGROUPED = (
    "beit", "cait", "deit", "densenet", "eva", "inception", "mixer", "resmlp", "resnet", "seresnet",
    "swin", "test_resnet", "test_vit", "vgg", "vit_base", "vit_huge", "vit_large", "vit_small",
    "vit_tiny", "wide_resnet",
)  # fmt: skip
"""Families of timm's names whose members do and do not have convolutions in groups."""


def grouped_convolutions(model: str) -> bool | None:
    """Whether a timm model has convolutions in groups; None for a family that is in no list."""
    if model.startswith(GROUPED):
        return True
    return False if model.startswith(UNGROUPED) else None


def overcounted(record: Record) -> bool | None:
    """Whether a record's FLOPs are too high. None where that cannot be told."""
    cost = record.cost
    if cost is None or not cost.flops or cost.flops_counting >= FLOPS_COUNTING:
        return False
    return False if record.recipe.trains != "all" else grouped_convolutions(record.model.name)
