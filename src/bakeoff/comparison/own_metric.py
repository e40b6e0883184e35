"""A metric that the user names, such as macro_f1 or latency[ms]: which way is better, which column.

While a table is read it takes the place of the accuracy, without a unit of its own: the same rules
then say which images, which row and which run it is of. Afterwards it has its name again.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Sequence

from bakeoff.comparison import naming
from bakeoff.comparison.columns import Table, plain
from bakeoff.comparison.mapping import Said
from bakeoff.comparison.metrics import ALIASES, METRICS, Metric, OwnMetric, about
from bakeoff.comparison.outcome import Outcome
from bakeoff.comparison.result import TableRoles
from bakeoff.errors import UnknownName, UsageError

_HIGHER = frozenset(
    {"f1", "auc", "auroc", "auprc", "ap", "map", "precision", "recall", "specificity",
     "sensitivity", "iou", "miou", "dice", "psnr", "ssim", "bleu", "rouge", "r2", "kappa", "mcc",
     "balanced", "accuracy", "acc", "reward", "throughput"}
)  # fmt: skip
_LOWER = frozenset(
    {"mse", "rmse", "mae", "mape", "loss", "error", "err", "perplexity", "ppl", "fid", "wer", "cer",
     "latency", "nll", "brier", "eer"}
)  # fmt: skip


def asked(names: Sequence[str], higher_is_better: bool | None) -> str:
    """The metric of the user's own among those asked for, defined; empty where there is none.

    names: one may be "NAME" or "NAME[unit]" that Bakeoff does not know. Raises UsageError where it
    is not alone, where nobody says which way is better, or where that is said of a known metric.
    """
    own = [name for name in names if _known(name) is None]
    if not own:
        if higher_is_better is not None:
            what = "which way is better is known of this metric"
            raise UsageError(
                what if names else "which way is better is said of a metric of your own",
                "Leave it out, or name one: bakeoff compare … --metric macro_f1",
            )
        return ""
    if len(names) > 1:
        raise UsageError(
            f"{own[0]} is a metric of your own, and is compared alone", "Ask for one at a time"
        )
    match = re.fullmatch(r"\s*(.+?)\s*(?:\[([^\]]*)\])?\s*", own[0])
    title, unit = (match[1], match[2] or "") if match else (own[0], "")
    if higher_is_better is None:
        words = set(naming.words(title))
        if bool(words & _HIGHER) == bool(words & _LOWER):
            _refuse_misspelt(title)
            raise UsageError(
                f"is a higher or a lower {title} better?",
                "Say bakeoff compare … --higher-is-better, or --lower-is-better",
            )
        higher_is_better = bool(words & _HIGHER)
    return OwnMetric.of(
        Metric(
            plain(title),
            title,
            unit or title,
            higher_is_better,
            f"has a {'higher' if higher_is_better else 'lower'} {title} than",
        )
    )


def as_kept(wanted: Sequence[str], outcomes: Sequence[Outcome]) -> list[str]:
    """The metrics asked for as records keep them under their names, where no table was read."""
    kept = {str(name): name for run in outcomes for name in run.values}
    return [kept.get(str(name), name) for name in wanted]


def _refuse_misspelt(title: str) -> None:
    """Raise UnknownName for what is a letter or two from a metric that Bakeoff knows."""
    if difflib.get_close_matches(plain(title), METRICS, n=1, cutoff=0.85):
        raise UnknownName("metric", title, METRICS)


def _known(name: str) -> str | None:
    key = plain(name)
    key = ALIASES.get(key, key)
    usual = key in METRICS and not METRICS[key].on_request
    return key if usual else None


def role(said: Said) -> Said:
    """What the user says of the columns, with that of their own metric as the accuracy's."""
    if said.metric not in said.columns:
        return said
    columns = dict(said.columns)
    columns["accuracy"] = columns.pop(said.metric)
    return dataclasses.replace(said, columns=columns)


def as_accuracy(table: Table, said: Said) -> Table:
    """The table with the user's metric in the accuracy's place."""
    if not said.metric or "accuracy" in said.columns:
        return table
    wanted = "_".join(naming.words(said.metric))
    columns, called, origin = dict(table.columns), dict(table.called), dict(table.origin)
    found = {
        name: naming.part_of(given, wanted)
        for name, given in table.called.items()
        if naming.part_of(given, wanted) is not None
    }
    for name, given in table.called.items():
        figure = naming.figure(given)
        is_accuracy = figure is not None and figure.metric == "accuracy"
        if name in found or is_accuracy or naming.error_of(given) is not None:
            del columns[name], called[name]
    for name, part in found.items():
        new = f"{part}_accuracy" if part else "accuracy"
        if new not in columns:
            columns[new], called[new] = table.columns[name], new
            origin[new] = table.told(name)
    return dataclasses.replace(table, columns=columns, called=called, origin=origin)


def by_name(outcomes: Sequence[Outcome], name: str) -> list[Outcome]:
    """Runs with their figure under its own name again."""
    return [
        dataclasses.replace(
            run,
            values={name: run.values["accuracy"]} if "accuracy" in run.values else {},
            summarised={name: run.summarised["accuracy"]} if run.summarised else {},
            failure=run.failure.replace("no finite accuracy", f"no finite {about(name).title}"),
            failed_by=run.failed_by.replace("no finite accuracy", f"no finite {name}"),
        )
        for run in outcomes
    ]


def roles_by_name(roles: TableRoles, name: str) -> TableRoles:
    metrics = {name: roles.metrics["accuracy"]} if "accuracy" in roles.metrics else {}
    return dataclasses.replace(roles, metrics=metrics, left_out=())
