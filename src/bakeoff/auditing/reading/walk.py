"""Blocks to a document: headings, lead-ins and captions hand their context down to the claims."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bakeoff.auditing.claims import Claim, Document, Format, Table
from bakeoff.auditing.reading.blocks import Blocks, Grid, Heading, Paragraph, Pasted
from bakeoff.auditing.reading.lexicon import (
    papers,
    splits,
)
from bakeoff.auditing.reading.loglines import read_line
from bakeoff.auditing.reading.logs import line_claims, matrix_claims, percent_keys
from bakeoff.auditing.reading.losses import losses_of_lines
from bakeoff.auditing.reading.notes import Note, noted, read_note
from bakeoff.auditing.reading.numbers import number as read_number
from bakeoff.auditing.reading.page import first_line
from bakeoff.auditing.reading.pasted import Matrix, Said, pieces
from bakeoff.auditing.reading.patterns import Pattern
from bakeoff.auditing.reading.prose import read_prose
from bakeoff.auditing.reading.scope import Scope, make_claim
from bakeoff.auditing.reading.source import Source, Text
from bakeoff.auditing.reading.suppress import suppressions
from bakeoff.auditing.reading.surroundings import Surroundings, names_of
from bakeoff.auditing.reading.tables import read_table
from bakeoff.auditing.reading.words import Word

_BEST_ITEM = re.compile(
    r"\W{0,4}(best|worst|max|min)(?:\s(?:run|seed|result|accuracy))?\W{1,6}(\d{1,3}(?:\.\d{1,6})?)\s?%?\W{0,4}$",
    re.IGNORECASE,
)
MOST_NOTES = 20
COUNTED = frozenset({"test_images", "validation_images", "evaluated_images"})
MAX_CLAIMS = 200_000
MAX_PROSE = 2_000_000
"""Characters of prose read of one document; with MAX_CLAIMS and layout.MAX_CELLS it bounds time."""
_CAPTION = re.compile(r"^\s{0,3}(?:\*\*)?(?:table|tab\.)\s?\w{0,6}\s?[:.—–-]", re.IGNORECASE)


@dataclass(slots=True)
class _Walk:
    source: Source
    headings: list[tuple[int, str, dict[str, str]]] = field(default_factory=list)
    leads: dict[int, tuple[str, dict[str, str]]] = field(default_factory=dict)
    notes: list[tuple[int, Note]] = field(default_factory=list)
    last_table: range = range(0)
    claims: list[Claim] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    title: str = ""
    groups: int = 0
    before: Text | None = None
    prose: int = 0
    seen: int = 0
    pasted_lines: set[int] = field(default_factory=set)

    def read_prose(self, text: Text, scope: Scope, kind: str) -> list[Claim]:
        """The claims of a text, until MAX_PROSE characters were read."""
        self.groups += 1
        self.prose += len(text.s)
        self.seen += printed_figures(text.s)
        if self.prose > MAX_PROSE:
            if self.prose - len(text.s) <= MAX_PROSE:
                said = f"of the text, only the first {MAX_PROSE:,} characters were read"
                self.source.problem(text.line, said)
            return []
        return read_prose(text, scope, self.source, f"{kind}{self.groups}")

    def scope(self, depth: int = 0) -> Scope:
        scope = Scope(section=tuple(text for _, text, _ in self.headings))
        for _, _, values in self.headings:
            scope = scope.with_(**values)
        for lead_depth in sorted(self.leads):
            if lead_depth < depth:
                scope = scope.with_(**self.leads[lead_depth][1])
        return scope

    def heading(self, block: Heading) -> None:
        text = " ".join(block.text.s.split())[:300]
        while self.headings and self.headings[-1][0] >= block.level:
            self.headings.pop()
        values = names_of(text)
        self.notes = [(depth, note) for depth, note in self.notes if depth <= len(self.headings)]
        self.headings.append((block.level, text, values))
        self.leads.clear()
        self.last_table = range(0)
        self.before = None
        self.title = self.title or text
        found = self.read_prose(block.text, self.scope(), "h")
        self.claims.extend(c for c in found if c.number is not None)

    def paragraph(self, block: Paragraph) -> None:
        for depth in [d for d in self.leads if d >= block.depth]:
            del self.leads[depth]
        scope = self.scope(block.depth)
        s = block.text.s
        found = self.printed_lines(block.text, scope) or self.read_prose(block.text, scope, "s")
        found = found or self.best_of_last(block.text)
        if block.depth and _ITEM.match(s):
            found = [replace(c, bound="line") if c.bound == "sentence" else c for c in found]
        self.note(s, found)
        self.claims.extend(self.with_notes(found))
        if s.rstrip().rstrip("*_").endswith(":"):
            self.leads[block.depth] = (s, names_of(s))
        self.before = block.text

    def printed_lines(self, text: Text, scope: Scope) -> list[Claim]:
        """A program's lines that were pasted without a fence, if all of the text is such lines."""
        claims: list[Claim] = []
        offset = 0
        for line in text.s.split("\n"):
            log = read_line(line)
            at, offset = offset, offset + len(line) + 1
            if not line.strip() or (claims == [] and _EPOCH_LINE.match(line)):
                continue
            if log is None or not (log.program or log.complete):
                return []
            self.groups += 1
            said = Said(log, Text.of_line(line, *text.at(at)))
            claims += line_claims(said, scope, self.source, f"l{self.groups}", frozenset())
        self.seen += len(claims)
        return claims

    def pasted(self, block: Pasted) -> None:
        """The tables, matrices and log lines of pasted output; what its code names."""
        scope = self.scope(9)
        for index, word in losses_of_lines([line for line, _, _ in block.lines]):
            line = Text.of_line(*block.lines[index])
            self.claims.append(named_loss(word, line, scope, self.source))
        whole = self.source.lines
        self.pasted_lines.update(
            n for s, n, _ in block.lines if 0 < n <= len(whole) and whole[n - 1] == s
        )
        if self.before is not None and 0 < block.lines[0][1] - self.before.last_line <= 3:
            above = {split for _, _, split in splits(self.before.s)}
            scope = scope.with_(split=above.pop() if len(above) == 1 else "")
        if block.cell:
            scope = replace(scope, section=(*scope.section, block.cell))
        found = list(pieces(block))
        percent = percent_keys(p.log for p in found if isinstance(p, Said))
        epoch = ""
        for piece in found:
            if isinstance(piece, Grid):
                self.table(piece, scope)
            elif isinstance(piece, Matrix):
                self.groups += 1
                self.claims += matrix_claims(
                    piece, scope, self.source, len(self.tables), self.groups
                )
            else:
                self.groups += 1
                epoch = piece.log.epoch or epoch
                claims = line_claims(piece, scope, self.source, f"l{self.groups}", percent, epoch)
                self.seen += len(claims)
                self.claims.extend(self.with_notes(claims))
        self.last_table = range(0)

    def best_of_last(self, text: Text) -> list[Claim]:
        """ "Best: 95.9" in a list is of the mean that the item above tells."""
        match = _BEST_ITEM.match(text.s)
        last = self.claims[-1] if self.claims else None
        if match is None or last is None or last.spread is None or last.number is None:
            return []
        value = read_number(match.group(2), last.number.unit)
        section = tuple(said for _, said, _ in self.headings)
        if value is None or last.section != section or value.half != last.number.half:
            return []
        worst = match.group(1).lower() in {"worst", "min"}
        self.groups += 1
        line, column = text.at(match.start(2))
        return [
            replace(
                last,
                number=value,
                text=match.group().strip(),
                place=self.source.place(line, column, len(match.group(2))),
                context=last.context | {"statistic": "worst" if worst else "best"},
                spread=None,
                spread_kind="unknown",
                group=f"s{self.groups}",
            )
        ]

    def note(self, s: str, found: Sequence[Claim]) -> None:
        """Keep a note for the section; right below a table it belongs to the table too."""
        note = read_note(s, found)
        if note is not None:
            self.notes = [*self.notes[1 - MOST_NOTES :], (len(self.headings), note)]
            for i in self.last_table:
                self.claims[i] = noted(self.claims[i], [note])
        self.last_table = range(0)

    def with_notes(self, claims: Sequence[Claim]) -> list[Claim]:
        """The claims with what the notes above them say."""
        if not self.notes:
            return list(claims)
        return [noted(claim, (note for _, note in self.notes)) for claim in claims]

    def table(self, grid: Grid, scope: Scope | None = None) -> None:
        scope = scope or self.scope(1)
        if grid.cell:
            scope = replace(scope, section=(*scope.section, grid.cell))
        if grid.caption is None and self.before is not None and self._is_caption(self.before, grid):
            grid.caption = self.before
        read = read_table(grid, scope, len(self.tables), self.source)
        if read is None:
            return
        table, claims = read
        self.seen += sum(c.number is not None for row in table.rows for c in row.cells)
        if grid.caption is not None and grid.caption is not self.before:
            self.claims.extend(
                c for c in self.read_prose(grid.caption, scope, "s") if c.metric in COUNTED
            )
        self.tables.append(table)
        self.last_table = range(len(self.claims), len(self.claims) + len(claims))
        self.claims.extend(self.with_notes(claims))
        self.before = None

    def _is_caption(self, text: Text, grid: Grid) -> bool:
        if not 0 < grid.line - text.last_line <= 2:
            return False
        s = text.s.strip()
        bold = bool(text.bold) and text.bold[0][0] <= 1 and text.bold[0][1] >= len(text.s) - 2
        return bool(_CAPTION.match(s)) or s.endswith(":") or (bold and len(s) < 300)


def to_document(
    blocks: Blocks, source: Source, format: Format, known: Sequence[Claim] = ()
) -> Document:
    """The claims of all blocks, in document order, with all context that is known.

    known: claims already read from a part of the document that is not in `blocks`.
    """
    around = Surroundings.of(blocks, source)
    walk = _Walk(source)
    for block in blocks.items:
        if len(walk.claims) > MAX_CLAIMS:
            line = first_line(block)
            source.problem(line, f"more than {MAX_CLAIMS:,} claims; the rest was not read")
            break
        if isinstance(block, Heading):
            walk.heading(block)
        elif isinstance(block, Paragraph):
            walk.paragraph(block)
        elif isinstance(block, Pasted):
            walk.pasted(block)
        else:
            walk.table(block)
    _doubt_units(walk.claims)
    walk.claims.extend(losses_named_elsewhere(walk.claims, source, walk.pasted_lines))
    claims = [around.complete(c) for c in (*cited_papers(source), *walk.claims)]
    claims.extend(known)
    claims.sort(key=lambda c: (c.place.line, c.place.column))
    return Document(
        source.file,
        format,
        tuple(claims),
        tuple(walk.tables),
        tuple(suppressions(blocks, source)),
        tuple(source.problems),
        walk.title,
        max(walk.seen + blocks.left, sum(c.number is not None for c in claims)),
    )


def named_loss(word: Word, text: Text, scope: Scope, source: Source) -> Claim:
    """A kind of loss that stands somewhere in a text, as a claim."""
    line, column = text.at(word.start)
    said = text.s[word.start : word.end]
    claim = make_claim("loss_kind", None, source.place(line, column, len(said)), said, {}, scope)
    return replace(claim, word=word.word, negated=word.negated)


def losses_named_elsewhere(
    claims: Sequence[Claim], source: Source, looked_at: set[int]
) -> list[Claim]:
    """Losses that code, links and comments of the page name, where it claims a loss at all.

    looked_at: numbers of lines that were searched for them.
    """
    if not any(c.metric == "loss" for c in claims):
        return []
    known = looked_at | {c.place.line for c in claims if c.metric == "loss_kind"}
    left = ["" if number in known else line for number, line in enumerate(source.lines, start=1)]
    return [
        named_loss(word, Text.of_line(left[index], index + 1), Scope(), source)
        for index, word in losses_of_lines(left)
        if _LOSS_WORD.search(left[index])
    ]


_LOSS_WORD = Pattern(
    r"loss|mse|mae|squar|focal|hinge|quadratic|entropy|nll|criterion|triplet|log|margin|bce",
    re.IGNORECASE,
)
_ITEM = re.compile(r"[^.;!?]{1,120}[:=–—-][^.;!?]*\d")
"""A list item of a key and its value."""
_EPOCH_LINE = re.compile(r"\s*Epoch\s\d{1,5}/\d{1,5}\s*$")
_PRINTED = re.compile(r"(?<![\w.])\d[\d,]{0,20}(?:\.\d{1,20})?(?![\w])")


def printed_figures(s: str) -> int:
    """How many figures stand in a text, for the report of what was left alone."""
    return sum(1 for _ in _PRINTED.finditer(s))


def _doubt_units(claims: list[Claim]) -> None:
    """A bare "0.9" in a section that tells other shares in percent may be 0.9 percent."""
    percent = {c.section for c in claims if c.number is not None and c.number.unit == "percent"}
    for i, claim in enumerate(claims):
        bare = claim.number is not None and claim.number.unit == "fraction" and claim.cell is None
        if bare and claim.section in percent:
            claims[i] = replace(claim, doubtful=claim.doubtful | {"unit", "number"})


def cited_papers(source: Source) -> list[Claim]:
    """Each paper cited by arXiv id or DOI, once a line; links count here though they do elsewhere
    not."""
    claims: list[Claim] = []
    for number, line in source.holding("arxiv", "doi"):
        for match in papers(line):
            place = source.place(number, match.start() + 1, len(match.group()))
            claims.append(Claim("paper", None, place, match.group(), word=match.group(1)))
    return claims
