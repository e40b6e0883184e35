"""The tool itself: how soon it answers, and how its cost grows."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.speed.alone import ROOT

CLI = [sys.executable, "-m", "bakeoff.cli"]


def measure(rounds: int, many: int, workdir: Path | None = None) -> dict[str, Any]:
    """Seconds of answers, of opening `many` records, and of training by images and by runs."""
    with tempfile.TemporaryDirectory(dir=workdir) as folder:
        place = Path(folder)
        return {
            "help_seconds": _median([*CLI, "--help"], rounds),
            "audit_seconds": _median([*CLI, "audit", "examples/result_comparison.md"], rounds),
            "records": {"runs": many, **_many_records(place, many)},
            "growth": _growth(place),
        }


def _median(command: list[str], rounds: int) -> float:
    """Seconds from start to exit, of a command that may find something and so exit 1."""
    seconds = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        seconds.append(time.perf_counter() - start)
        assert done.returncode in (0, 1), done.stderr
    return statistics.median(seconds[1:])


def _many_records(place: Path, many: int) -> dict[str, float]:
    """A real run's folder, copied under other seeds with other figures; read again, compared."""
    from bakeoff.comparison.comparing import compare
    from bakeoff.records import load_records
    from bakeoff.records.store import load_record, run_folder, save_record

    first = place / "one"
    _train(first, 512)
    record = load_record(first)
    root = place / "many"
    for number in range(many):
        arm, seed = f"arm-{number % 4}", number // 4
        folder = run_folder(root, arm, seed)
        folder.mkdir(parents=True)
        shutil.copy(first / "predictions.npz", folder)
        changed = {"arm": arm, "seed": seed, "result": _varied(record.result, number)}
        save_record(record.model_copy(update=changed), folder)
    start = time.perf_counter()
    records = load_records(root)
    loaded = time.perf_counter() - start
    assert len(records) == many
    start = time.perf_counter()
    compare(records, metrics=("accuracy", "loss"))
    return {"open_seconds": loaded, "compare_seconds": time.perf_counter() - start}


def _varied(result: Any, number: int) -> Any:
    """A result that differs from run to run, without which `compare` suspects copies, rightly."""
    correct = result.correct + number * 7 % 41
    accuracy = 100 * correct / result.images
    return result.model_copy(
        update={
            "correct": correct,
            "accuracy": accuracy,
            "loss": result.loss + number * 5 % 37 / 1e3,
        }
    )


def _growth(place: Path) -> dict[str, Any]:
    """Training seconds told by the records, for twice and four times the images; runs for runs."""
    by_images = {}
    for images in (2048, 4096, 8192):
        folder = place / f"images-{images}"
        by_images[str(images)] = _train(folder, images)
    by_runs = {}
    for arms, seeds in ((1, 1), (1, 2), (2, 2)):
        spec = {
            "name": f"growth-{arms}-{seeds}",
            "data": "mnist",
            "model": "test_resnet",
            "arms": ["standard", "rsb-a3"][:arms],
            "seeds": seeds,
            "budget": "2048images",
        }
        start = time.perf_counter()
        _bake(spec, place)
        by_runs[str(arms * seeds)] = time.perf_counter() - start
    return {"seconds_by_images": by_images, "seconds_by_runs": by_runs}


def _train(folder: Path, images: int) -> float:
    import bakeoff

    record = bakeoff.train(
        recipe="standard", data="mnist", model="test_resnet", budget=f"{images}images", out=folder
    )
    assert record.cost is not None
    return record.cost.seconds


def _bake(spec: dict[str, Any], place: Path) -> None:
    import bakeoff

    file = place / f"{spec['name']}.yaml"
    file.write_text("\n".join(f"{key}: {value}" for key, value in spec.items()))
    bakeoff.run(file, out=place / spec["name"])
