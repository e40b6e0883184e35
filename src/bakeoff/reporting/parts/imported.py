"""Runs of other tools: the arms, where they were read from, and what nobody knows of them."""

from __future__ import annotations

from bakeoff.records.origin import Origin
from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.document import Arm, Code, Column, Items, Paragraph, Section, Table, Text
from bakeoff.reporting.material import Material, unique
from bakeoff.reporting.numbers import ABSENT, counted, listed
from bakeoff.reporting.score.question import question

MOST_SETTINGS = 12
MOST_SOURCES = 6


def imported_objective(material: Material) -> Section:
    """The arms and their settings, as far as the tool keeps them."""
    return Section(
        "objective",
        "Objective",
        (
            Paragraph(
                f"{question(material)} The runs were made by {_tools(material)} and brought in; "
                "Bakeoff trained and tested nothing itself."
            ),
            Table(
                "The arms",
                (
                    Column("Arm"),
                    Column("Settings that all of its runs share"),
                    Column("Complete", "number"),
                    Column("Failed", "number"),
                    Column("Unfinished", "number"),
                ),
                tuple(
                    (
                        (Arm(arm.name),),
                        _shared(arm),
                        str(len(arm.complete)),
                        str(len(arm.failed)),
                        str(len(arm.incomplete)),
                    )
                    for arm in material.arms
                ),
            ),
        ),
    )


def imported_limits(material: Material) -> Section:
    """What is not known of runs that somebody else made."""
    items: list[Text] = [
        "The figures are the last ones that each run's log holds. Who measured them, on which "
        "images and with which weights (averaged ones, or those of a best epoch) is the tool's to "
        "say."
    ]
    chosen = {o.conditions.get("selection") for o in _origins(material)} - {None, "", "last epoch"}
    if chosen:
        items.append(f"Chosen on the images that are measured: {listed(sorted(map(str, chosen)))}.")
    unknown = unique(what for origin in _origins(material) for what in origin.unknown)
    items += [f"Not known: {what}." for what in unknown]
    notes = unique(note for record in material.records for note in record.notes)
    return Section("limits", "Limits of this comparison", (Items((*items, *notes)),))


def where_from(material: Material) -> Section:
    """What each arm was read from, and which of its names said what."""
    roles = unique(role for origin in _origins(material) for role in origin.read_as)
    rows: list[tuple[Text, ...]] = [
        (
            (Arm(arm.name),),
            origin.by,
            (Code(_sources(arm)),),
            *(origin.read_as.get(role, ABSENT) for role in roles),
        )
        for arm in material.arms
        if (origin := arm.first.origin) is not None
    ]
    columns = (Column("Arm"), Column("Tool"), Column("Read from"), *map(Column, roles))
    again = unique(r.command for r in material.records if r.command)
    return Section(
        "reproduce",
        "Where the runs come from",
        (
            Table("What was read, and which name said what", columns, tuple(rows)),
            Paragraph(
                ("Brought in by ", Code(again[0]), ".")
                if again
                else "The records do not say by which command they were brought in."
            ),
        ),
    )


def _origins(material: Material) -> list[Origin]:
    return [record.origin for record in material.records if record.origin is not None]


def _tools(material: Material) -> str:
    return listed(list(unique(origin.by for origin in _origins(material)))[:MOST_SOURCES])


def _sources(arm: ArmRuns) -> str:
    found = unique(run.record.origin.source for run in arm.runs if run.record.origin)
    return found[0] if len(found) == 1 else f"{found[0]} and {counted(len(found) - 1, 'more')}"


def _shared(arm: ArmRuns) -> str:
    """ "lr 0.1, optimizer adamw"; no seed, and nothing in which runs differ."""
    each = [dict(run.record.origin.settings) for run in arm.runs if run.record.origin]
    same = {
        name: value
        for name, value in (each[0] if each else {}).items()
        if all(name in other and other[name] == value for other in each[1:])
        and (len(each) == 1 or "seed" not in name.lower())
    }
    told = [f"{name} {str(value)[:40]}" for name, value in same.items()]
    more = f" and {len(told) - MOST_SETTINGS} more" if len(told) > MOST_SETTINGS else ""
    return f"{', '.join(told[:MOST_SETTINGS])}{more}" or ABSENT
