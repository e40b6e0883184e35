"""What a bake-off shows while it runs: rich bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

from bakeoff.bakeoffs.engine import BakeoffListener
from bakeoff.bakeoffs.plan import Plan
from bakeoff.bakeoffs.spec import BakeoffSpec
from bakeoff.records.schema import CurvePoint, Record
from bakeoff.training.device import describe
from bakeoff.training.job import Job

PLAIN_LINE_SECONDS = 15.0


def duration(seconds: float) -> str:
    """Seconds as a person says them: "45 s", "11 min", "2 h 5 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def scaling_table(job: Job) -> Table:
    """What the scaling rules changed in an arm's recipe, with the rule and its source."""
    table = Table(title=f"{job.arm}: scaled to this budget", title_justify="left")
    for heading in ("value", "published", "used", "rule"):
        table.add_column(heading, overflow="fold")
    for step in job.scaled.steps:
        table.add_row(step.key, str(step.published), str(step.used), f"{step.rule} ({step.source})")
    return table


class Display(BakeoffListener):
    """Tells a person how far the bake-off is; use inside `showing()`."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self.console, self.quiet = console, quiet
        self.live = console.is_terminal and not quiet
        self._progress: Progress | None = None
        self._bars: dict[str, TaskID] = {}
        self._plan: Plan | None = None
        self._job: Job | None = None
        self._of = 0
        self._number = 0
        self._accuracy: float | None = None
        self._last_line = 0.0
        self._started = 0.0

    @contextmanager
    def showing(self) -> Iterator[Display]:
        """Draw bars while inside, if this is a terminal."""
        if not self.live:
            yield self
            return
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[info]}"),
            console=self.console,
            transient=True,
        )
        with self._progress:
            yield self
        self._progress = None

    def measuring(self, spec: BakeoffSpec, device: torch.device) -> None:
        self._say(f"{spec.name}: measuring how fast {describe(device)} trains each arm …")

    def planned(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._started = time.monotonic()
        for notice in plan.notices:
            self._say(f"Notice: {notice}", style="yellow")
        self._say(f"Budget: {plan.reason}.")
        for arm in plan.arms:
            job, recipe = arm.job, arm.job.scaled.recipe
            self._say(
                f"  {job.arm}: {job.model}, {job.init}, {job.budget.steps:,} steps of "
                f"{recipe.batch_size} ({recipe.epochs:.3g} epochs), {arm.rate.train:,.0f} images/s "
                f"measured, about {duration(arm.seconds)} a run"
            )
            if not self.quiet and job.scaled.steps:
                self.console.print(scaling_table(job))
        runs = len(plan.jobs())
        self._say(f"{runs} runs, about {duration(plan.seconds)} in all. Folder: {folder}")

    def run_started(self, job: Job, number: int, of: int) -> None:
        self._job, self._number, self._of, self._accuracy = job, number, of, None
        if self._progress is None:
            self._say(f"[{number}/{of}] {job.arm} seed {job.seed}: started")
            return
        for bar in self._bars.values():
            self._progress.remove_task(bar)
        self._bars = {
            "bakeoff": self._progress.add_task("bake-off", total=of, completed=number - 1, info=""),
            "run": self._progress.add_task(
                f"{job.arm} seed {job.seed}", total=job.budget.steps, info=""
            ),
            "epoch": self._progress.add_task("epoch", total=1, info=""),
        }

    def stepped(self, step: int, total_steps: int, images_per_second: float) -> None:
        job = self._job
        assert job is not None
        epochs = job.scaled.recipe.epochs
        done = epochs * step / total_steps
        so_far = "" if self._accuracy is None else f", test accuracy {self._accuracy:.2f} %"
        left = self._left(step / total_steps)
        if self._progress is not None:
            self._progress.update(
                self._bars["bakeoff"],
                completed=self._number - 1 + step / total_steps,
                info=f"run {self._number} of {self._of}, {left} left",
            )
            self._progress.update(
                self._bars["run"],
                completed=step,
                info=f"{images_per_second:,.0f} images/s{so_far}",
            )
            whole = min(int(done), max(0, int(epochs - 1e-9)))
            length = min(1.0, epochs - whole)
            self._progress.update(
                self._bars["epoch"],
                total=length,
                completed=done - whole,
                info=f"{done:.2f} of {epochs:.3g}",
            )
        elif time.monotonic() - self._last_line > PLAIN_LINE_SECONDS:
            self._last_line = time.monotonic()
            self._say(
                f"[{self._number}/{self._of}] {job.arm} seed {job.seed}: step {step:,} of "
                f"{total_steps:,}, epoch {done:.2f} of {epochs:.3g}, {images_per_second:,.0f} "
                f"images/s{so_far}, {left} left"
            )

    def evaluated(self, point: CurvePoint) -> None:
        if point.test is not None:
            self._accuracy = point.test.accuracy

    def run_ended(self, record: Record, *, skipped: bool) -> None:
        name = f"{record.arm} seed {record.seed}"
        if record.failure is not None:
            self._say(f"{name}: FAILED: {record.failure.message}", style="red")
        elif skipped:
            self._say(f"{name}: already there, skipped")
        elif record.result is not None and record.cost is not None:
            self._say(
                f"{name}: test accuracy {record.result.accuracy:.2f} %, clean loss "
                f"{record.result.loss:.4f}, {duration(record.cost.seconds)} of training at "
                f"{record.cost.images_per_second:,.0f} images/s"
            )

    def note(self, text: str) -> None:
        self._say(text, style="yellow")

    def _left(self, share_of_run: float) -> str:
        assert self._plan is not None
        per_arm = {arm.job.arm: arm.seconds for arm in self._plan.arms}
        jobs = self._plan.jobs()
        left = sum(per_arm[job.arm] for job in jobs[self._number :])
        left += per_arm[jobs[self._number - 1].arm] * (1 - share_of_run)
        return duration(left)

    def _say(self, text: str, style: str = "") -> None:
        if not self.quiet:
            self.console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
