"""How the data sets differ: facts side by side, and no ranking across them."""

from __future__ import annotations

from bakeoff.errors import UnknownName
from bakeoff.published import Dataset, dataset
from bakeoff.records.schema import Record
from bakeoff.reporting.document import Column, Paragraph, Section, Table
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import ABSENT, NBSP, count, listed, short

PAPERS_SET = "imagenet-1k"


def data_sets(material: Material) -> Section:
    ours = {record.data.test_hash: record for record in material.records}
    paper = dataset(PAPERS_SET)
    heads = [record.data.title for record in ours.values()]
    columns = [_ours(record) for record in ours.values()]
    if paper.title not in heads:
        heads.append(f"{paper.title} (the papers’)")
        columns.append(_known(paper))
    rows = tuple(
        (name, *(column[name] for column in columns)) for name in (columns[0] if columns else {})
    )
    return Section(
        "data",
        "How the data sets differ",
        (
            *(Paragraph(text) for text in _differences(list(ours.values()), paper)),
            Table(
                "The data sets",
                (Column("Fact"), *(Column(head) for head in heads)),
                rows,
                folded="Sizes, licences and citations",
            ),
        ),
    )


def _ours(record: Record) -> dict[str, str]:
    data = record.data
    return {
        "Training images": count(data.train_images),
        "Test images": count(data.test_images),
        "Classes": count(data.classes),
        "Training images a class": count(data.train_images / data.classes),
        "Size of an image": f"{data.height} × {data.width}{NBSP}px",
        "Channels as trained": str(data.channels),
        "Licence": data.licence or _registry(data.name, "licence"),
        "Citation": data.citation or _registry(data.name, "citation"),
    }


def _known(known: Dataset) -> dict[str, str]:
    train = known.train_images
    images = known.reported_images
    return {
        "Training images": ABSENT if train is None else count(train),
        "Test images": ABSENT
        if images is None
        else count(images) + (" (validation)" if known.reported_split == "validation" else ""),
        "Classes": count(known.classes),
        "Training images a class": ABSENT if train is None else count(train / known.classes),
        "Size of an image": f"{known.height} × {known.width}{NBSP}px"
        if known.height and known.width
        else "varies",
        "Channels as trained": str(known.channels),
        "Licence": known.licence,
        "Citation": known.citation,
    }


def _registry(name: str, field: str) -> str:
    try:
        return str(getattr(dataset(name), field)) or ABSENT
    except UnknownName:
        return ABSENT


def _differences(records: list[Record], paper: Dataset) -> list[str]:
    others = [record for record in records if record.data.name != paper.name]
    if not others:
        return ["All arms were tested on the papers’ own data set."]
    return [_difference(record, paper) for record in others]


def _difference(record: Record, paper: Dataset) -> str:
    data = record.data
    assert paper.train_images is not None
    parts = [
        f"{short(paper.train_images / data.train_images)} times as many training images",
        f"{short(paper.classes / data.classes)} times as many classes",
    ]
    return (
        f"{paper.title} has {listed(parts)} as {data.title}, where guessing is right "
        f"{short(100 / data.classes)}{NBSP}% of the time ({paper.title}: "
        f"{short(100 / paper.classes)}{NBSP}%). Accuracies on the two are never ranked."
    )
