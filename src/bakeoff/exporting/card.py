"""The model card: what the record says, in the hub's metadata and in words. No more than that."""

from __future__ import annotations

from collections.abc import Iterator

from huggingface_hub import EvalResult, ModelCardData

from bakeoff.exporting.source import Source
from bakeoff.records.flops_counting import overcounted
from bakeoff.records.schema import DetailedEvaluation, Record
from bakeoff.reporting.escape import markdown_code, markdown_text
from bakeoff.statistics.proportions import wilson_interval

_USE = """```python
import timm
import torch
from PIL import Image

model = timm.create_model("local-dir:FOLDER", pretrained=True).eval()
transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model))
image = Image.open("image.png").convert("{mode}")
with torch.no_grad():
    probabilities = model(transform(image)[None]).softmax(-1)[0]
print(model.pretrained_cfg["label_names"][int(probabilities.argmax())])
```"""


def write_card(source: Source, *, licence: str) -> str:
    """README.md: YAML metadata that huggingface_hub reads back, then the text."""
    metadata = _metadata(source.record, licence).to_yaml()
    return f"---\n{metadata}\n---\n\n" + "\n".join(_text(source.record, licence))


def _metadata(record: Record, licence: str) -> ModelCardData:
    assert record.result is not None
    data = record.data
    hub_set = data.name.removeprefix("hf:") if data.name.startswith("hf:") else None
    figures = (
        ("accuracy", "Top-1 accuracy (%)", round(record.result.accuracy, 4)),
        ("accuracy", "Top-5 accuracy (%)", round(record.result.top5, 4)),
        ("loss", "Cross-entropy (nats per image)", round(record.result.loss, 6)),
    )
    shown = figures if data.classes > 5 else (figures[0], figures[2])
    return ModelCardData(
        license=licence,
        library_name="timm",
        pipeline_tag="image-classification",
        tags=["image-classification", "timm", "bakeoff"],
        datasets=[hub_set] if hub_set else None,
        base_model=_base(record),
        model_name=f"{record.model.name}, {record.arm}, seed {record.seed}",
        eval_results=[
            EvalResult(
                task_type="image-classification",
                task_name="Image classification",
                dataset_type=hub_set or data.name,
                dataset_name=data.title,
                dataset_split="test",
                metric_type=kind,
                metric_name=name,
                metric_value=value,
            )
            for kind, name, value in shown
        ],
    )


def _base(record: Record) -> str | None:
    tag = record.model.init.removeprefix("timm:")
    if not record.model.init.startswith("timm:") or tag == "default":
        return None
    return f"timm/{record.model.name}.{tag}"


def _text(record: Record, licence: str) -> Iterator[str]:
    data, recipe = record.data, record.recipe
    title = markdown_text(data.title)
    yield f"# {markdown_text(record.model.name)}, trained by {markdown_text(record.arm)}"
    yield ""
    yield (
        f"An image classifier for {title}: {data.classes:,} classes, images of "
        f"{record.recipe.resolution.test} × {record.recipe.resolution.test} pixels, "
        f"{record.model.channels} channels, {record.model.parameters:,} parameters."
    )
    yield ""
    yield "## How to use it"
    yield ""
    yield "FOLDER is where this file lies."
    yield ""
    yield _USE.format(mode="L" if record.model.channels == 1 else "RGB")
    yield ""
    yield "## Results"
    yield ""
    assert record.result is not None
    yield from _results(record, record.result)
    yield ""
    yield "## Training"
    yield ""
    for what, value in _training(record):
        yield f"- {what}: {value}"
    if record.scaling:
        yield ""
        yield "The recipe was fitted to this length by stated rules:"
        yield ""
        for step in record.scaling:
            change = f"{step.published} → {step.used}"
            yield f"- {markdown_code(f'{step.key}: {change}')}, {markdown_text(step.rule)}"
    if recipe.not_carried or record.notes:
        yield ""
        yield "## What to know"
        yield ""
        for note in (*recipe.not_carried, *record.notes):
            yield f"- {markdown_text(note)}"
    yield ""
    yield "## Licence"
    yield ""
    yield from _licence(record, licence)
    yield ""
    yield (
        f"Trained and described by Bakeoff {record.environment.bakeoff}, from the run's record; "
        f"SHA-256 of the test set {markdown_code(data.test_hash)}."
    )
    yield ""


def _results(record: Record, result: DetailedEvaluation) -> Iterator[str]:
    low, high = (100 * end for end in wilson_interval(result.correct, result.images))
    yield (
        f"Of the {result.images:,} test images {result.correct:,} are classified correctly: this "
        f"is the last epoch's result, not the best one's. The interval (95 %, Wilson) is for this "
        "one model on other images of the same kind; it says nothing of other seeds."
    )
    yield ""
    yield "| metric | value | interval |"
    yield "|---|---:|---|"
    yield f"| Top-1 accuracy | {result.accuracy:.2f} % | {low:.2f} to {high:.2f} % |"
    if record.data.classes > 5:
        yield f"| Top-5 accuracy | {result.top5:.2f} % | |"
    yield f"| Cross-entropy loss, nats per image | {result.loss:.4f} | |"
    yield f"| Expected calibration error | {result.calibration_error:.2f} % | |"


def _training(record: Record) -> Iterator[tuple[str, str]]:
    recipe, data = record.recipe, record.data
    yield "recipe", f"{markdown_text(recipe.title)} ({markdown_text(recipe.citation)})"
    yield (
        "started from",
        markdown_text("random weights" if record.model.init == "scratch" else record.model.init),
    )
    yield "trained on", f"{data.train_images:,} images of {markdown_text(data.title)}"
    yield (
        "length",
        f"{record.budget.steps:,} steps of {recipe.batch_size:,} images ({recipe.epochs:.4g} "
        f"passes over the training images)",
    )
    yield "optimizer", f"{recipe.optimizer.name}, learning rate {recipe.optimizer.lr:.4g}"
    yield "seed", str(record.seed)
    yield (
        "normalised by",
        (
            f"mean {', '.join(f'{m:.4f}' for m in data.mean)}, deviation "
            f"{', '.join(f'{s:.4f}' for s in data.std)}"
        ),
    )
    if record.cost is not None:
        yield (
            "cost",
            f"{record.cost.flops:.3g} FLOPs in {record.cost.seconds:,.0f} seconds on "
            f"{markdown_text(record.environment.device)}, {record.environment.precision}"
            + (
                "; the FLOPs were counted too high, each group of a convolution for every group"
                if overcounted(record)
                else ""
            ),
        )


def _licence(record: Record, licence: str) -> Iterator[str]:
    if licence == "unknown":
        yield "Whoever trained these weights has stated no licence for them."
    else:
        yield f"The weights: {markdown_text(licence)}, as stated by whoever exported them."
    if record.data.licence:
        yield f"The data set: {markdown_text(record.data.licence)}."
    if record.data.citation:
        yield f"Its source: {markdown_text(record.data.citation)}."
    if record.model.init != "scratch":
        yield (
            f"They started from {markdown_text(record.model.init)}, whose own licence holds, too."
        )
