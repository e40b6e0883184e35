"""The help of the command line: what a verb does, two examples, its options in groups.

One column says what to type and one what it does; a value's kind stands in the first.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from rich.console import Console

WIDEST = 100
COLUMN = 26
"""Of the options; a longer one has its help on the next line."""
KINDS = {int: "N", float: "X", Path: "PATH"}
LONGEST_CHOICES = 18
OTHERS = "Other options"


class Verb(TyperCommand):
    """A verb whose help fits a screen."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print it; the formatter of plain text is not used."""
        console = _console()
        given = [p for p in self.get_params(ctx) if p.param_type_name == "argument"]
        said = " ".join(_argument(p) for p in given)
        _say(console, f"Usage: {ctx.command_path} {f'{said} ' if said else ''}[OPTIONS]", "bold")
        _say(console, "\n" + inspect.cleandoc(self.help or ""))
        _heading(console, "Examples")
        for example in (self.epilog or "").splitlines():
            console.print(f"  {example}", style="cyan", markup=False, highlight=False)
        if given:
            _heading(console, "Arguments")
            for parameter in given:
                _row(console, _argument(parameter), _help(parameter))
        kinds = get_type_hints(self.callback) if self.callback is not None else {}
        for name, options in _grouped(self.get_params(ctx)):
            _heading(console, name)
            for option in options:
                _row(console, *_option(option, kinds.get(option.name or "")))


class Verbs(TyperGroup):
    """All verbs, in their groups."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print them; the formatter of plain text is not used."""
        console = _console()
        _say(console, f"Usage: {ctx.command_path} VERB [OPTIONS]", "bold")
        _say(console, "\n" + inspect.cleandoc(self.help or ""))
        groups: dict[str, list[Any]] = {}
        for name in self.list_commands(ctx):
            command: Any = self.get_command(ctx, name)
            groups.setdefault(_panel(command) or "Verbs", []).append(command)
        for group, commands in groups.items():
            _heading(console, group)
            for command in commands:
                text = inspect.cleandoc(command.help or "").partition("\n\n")[0]
                _row(console, command.name, " ".join(text.split()), column=11)
        _heading(console, "Options")
        for option in self.get_params(ctx):
            _row(console, *_option(option))
        _say(console, f"\n{ctx.command_path} VERB --help explains a verb, with examples.")


def examples(*lines: str) -> str:
    """Example calls as a verb's epilogue, a line each."""
    return "\n".join(lines)


def _grouped(parameters: Iterable[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Options by their panel, in the order in which panels first come; those without one last."""
    found: dict[str, list[Any]] = {}
    rest = []
    for parameter in parameters:
        if parameter.param_type_name == "argument" or getattr(parameter, "hidden", False):
            continue
        panel = _panel(parameter)
        if panel:
            found.setdefault(panel, []).append(parameter)
        else:
            rest.append(parameter)
    yield from found.items()
    yield OTHERS if found else "Options", rest


def _panel(thing: Any) -> str:
    """The group; Typer's own value for "none" is no text."""
    panel = getattr(thing, "rich_help_panel", None)
    return panel if isinstance(panel, str) else ""


def _argument(parameter: Any) -> str:
    name = str(parameter.name).upper() + ("…" if parameter.nargs != 1 else "")
    return name if parameter.required else f"[{name}]"


def _option(parameter: Any, annotated: Any = None) -> tuple[str, str]:
    """What to type, and what it does. annotated: the type of its value."""
    names = sorted(parameter.opts, key=len) + list(parameter.secondary_opts)
    text = _help(parameter)
    typed = ", ".join(names)
    if parameter.is_flag:
        return typed, text
    kinds = [k for k in (get_args(annotated) or (annotated,)) if k is not type(None)]
    kinds = [inner for kind in kinds for inner in (get_args(kind) or (kind,))]
    words = [str(k.value) for kind in kinds if _is_enum(kind) for k in kind]
    if len("|".join(words)) > LONGEST_CHOICES:
        return f"{typed} WORD", f"{text} One of: {', '.join(words)}."
    kind = "|".join(words) or next((KINDS[kind] for kind in kinds if kind in KINDS), "TEXT")
    return f"{typed} {parameter.metavar or kind}", text


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, enum.Enum)


def _help(parameter: Any) -> str:
    text = " ".join((getattr(parameter, "help", "") or "").split())
    default = parameter.default
    if default is None or callable(default) or isinstance(default, bool | list | tuple):
        return text
    if not default and default != 0:
        return text
    if getattr(parameter, "show_default", True) is False or parameter.required:
        return text
    return f"{text} [{getattr(default, 'value', default)}]"


def _console() -> Console:
    from rich.console import Console

    return Console()


def _say(console: Console, text: str, style: str = "") -> None:
    from rich.text import Text

    width = min(WIDEST, console.width)
    for line in text.split("\n\n") if "\n\n" in text else [text]:
        blank, line = line.startswith("\n"), " ".join(line.split())
        if blank:
            console.print()
        for part in Text(line, style=style).wrap(console, width):
            part.rstrip()
            console.print(part, soft_wrap=True)


def _heading(console: Console, title: str) -> None:
    console.print(f"\n{title}", style="bold", markup=False, highlight=False)


def _row(console: Console, typed: str, text: str, column: int = COLUMN) -> None:
    from rich.text import Text

    width = min(WIDEST, console.width)
    lines = [
        part.plain.rstrip() for part in Text(text).wrap(console, max(20, width - column - 2))
    ] or [""]
    first = Text(f"  {typed}", style="cyan")
    if len(typed) + 2 > column:
        console.print(first, soft_wrap=True)
    else:
        first.pad_right(column - len(first.plain) + 2)
        first.append(lines.pop(0), style="default")
        console.print(first, soft_wrap=True)
    for line in lines:
        console.print(Text(f"{'':{column + 2}}{line}"), soft_wrap=True)
