"""An ONNX file of a run's network, kept only when onnxruntime computes with it what torch does."""

from __future__ import annotations

import importlib.util
import json
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch

from bakeoff.errors import RunFailed, UsageError
from bakeoff.exporting.source import Source
from bakeoff.records.files import require_writable, write_atomically

OPSETS = range(18, 24)
"""What torch's exporter writes without converting, and onnxruntime reads."""

CHECKED_BATCHES = (1, 3)
TOLERANCE = 1e-3
"""Of the largest logit: far above float32 rounding through a deep network, far below a mistake."""


def write_onnx(source: Source, path: Path, *, opset: int) -> float:
    """Write `path`; returns the largest difference between the two programs' logits.

    Input "images": float32 (batch, channels, height, width), normalised; output "logits": (batch,
    classes). Normalisation, size and class names stand in the file's metadata.
    """
    for package in ("onnx", "onnxscript", "onnxruntime"):
        if importlib.util.find_spec(package) is None:
            raise UsageError(
                f"--onnx needs the package {package}, which is not installed",
                'Install it: pip install "bakeoff[onnx]"',
            )
    if opset not in OPSETS:
        raise UsageError(
            f"opset {opset} is not written", f"Choose one from {OPSETS[0]} to {OPSETS[-1]}"
        )
    require_writable(path.parent)
    with tempfile.TemporaryDirectory() as place:
        draft = Path(place) / "model.onnx"
        _convert(source, draft, opset)
        _describe(source, draft)
        difference = _check(source, draft)
        content = draft.read_bytes()
    write_atomically(path, lambda file: file.write(content))
    return difference


def _convert(source: Source, draft: Path, opset: int) -> None:
    example = torch.zeros(2, *source.input_size)
    with warnings.catch_warnings():
        # The exporter warns of its own deprecated parts.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            source.network,
            (example,),
            str(draft),
            input_names=["images"],
            output_names=["logits"],
            opset_version=opset,
            dynamo=True,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            external_data=False,
            verbose=False,
        )


def _describe(source: Source, draft: Path) -> None:
    import onnx

    record = source.record
    model = onnx.load(str(draft))
    told = {
        "model": record.model.name,
        "arm": record.arm,
        "seed": str(record.seed),
        "class_names": json.dumps(record.data.class_names),
        "mean": json.dumps(record.data.mean),
        "std": json.dumps(record.data.std),
        "resolution": json.dumps(record.recipe.resolution.model_dump(mode="json")),
    }
    onnx.helper.set_model_props(model, told)
    onnx.checker.check_model(model)
    onnx.save(model, str(draft))


def _check(source: Source, draft: Path) -> float:
    """Both programs on the same random images. Raises RunFailed when they disagree."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(draft), providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(0)
    worst = 0.0
    for batch in CHECKED_BATCHES:
        images = torch.randn(batch, *source.input_size, generator=generator)
        with torch.no_grad():
            wanted = source.network(images).numpy()
        (found,) = session.run(["logits"], {"images": images.numpy()})
        difference = float(np.abs(found - wanted).max())
        if not difference <= TOLERANCE * max(1.0, float(np.abs(wanted).max())):
            raise RunFailed(
                f"the ONNX file gives other logits than torch, by up to {difference:.3g}; "
                "it was not kept",
                "Export with --hf instead, and report this with your versions of torch and onnx",
            )
        worst = max(worst, difference)
    return worst
