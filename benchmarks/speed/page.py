"""docs/performance.md, from the committed results and the notes on what was tried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

NOTES = Path(__file__).with_name("notes.md")
NOT_MEASURED = "not measured"
PARTS = {
    "resident": "step on a batch that lies ready",
    "load": "loading and augmenting only",
    "train": "training, end to end",
    "evaluate": "evaluation, end to end",
}
GPU_ROWS = (
    (
        "ResNet-50, MNIST, 28 px, one H100 or H200, bf16, batch 512",
        "≥ 100,000 images/s; ≥ 10× timm",
    ),
    (
        "the same: five epochs of the standard procedure, after the first step",
        "≤ 5 s",
    ),
    ("ResNet-50, 224 px, resident", "≥ 4,500 images/s; ≥ 1.2× timm"),
    ("folder of JPEG files, 16 cores, one GPU", "≥ 1.3× timm"),
)


def page(cpu: dict[str, Any] | None, gpu: dict[str, Any] | None) -> str:
    """The whole page. What was not measured says so."""
    parts = [NOTES.read_text().partition("<!-- results -->")]
    head, _, tail = parts[0]
    body = [tables(cpu) if cpu else f"The CPU rows are {NOT_MEASURED}.", "## On a GPU", _gpu(gpu)]
    return "\n".join(
        [
            "<!-- Written by `python -m benchmarks.speed --page`; the text is in "
            "benchmarks/speed/notes.md. -->",
            head.strip(),
            "",
            "\n\n".join(body),
            "",
            tail.strip(),
            "",
        ]
    )


def tables(results: dict[str, Any]) -> str:
    """All tables of one set of results, as Markdown."""
    parts = [_machine(results), _targets(results)]
    for row in results["works"].values():
        parts.append(_work(row))
    for key, table in (
        ("augmentation", _augmentation),
        ("busy", _busy),
        ("profile", _profile),
        ("alone", _alone),
        ("tool", _tool),
        ("five_epochs", _five_epochs),
    ):
        if key in results:
            parts.append(table(results[key]))
    for name in ("timm", "torchvision"):
        if f"{name}_checkout" in results:
            parts.append(_checkout(name, results[f"{name}_checkout"]))
    return "\n\n".join(parts)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _machine(results: dict[str, Any]) -> str:
    seen = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in seen["packages"].items())
    settings = (
        ", ".join(f"{k}={v}" for k, v in seen["settings"].items()) or "no OMP or MKL settings"
    )
    return (
        f"Measured with `{results['command']}` in {results['seconds'] / 60:.0f} minutes on "
        f"{seen['device']}, {seen['cores']} cores, {seen['instructions']}, {seen['precision']}; "
        f"{versions}; code {seen['code']}; {settings}; load average before: "
        f"{seen['load_before']:.1f}. Peak of this machine's matrix products: "
        f"{results['peak_flops'] / 1e9:,.0f} GFLOP/s."
    )


def _targets(results: dict[str, Any]) -> str:
    rows = []
    for row in results["works"].values():
        if row["target"]:
            least, rival = _least(row["ratios"]["epoch"])
            rows.append(
                _target_row(f"{row['title']}: epoch with evaluation", least, rival, row["target"])
            )
    for row in results.get("augmentation", {}).values():
        if row["target"]:
            least, rival = _least(row["ratios"])
            rows.append(_target_row(row["title"], least, rival, row["target"]))
    if tool := results.get("tool"):
        for name, key, limit in (
            ("`bakeoff --help`", "help_seconds", 0.3),
            ("`bakeoff audit` of a page", "audit_seconds", 1.0),
        ):
            met = "met" if tool[key] < limit else "missed"
            rows.append([name, f"{tool[key]:.2f} s", f"< {limit:g} s", met])
    if not rows:
        return ""
    return "### Targets\n\n" + _table(["what", "measured", "target", ""], rows)


def _least(ratios: dict[str, float]) -> tuple[float, str]:
    rival = min(ratios, key=lambda name: ratios[name])
    return ratios[rival], rival


def _target_row(title: str, ratio: float, rival: str, target: float) -> list[str]:
    met = "met" if ratio >= target else "missed"
    return [title, f"{ratio:.2f} × {rival}", f"≥ {target:g} ×", met]


def _work(row: dict[str, Any]) -> str:
    names = list(row["epoch_seconds"])
    lines = [
        [title, *(f"{row['rates'][part][n]:,.0f}{_times(row, part, n)}" for n in names)]
        for part, title in PARTS.items()
    ]
    lines.append(
        [
            "one epoch with evaluation, seconds",
            *(f"{row['epoch_seconds'][n]:,.0f}{_times(row, 'epoch', n)}" for n in names),
        ]
    )
    timed, limit = row["timed"], row["limit"]
    workers = ", ".join(f"{n} {count}" for n, count in row["workers"].items() if n != "bakeoff")
    return (
        f"### {row['title']}\n\nBatch {row['batch']}. Images per second; in brackets, how many "
        f"times as fast Bakeoff is. Each turn was {timed['steps']} steps ({timed['images']:,} "
        f"images) or {timed['test_images']:,} test images, {timed['rounds']} turns each, scaled "
        f"to a whole epoch. Loader workers, the best number for each: {workers}. Bakeoff's "
        f"resident step runs at {limit['achieved'] / 1e9:,.0f} GFLOP/s, "
        f"{limit['share_of_peak']:.0%} of the peak.\n\n" + _table(["", *names], lines)
    )


def _times(row: dict[str, Any], part: str, name: str) -> str:
    ratio = row["ratios"][part].get(name)
    return "" if ratio is None else f" ({ratio:.2f} ×)"


def _augmentation(found: dict[str, Any]) -> str:
    names = list(dict.fromkeys(n for row in found.values() for n in row["rates"]))
    rows = [
        [
            row["title"],
            *(
                f"{row['rates'][n]:,.0f}"
                + (f" ({row['ratios'][n]:.0f} ×)" if n in row["ratios"] else "")
                if n in row["rates"]
                else ""
                for n in names
            ),
        ]
        for row in found.values()
    ]
    return "### Augmentation on one core\n\nImages per second of one thread.\n\n" + _table(
        ["", *names], rows
    )


def _profile(found: dict[str, Any]) -> str:
    names = [name for name in found if name != "work"]
    families = list(found[names[0]])
    rows = [[family, *(f"{found[n][family]:.0%}" for n in names)] for family in families]
    return f"### Where a resident step's time goes ({found['work']})\n\n" + _table(
        ["", *names], rows
    )


def _busy(found: dict[str, Any]) -> str:
    rows = [
        [name, f"{told['alone']:,.0f}", f"{told['busy']:,.0f}", f"{told['kept']:.0%}"]
        for name, told in found.items()
        if name != "work"
    ]
    return (
        f"### Beside one busy process ({found['work']})\n\nEach in a process of its own, in turns, "
        "on a batch that lies ready: images per second alone and beside one endless loop.\n\n"
        + _table(["", "alone", "beside a busy loop", "kept"], rows)
    )


def _alone(found: dict[str, Any]) -> str:
    rows = [
        [
            name,
            f"{told['start_seconds']:.1f}",
            f"{told['first_step_seconds']:.2f}",
            f"{told['later_step_seconds']:.2f}",
            f"{told['peak_bytes'] / 2**20:,.0f}",
        ]
        for name, told in found.items()
        if name != "work"
    ]
    return (
        f"### Start-up and memory ({found['work']})\n\nEach in a process of its own, without "
        "loader workers. Nothing is compiled; the first step holds what is set up at first use.\n\n"
        + _table(
            ["", "start to built model, s", "first step, s", "later step, s", "peak memory, MiB"],
            rows,
        )
    )


def _tool(found: dict[str, Any]) -> str:
    records, growth = found["records"], found["growth"]
    images = ", ".join(f"{n} images {s:.1f} s" for n, s in growth["seconds_by_images"].items())
    runs = ", ".join(f"{n} runs {s:.1f} s" for n, s in growth["seconds_by_runs"].items())
    return "### The tool itself\n\n" + _table(
        ["what", "measured"],
        [
            ["`bakeoff --help`", f"{found['help_seconds']:.2f} s"],
            ["`bakeoff audit` of the example document", f"{found['audit_seconds']:.2f} s"],
            [
                f"reading {records['runs']:,} records (four evaluations each)",
                f"{records['open_seconds']:.2f} s",
            ],
            [f"comparing {records['runs']:,} runs", f"{records['compare_seconds']:.2f} s"],
            ["training a tiny network", images],
            ["bake-offs of 2,048 images a run (1 arm, 2 seeds, 2 arms × 2 seeds)", runs],
        ],
    )


def _five_epochs(found: dict[str, Any]) -> str:
    return "### The standard procedure's five epochs\n\n" + _table(
        ["what", "measured"],
        [
            ["first run in a process", f"{found['first_run_seconds']:.1f} s"],
            ["second run", f"{found['second_run_seconds']:.1f} s"],
            ["of it training", f"{found['training_seconds']:.1f} s"],
            ["images per second", f"{found['images_per_second']:,.0f}"],
        ],
    )


def _checkout(name: str, found: dict[str, Any]) -> str:
    rows = [[row, f"{told['images_per_second']:,.0f}"] for row, told in found.items()]
    return f"### {name}'s own program\n\n" + _table(["row", "images per second it tells"], rows)


def _gpu(results: dict[str, Any] | None) -> str:
    if results is not None:
        return tables(results)
    rows = [[what, NOT_MEASURED, target] for what, target in GPU_ROWS]
    return "`make bench-gpu` measures these on a machine with a GPU.\n\n" + _table(
        ["what", "measured", "target"], rows
    )
