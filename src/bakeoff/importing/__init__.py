"""IMPORT: what other tools left of their runs, read as it is; nothing written, nothing executed.

One file a format. Each turns a path into `ImportedRun`s under the tool's own names; which of these
names the arm, the seed and the accuracy is for `bakeoff.comparison` to say, or to ask.
"""

from bakeoff.importing.registry import FORMATS, Format, find, of
from bakeoff.importing.runs import Curve, ImportedRun

__all__ = ["FORMATS", "Curve", "Format", "ImportedRun", "find", "of"]
