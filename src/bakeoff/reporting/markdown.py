"""The document as Markdown, with its charts as SVG files beside it."""

from __future__ import annotations

from bakeoff.reporting.charts.draw import for_file, strips_for_file
from bakeoff.reporting.document import (
    Arm,
    Block,
    Chart,
    Chip,
    Code,
    Diff,
    Document,
    Folded,
    Gallery,
    Heading,
    Inline,
    Insight,
    Items,
    Link,
    Listing,
    Notice,
    Paragraph,
    Strips,
    Strong,
    Table,
    Text,
    Views,
    plain,
)
from bakeoff.reporting.escape import markdown_code, markdown_text, printable, web_address

_LEVEL = {"note": "Note", "warning": "Notice", "failure": "Failed"}


def render_markdown(document: Document, folder: str) -> tuple[str, dict[str, str]]:
    """The text, and the SVG of each chart by file name; the text links them in `folder`."""
    drawings: dict[str, str] = {}
    lines = [
        f"# {markdown_text(document.title)}",
        inline(document.subtitle),
        f"**{inline(document.question)}**",
    ]
    lines += [f"*{markdown_text(document.provisional)}*"] if document.provisional else []
    for title, answer, conditions in document.answers:
        lines += [f"*{markdown_text(title)}*"] if title else []
        lines += [f"**{markdown_text(plain(answer))}**", inline(conditions)]
    if document.lead:
        lines.append(block(document.lead, drawings, folder))
    if document.notices:
        lines.append("**Read with care**")
        lines.append("\n".join(f"- {inline(notice.text)}" for notice in document.notices))
    for section in document.sections:
        lines.append(f"## {markdown_text(section.title)}")
        lines += [block(item, drawings, folder) for item in section.blocks]
    lines.append(f"Made with {markdown_text(document.made_with)}.")
    return "\n\n".join(line for line in lines if line) + "\n", drawings


def inline(text: Text) -> str:
    parts = (text,) if isinstance(text, str) else text
    return "".join(_part(part) for part in parts)


def _part(part: Inline) -> str:
    match part:
        case Code(text):
            return markdown_code(text) if text else ""
        case Strong(text) | Chip(text, _):
            return f"**{markdown_text(text)}**"
        case Arm(name):
            return f"**{markdown_text(name)}**"
        case Link(text, url):
            safe = web_address(url)
            return f"[{markdown_text(text)}]({_target(safe)})" if safe else markdown_text(text)
        case str():
            return markdown_text(part)


def _target(url: str) -> str:
    return url.replace("(", "%28").replace(")", "%29")


def block(item: Block, drawings: dict[str, str], folder: str) -> str:
    match item:
        case Heading(text):
            return f"### {markdown_text(text)}"
        case Paragraph(text):
            return inline(text)
        case Notice(level, text):
            return f"> **{_LEVEL[level]}:** {inline(text)}"
        case Items(items, folded):
            listing = "\n".join(f"- {inline(text)}" for text in items)
            return f"{markdown_text(folded)}:\n\n{listing}" if folded else listing
        case Table():
            return table(item)
        case Chart():
            file = f"{item.name}.svg"
            drawings[file] = for_file(item)
            image = f"![{markdown_text(item.description)}]({folder}/{file})"
            return f"**{markdown_text(item.title)}**\n\n{image}\n\n{inline(item.caption)}".strip()
        case Views():
            return block(item.first, drawings, folder)
        case Diff(caption, heads, rows):
            body = [(markdown_code(key), *map(markdown_code, values)) for key, values in rows]
            return _grid(caption, ["", *map(inline, heads)], ["---"] * (len(heads) + 1), body)
        case Listing(title, code):
            fence = "~~~~"
            return f"{markdown_text(title)}:\n\n{fence}text\n{_fenced(code, fence)}\n{fence}"
        case Insight(question, measured, text, how):
            state = "" if measured else "*Not measured.* "
            would = "" if not how else f" {'' if measured else 'To measure it: '}"
            return f"**{markdown_text(question)}** {state}{inline(text)}{would}{inline(how)}"
        case Gallery():
            return _gallery(item)
        case Strips():
            file = f"{item.name}.svg"
            drawings[file] = strips_for_file(item)
            told = markdown_text(". ".join(row.told for row in item.rows))
            image = f"![{told}]({folder}/{file})"
            return f"**{markdown_text(item.title)}**\n\n{image}\n\n{inline(item.caption)}".strip()
        case Folded(_, blocks):
            return "\n\n".join(block(one, drawings, folder) for one in blocks)


def table(item: Table) -> str:
    rules = ["---:" if column.align == "number" else "---" for column in item.columns]
    heads = [markdown_text(column.title) for column in item.columns]
    grid = _grid(item.caption, heads, rules, [[*map(inline, row)] for row in item.rows])
    return f"{grid}\n\n{inline(item.note)}".rstrip()


def _grid(
    caption: Text, heads: list[str], rules: list[str], rows: list[list[str]] | list[tuple[str, ...]]
) -> str:
    lines = [f"*{inline(caption)}*", "", _row(heads), _row(rules), *map(_row, rows)]
    return "\n".join(lines)


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _fenced(code: str, fence: str) -> str:
    return printable(code).replace(fence, fence[0] + "\u200b" + fence[1:])


def _gallery(item: Gallery) -> str:
    arms = [answer.arm for answer in item.pictures[0].answers] if item.pictures else []
    rows = [
        [
            str(picture.index),
            markdown_text(picture.label),
            *(markdown_text(answer.written) for answer in picture.answers),
        ]
        for picture in item.pictures
    ]
    return _grid(
        item.caption,
        ["Test image", "Label", *map(markdown_text, arms)],
        ["---:", "---"] + ["---"] * len(arms),
        rows,
    )
