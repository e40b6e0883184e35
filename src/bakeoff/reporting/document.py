"""The report as a document: sections of blocks, which HTML, Markdown and LaTeX each render.

Nothing here knows a markup. Every string is plain text; the renderers escape it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

PALETTE_SIZE = 8
"""Arms that have a colour of their own."""


@dataclass(frozen=True, slots=True)
class Code:
    """A name, value or command, set as code."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that carry the sentence."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """A citation with its address; addresses other than http(s) are shown, not linked."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Arm:
    """The name of an arm, set with its colour wherever it stands."""

    name: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A word that ranks, such as a verdict of the audit. level: 0 for the most severe."""

    text: str
    level: int


Inline: TypeAlias = str | Code | Strong | Link | Arm | Chip
Text: TypeAlias = str | tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """Of a part of a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: Text


@dataclass(frozen=True, slots=True)
class Notice:
    """What a reader must know before believing a figure. level: how much it changes."""

    level: Literal["note", "warning", "failure"]
    text: Text
    code: str = ""


@dataclass(frozen=True, slots=True)
class Items:
    """folded: under this name, on request."""

    items: tuple[Text, ...]
    folded: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """best: which of the column's figures is set bold where the table is copied as LaTeX."""

    title: str
    align: Literal["text", "number"] = "text"
    best: Literal["", "high", "low"] = ""


@dataclass(frozen=True, slots=True)
class Table:
    """caption says what the rows are, and over what; first column is each row's heading.

    bare: the columns' titles are for screen readers only. folded: under this name, on request.
    """

    caption: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Text, ...], ...]
    note: Text = ""
    folded: str = ""
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """spec(width) gives the Vega-Lite specification at a width in pixels.

    name: of its files. description: the text alternative, made from the numbers. data: the same
    numbers as a table. legend: arms that a page lists beside the drawing, each to be hidden.
    """

    name: str
    title: str
    description: str
    spec: Callable[[int], dict[str, Any]]
    data: Table
    caption: Text = ""
    legend: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Views:
    """Charts of the same figures, of which the page shows one at a time and a file the first.

    switches: what can be chosen, each with its words ("epochs", "images", "time"). charts: by one
    word of each switch; the first is shown first.
    """

    title: str
    switches: tuple[tuple[str, tuple[str, ...]], ...]
    charts: tuple[tuple[tuple[str, ...], Chart], ...]

    @property
    def first(self) -> Chart:
        return self.charts[0][1]


@dataclass(frozen=True, slots=True)
class Diff:
    """Two recipes (or more) side by side where they differ. rows: (key, value for each)."""

    caption: Text
    heads: tuple[Text, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    folded: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines to copy: a command, versions, hashes."""

    title: str
    code: str


@dataclass(frozen=True, slots=True)
class Insight:
    """One question of the comparison; answered by a measurement, or open with what would answer.

    minor: measured, and shown on request.
    """

    question: str
    measured: bool
    text: Text
    how: Text = ""
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks that a page shows on request, under one title."""

    title: str
    blocks: tuple[Block, ...]


Outcome: TypeAlias = Literal["right", "wrong", "some"]


@dataclass(frozen=True, slots=True)
class Answer:
    """How an arm did on an image.

    tally: runs that were right, "" for one run alone. seeds: those that were right, where some
    were not. said: what the others took it for.
    """

    arm: str
    outcome: Outcome
    tally: str
    seeds: str
    said: str

    @property
    def mark(self) -> str:
        return {"right": "✓", "wrong": "✗", "some": "~"}[self.outcome]

    @property
    def detail(self) -> str:
        right = f"{self.seeds} right" if self.seeds else ""
        said = f"said {self.said}" if self.said else ""
        return "; ".join(part for part in (right, said) if part)

    @property
    def written(self) -> str:
        return " ".join(part for part in (self.mark, self.tally, self.said) if part)


@dataclass(frozen=True, slots=True)
class Picture:
    """A test image (PNG or JPEG) and what each arm made of it."""

    index: int
    image: bytes
    label: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Gallery:
    caption: Text
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class StripRow:
    """Images side by side in one picture (PNG or JPEG). told: the text alternative."""

    label: Text
    image: bytes
    told: str


@dataclass(frozen=True, slots=True)
class Strips:
    """The same images, row by row. across: images in a row. name: of its file."""

    name: str
    title: str
    rows: tuple[StripRow, ...]
    across: int
    caption: Text = ""


Block: TypeAlias = (
    Heading
    | Paragraph
    | Notice
    | Items
    | Table
    | Chart
    | Views
    | Diff
    | Listing
    | Insight
    | Gallery
    | Strips
    | Folded
)


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole report. question, answers, lead chart and notices make its first screen.

    answers: for each test set its title, the answer, and the conditions that it holds under.
    verdict: the same in whole sentences. notices: what to read with care, the weightiest first.
    provisional: that runs are still to come, with how many; empty where all have ended.
    """

    title: str
    question: Text
    verdict: Text
    subtitle: Text
    notices: tuple[Notice, ...]
    lead: Chart | None
    sections: tuple[Section, ...]
    arms: tuple[str, ...]
    made_with: str
    answers: tuple[tuple[str, Text, Text], ...] = ()
    provisional: str = ""

    def colour_of(self, arm: str) -> int:
        """1-based place of an arm in the palette; 0 when it has none of its own."""
        if arm not in self.arms:
            # "standard on MNIST" has the colour of "standard".
            arm = max((a for a in self.arms if arm.startswith(f"{a} on ")), key=len, default="")
        place = self.arms.index(arm) + 1 if arm in self.arms else 0
        return place if place <= PALETTE_SIZE else 0


def plain(text: Text) -> str:
    """The text without its markup."""
    if isinstance(text, str):
        return text
    return "".join(
        part if isinstance(part, str) else part.name if isinstance(part, Arm) else part.text
        for part in text
    )
