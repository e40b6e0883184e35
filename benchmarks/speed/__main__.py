"""Side by side in one session: Bakeoff, a plain script, timm's way, torchvision's way.

    python -m benchmarks.speed                  the CPU rows (make bench)
    python -m benchmarks.speed --quick          the same in about a minute, for a first look
    python -m benchmarks.speed --gpu            the GPU rows (make bench-gpu)
    python -m benchmarks.speed --busy           only what is kept beside one busy process
    python -m benchmarks.speed --check          compare the last results with the committed ones
    python -m benchmarks.speed --page           write docs/performance.md from the committed results

All contenders get the same data, recipe, model, batch, precision, steps and threads, and take
turns. Results go to `runs/bench/` as JSON; `--commit` puts them in `benchmarks/results/` and writes
the page.
"""

from __future__ import annotations

import time

BEGAN = time.perf_counter()

import argparse  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "benchmarks" / "results"
LATEST = ROOT / "runs" / "bench"
PAGE = ROOT / "docs" / "performance.md"


def main() -> int:
    """Measure, tell, keep, compare; 1 when a ratio fell by more than 15 %."""
    options = arguments()
    kind = "gpu" if options.gpu else "cpu"
    latest, committed = options.out or LATEST / f"{kind}.json", COMMITTED / f"{kind}.json"
    if options.page:
        write_page()
        return 0
    if options.check:
        return guard(committed, latest)
    if options.alone or options.turns:
        return alone(options)
    results = measure(options, kind, latest)
    latest.parent.mkdir(parents=True, exist_ok=True)
    latest.write_text(json.dumps(results, indent=1) + "\n")
    from benchmarks.speed.page import tables

    print(tables(results))
    print(f"\nResults: {latest}")
    if options.commit:
        committed.parent.mkdir(parents=True, exist_ok=True)
        committed.write_text(json.dumps(results, indent=1) + "\n")
        write_page()
    return guard(committed, latest) if committed.exists() and not options.toy else 0


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--gpu", action="store_true", help="the GPU rows instead of the CPU rows")
    parser.add_argument("--quick", action="store_true", help="short turns, the main rows only")
    parser.add_argument("--toy", action="store_true", help="a tiny network, to see that it runs")
    parser.add_argument("--device", help="cpu or cuda")
    parser.add_argument("--only", action="append", help="rows whose name contains this")
    parser.add_argument("--commit", action="store_true", help="keep the results, write the page")
    parser.add_argument("--check", action="store_true", help="only compare with the committed ones")
    parser.add_argument("--page", action="store_true", help="only write docs/performance.md")
    parser.add_argument("--timm", type=Path, metavar="PATH", help="a checkout of timm")
    parser.add_argument("--torchvision", type=Path, metavar="PATH", help="one of torchvision")
    parser.add_argument("--out", type=Path, help="where the results go")
    parser.add_argument("--busy", action="store_true", help="only the row beside a busy process")
    parser.add_argument("--turns", nargs=2, metavar=("WHO", "ROW"), help=argparse.SUPPRESS)
    parser.add_argument("--alone", nargs=2, metavar=("WHO", "ROW"), help=argparse.SUPPRESS)
    return parser.parse_args()


def measure(options: argparse.Namespace, kind: str, latest: Path) -> dict[str, Any]:
    """All that was asked for, as one JSON document; the rows so far are kept in `latest`."""
    from benchmarks.speed import alone as apart
    from benchmarks.speed import augmentation, busy, checkouts, epochs, limits, machine, tool

    device = chosen_device(options)
    began = time.perf_counter()
    results: dict[str, Any] = {
        "command": "make bench-gpu" if options.gpu else "make bench",
        "machine": machine.describe(device),
        "works": {},
    }
    bounded = options.quick or options.toy
    peak = limits.peak(device, limits.dtype_of(device))
    results["peak_flops"] = peak
    with tempfile.TemporaryDirectory() as folder:
        works = rows(options, device, Path(folder))
        if works and not options.gpu:
            say("beside one busy process …")
            passed = ["--device", device.type, *(["--toy"] if options.toy else [])]
            results["busy"] = {
                "work": works[0].name,
                **busy.measure(
                    works[0].name,
                    ["bakeoff", "timm"],
                    passed,
                    batch=works[0].job.scaled.recipe.batch_size,
                    rounds=1 if bounded else 5,
                ),
            }
        for work in [] if options.busy else works:
            say(f"{work.title} …")
            row = epochs.measure(
                work, rounds=1 if bounded else 3, worker_counts=(0, 1) if bounded else (0, 1, 2)
            )
            row["limit"] = limits.share(work, row["rates"]["resident"]["bakeoff"], peak)
            results["works"][work.name] = row
            # What is measured is kept, should a later row fail.
            latest.parent.mkdir(parents=True, exist_ok=True)
            latest.write_text(json.dumps(results, indent=1) + "\n")
        if works and not options.busy:
            results["profile"] = {"work": works[0].name, **limits.step_profile(works[0])}
            if not bounded:
                passed = ["--device", device.type, *(["--gpu"] if options.gpu else [])]
                results["alone"] = {
                    "work": works[0].name,
                    **apart.measure(works[0].name, list(contenders()), passed),
                }
        if options.gpu:
            results["five_epochs"] = checkouts.five_epochs(works[0], whole=not options.toy)
        for name, path in (("timm", options.timm), ("torchvision", options.torchvision)):
            if path is not None:
                results[f"{name}_checkout"] = checkouts.measure(name, path, works, Path(folder))
    if not options.gpu and not options.only and not options.busy:
        say("augmentation on one core …")
        results["augmentation"] = augmentation.measure(
            *((0.1, 1, 32) if options.toy else (0.5, 2, 256) if options.quick else (1.5, 3, 256))
        )
        say("the tool itself …")
        results["tool"] = tool.measure(
            rounds=2 if bounded else 5, many=20 if options.toy else 100 if options.quick else 1000
        )
    results["seconds"] = time.perf_counter() - began
    return results


def contenders() -> dict[str, Any]:
    """By name: Bakeoff and its rivals."""
    from benchmarks.speed.epochs import RIVALS
    from benchmarks.speed.ours import Ours

    return {kind.name: kind for kind in (Ours, *RIVALS)}


def chosen_device(options: argparse.Namespace) -> Any:
    from bakeoff.training.device import choose

    return choose(options.device or ("cuda" if options.gpu else "cpu"))


def rows(options: argparse.Namespace, device: Any, folder: Path) -> list[Any]:
    """The works that were asked for."""
    from benchmarks.speed import suite

    if options.toy:
        works = suite.toy(device, folder)
    elif options.gpu:
        works = suite.gpu(device, folder)
    elif options.quick:
        works = suite.cpu(device, turn_images=512, test_images=500)[:2]
    else:
        works = suite.cpu(device)
    return [w for w in works if not options.only or any(part in w.name for part in options.only)]


def alone(options: argparse.Namespace) -> int:
    """In a child process: one contender, one row."""
    from benchmarks.speed import alone as apart
    from benchmarks.speed import busy

    who, row = options.alone or options.turns
    with tempfile.TemporaryDirectory() as folder:
        (work,) = (w for w in rows(options, chosen_device(options), Path(folder)) if w.name == row)
        if options.turns:
            busy.answer_turns(contenders()[who](work, 0), work.device)
        else:
            print(apart.tell(contenders()[who], work, BEGAN))
    return 0


def guard(committed: Path, latest: Path) -> int:
    """Print what fell; 1 if anything did, 2 if there is nothing to compare."""
    from benchmarks.speed.check import fallen

    for file in (committed, latest):
        if not file.exists():
            print(f"{file} is not there: run `make bench` first", file=sys.stderr)
            return 2
    lines = fallen(json.loads(committed.read_text()), json.loads(latest.read_text()))
    print("\n".join(lines) or "No ratio is more than 15 % below the committed one.")
    return 1 if lines else 0


def write_page() -> None:
    from benchmarks.speed.page import page

    found = {
        kind: json.loads(file.read_text())
        if (file := COMMITTED / f"{kind}.json").exists()
        else None
        for kind in ("cpu", "gpu")
    }
    PAGE.write_text(page(found["cpu"], found["gpu"]))
    print(f"Page: {PAGE}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
