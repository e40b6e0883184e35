"""What each process of tests/training/test_distributed.py does: `torchrun shared_run.py OUT`.

It leaves in OUT what the test compares with one process. Called without torchrun, `main` is that
one process.
"""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import torch

import bakeoff
from bakeoff.data import open_data
from bakeoff.errors import RunFailed, Stopped, UsageError
from bakeoff.recipes.loading import load
from bakeoff.recipes.scaling import scale
from bakeoff.records.schema import BudgetFacts
from bakeoff.training import assemble as assembling
from bakeoff.training import clock
from bakeoff.training.assemble import assemble
from bakeoff.training.callbacks import Listener
from bakeoff.training.distributed.process_group import Group, joined
from bakeoff.training.distributed.torchrun import launched
from bakeoff.training.feed import Batch, Feed
from bakeoff.training.job import Job
from bakeoff.training.run import execute
from conftest import make_dataset

CPU = torch.device("cpu")
RUNS = ("standard", "rsb-a2", "linear-probe", "efficientnet", "streamed")
BATCH, STEPS = 18, 12


def job(recipe: str) -> Job:
    """Twelve steps of 18 images, which two processes cannot share evenly in pairs, three can."""
    data, loaded = make_dataset(test=41), load(recipe)
    scaled = scale(loaded, data=data.facts, images=BATCH * STEPS, batch_size=BATCH)
    budget = BudgetFacts(
        asked="toy",
        reason="a test",
        epochs=scaled.recipe.epochs,
        images=scaled.images,
        steps=scaled.total_steps,
    )
    return Job(
        arm=recipe,
        seed=3,
        scaled=scaled,
        published=loaded.published,
        sources=loaded.sources,
        dataset=data,
        model="test_resnet",
        init="scratch",
        budget=budget,
    )


def jobs(streamed: str) -> dict[str, Job]:
    """What is run to its end: also a model with another batch norm, and images that stream."""
    files = open_data(streamed, stream=True, size=20)
    return {
        **{recipe: job(recipe) for recipe in RUNS[:3]},
        # SGD: where a gradient is zero but for rounding, AdamW makes a whole step of that rounding.
        "efficientnet": replace(job("torchvision-v1"), model="test_efficientnet"),
        "streamed": replace(job("rsb-a2"), dataset=files),
    }


class OutOfMemoryInTheSecond(Feed):
    """Memory that runs out in one process, and not in the one that writes."""

    def batch(self, step: int) -> Batch:
        if step == 2 and launched().rank == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return super().batch(step)


class StopTheSecond(Listener):
    """A signal that reaches one process only, and not the one that writes."""

    def __init__(self, rank: int) -> None:
        self.rank = rank

    def stepped(self, step: int, total_steps: int, images_per_second: float) -> None:
        if step == 5 and self.rank == 1:
            os.kill(os.getpid(), signal.SIGTERM)


def steps_seen(parts, steps: int = 4) -> list[dict[str, torch.Tensor]]:
    """What goes into the network in the first steps, and which images these were."""
    found = []
    for step in range(steps):
        raw, labels = parts.feed.batch(step)
        images, targets = parts.state.augment(raw, labels, parts.state.generator)
        found.append({"raw": raw, "labels": labels, "images": images, "targets": targets})
    return found


def main(out: Path, streamed: str) -> None:
    with joined() as group:
        every = jobs(streamed)
        seen = {
            name: steps_seen(assemble(every[name], CPU, group=group))
            for name in ("standard", "rsb-a2", "streamed")
        }
        seen["rows"] = assemble(job("standard"), CPU, group=group).state.share.rows
        torch.save(seen, out / f"seen-{group.rank}.pt")
        for name, one in every.items():
            record = execute(one, out / name, device=CPU, group=group)
            assert record.status == "complete"
        if group.processes == 2:
            again = out / "again"
            try:
                stopper = StopTheSecond(group.rank)
                execute(job("rsb-a2"), again, device=CPU, group=group, listener=stopper)
            except Stopped as stopped:
                (out / f"stopped-{group.rank}").write_text(str(stopped))
            execute(job("rsb-a2"), again, device=CPU, group=group)
        try:
            bakeoff.run({"name": "x", "data": "mnist", "arms": [{"recipe": "standard"}]}, out=out)
        except UsageError as refused:
            (out / f"refused-{group.rank}").write_text(f"{refused.told_elsewhere} {refused}")
        if group.processes == 2:
            run_out(job("standard"), out / "full", group)


def run_out(job: Job, out: Path, group: Group) -> None:
    """The last thing that these processes do together: one fails where it stands."""
    assembling.Feed = OutOfMemoryInTheSecond
    try:
        execute(job, out, device=CPU, group=group)
    except RunFailed as failure:
        (out / f"failed-{group.rank}").write_text(str(failure))
    if group.rank == 1:
        os._exit(0)  # as a crash would: without taking leave of the others


if __name__ == "__main__":
    torch.set_num_threads(1)
    clock.REPORT_SECONDS = -1.0
    main(Path(sys.argv[1]), sys.argv[2])
