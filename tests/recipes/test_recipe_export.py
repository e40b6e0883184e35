"""Exported arguments are read by the tools' own parsers, and by timm's own parts, to the same run.

The parsers are rebuilt from the flags of both train.py files (`*_train_flags.tsv`).
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bakeoff.errors import UnknownName, UsageError
from bakeoff.recipes import load, names
from bakeoff.recipes.export import TOOLS, export

HERE = Path(__file__).parent


class KeyValues(argparse.Action):
    """timm's `--opt-kwargs a=1 b=False`."""

    def __call__(self, parser, namespace, values, option_string=None):
        assert isinstance(values, Sequence)
        pairs = (value.split("=") for value in values)
        setattr(namespace, self.dest, {key: ast.literal_eval(value) for key, value in pairs})


def parser(tool: str) -> argparse.ArgumentParser:
    built = argparse.ArgumentParser(allow_abbrev=False, exit_on_error=False)
    types: dict[str, Any] = {"int": int, "float": float, "": str}
    for line in (HERE / f"{tool}_train_flags.tsv").read_text().splitlines():
        if line.startswith("#"):
            continue
        flags, kind, nargs, action, default = line.split("\t")
        options: dict[str, Any] = {"default": json.loads(default)}
        if action == "store_true":
            options["action"] = "store_true"
        elif action:
            options |= {"action": KeyValues, "nargs": "*"}
        else:
            options["type"] = types.get(kind, str)
            if nargs:
                options["nargs"] = int(nargs) if nargs.isdigit() else nargs
        built.add_argument(*flags.split(" "), **options)
    return built


def parse(name: str, tool: str, gpus: int = 1) -> argparse.Namespace:
    return parser(tool).parse_args(list(export(load(name), tool, gpus=gpus).arguments))


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", names())
def test_every_recipe_is_read_by_the_tools_parser(name, tool):
    args = parse(name, tool)
    assert args.batch_size == load(name).recipe.batch_size


def test_torchvision_v2_is_the_published_command():
    """As published with the weights, plus the bias decay of our own file."""
    published = (
        "--batch-size 128 --lr 0.5 --lr-scheduler cosineannealinglr --lr-warmup-epochs 5 "
        "--lr-warmup-method linear --auto-augment ta_wide --epochs 600 --random-erase 0.1 "
        "--weight-decay 0.00002 --norm-weight-decay 0.0 --label-smoothing 0.1 --mixup-alpha 0.2 "
        "--cutmix-alpha 1.0 --train-crop-size 176 --model-ema --val-resize-size 232 "
        "--ra-sampler --ra-reps 4 --bias-weight-decay 0"
    )
    expected = parser("torchvision").parse_args(shlex.split(published))
    assert vars(parse("torchvision-v2", "torchvision", gpus=8)) == vars(expected)


def test_torchvision_v1_is_train_pys_defaults():
    expected = parser("torchvision").parse_args([])
    assert vars(parse("torchvision-v1", "torchvision", gpus=8)) == vars(expected)
    assert export(load("torchvision-v1"), "torchvision").not_expressed == ()


def test_rsb_a1_for_timm_is_the_release_command():
    args = parse("rsb-a1", "timm", gpus=4)
    expected = {
        "batch_size": 512,
        "opt": "lamb",
        "lr": 5e-3,
        "weight_decay": 0.01,
        "sched": "cosine",
        "epochs": 600,
        "warmup_epochs": 5,
        "warmup_lr": 1e-4,
        "min_lr": 1e-6,
        "bce_loss": True,
        "bce_target_thresh": 0.2,
        "smoothing": 0.1,
        "mixup": 0.2,
        "cutmix": 1.0,
        "aug_repeats": 3,
        "drop_path": 0.05,
        "reprob": 0.0,
        "crop_pct": 0.95,
        "input_size": [3, 224, 224],
        "color_jitter": 0.0,
    }
    assert {key: getattr(args, key) for key in expected} == expected


def test_timm_itself_reads_the_randaugment_string_as_the_recipe_means_it():
    from timm.data.auto_augment import rand_augment_transform

    spec = load("rsb-a3").recipe.augment.randaugment
    built = rand_augment_transform(parse("rsb-a3", "timm").aa, {})
    assert built.num_layers == spec.operations
    assert {op.magnitude for op in built.ops} == {spec.magnitude}
    assert {op.magnitude_std for op in built.ops} == {spec.magnitude_std}
    increasing = rand_augment_transform("rand-m6-n2-mstd0.5-inc1", {})
    assert [op.name for op in built.ops] == [op.name for op in increasing.ops]


@pytest.mark.parametrize("name", ["rsb-a3", "torchvision-v1", "ffcv-16", "mosaic-mild"])
def test_timms_scheduler_follows_the_recipe_under_the_exported_arguments(name):
    """Rates by hand: linear up, then cosine, straight or in steps, over the recipe's own epochs."""
    import torch
    from timm.scheduler import create_scheduler_v2
    from timm.scheduler.scheduler_factory import scheduler_kwargs

    recipe, args, updates = load(name).recipe, parse(name, "timm"), 20
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=args.lr)
    scheduler, epochs = create_scheduler_v2(
        optimizer, **scheduler_kwargs(args), updates_per_epoch=updates
    )
    assert epochs == recipe.epochs
    total, warm = int(recipe.epochs * updates), int(recipe.schedule.warmup_epochs * updates)
    for step in range(1, total):
        scheduler.step_update(step)
        assert optimizer.param_groups[0]["lr"] == pytest.approx(
            rate_by_hand(recipe, step, total, warm, updates), rel=1e-6, abs=1e-12
        )


def rate_by_hand(recipe, step, total, warm, updates):
    schedule, lr = recipe.schedule, recipe.optimizer.lr
    if step < warm:
        return schedule.warmup_lr + (lr - schedule.warmup_lr) * step / warm
    if schedule.name == "step":
        return lr * schedule.gamma ** (step // (schedule.step_epochs * updates))
    done = step / total if schedule.name == "cosine" else (step - warm) / (total - warm)
    share = 1 - done if schedule.name == "linear" else (1 + math.cos(math.pi * done)) / 2
    return schedule.min_lr + (lr - schedule.min_lr) * share


def test_timms_optimizer_groups_follow_the_recipe_under_the_exported_arguments():
    import torch
    from timm.optim import create_optimizer_v2, optimizer_kwargs

    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
    for name, decays in (("rsb-a3", {0.0, 0.02}), ("torchvision-v1", {1e-4})):
        args = parse(name, "timm")
        built = create_optimizer_v2(model, **optimizer_kwargs(args), **args.opt_kwargs)
        assert {group["weight_decay"] for group in built.param_groups} == decays
        assert not any(group.get("nesterov", False) for group in built.param_groups)
    tuned = parse("finetune", "timm")
    built = create_optimizer_v2(model, **optimizer_kwargs(tuned), **tuned.opt_kwargs)
    assert all(group["nesterov"] for group in built.param_groups)


@pytest.mark.parametrize(
    ("name", "tool", "words"),
    [
        ("rsb-a1", "timm", "3 repeats on one GPU"),
        ("rsb-a3", "timm", "testing at 224 pixels"),
        ("torchvision-v2", "timm", "TrivialAugment"),
        ("torchvision-v2", "timm", "average of the weights"),
        ("rsb-a3", "torchvision", "optimizer lamb"),
        ("rsb-a3", "torchvision", "binary cross-entropy"),
        ("rsb-a3", "torchvision", "RandAugment"),
        ("rsb-a1", "torchvision", "stochastic depth 0.05"),
        ("mosaic-mild", "timm", "BlurPool"),
        ("linear-probe", "torchvision", "only the head"),
        ("standard-gentle", "torchvision", "flips with probability 0"),
        ("standard-gentle", "torchvision", "a crop of area"),
        ("ffcv-88", "torchvision", "straight line"),
    ],
)
def test_what_a_tool_cannot_say_is_listed(name, tool, words):
    assert any(words in what for what in export(load(name), tool).not_expressed)


def test_torchvisions_ema_flag_is_turned_back(write_recipe):
    """Its train.py multiplies 1 - decay by batch × steps / epochs."""
    mine = load(write_recipe("extends: standard\nema: {decay: 0.99, every_steps: 4}\n"))
    args = parser("torchvision").parse_args(list(export(mine, "torchvision").arguments))
    alpha = (1 - args.model_ema_decay) * args.batch_size * args.model_ema_steps / args.epochs
    assert 1 - alpha == pytest.approx(0.99)


def test_a_length_that_is_no_whole_number_is_said(write_recipe):
    mine = load(write_recipe("extends: torchvision-v1\nepochs: 2.5\n"))
    assert any("2.5" in what for what in export(mine, "torchvision").not_expressed)


def test_an_unknown_tool_or_a_batch_that_cannot_be_shared_is_refused():
    with pytest.raises(UnknownName, match="timm"):
        export(load("standard"), "tim")
    with pytest.raises(UsageError, match="cannot be shared by 3 GPUs"):
        export(load("standard"), "timm", gpus=3)
