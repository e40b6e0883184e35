"""Bakeoff: train the same image classifier by different recipes, and find out which one won.

    import bakeoff

    finished = bakeoff.reproduce(budget="quick")     the default bake-off
    finished = bakeoff.run("mine.yaml")              any other
    record = bakeoff.train("rsb-a3", data="mnist")   one run
    other = bakeoff.evaluate("timm:resnet50.a1_in1k", data="imagenet:PATH")   weights that exist
    verdicts = bakeoff.compare(finished.folder)      who really won
    page = bakeoff.report(finished.folder)           report.html and report.md
    found = bakeoff.audit(Path("README.md"))         which claimed numbers cannot be true
    given = bakeoff.export("runs/mine/standard/seed-0", hf="folder")   for timm, the hub, ONNX
    mine = bakeoff.import_runs("mlflow.db", "runs/mine")   other tools' runs as records
    table = bakeoff.frame(finished.folder, "curves") a data frame of pandas, or of polars
    ahead = bakeoff.dry_run("mine.yaml")             what would run, how long, at what cost
    health = bakeoff.doctor()                        what this machine has, and is used for
    needed = bakeoff.plan(sd=0.2, delta=0.1)         how many seeds would show it

Importing this costs milliseconds: torch, scipy and the like are imported when first needed.
"""

from bakeoff.auditing import audit
from bakeoff.bakeoffs import dry_run, evaluate, reproduce, run, train
from bakeoff.comparison import compare, import_runs, plan
from bakeoff.errors import BakeoffError
from bakeoff.exporting import export
from bakeoff.machine import doctor
from bakeoff.records import frame, load_records
from bakeoff.reporting import report
from bakeoff.threads import give_way
from bakeoff.version import __version__

give_way()  # before anything imports torch, which reads it as it is loaded

__all__ = [
    "BakeoffError",
    "__version__",
    "audit",
    "compare",
    "doctor",
    "dry_run",
    "evaluate",
    "export",
    "frame",
    "import_runs",
    "load_records",
    "plan",
    "report",
    "reproduce",
    "run",
    "train",
]
