"""The rules: one file a family, and the folder is the registry.

Adding a rule is adding a function with `@rule(...)` to a file here (or a new file), and its tests.
A rule is a pure function of evidence and facts that yields findings; its docstring gives formula,
source, assumptions and an example, and is what `bakeoff audit --explain RULE` prints.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from inspect import getdoc

from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding
from bakeoff.errors import UnknownName

Check = Callable[[Evidence, Facts], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """A rule. number: its number in the list of rules. about: one line for the list of rules."""

    id: str
    number: int
    about: str
    check: Check

    @property
    def explanation(self) -> str:
        """The rule taught: formula, source, assumptions, an example."""
        return getdoc(self.check) or ""


_RULES: dict[str, Rule] = {}


def rule(id: str, number: int, about: str) -> Callable[[Check], Check]:
    """Register a rule under an id in kebab-case."""

    def register(check: Check) -> Check:
        assert id not in _RULES, id
        _RULES[id] = Rule(id, number, about, check)
        return check

    return register


@cache
def rules() -> dict[str, Rule]:
    """Every rule by id, in the order of their numbers."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(_RULES.items(), key=lambda item: (item[1].number, item[0])))


def find_rule(id: str) -> Rule:
    """The rule with this id. Raises UnknownName, with the nearest ids."""
    if id not in rules():
        raise UnknownName("audit rule", id, rules())
    return rules()[id]
