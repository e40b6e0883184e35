#!/usr/bin/env bash
# torch's FlopCounterMode counts the weight gradient of a convolution with g groups g times.
#
# Version: torch 2.15.0, Python 3.11.
# Expected: a training step of one convolution costs about three forwards (one for the gradient by
#   the input, one for that by the weight), whatever its groups.
# Seen: 3.0 forwards with one group; with 64 groups of 64 channels, 66: the backward is taken for
#   that of a dense convolution. Training FLOPs of depthwise networks come out many times too high.
# Exits 0 while this is so, 1 when it has changed.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check torch==2.15.0 numpy
env/bin/python -W ignore - <<'PYTHON'
import torch
from torch.utils.flop_counter import FlopCounterMode


def ratio(groups):
    layer = torch.nn.Conv2d(64, 64, 3, padding=1, groups=groups, bias=False)
    images = torch.randn(2, 64, 8, 8, requires_grad=True)
    with FlopCounterMode(display=False) as forward:
        loss = layer(images).sum()
    with FlopCounterMode(display=False) as backward:
        loss.backward()
    return 1 + backward.get_total_flops() / forward.get_total_flops()


dense, depthwise = ratio(1), ratio(64)
print(f"torch {torch.__version__}: {dense:.2f} forwards with 1 group, {depthwise:.2f} with 64")
raise SystemExit(0 if abs(dense - 3) < 0.01 and depthwise > 10 else "changed")
PYTHON
