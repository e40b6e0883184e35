"""The state of a run in progress: what a checkpoint holds of it, and how a run goes on from one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from bakeoff.errors import BadFile
from bakeoff.training import checkpoint
from bakeoff.training import device as devices
from bakeoff.training.distributed.process_group import Group
from bakeoff.training.identity import another_job, changed
from bakeoff.training.job import Job
from bakeoff.training.loop import Loop


class Checkpoints:
    """Saves the loop of `job` in `folder`, and goes back to where it was saved last.

    teams: after which step how many processes went on; several where their number changed.
    """

    def __init__(self, job: Job, folder: Path, device: torch.device, loop: Loop) -> None:
        self.job, self.folder, self.device, self.loop = job, folder, device, loop
        self.state, self.group, self.listener = loop.state, loop.group, loop.listener
        self.teams: list[tuple[int, int]] = [(0, self.group.processes)]

    def save(self) -> None:
        """Everything needed to go on bit for bit (on CPU, and on deterministic CUDA).

        All of it is the same in every process, but for their clocks, so the first one's will do.
        """
        state = self.state
        self.loop.progress.memory = memory_of_each(self.group, self.device)
        everything = {
            "fingerprint": self.job.fingerprint,
            "identity": self.job.identity,
            "step": state.step,
            "model": state.model.state_dict(),
            "ema": None if state.ema is None else state.ema.module.state_dict(),
            "optimizer": state.optimizer.state_dict(),
            "generator": state.generator.get_state(),
            "rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state(self.device)
            if self.device.type == "cuda"
            else None,
            "loop": self.loop.loop_state(),
            "teams": [list(team) for team in self.teams],
        }
        path = self.group.first(lambda: checkpoint.save(self.folder, state.step, everything))
        self.listener.saved(path)

    def resume(self) -> None:
        """Go on from the newest readable checkpoint, if there is one.

        Raises UsageError, naming what differs, when it is another job's, and BadFile when its
        content does not fit.
        """
        stored = self.group.first(lambda: checkpoint.load_newest(self.folder, self._warn))
        if stored is None:
            return
        if stored.get("fingerprint") != self.job.fingerprint:
            raise another_job(self.folder, changed(stored.get("identity"), self.job))
        try:
            self._restore(stored)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise BadFile(
                self.folder,
                f"its checkpoint does not fit this run ({type(error).__name__})",
                "Remove the folder's checkpoints and run again",
            ) from error
        self.listener.note(f"resuming at step {self.state.step} of {self.job.budget.steps}")

    def _restore(self, stored: dict[str, Any]) -> None:
        """The inverse of `save`."""
        state = self.state
        state.model.load_state_dict(stored["model"])
        if state.ema is not None:
            state.ema.module.load_state_dict(stored["ema"])
        state.optimizer.load_state_dict(stored["optimizer"])
        state.step = stored["step"]
        state.schedule.step_update(state.step)
        state.generator.set_state(stored["generator"])
        torch.set_rng_state(stored["rng"])
        if stored["cuda_rng"] is not None:
            torch.cuda.set_rng_state(stored["cuda_rng"], self.device)
        self.loop.restore(stored["loop"])
        self.listener.resumed(self.loop.progress.curves)
        self._note_teams(stored)

    def _note_teams(self, stored: dict[str, Any]) -> None:
        """Results of another number of processes agree up to rounding only: the record says so."""
        before = [(start, number) for start, number in stored.get("teams", [(0, 1)])]
        self.teams = before
        if before[-1][1] != self.group.processes:
            self.teams = [*before, (self.state.step, self.group.processes)]
        if len(self.teams) > 1:
            told = ", ".join(f"{number} from step {start + 1}" for start, number in self.teams)
            self.loop.progress.notes.append(f"the number of processes changed: {told}")

    def _warn(self, text: str) -> None:
        self.loop.progress.notes.append(text)
        self.listener.note(text)


def memory_of_each(group: Group, device: torch.device) -> tuple[int, ...]:
    """The most bytes that each process took so far; called by all of them. Empty for one alone."""
    return tuple(group.gather(devices.peak_memory(device))) if group.processes > 1 else ()
