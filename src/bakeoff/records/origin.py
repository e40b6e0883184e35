"""Where a run came from that Bakeoff did not make: the tool, its own words, what nobody knows."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

Setting = str | int | float | bool


class Origin(BaseModel):
    """Of an imported run. Beside it the record's recipe, model, budget and environment hold no
    more than is stated here; what stands for the rest is no statement.

    tool, version: what wrote it, empty where that is not said. source: the file or folder, as it
    was given. run: the run's own name, its id or number. read_as: by role (arm, seed, accuracy …)
    the column, key or folder that said it. settings: hyperparameters under the tool's names.
    metrics: every figure at the run's end that `bakeoff compare` knows, percent, nats, seconds.
    conditions: what is stated of how it was measured, as `comparison.Conditions` names it. axis:
    what the points of `curves` are over. unknown: what could not be known, in words. command: the
    words of the command that made it, where a bake-off ran one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")

    tool: str = ""
    version: str = ""
    source: str
    run: str = ""
    read_as: dict[str, str] = {}
    settings: dict[str, Setting] = {}
    metrics: dict[str, float] = {}
    conditions: dict[str, str] = {}
    axis: str = "epoch"
    unknown: tuple[str, ...] = ()
    command: tuple[str, ...] = ()

    @property
    def by(self) -> str:
        """ "mlflow 3.17.2"; "another tool" where no one is named."""
        return " ".join(filter(None, (self.tool, self.version))) or "another tool"
