"""The score card: who won, by how much, how sure, and what would make one doubt it.

`made_from(material)` makes it; HTML and Markdown draw from the same object.
"""

from __future__ import annotations

from bakeoff.reporting.score.card import Care, CareCode, Entry, Panel, ScoreCard
from bakeoff.reporting.score.making import made_from

__all__ = ["Care", "CareCode", "Entry", "Panel", "ScoreCard", "made_from"]
