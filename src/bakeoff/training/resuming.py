"""The state of a run in progress: what a checkpoint holds of it, and how a run goes on from one."""

from __future__ import annotations

from typing import Any

import torch

from bakeoff.errors import BadFile
from bakeoff.training import checkpoint
from bakeoff.training.identity import another_job, changed
from bakeoff.training.keeping import Keeper


class Checkpoints:
    """Saves the run that `keeper` keeps, and goes back to where it was saved last.

    teams: after which step how many processes went on; several where their number changed.
    """

    def __init__(self, keeper: Keeper) -> None:
        self.keeper, self.loop = keeper, keeper.loop
        self.state, self.group = keeper.loop.state, keeper.loop.group
        self.listener = keeper.loop.listener
        self.teams: list[tuple[int, int]] = [(0, self.group.processes)]

    def save(self) -> None:
        """Everything needed to go on bit for bit (on CPU, and on deterministic CUDA).

        All of it is the same in every process, but for their clocks, so the first one's will do.
        """
        keeper, state = self.keeper, self.state
        keeper.gather_memory()
        everything = {
            "fingerprint": keeper.job.fingerprint,
            "identity": keeper.job.identity,
            "step": state.step,
            "created": keeper.created,
            "model": state.model.state_dict(),
            "ema": None if state.ema is None else state.ema.module.state_dict(),
            "optimizer": state.optimizer.state_dict(),
            "generator": state.generator.get_state(),
            "rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state(keeper.device)
            if keeper.device.type == "cuda"
            else None,
            "loop": self.loop.loop_state(),
            "teams": [list(team) for team in self.teams],
        }
        path = self.group.first(lambda: checkpoint.save(keeper.folder, state.step, everything))
        self.listener.saved(path)

    def resume(self) -> None:
        """Go on from the newest readable checkpoint, if there is one.

        Raises UsageError, naming what differs, when it is another job's, and BadFile when its
        content does not fit.
        """
        keeper = self.keeper
        stored = self.group.first(lambda: checkpoint.load_newest(keeper.folder, self._warn))
        if stored is None:
            return
        if stored.get("fingerprint") != keeper.job.fingerprint:
            raise another_job(keeper.folder, changed(stored.get("identity"), keeper.job))
        try:
            self._restore(stored)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise BadFile(
                keeper.folder,
                f"its checkpoint does not fit this run ({type(error).__name__})",
                "Remove the folder's checkpoints and run again",
            ) from error
        self.listener.note(f"resuming at step {self.state.step} of {keeper.job.budget.steps}")

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
            torch.cuda.set_rng_state(stored["cuda_rng"], self.keeper.device)
        self.keeper.created = stored["created"]
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
            self.keeper.notes.append(f"the number of processes changed: {told}")

    def _warn(self, text: str) -> None:
        self.keeper.notes.append(text)
        self.listener.note(text)
