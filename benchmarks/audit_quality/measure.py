"""Measure the audit's precision and recall per rule, and write docs/audit-quality.md.

    python benchmarks/audit_quality/measure.py                  the table, 100 documents a planter
    python benchmarks/audit_quality/measure.py --cases 10000    also simulated true evaluations
    python benchmarks/audit_quality/measure.py --real FOLDER    also documents of your own
    python benchmarks/audit_quality/measure.py --write          put the table into the page

Needs the development extra (numpy, scipy, ruamel.yaml); about two minutes on one core for the table
and four more for 10,000 simulated evaluations.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from auditing.corpus.evaluations import true_sheet  # noqa: E402
from auditing.corpus.judge import TRUE, Score, accusations, scores  # noqa: E402
from auditing.corpus.layouts import lay_out, layouts_of  # noqa: E402
from auditing.corpus.sheets import published  # noqa: E402
from auditing.corpus.sound_sentences import TEMPLATES, sound_sentence  # noqa: E402
from bakeoff.auditing.checks import rules  # noqa: E402
from bakeoff.statistics import wilson_interval  # noqa: E402

PAGE = ROOT / "docs" / "audit-quality.md"
HEADER = [
    "| Rule | Planted error | Expected | Documents | Recall | Proved | Found at all "
    "| Right twins accused | Precision |",
    "|---|---|---|--:|--:|--:|--:|--:|--:|",
]
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def true_documents() -> tuple[int, list[str]]:
    """Audit every true document; (how many, accusations)."""
    count, said = 0, []
    for path in sorted(TRUE.iterdir()):
        count += 1
        said += accusations(path.name, path.read_text(encoding="utf-8"))
    for sheet in published():
        for layout in layouts_of(sheet):
            for seed in range(4):
                file, text = layout(sheet, random.Random(f"{sheet.name} {layout.__name__} {seed}"))
                count += 1
                said += [f"{sheet.name} ({layout.__name__} {seed}) {line}"
                         for line in accusations(file, text)]  # fmt: skip
    return count, said


def sound_sentences() -> tuple[int, list[str]]:
    """Audit sentences of several figures that contradict nothing; (how many, accusations)."""
    count, said = 0, []
    for template in TEMPLATES:
        for seed in range(20):
            rng = random.Random(f"{template} {seed}")
            file, text = lay_out(sound_sentence(template, rng), rng)
            count += 1
            said += [f"{template} ({seed}) {line}" for line in accusations(file, text)]
    return count, said


def simulated(cases: int) -> list[str]:
    """Audit simulated true evaluations; the accusations."""
    said = []
    for seed in range(cases):
        rng = random.Random(f"simulated {seed}")
        file, text = lay_out(true_sheet(rng), rng)
        said += [f"seed {seed} {line}" for line in accusations(file, text)]
    return said


def real(source: Path) -> Counter[str]:
    """Audit whole documents of a folder; prints accusations, counts them by verdict."""
    found: Counter[str] = Counter()
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        found["documents"] += 1
        for line in accusations(path.name, path.read_text("utf-8", "replace")):
            found["accusations"] += 1
            print(path.parent.name, line)
    return found


def row(score: Score, titles: dict[int, str]) -> str:
    """One line of the table."""
    planter = score.planter
    name = planter.name.replace("_", " ")
    ids = ", ".join(titles[n] for n in planter.rules if n in titles)
    wanted = "proof" if planter.expected == "strict" else "doubt"
    accusations = score.strict + score.accused
    precision = f"{score.strict / accusations:.0%}" if accusations else "–"
    return (
        f"| {ids} | {name} | {wanted} | {score.documents} | {score.recall:.0%} | "
        f"{score.strict} | {score.any} | {score.accused} | {precision} |"
    )


def by_rules(results: list[Score], titles: dict[int, str]) -> Iterator[str]:
    """The precision of each family of rules over all its planters, with its Wilson interval."""
    families: dict[str, Counter[str]] = defaultdict(Counter)
    for score in results:
        ids = ", ".join(titles[n] for n in score.planter.rules if n in titles)
        families[ids].update(right=score.strict, accused=score.accused)
    yield "| Rules | Accusations | Right | Precision | Wilson interval (95 %) |"
    yield "|---|--:|--:|--:|--:|"
    whole = sum(families.values(), Counter())
    for ids, found in (*sorted(families.items()), ("all", whole)):
        said = found["right"] + found["accused"]
        if said:
            sure = wilson_interval(found["right"], said)
            shown = f"{found['right'] / said:.0%} | {sure.low:.1%} to {sure.high:.1%}"
            yield f"| {ids} | {said:,} | {found['right']:,} | {shown} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100, help="documents a planter")
    parser.add_argument("--cases", type=int, default=0, help="simulated evaluations")
    parser.add_argument("--real", type=Path, help="a folder of documents to audit as well")
    parser.add_argument("--write", action="store_true", help="write docs/audit-quality.md")
    options = parser.parse_args()
    titles: dict[int, str] = {}
    for rule in rules().values():
        titles[rule.number] = ", ".join(filter(None, (titles.get(rule.number), f"`{rule.id}`")))
    start = time.process_time()
    count, said = true_documents()
    lines = [f"True documents: {count}; accused: {len(said)}.", ""]
    print(*said[:20], sep="\n")
    count, said = sound_sentences()
    lines += [f"Sound sentences: {count:,}; accused: {len(said)}.", ""]
    print(*said[:20], sep="\n")
    if options.cases:
        said = simulated(options.cases)
        lines += [f"Simulated true evaluations: {options.cases:,}; accused: {len(said)}.", ""]
        print(*said[:20], sep="\n")
    if options.real:
        print(dict(real(options.real)))
    lines += HEADER
    results = scores(options.count)
    lines += [row(score, titles) for score in results]
    lines += ["", *by_rules(results, titles)]
    for score in results:
        if score.missed:
            print(f"missed {score.planter.name}: seeds {score.missed[:12]}")
    page = "\n".join(lines)
    print(page, f"\n{time.process_time() - start:.0f} s of one core")
    if options.write:
        text = PAGE.read_text(encoding="utf-8")
        head, tail = text.split(BEGIN)[0], text.split(END)[1]
        PAGE.write_text(f"{head}{BEGIN}\n\n{page}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
