"""How to repeat it: the command, the versions, the hashes."""

from __future__ import annotations

from bakeoff.records.schema import Environment, Record
from bakeoff.reporting.document import Block, Code, Column, Listing, Paragraph, Section, Table
from bakeoff.reporting.material import Material, unique

MAX_ENVIRONMENTS = 6


def reproduce(material: Material) -> Section:
    command = material.manifest.command if material.manifest else ""
    commands = (command,) if command else unique(r.command for r in material.records if r.command)
    blocks: list[Block] = []
    if commands:
        blocks.append(Listing("Command", "\n".join(commands[:MAX_ENVIRONMENTS])))
    else:
        blocks.append(Paragraph("The records do not say by which command they were made."))
    seen = _environments(material)
    for environment, runs in seen[:MAX_ENVIRONMENTS]:
        blocks.append(_made_with(environment, runs, len(seen)))
    if len(seen) > MAX_ENVIRONMENTS:
        blocks.append(Paragraph(f"{len(seen) - MAX_ENVIRONMENTS} more environments."))
    blocks.append(_hashes(material))
    return Section("reproduce", "How to reproduce it", tuple(blocks))


def _environments(material: Material) -> list[tuple[Environment, int]]:
    """Each distinct environment and how many runs were made in it."""
    by_content: dict[str, list[Record]] = {}
    for record in material.records:
        by_content.setdefault(record.environment.model_dump_json(), []).append(record)
    return [(records[0].environment, len(records)) for records in by_content.values()]


def _made_with(made: Environment, runs: int, environments: int) -> Table:
    packages = ", ".join(f"{name} {version}" for name, version in sorted(made.packages.items()))
    rows = (
        ("Bakeoff", made.bakeoff),
        ("Code", made.code),
        ("Python", made.python),
        ("Packages", packages),
        ("Platform", made.platform),
        ("Processor", made.processor),
        ("Device", made.device),
        ("Threads", str(made.threads)),
        ("Processes", str(made.processes)),
        ("Precision", made.precision),
        ("Deterministic", "yes" if made.deterministic else "no"),
    )
    return Table(
        f"Made with ({runs} runs)" if environments > 1 else "Made with",
        (Column("What"), Column("Value")),
        rows,
        bare=True,
        folded="Versions, device and precision" + (f" ({runs} runs)" if environments > 1 else ""),
    )


def _hashes(material: Material) -> Table:
    rows = []
    for data in {r.data.test_hash: r.data for r in material.records}.values():
        rows.append((f"{data.title}, training images and labels", (Code(data.train_hash),)))
        rows.append((f"{data.title}, test images and labels", (Code(data.test_hash),)))
    subsets = {r.train_subset.index_hash for r in material.records if r.train_subset}
    rows += [("Recorded training images", (Code(value),)) for value in sorted(subsets)]
    seeds = sorted({record.seed for record in material.records})
    shown = ", ".join(str(seed) for seed in seeds[:20]) + (" …" if len(seeds) > 20 else "")
    return Table(
        "SHA-256 of the content, and the seeds",
        (Column("What"), Column("Value")),
        (*rows, ("Seeds", shown)),
        bare=True,
        folded="Hashes and seeds",
    )
