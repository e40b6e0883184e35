"""HAND ON: a run's weights in the forms that other tools load."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Exported", "export"]

DEFAULT_OPSET = 18


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. opset: of the ONNX file. largest_difference: between the logits of
    onnxruntime and of torch on the images that the file was checked with."""

    hf: Path | None = None
    onnx: Path | None = None
    opset: int | None = None
    largest_difference: float | None = None


def export(
    run: Path | str,
    *,
    hf: Path | str | None = None,
    onnx: Path | str | None = None,
    opset: int = DEFAULT_OPSET,
    licence: str = "unknown",
) -> Exported:
    """Hand on the weights of a finished run.

    run: its folder. hf: a folder to fill with a model card (README.md), config.json and
    model.safetensors, as the Hugging Face hub and timm expect them:
    `timm.create_model("local-dir:FOLDER", pretrained=True)` loads it. onnx: a file, checked with
    onnxruntime against torch before it is kept. licence: of the weights, for the card; whoever
    trained them says it ("apache-2.0", …), nothing is assumed.

    Nothing is sent anywhere. Raises UsageError where there is nothing to export, for a network
    that timm cannot rebuild, or a missing package; BadFile; OutputError; RunFailed when the ONNX
    file does not compute what the run's network does.
    """
    from bakeoff.extras import require

    require("train", "exporting weights")
    from bakeoff.errors import UsageError
    from bakeoff.exporting.source import load_run

    if hf is None and onnx is None:
        raise UsageError("nothing to export to", "Give --hf FOLDER, --onnx FILE, or both")
    source = load_run(Path(run))
    difference = None
    if hf is not None:
        from bakeoff.exporting.hub_folder import write_folder

        write_folder(source, Path(hf), licence=licence)
    if onnx is not None:
        from bakeoff.exporting.onnx_file import write_onnx

        difference = write_onnx(source, Path(onnx), opset=opset)
    return Exported(
        hf=None if hf is None else Path(hf),
        onnx=None if onnx is None else Path(onnx),
        opset=None if onnx is None else opset,
        largest_difference=difference,
    )
