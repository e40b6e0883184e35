"""What can be compared, in which unit, and which way is better."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass

from bakeoff.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Metric:
    """unit: of a difference. counted: fixed by the plan, not by chance, so no test is made.

    better: "A {better} B by 0.42 points". on_request: only compared where it is asked for, or
    decides.
    """

    name: str
    title: str
    unit: str
    higher_is_better: bool
    better: str
    counted: bool = False
    on_request: bool = False

    @property
    def sign(self) -> int:
        return 1 if self.higher_is_better else -1


_ALL = (
    Metric("accuracy", "accuracy", "points", True, "beats"),
    Metric("top5", "top-5 accuracy", "points", True, "has a higher top-5 accuracy than"),
    Metric("loss", "test cross-entropy", "nats", False, "has a lower test cross-entropy than"),
    Metric("calibration_error", "calibration error", "points", False, "is better calibrated than"),
    Metric(
        "balanced_accuracy",
        "balanced accuracy",
        "points",
        True,
        "has a higher balanced accuracy than",
        on_request=True,
    ),
    Metric("macro_f1", "macro F1", "points", True, "has a higher macro F1 than", on_request=True),
    Metric(
        "macro_auroc",
        "macro AUROC",
        "points",
        True,
        "has a higher macro AUROC than",
        on_request=True,
    ),
    Metric(
        "accuracy_at_equal_images",
        "accuracy at equal images",
        "points",
        True,
        "is ahead at equal images of",
    ),
    Metric(
        "accuracy_at_equal_flops",
        "accuracy at equal FLOPs",
        "points",
        True,
        "is ahead at equal FLOPs of",
    ),
    Metric(
        "accuracy_at_equal_seconds",
        "accuracy at equal time",
        "points",
        True,
        "is ahead at equal time of",
    ),
    Metric(
        "seconds_to_target",
        "time to the target accuracy",
        "s",
        False,
        "reaches the target accuracy sooner than",
    ),
    Metric("images", "training images", "images", False, "sees fewer images than", counted=True),
    Metric("flops", "training FLOPs", "FLOP", False, "computes less than", counted=True),
    Metric("seconds", "training time", "s", False, "trains faster than"),
)
METRICS = {metric.name: metric for metric in _ALL}


class OwnMetric(str):
    """The name of a metric of the user's own. What the user said of it goes where the name goes,
    so that two comparisons at a time may call different things by one name."""

    metric: Metric

    @classmethod
    def of(cls, metric: Metric) -> OwnMetric:
        name = cls(metric.name)
        name.metric = dataclasses.replace(metric, name=name)
        return name


def about(name: str) -> Metric:
    """What is known of a metric, by its name in a comparison."""
    return name.metric if isinstance(name, OwnMetric) else METRICS[name]


ALIASES = {
    "acc": "accuracy",
    "acc1": "accuracy",
    "top1": "accuracy",
    "top_1": "accuracy",
    "test_accuracy": "accuracy",
    "acc5": "top5",
    "top_5": "top5",
    "nll": "loss",
    "ece": "calibration_error",
    "time": "seconds",
}


def on_another_set(title: str) -> str:
    """The accuracy on another test set as a metric of its own; its name."""
    name = f"accuracy_on_{re.sub(r'[^a-z0-9]+', '_', title.lower()).strip('_')}"
    better = f"is more accurate on {title} than"
    return OwnMetric.of(Metric(name, f"accuracy on {title}", "points", True, better))


def named(name: str) -> str:
    """The metric that a column or an option means. Raises UnknownName."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    plain = ALIASES.get(plain, plain)
    if plain not in METRICS:
        raise UnknownName("metric", name, METRICS)
    return plain


def in_order(names: Iterable[str]) -> list[str]:
    """Metric names in the order in which they are reported, those on other test sets last."""
    wanted = set(names)
    return [name for name in METRICS if name in wanted] + sorted(wanted - METRICS.keys())
