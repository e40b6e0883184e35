"""How fast the audit is: start-up of a 2 kB page, megabytes a second, and whether it is linear.

    python benchmarks/audit_speed/measure.py            a minute or two
    python benchmarks/audit_speed/measure.py --write    put the tables into docs/audit.md

Start-up: `bakeoff audit PAGE` as a process of its own, least of several, with its peak memory.
Throughput: reading and checking in one process, by processor time (other work on the machine does
not count), the least of three, at three sizes, each four times the one before; the exponent is the
slope of log time over log size between the first and the last, 1 for linear.
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
from collections.abc import Callable
from pathlib import Path

from bakeoff.auditing.api import examine_documents
from bakeoff.auditing.reading import read

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "audit.md"
BEGIN, END = "<!-- speed: begin -->", "<!-- speed: end -->"
SIZES = (8 * 1024, 32 * 1024, 128 * 1024)
NETS = ("resnet18", "resnet50", "wrn28-10", "densenet121", "vgg16", "convnext-t")
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


def csv_of(size: int) -> str:
    rows, length = ["model,dataset,epoch,train_loss,val_loss,val_accuracy"], 0
    while length < size:
        n = len(rows)
        wrong = 0.5 - n % 49 / 100 - n % 100 / 10_000  # a loss that goes with it: the file is sound
        rows.append(
            f"{NETS[n % 6]},cifar-10,{n},{2 * wrong:.4f},{3 * wrong:.4f},{100 * (1 - wrong):.2f}"
        )
        length += len(rows[-1]) + 1
    return "\n".join(rows) + "\n"


def log_of(size: int) -> str:
    rows, length = [], 0
    while length < size:
        n = len(rows)
        rows.append(
            f"INFO 2024-01-{1 + n % 28:02} Train: {n // 400} [{n % 400:>4}/400] "
            f"Loss: {2.3 / (1 + n % 97):.4f} Time: 0.{n % 900 + 100}s lr: 1.0e-03"
        )
        if n % 400 == 399:
            rows.append(f"Epoch {n // 400}: val_loss={0.5:.4f} val_accuracy={90 + n % 9}.{n % 90}%")
        length += len(rows[-1]) + 1
    return "\n".join(rows) + "\n"


def markdown_of(size: int) -> str:
    parts, length = ["# Notes\n"], 0
    while length < size:
        n = len(parts)
        parts.append(
            f"## Experiment {n} on CIFAR-10\n\nWe trained {NETS[n % 6]} with the usual recipe, and "
            "looked at what came out of it; the code is in the folder, and the weights are not. "
            f"After {n % 200} epochs the test accuracy is {80 + n % 19}.{n % 100:02} %, and "
            "nothing else was changed. See [the log](https://example.org/log) for what it said, "
            "and `train.py` for how.\n\n- batch size 128\n- weight decay 0.0005\n\n"
            f"| Model | Top-1 | Loss |\n|---|---|---|\n| {NETS[n % 6]} | {80 + n % 19}.1 | 0.8 |\n"
        )
        length += len(parts[-1]) + 1
    return "\n".join(parts)


KINDS: dict[str, tuple[str, Callable[[int], str]]] = {
    "CSV": ("a.csv", csv_of),
    "log": ("a.log", log_of),
    "Markdown": ("a.md", markdown_of),
}


def start_up(text: str, rounds: int = 3) -> tuple[float, float, float]:
    """Least wall seconds, least processor seconds and peak MB of auditing a page."""
    walls, busy, peak = [], [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.md")
        path.write_text(text[:2048])
        for _ in range(rounds):
            began = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "-m", "bakeoff.cli", "audit", str(path)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
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
    sizes = " | ".join(f"{s // 1024} KiB" for s in SIZES)
    lines += ["", f"| | {sizes} | at the last | exponent |", "|---|--:|--:|--:|--:|--:|"]
    for kind, (name, make) in KINDS.items():
        texts = [make(size) for size in SIZES]
        seconds(name, texts[0][:50_000])
        took = [seconds(name, text, 3) for text in texts]
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
