"""YAML that carries results: model cards (`model-index`) and metafiles (`Models:` with `Results:`).

Model cards follow Hugging Face's `model-index` metadata; metafiles OpenMMLab's and the model-index
format of Papers with Code. Both name task, data set and metrics; other tasks than image
classification are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from bakeoff.auditing.claims import Claim, Document, Format, Unit
from bakeoff.auditing.metrics import METRICS
from bakeoff.auditing.reading.blocks import Blocks, Comment
from bakeoff.auditing.reading.cells import read_cell, with_unit
from bakeoff.auditing.reading.columns import unit_by_size
from bakeoff.auditing.reading.labels import Label, read_label
from bakeoff.auditing.reading.lexicon import dataset_of, splits
from bakeoff.auditing.reading.nodes import Node, compose
from bakeoff.auditing.reading.scope import Scope, make_claim
from bakeoff.auditing.reading.source import Source
from bakeoff.auditing.reading.suppress import suppressions
from bakeoff.errors import BadFile

_CLASSIFICATION = re.compile(r"classif|\bimagenet\b", re.IGNORECASE)
_COMMENT = re.compile(r"^(\s{0,200})#(.{0,2000})")


def read_card(source: Source) -> Document:
    """A YAML file with model results."""
    return _read(source, "\n".join(source.lines), 1, "model-card")


def read_metafile(source: Source) -> Document:
    """A metafile, or any YAML whose `Models` or `model-index` hold results."""
    return _read(source, "\n".join(source.lines), 1, "metafile")


def front_matter(source: Source) -> tuple[int, list[Claim]]:
    """The last line of a Markdown document's front matter (0: none), and the claims in it.

    Front matter that is not YAML is a problem of the document, not its end.
    """
    if not source.lines or source.lines[0].rstrip() != "---":
        return 0, []
    last = next(
        (n for n, line in enumerate(source.lines[1:], start=2) if line.rstrip() in {"---", "..."}),
        0,
    )
    if not last:
        return 0, []
    text = "\n".join(source.lines[1 : last - 1])
    if "model-index" not in text:
        return last, []
    try:
        claims = [c for root in compose(text, source.file, 2) for c in _claims(root, source)]
    except BadFile as error:
        source.problem(
            error.line or 1, f"the front matter was not read: {error.message.partition(': ')[2]}"
        )
        return last, []
    return last, claims


def _read(source: Source, text: str, first_line: int, format: Format) -> Document:
    claims = [c for root in compose(text, source.file, first_line) for c in _claims(root, source)]
    blocks = Blocks(extents=[(n, n) for n in range(1, len(source.lines) + 1)])
    for number, line in enumerate(source.lines, start=1):
        if match := _COMMENT.match(line):
            blocks.comments.append(Comment(match.group(2), number, len(match.group(1)) + 1, True))
    found = tuple(suppressions(blocks, source))
    return Document(source.file, format, tuple(claims), (), found, tuple(source.problems))


def _claims(root: Node, source: Source) -> Iterator[Claim]:
    if root.kind != "map":
        return
    for entry in root.children("model-index"):
        if entry.kind == "map":
            yield from _card_results(entry, source)
    shared = {c.said("Name"): c for c in root.children("Collections") if c.kind == "map"}
    for number, model in enumerate(root.children("Models")):
        if model.kind == "map":
            yield from _model(model, shared.get(model.said("In Collection")), number, source)


def _card_results(entry: Node, source: Source) -> Iterator[Claim]:
    name = entry.said("name")
    for number, result in enumerate(n for n in entry.children("results") if n.kind == "map"):
        task = result.get("task")
        kind = (task.said("type") + " " + task.said("name")) if task is not None else ""
        if kind.strip() and not _CLASSIFICATION.search(kind.replace("text-classification", "")):
            continue
        data = result.get("dataset")
        own = {"model": name[:120]}
        if data is not None and data.kind == "map":
            said = data.said("name") or data.said("type")
            own["dataset"] = dataset_of(said) or dataset_of(data.said("type")) or said[:80]
            own["split"] = next(
                (s for _, _, s in splits(data.said("split"))), data.said("split")[:40]
            )
        for metric in result.children("metrics"):
            label = (
                read_label(metric.said("name"))
                if metric.said("name")
                else read_label(metric.said("type"))
            )
            if not label.metric:
                label = read_label(metric.said("type"))
            yield from _value(label, metric.get("value"), own, f"m{number}", source)


def _model(model: Node, collection: Node | None, number: int, source: Source) -> Iterator[Claim]:
    own = {"model": model.said("Name")[:120]}
    group = f"m{number}"
    for part in (collection, model):
        metadata = part.get("Metadata") if part is not None else None
        if metadata is not None and metadata.kind == "map":
            yield from _metadata(metadata, own, group, source)
    for result in model.children("Results"):
        if result.kind != "map":
            continue
        task = result.said("Task")
        metrics = result.get("Metrics")
        if (task and not _CLASSIFICATION.search(task)) or metrics is None:
            continue
        said = result.said("Dataset")
        context = own | {"dataset": dataset_of(said) or said[:80]}
        for entry in metrics.items if metrics.kind == "list" else [metrics]:
            for key, value in entry.pairs:
                yield from _value(read_label(key.text), value, context, group, source)


def _metadata(metadata: Node, own: dict[str, str], group: str, source: Source) -> Iterator[Claim]:
    for key, value in metadata.pairs:
        label = read_label(key.text)
        if label.metric in {"parameters", "flops", "macs", "epochs", "batch_size", "steps"}:
            yield from _value(label, value, own, group, source)


def _value(
    label: Label, node: Node | None, own: dict[str, str], group: str, source: Source
) -> Iterator[Claim]:
    """The claim of one key and its value, none if either is not understood."""
    if node is None or node.kind != "text" or not label.metric:
        return
    got = read_cell(node.text)
    if got is None:
        return
    unit: Unit = "percent" if label.unit == "percent" else ""
    doubtful = frozenset({"metric"}) if label.doubtful else frozenset[str]()
    if METRICS[label.metric].kind == "share":
        unit = unit or unit_by_size(label.metric, [got.number.value])
        doubtful |= frozenset() if unit or got.number.unit else {"unit"}
    number = with_unit(got.number, label, unit)
    place = source.place(node.line, node.column, len(node.text))
    context = own | {k: v for k, v in (("split", label.split), ("dataset", label.dataset)) if v}
    claim = make_claim(label.metric, number, place, node.text[:200], context, Scope(), doubtful)
    spread = got.spread and replace(got.spread, unit=number.unit)
    yield replace(claim, spread=spread, runs=got.runs, group=group, word=label.loss_kind)
