"""A comparison as a user holds it: its rows, and how it prints, draws and becomes a data frame."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakeoff.comparison.drawing import draw
from bakeoff.comparison.result import Compared, PairVerdict
from bakeoff.comparison.telling import as_html, as_text

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Compared):
    """Verdicts between arms and against published results; fields as in `Compared`."""

    def to_frame(self) -> pd.DataFrame:
        """`.comparisons` as a data frame, a row a pair and metric, the columns of the JSON."""
        import pandas as pd

        columns = [field.name for field in dataclasses.fields(PairVerdict)]
        return pd.DataFrame([row.to_dict() for row in self.comparisons], columns=columns)

    def chart(self, metric: str = "accuracy") -> alt.LayerChart:
        """An Altair chart of one metric: every seed, each arm's mean and interval.

        Raises UnknownName for a metric that was not compared.
        """
        return draw(self, metric)

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)
