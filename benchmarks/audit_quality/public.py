"""The audit on documents that nobody chose: those of public projects, by a list with hashes.

    python -m benchmarks.audit_quality.public fetch FOLDER      what the list names, by network
    python -m benchmarks.audit_quality.public measure FOLDER    findings and planted errors, by half
    python -m benchmarks.audit_quality.public list FOLDER       write the list anew from a folder

FOLDER holds source archives as `pip download` leaves them, and repositories as OWNER+NAME. A
project is in the seen or the unseen half by the hash of its name, except those in OPENED, whose
documents were read after a first measurement. No text of the documents is kept here: `public.csv`
holds where each stands and its SHA-256, and a document with another hash is left out.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import math
import random
import re
import subprocess
import tarfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from bakeoff.auditing.api import examine_documents
from bakeoff.auditing.findings import STRICT
from bakeoff.auditing.reading import read
from bakeoff.errors import BakeoffError

LIST = Path(__file__).with_name("public.csv")
ENDINGS = frozenset({
    ".md", ".markdown", ".rst", ".ipynb", ".csv", ".tsv", ".log", ".html", ".htm", ".tex", ".txt",
})  # fmt: skip
LARGEST, MOST = 250_000, 40
"""Bytes of a document; documents of a project, drawn at random."""
OPENED = frozenset({"PaddlePaddle+PaddleClas", "udacity+deep-learning-v2-pytorch"})
Found = tuple[str, str, bytes]
"""Path in the project, project with version or commit, content."""


def half_of(project: str) -> str:
    """The half a project is in."""
    name = re.split(r"[=@]", project)[0]
    odd = int(hashlib.sha256(name.lower().encode()).hexdigest(), 16) % 2
    return "seen" if odd or name in OPENED else "unseen"


def documents(folder: Path) -> Iterator[Found]:
    """Every document of the archives and repositories in a folder."""
    for place in sorted(folder.iterdir()):
        if place.name.endswith(".tar.gz"):
            yield from _of_archive(place)
        elif "+" in place.name and place.is_dir():
            yield from _of_repository(place)


def _wanted(path: str, size: int) -> bool:
    return PurePosixPath(path).suffix.lower() in ENDINGS and 0 < size < LARGEST


def _of_archive(place: Path) -> Iterator[Found]:
    stem = place.name.removesuffix(".tar.gz")
    name, _, version = stem.rpartition("-")
    with tarfile.open(place) as archive:
        for member in archive:
            held = archive.extractfile(member) if member.isfile() else None
            if held is not None and _wanted(member.name, member.size):
                yield member.name, f"{name}=={version}", held.read()


def _of_repository(place: Path) -> Iterator[Found]:
    git = ["git", "--git-dir", str(next(p for p in (place / "repo", place / ".git") if p.exists()))]
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    rows = subprocess.run([*git, "ls-tree", "-r", "-l", "HEAD"], capture_output=True, text=True)
    for row in rows.stdout.splitlines():
        said, _, path = row.partition("\t")
        _, kind, blob, size = said.split()
        if kind == "blob" and size.isdigit() and _wanted(path, int(size)):
            shown = subprocess.run([*git, "cat-file", "blob", blob], capture_output=True)
            yield path, f"{place.name}@{commit.stdout.strip()[:12]}", shown.stdout


def write_list(folder: Path) -> None:
    """Draw the documents of each project, and keep those that hold figures."""
    by_project: dict[str, list[Found]] = defaultdict(list)
    for found in documents(folder):
        by_project[found[1]].append(found)
    rows = []
    for project, members in sorted(by_project.items()):
        random.Random(project).shuffle(members)
        for path, _, content in members[:MOST]:
            audit = _audit(path, content.decode("utf-8", "replace"))
            if audit is not None and audit.figures:
                rows.append((project, path, hashlib.sha256(content).hexdigest()))
    with LIST.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("project", "path", "sha256"), *rows])


def _audit(path: str, text: str):  # type: ignore[no-untyped-def]
    try:
        return examine_documents([read(PurePosixPath(path).name, text)])
    except BakeoffError:
        return None


Planter = Callable[[str, random.Random], str | None]


def _one(pattern: str, put: Callable[[re.Match[str]], str | None]) -> Planter:
    def plant(text: str, rng: random.Random) -> str | None:
        places = [(m, said) for m in re.finditer(pattern, text, re.M) if (said := put(m))]
        if not places:
            return None
        match, said = rng.choice(places)
        return text[: match.start()] + said + text[match.end() :]

    return plant


def _wrong_percent(m: re.Match[str]) -> str | None:
    k, n, p = int(m[2]), int(m[3]), float(m[4])
    if not 0 < k <= n or abs(100 * k / n - p) > 0.6 or p < 10:
        return None
    return f"{m[1]}{m[2]}/{m[3]} ({p - 4:.{len(m[4].partition('.')[2])}f}%)"


def _wrong_f1(m: re.Match[str]) -> str | None:
    p, r = float(m[2]), float(m[4])
    f1 = max(p, r) + 0.06
    return None if f1 >= 1 else f"{m[1]}{m[2]}{m[3]}{m[4]}{m[5]}{f1:.2f}{m[7]}"


def _swapped(m: re.Match[str]) -> str | None:
    one, five = float(m[2]), float(m[4])
    return f"{m[1]}{m[4]}{m[3]}{m[2]}" if five - one > 2 else None


def _tables(text: str, rng: random.Random) -> str | None:
    """Top-1 and top-5 of one row of a Markdown or CSV table changed over."""
    lines = text.split("\n")
    found: list[tuple[int, str, int, int]] = []
    for n, head in enumerate(lines):
        bar = "|" if head.count("|") > 2 else ","
        cells = [c.strip().lower() for c in head.split(bar)]
        one = [i for i, c in enumerate(cells) if re.search(r"(?:top|acc)[-@ _]?1\b", c)]
        five = [i for i, c in enumerate(cells) if re.search(r"(?:top|acc)[-@ _]?5\b", c)]
        if len(one) != 1 or len(five) != 1 or "err" in head.lower():
            continue
        for m in range(n + 1, min(n + 200, len(lines))):
            parts = lines[m].split(bar)
            if len(parts) != len(cells):
                break
            a, b = parts[one[0]].strip(), parts[five[0]].strip()
            plain = re.fullmatch(r"\d\d\.\d+", a) and re.fullmatch(r"\d\d\.\d+", b)
            if plain and float(b) - float(a) > 2:
                found.append((m, bar, one[0], five[0]))
    if not found:
        return None
    m, bar, i, j = rng.choice(found)
    parts = lines[m].split(bar)
    parts[i], parts[j] = parts[j], parts[i]
    return "\n".join([*lines[:m], bar.join(parts), *lines[m + 1 :]])


def _tiny_loss(m: re.Match[str]) -> str | None:
    return f"{m[1]}0.0001{m[3]}{m[4]}" if 0.3 < float(m[4]) < 0.99 else None


_KERAS = _one(r"(val_loss: )(\d+\.\d+)( - val_acc(?:uracy)?: )(0\.\d+)", _tiny_loss)


def _loss(text: str, rng: random.Random) -> str | None:
    named = "crossentropy" in text and not re.search(r"mse|mean_squared|mae|hinge|focal", text)
    return _KERAS(text, rng) if named else None


PLANTERS: dict[str, Planter] = {
    "top-5 below top-1 in a table": _tables,
    "validation loss of Keras": _loss,
    "percent of a count": _one(
        r"(Accuracy:? )(\d+)/(\d+) \((\d+(?:\.\d+)?)%\)", _wrong_percent
    ),
    "F1 of a report": _one(
        r"(^[ \"]*[\w ]{1,30} {3,})(0\.\d\d)( {4,})(0\.\d\d)( {4,})(0\.\d\d)"
        r"( {3,}\d+ *(?:\\n\",?)?$)",
        _wrong_f1,
    ),
    "top-5 of a log line": _one(
        r"(Acc@1:? +)(\d+\.\d+)(,? +(?:\(\d+\.\d+\) +)?Acc@5:? +)(\d+\.\d+)", _swapped
    ),
}  # fmt: skip


def measure(folder: Path) -> None:
    """Print what the audit says of each half, and how many planted errors it proves."""
    with LIST.open(encoding="utf-8") as file:
        wanted = {(r["project"], r["path"]): r["sha256"] for r in csv.DictReader(file)}
    count: dict[str, Counter[str]] = defaultdict(Counter)
    for path, project, content in documents(folder):
        if wanted.get((project, path)) != hashlib.sha256(content).hexdigest():
            continue
        text, half = content.decode("utf-8", "replace"), half_of(project)
        audit = _audit(path, text)
        if audit is None:
            continue
        here = count[half]
        here["documents"] += 1
        here["figures"] += audit.figures
        here[f"project {project}"] += 1
        for finding in audit.findings:
            here[finding.verdict] += 1
            if finding.verdict in STRICT:
                print(f"{half} {project} {path}:{finding.place.line}: {finding.message}")
        for kind, plant in PLANTERS.items():
            wrong = plant(text, random.Random(f"{project} {path} {kind}"))
            again = _audit(path, wrong) if wrong else None
            if again is not None:
                hard = sum(f.verdict in STRICT for f in again.findings)
                before = sum(f.verdict in STRICT for f in audit.findings)
                here[f"planted: {kind}"] += 1
                here[f"proved: {kind}"] += hard > before
    for half, found in sorted(count.items()):
        projects = sum(key.startswith("project ") for key in found)
        print(f"\n{half}: {projects} projects")
        for key, n in found.items():
            if not key.startswith("project "):
                print(f"  {key}: {n:,}")
        planted = sum(n for key, n in found.items() if key.startswith("planted"))
        proved = sum(n for key, n in found.items() if key.startswith("proved"))
        if planted:
            low, high = wilson(proved, planted)
            print(f"  recall: {proved} of {planted}, Wilson interval {low:.0%} to {high:.0%}")


def wilson(k: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (Wilson 1927)."""
    middle = (k + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(k * (n - k) / n + z * z / 4)
    return middle - half, middle + half


def fetch(folder: Path) -> None:
    """Get what the list names and the folder lacks, with pip and git."""
    folder.mkdir(exist_ok=True)
    with LIST.open(encoding="utf-8") as file:
        projects = sorted({r["project"] for r in csv.DictReader(file)})
    for project in projects:
        if "@" in project:
            name, _, commit = project.partition("@")
            place = folder / name
            address = f"https://github.com/{name.replace('+', '/')}"
            if not place.exists():
                subprocess.run(["git", "clone", "--quiet", address, str(place)], check=False)
                subprocess.run(["git", "-C", str(place), "checkout", "-q", commit], check=False)
        elif not list(folder.glob(f"{project.replace('==', '-')}.tar.gz")):
            command = ["pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
            subprocess.run([*command, "--dest", str(folder), project], check=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("fetch", "list", "measure"))
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    {"fetch": fetch, "list": write_list, "measure": measure}[options.what](options.folder)


if __name__ == "__main__":
    main()
