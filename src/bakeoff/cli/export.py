"""`bakeoff export RUN`: a run's weights for others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bakeoff.cli import completing
from bakeoff.cli.app import Group, verb
from bakeoff.cli.options import (
    QuietOption,
)
from bakeoff.errors import UsageError


@verb(
    Group.judge,
    "bakeoff export runs/mnist/standard/seed-0 --hf model",
    "bakeoff export runs/mnist/standard/seed-0 --onnx model.onnx",
)
def export(
    run: Annotated[
        Path,
        typer.Argument(help="A finished run's folder.", autocompletion=completing.run_folders),
    ],
    hf: Annotated[
        Path | None,
        typer.Option(
            help="Folder for model card, config.json, model.safetensors.",
            rich_help_panel="What is written",
        ),
    ] = None,
    onnx: Annotated[
        Path | None,
        typer.Option(help="File for an ONNX model, checked.", rich_help_panel="What is written"),
    ] = None,
    opset: Annotated[
        int, typer.Option(help="ONNX operator set, 18 to 23.", rich_help_panel="What is written")
    ] = 18,
    licence: Annotated[
        str,
        typer.Option(
            help="Of the weights, for the card, as apache-2.0.", rich_help_panel="What is written"
        ),
    ] = "unknown",
    quiet: QuietOption = False,
) -> None:
    """Hand on a run's weights: a folder for timm and the Hugging Face hub, or an ONNX file."""
    import bakeoff
    from bakeoff.exporting import DEFAULT_OPSET

    if opset != DEFAULT_OPSET and onnx is None:
        raise UsageError("--opset is for --onnx", "Add --onnx FILE, or leave it out")
    if licence != "unknown" and hf is None:
        raise UsageError("--licence is for the card of --hf", "Add --hf FOLDER, or leave it out")
    written = bakeoff.export(run, hf=hf, onnx=onnx, opset=opset, licence=licence)
    if quiet:
        return
    if written.hf is not None:
        typer.echo(f"{written.hf}: timm.create_model('local-dir:{written.hf}', pretrained=True)")
    if written.onnx is not None:
        typer.echo(
            f"{written.onnx}: opset {written.opset}, onnxruntime's logits differ from torch's by "
            f"{written.largest_difference:.2g} at most"
        )
