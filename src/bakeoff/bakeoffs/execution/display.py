"""What a bake-off shows while it runs: rich bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from bakeoff.bakeoffs.execution.correcting import Correction
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.bakeoffs.execution.looks import runs_ahead
from bakeoff.bakeoffs.execution.plan_table import Row, published_rate, rows
from bakeoff.bakeoffs.execution.wording import notices
from bakeoff.bakeoffs.planning.plan import Plan
from bakeoff.bakeoffs.planning.planned_runs import PlannedRuns
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.progress import duration, told
from bakeoff.records.looks import LookTaken
from bakeoff.records.manifest import TuningFacts
from bakeoff.records.schema import CurvePoint, Record
from bakeoff.training.callbacks import Listener
from bakeoff.training.device import describe
from bakeoff.training.job import Job
from bakeoff.training.throughput import UNSTEADY, Rate

PLAIN_LINE_SECONDS = 15.0


def scaling_lines(job: Job) -> Iterator[str]:
    """What the scaling rules changed in an arm's recipe: values of one rule on one line."""
    rules: dict[str, list[str]] = {}
    for step in job.scaled.steps:
        change = f"{step.key} {_value(step.published)} → {_value(step.used)}"
        rules.setdefault(f"{step.rule} ({step.source})", []).append(change)
    for rule, changes in rules.items():
        yield f"{', '.join(changes)}: {rule}"


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def probe_in_words(rate: Rate) -> str:
    """What the measurement of a rate met, where it was disturbed."""
    met = []
    if rate.crowded and rate.others is not None:
        met.append(f"other processes kept {rate.others:.1f} cores busy")
    if rate.spread > UNSTEADY:
        met.append(f"the slowest step took {rate.spread:.1f} times as long as the fastest")
    return (
        f"the rate is uncertain: while it was measured, {' and '.join(met)}, so {rate.steps} steps "
        "were timed"
    )


def _measured(plan: Plan) -> str:
    trained = plan.facts is not None and plan.facts.because == "wrong rate"
    return "by the first run" if trained else "measured"


class Display(BakeoffListener):
    """Tells a person how far the bake-off is; use inside `showing()`."""

    def __init__(self, console: Console, *, quiet: bool = False, verbose: bool = False) -> None:
        self.console, self.quiet, self.verbose = console, quiet, verbose
        self._bars: Progress | None = None
        self._whole: TaskID | None = None
        self._seconds: dict[str, float] = {}
        self._shares: dict[int, tuple[str, float]] = {}
        self._under_way: dict[tuple[str, int], RunDisplay] = {}
        self._tuning = False
        self._runs: tuple[Plan, str, int, int] | None = None
        self._of = 0
        self._ended = 0
        self._began = 0.0
        self._workers = 1
        self._work: dict[str, TaskID] = {}
        self._last_work = time.monotonic()

    @contextmanager
    def showing(self) -> Iterator[Display]:
        """Draw bars while inside, if this is a terminal."""
        if self.quiet:
            yield self
            return
        if not self.console.is_terminal:
            with told(self.working):
                yield self
            return
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[info]}"),
            console=self.console,
            transient=True,
        )
        with self._bars, told(self.working):
            yield self
        self._bars = None

    def measuring(self, spec: BakeoffSpec, device: torch.device) -> None:
        self.say(f"{spec.name}: measuring how fast {describe(device)} trains each arm …")

    def planned(self, plan: Plan, folder: Path | str, workers: int = 1) -> None:
        self._runs = (plan, plan.spec.name, len(plan.jobs()), workers)
        self._begin(*self._runs)
        runs = "1 run" if self._of == 1 else f"{self._of} runs"
        ahead = runs_ahead(plan)
        at_most = "At most " if ahead is not None else ""
        self.say(f"{at_most}{runs}{self._in_all()}. Folder: {folder}")
        if ahead is not None and plan.spec.looks is not None:
            each = self._every() / self._of / self._workers
            after = ", ".join(map(str, plan.spec.looks.after))
            self.say(
                f"Looks after {after} seeds: {ahead.equal:.0f} runs are expected where all arms are"
                f" equal (about {duration(ahead.equal * each)}), {ahead.apart:.0f} where one is"
                f" ahead by 2 standard deviations (about {duration(ahead.apart * each)})."
            )
        for notice in notices(plan):
            self.say(f"Notice: {notice}", style="yellow")
        self.say(f"Budget: {plan.reason}.")
        if plan.precision is not None:
            self.say(f"Precision: {plan.precision}.")
        (self._at_length if self.verbose else self._in_short)(plan)

    def _in_short(self, plan: Plan) -> None:
        """The arms as a table, and each note once."""
        notes: dict[str, list[str]] = {}
        table = []
        for arm in plan.arms:
            job, recipe = arm.job, arm.job.scaled.recipe
            changed = [step.model_dump() for step in job.scaled.steps]
            table.append(
                Row(
                    job.arm,
                    job.budget.steps,
                    recipe.batch_size,
                    published_rate(changed),
                    recipe.optimizer.lr,
                    arm.seconds,
                )
            )
            for note in (*self._unsteady(arm), *job.notes):
                notes.setdefault(note, []).append(job.arm)
        for line in rows(table, self.console.width):
            self.say(line)
        for note, arms in notes.items():
            self.say(f"note ({', '.join(arms)}): {note}", style="yellow")

    def _at_length(self, plan: Plan) -> None:
        """Every arm with its speed, what scaling changed in it and why."""
        for arm in plan.arms:
            job, recipe = arm.job, arm.job.scaled.recipe
            self.say(
                f"  {job.arm}: {job.model}, {job.init}, {job.budget.steps:,} steps of "
                f"{recipe.batch_size} ({recipe.epochs:.3g} epochs), {arm.rate.train:,.0f} images/s "
                f"{_measured(plan)}, about {duration(arm.seconds)} a run"
            )
            for line in scaling_lines(job):
                self.say(f"    scaled: {line}")
            for note in (*self._unsteady(arm), *job.notes):
                self.say(f"    note: {note}", style="yellow")

    @staticmethod
    def _unsteady(arm: PlannedRuns) -> list[str]:
        unsteady = not arm.rate.steady and arm.factor == 1
        return [probe_in_words(arm.rate)] if unsteady else []

    def looked(self, look: LookTaken) -> None:
        self.say(f"Look after {look.seeds} seeds:")
        for pair in look.pairs:
            found = {
                "decided": f"{pair.winner} is better",
                "given up": "too little seen to go on",
                "open": "not decided yet",
                "undecided": "not decided",
            }[pair.stop]
            self.say(
                f"  {pair.a} and {pair.b}: {found} (p = {pair.p:.2g}, needed {pair.bound:.2g})"
            )
        if look.running:
            self.say(f"  More seeds for {', '.join(look.running)}.")

    def corrected(self, correction: Correction) -> None:
        for shown in self._under_way.values():
            shown.close()
        self._under_way.clear()
        self.say(str(correction), style="yellow")

    def trials_planned(self, plan: Plan, trials: int, workers: int = 1) -> None:
        if self._tuning:
            # The next round of a search: its trials join those that were told before.
            self._seconds |= {arm.job.arm: arm.seconds for arm in plan.arms}
            return
        self._begin(plan, f"{plan.spec.name}: tuning", trials, workers)
        self._tuning = True
        tried = "1 trial" if trials == 1 else f"{trials} trials"
        self.say(f"Tuning comes first: {tried}{self._in_all()}.")

    def _begin(self, plan: Plan, title: str, of: int, workers: int) -> None:
        """Count anew, for `of` runs that take as long as the plan's on average."""
        self._workers, self._of = workers, of
        self._began = time.monotonic()
        self._seconds = {arm.job.arm: arm.seconds for arm in plan.arms}
        self._ended, self._shares, self._tuning = 0, {}, False
        if self._bars is not None:
            if self._whole is not None:
                self._bars.remove_task(self._whole)
            self._whole = self._bars.add_task(title, total=of, info="")

    def _every(self) -> float:
        """Expected seconds of all runs, one after the other."""
        return sum(self._seconds.values()) * self._of / max(1, len(self._seconds))

    def _in_all(self) -> str:
        at_once = f", {self._workers} at a time" if self._workers > 1 else ""
        return f"{at_once}, about {duration(self._every() / self._workers)} in all"

    def run_started(self, job: Job, number: int, of: int) -> RunDisplay:
        return self._started(job, number, of, f"{job.arm} seed {job.seed}", "test accuracy")

    def trial_started(self, job: Job, number: int, of: int) -> RunDisplay:
        return self._started(job, number, of, job.arm, "held-out accuracy")

    def _started(self, job: Job, number: int, of: int, name: str, measured: str) -> RunDisplay:
        shown = RunDisplay(self, job, number, of, name, measured, self._bars)
        self._under_way[job.arm, job.seed] = shown
        return shown

    def _one_ended(self, record: Record) -> None:
        """Count a run as over, however it ended, and take its bars away."""
        self._ended += 1
        shown = self._under_way.pop((record.arm, record.seed), None)
        if shown is not None:
            shown.close()
            self._shares[shown.number] = (record.arm, 1.0)
        self._show_whole()

    def _show_whole(self, **fields: Any) -> None:
        """Bring the bake-off's own bar up to date."""
        if self._bars is not None and self._whole is not None:
            under_way = sum(share for _, share in self._shares.values() if share < 1)
            done = min(self._of, self._ended + under_way)
            self._bars.update(self._whole, completed=done, **fields)

    def run_ended(self, job: Job, record: Record, *, skipped: bool) -> None:
        self._one_ended(record)
        name = f"{record.arm} seed {record.seed}"
        if record.failure is not None:
            self.say(f"{name}: FAILED: {record.failure.message}", style="red")
        elif record.status == "incomplete":
            self.say(f"{name}: stopped before its end; the next call goes on with it", style="red")
        elif skipped:
            self.say(f"{name}: already there, skipped")
        elif record.result is not None and record.cost is not None:
            self.say(
                f"{name}: test accuracy {record.result.accuracy:.2f} %, test cross-entropy "
                f"{record.result.loss:.4f}, {duration(record.cost.seconds)} of training at "
                f"{record.cost.images_per_second:,.0f} images/s"
            )

    def command_started(self, run: str, words: str) -> None:
        self.say(f"{run}: {words}")

    def command_ended(self, record: Record) -> None:
        name = f"{record.arm} seed {record.seed}"
        if record.result is not None:
            self.say(f"{name}: {record.result.accuracy:.2f} % test accuracy; {record.notes[-1]}")
        elif record.failure is not None:
            self.say(f"{name}: failed, {record.failure.message}")

    def waiting(self, text: str) -> None:
        self.say(text, style="yellow")

    def trial_ended(self, record: Record, *, skipped: bool) -> None:
        self._one_ended(record)
        if record.result is None:
            self.say(f"{record.arm}: FAILED (counts as a trial)", style="red")
        elif not skipped:
            self.say(f"{record.arm}: {record.result.accuracy:.2f} % of held-out training images")

    def tuned(self, tuning: TuningFacts) -> None:
        _, seconds, _ = tuning.cost()
        each = " for each seed" if tuning.searches == "per-seed" else ""
        self.say(
            f"Tuned: {tuning.trials} trials of every arm{each} ({tuning.search} search) on "
            f"{tuning.training_images:,} training images, judged on {tuning.held_out_images:,} "
            f"held out of them, in {duration(seconds)}. No test image was looked at."
        )
        if self._runs is not None:
            self._begin(*self._runs)  # seeds are tuned as they come: the runs go on
        for arm in tuning.arms:
            values = ", ".join(f"{key} {_value(value)}" for key, value in arm.chosen.items())
            failed = f"; {arm.failed} trials failed" if arm.failed else ""
            seed = "" if arm.seed is None else f" seed {arm.seed}"
            self.say(f"  {arm.arm}{seed}: {values} (trial {arm.trial}){failed}")

    def advance(self, number: int, arm: str, share: float) -> str:
        """Note how far run `number` is; returns the whole bake-off's time left, in words."""
        self._shares[number] = (arm, share)
        done = sum(self._seconds[arm] * share for arm, share in self._shares.values())
        passed = time.monotonic() - self._began
        every = self._every()
        skipped = max(0, self._ended - sum(s >= 1 for _, s in self._shares.values()))
        every -= skipped * every / max(1, self._of)
        # The pace so far corrects the estimate once a tenth of the work is done.
        pace = passed / done if done > every / 10 else 1 / self._workers
        left = duration(max(0.0, (every - done) * pace))
        self._show_whole(info=f"{left} left")
        return left

    def working(self, what: str, done: int, total: int) -> None:
        """Work beside the runs, as reading files: a bar while it lasts, or a line now and then."""
        if self._bars is not None:
            if what not in self._work and done < total:
                self._work[what] = self._bars.add_task(what, total=total, info="")
            elif what in self._work and done < total:
                self._bars.update(self._work[what], completed=done, info=f"{done:,} of {total:,}")
            elif what in self._work:
                self._bars.remove_task(self._work.pop(what))
        elif done < total and time.monotonic() - self._last_work > PLAIN_LINE_SECONDS:
            self._last_work = time.monotonic()
            self.say(f"{what}: {done:,} of {total:,}")

    def say(self, text: str, style: str = "") -> None:
        """One line for the person, unless they asked for quiet."""
        if not self.quiet:
            # A terminal's lines break between words; a file's lines are whole, for grep.
            whole = not self.console.is_terminal
            self.console.print(text, style=style, markup=False, highlight=False, soft_wrap=whole)


def epochs_so_far(done: float, epochs: float) -> str:
    """Epochs done, of all, to as many places as tell a hundredth of the whole."""
    places = max(2, 2 - math.floor(math.log10(epochs))) if epochs > 0 else 2
    whole = f"{epochs:,.{places}f}".rstrip("0").rstrip(".")
    return f"{min(done, epochs):,.{places}f} of {whole}"


class RunDisplay(Listener):
    """The bars of one run, or its plain lines. measured: the name of its figures' accuracy."""

    def __init__(
        self,
        display: Display,
        job: Job,
        number: int,
        of: int,
        name: str,
        measured: str,
        bars: Progress | None,
    ) -> None:
        self._display, self._job, self._bars = display, job, bars
        self.number, self._of = number, of
        self._name, self._measured = name, measured
        self._accuracy = ""
        self._last_line = 0.0
        self._run = self._epoch = None
        if bars is None:
            display.say(f"[{number}/{of}] {self._name}: started")
        else:
            self._run = bars.add_task(self._name, total=job.budget.steps, info="")
            self._epoch = bars.add_task("  epoch", total=1, info="")

    def stepped(self, step: int, total_steps: int, images_per_second: float) -> None:
        epochs = self._job.scaled.recipe.epochs
        done = epochs * step / total_steps
        left = self._display.advance(self.number, self._job.arm, step / total_steps)
        rate = f"{images_per_second:,.0f} images/s{self._accuracy}"
        if self._bars is not None and self._run is not None and self._epoch is not None:
            whole = min(int(done), max(0, int(epochs - 1e-9)))
            self._bars.update(self._run, completed=step, info=rate)
            self._bars.update(
                self._epoch,
                total=min(1.0, epochs - whole),
                completed=done - whole,
                info=epochs_so_far(done, epochs),
            )
            if step == total_steps:
                self.close()
        elif time.monotonic() - self._last_line > PLAIN_LINE_SECONDS:
            self._last_line = time.monotonic()
            self._display.say(
                f"[{self.number}/{self._of}] {self._name}: step {step:,} of {total_steps:,}, "
                f"epoch {epochs_so_far(done, epochs)}, {rate}, {left} left in all"
            )

    def close(self) -> None:
        """Take the bars away: at the last step, or when the run ended before it."""
        if self._bars is not None and self._run is not None and self._epoch is not None:
            self._bars.remove_task(self._run)
            self._bars.remove_task(self._epoch)
            self._run = self._epoch = None

    def evaluated(self, point: CurvePoint) -> None:
        if point.test is not None:
            self._accuracy = f", {self._measured} {point.test.accuracy:.2f} %"

    def note(self, text: str) -> None:
        self._display.say(f"{self._name}: {text}", style="yellow")
