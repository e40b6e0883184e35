"""How fast the audit is: start-up of a 2 kB page, megabytes a second, and whether it is linear.

    python benchmarks/audit_speed/measure.py            a minute or two
    python benchmarks/audit_speed/measure.py --write    put the tables into docs/audit.md

Start-up: `bakeoff audit PAGE` as a process of its own, least of several, with its peak memory.
Throughput: reading and checking in one process, by processor time (other work on the machine does
not count), the least of three (of one at the largest), at three sizes, each four times the one
before; the exponent is the slope of log time over log size between the first and the last, 1 for
linear.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from documents import KINDS, NETS

from bakeoff.auditing.api import examine_documents
from bakeoff.auditing.reading import read

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "audit.md"
BEGIN, END = "<!-- speed: begin -->", "<!-- speed: end -->"
SIZES = (100_000, 400_000, 1_600_000)
ROWS_OF_CLASSES = "".join(
    f"| class {c} | 0.9{c} | 0.8{c} | 0.8{c + 1} | {100 + c} |\n"
    for c in "1234567"
    for c in [int(c)]
)
PAGES = {
    "a page with a table": "# CIFAR-10\n\n| Model | Top-1 | Top-5 |\n|---|---|---|\n"
    + "".join(f"| {n} | 9{i}.12 | 99.{i}1 |\n" for i, n in enumerate(NETS))
    + "\nWe train for 200 epochs with a batch size of 128 and a learning rate of 0.1. " * 22,
    "a page with class scores": "# Report\n\n| class | precision | recall | f1 | support |\n"
    + "|---|---|---|---|---|\n" + ROWS_OF_CLASSES + "\nOne model, evaluated once. " * 60,
    "a page with spreads and p": "# MNIST\n\nA reaches 98.87 ± 0.12 % and B 98.51 ± 0.20 % over "
    "5 seeds (mean ± sd), p = 0.012 by Welch's t-test.\n\n" + "Words stand here for size. " * 70,
}  # fmt: skip


def start_up(text: str, rounds: int = 3) -> tuple[float, float, float]:
    """Least wall seconds, least processor seconds and peak MB of auditing a page."""
    walls, busy, peak = [], [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.md")
        path.write_text(text[:2048])
        # As installed: the first round leaves the bytecode, which the others find.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(folder, "bytecode"))}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for _ in range(rounds):
            began = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "-m", "bakeoff.cli", "audit", str(path)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
            )  # fmt: skip
            _, _, used = os.wait4(process.pid, 0)
            process.returncode = 0
            walls.append(time.perf_counter() - began)
            busy.append(used.ru_utime + used.ru_stime)
            peak = max(peak, used.ru_maxrss / 1024)
    return min(walls), min(busy), peak


def seconds(name: str, text: str, rounds: int = 1) -> float:
    """Least processor seconds of reading and checking a text."""
    took = []
    for _ in range(rounds):
        began = time.process_time()
        examine_documents([read(name, text)])
        took.append(time.process_time() - began)
    return min(took)


def tables() -> str:
    lines = ["| 2 kB | wall | processor | peak memory |", "|---|--:|--:|--:|"]
    for name, text in PAGES.items():
        wall, busy, peak = start_up(text)
        lines.append(f"| {name} | {wall:.2f} s | {busy:.2f} s | {peak:.0f} MB |")
    sizes = " | ".join(f"{s // 1000:,} kB" for s in SIZES)
    lines += ["", f"| | {sizes} | at the last | exponent |", "|---|--:|--:|--:|--:|--:|"]
    for kind, (name, make) in KINDS.items():
        texts = [make(size) for size in SIZES]
        seconds(name, texts[0][:50_000])
        took = [seconds(name, text, 1 if text is texts[-1] else 3) for text in texts]
        rate = len(texts[-1]) / took[-1] / 1e6
        slope = math.log(took[-1] / took[0]) / math.log(len(texts[-1]) / len(texts[0]))
        shown = " | ".join(f"{t:.2f} s" for t in took)
        lines.append(f"| {kind} | {shown} | {rate:.2f} MB/s | {slope:.2f} |")
    return "\n".join(lines)


def processor() -> str:
    try:
        named = [r for r in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in r]
        return named[0].partition(":")[2].strip()
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/audit.md")
    options = parser.parse_args()
    told = f"One core of {processor()}, Python {platform.python_version()}.\n\n{tables()}"
    print(told)
    if options.write:
        text = PAGE.read_text(encoding="utf-8")
        head, tail = text.split(BEGIN)[0], text.split(END)[1]
        PAGE.write_text(f"{head}{BEGIN}\n\n{told}\n\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
