"""Published results: a figure somebody reported, with its conditions and its source."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path

from bakeoff.errors import UnknownName, UsageError
from bakeoff.published.tables import FOLDER, printed, rows, squash, words


@dataclass(frozen=True)
class PublishedResult:
    """One published figure. Everything is kept as printed; an empty string means "not stated".

    id: unique. The part before "/" names the evaluation: figures that share it (top-1 and top-5,
    say) are of the same weights on the same images.
    metric: "top1", "top5" (accuracy), "top1_error", "top5_error", "seed_sd", "training_hours".
    value, unit: as printed, and "percent", "points" or "hours".
    procedure: the training recipe, by the name of Bakeoff's library where there is one.
    weights: the tag under which these weights are released.
    test_set, split: what it was measured on; test_set is a name of `datasets.csv`.
    train_resolution, test_resolution: pixels; crop_ratio: share kept by the centre crop.
    test_time_augmentation: what each test image was averaged over, as "ten crops"; mostly nothing.
    extra_data: "none", or the data beyond `dataset`; init: "scratch" or what it started from.
    runs: number of runs behind the figure; selection: which run and epoch were reported.
    evaluator: whose code measured it; two evaluators may differ in the second decimal.
    verified: the source itself was read, rather than a quotation of it.
    """

    id: str
    architecture: str
    procedure: str
    weights: str
    dataset: str
    test_set: str
    split: str
    metric: str
    value: str
    unit: str
    train_resolution: str
    test_resolution: str
    crop_ratio: str
    test_time_augmentation: str
    init: str
    extra_data: str
    epochs: str
    runs: str
    selection: str
    evaluator: str
    citation: str
    source: str
    verified: bool
    note: str

    @property
    def number(self) -> Decimal:
        """The value, in `unit`."""
        return printed(self.value)[0]

    @property
    def half(self) -> Decimal:
        """Half a unit of the value's last printed digit."""
        return printed(self.value)[1]

    @property
    def evaluation(self) -> str:
        """The id of the evaluation that this figure is one metric of."""
        return self.id.partition("/")[0]

    @property
    def conditions(self) -> dict[str, str]:
        """What another result must share to be comparable, where stated."""
        return {name: text for name in CONDITIONS if (text := str(getattr(self, name)))}

    @cached_property
    def words(self) -> frozenset[str]:
        """What a search finds this figure by."""
        return words(
            f"{self.id} {self.architecture} {self.procedure} {self.weights} {self.dataset} "
            f"{self.test_set} {self.metric} {self.evaluator} {self.citation} {self.note} "
            f"{self.value}"
        )


CONDITIONS = (
    "architecture",
    "procedure",
    "dataset",
    "test_set",
    "split",
    "metric",
    "train_resolution",
    "test_resolution",
    "crop_ratio",
    "init",
    "extra_data",
    "epochs",
    "runs",
    "selection",
    "evaluator",
)
COLUMNS = tuple(field.name for field in fields(PublishedResult))
TIMM_COLUMNS = (
    "model",
    "procedure",
    "test_set",
    "test_resolution",
    "crop_ratio",
    "top1",
    "top5",
    "extra_data",
)
_TIMM_TABLE = "imagenet-timm.csv"


def read_results(path: Path) -> list[PublishedResult]:
    """Read a file with the columns of `results.csv`. Raises BadFile."""
    return [
        PublishedResult(**{**row, "verified": row["verified"] == "yes"})  # type: ignore[arg-type]
        for _, row in rows(path, COLUMNS)
    ]


@cache
def _timm() -> tuple[PublishedResult, ...]:
    """timm's results tables, stored one row an evaluation: two figures each."""
    figures = []
    for _, row in rows(FOLDER / _TIMM_TABLE, TIMM_COLUMNS):
        architecture, _, tag = row["model"].partition(".")
        suffix = "" if row["test_set"] == "imagenet-1k" else f":{row['test_set']}"
        evaluation = f"timm:{row['model']}@{row['test_resolution']}{suffix}"
        for metric in ("top1", "top5"):
            figures.append(
                PublishedResult(
                    id=evaluation if metric == "top1" else f"{evaluation}/top5",
                    architecture=architecture,
                    procedure=row["procedure"],
                    weights=f"timm:{row['model']}" if tag else f"timm:{architecture}",
                    dataset="imagenet-1k",
                    test_set=row["test_set"],
                    split="test" if row["test_set"] == "imagenet-v2" else "validation",
                    metric=metric,
                    value=row[metric],
                    unit="percent",
                    train_resolution="",
                    test_resolution=row["test_resolution"],
                    crop_ratio=row["crop_ratio"],
                    test_time_augmentation="",
                    init="",
                    extra_data=row["extra_data"],
                    epochs="",
                    runs="1",
                    selection="",
                    evaluator="timm",
                    citation="timm results tables, August 2026",
                    source="https://github.com/huggingface/pytorch-image-models/tree/main/results",
                    verified=True,
                    note="",
                )
            )
    return tuple(figures)


@cache
def _all() -> dict[str, PublishedResult]:
    curated = read_results(FOLDER / "results.csv")
    return {figure.id: figure for figure in (*curated, *_timm())}


def results(query: str | None = None, /, **filters: str | bool) -> list[PublishedResult]:
    """Published results in the registry's order; curated figures first, then timm's tables.

    query: words that must all be found (or begin a word found) in a result's id, architecture,
    procedure, weights, data set, metric, evaluator, citation, note or value; case does not matter.
    filters: exact values of columns, such as `test_set="imagenet-1k", metric="top1"`; architecture
    and weights also match in another spelling (ResNet-50, resnet50).

    Raises UsageError for a filter that is not a column.
    """
    unknown = sorted(set(filters) - set(COLUMNS))
    if unknown:
        raise UsageError(f"results have no column {unknown[0]!r}", f"Use {', '.join(COLUMNS)}")
    found = list(_all().values())
    for name, wanted in filters.items():
        if isinstance(wanted, str):
            spelled = squash(wanted)
            found = [f for f in found if squash(str(getattr(f, name))) == spelled]
        else:
            found = [f for f in found if getattr(f, name) == wanted]
    for word in (query or "").lower().split():
        # As one word (ResNet-50 finds resnet50), or each part of it (resnet50.a1_in1k).
        ways = [{squash(word)} - {""}, set(re.findall(r"[a-z0-9]+", word))]
        found = [f for f in found if any(_begins(way, f.words) for way in ways)]
    return found


def near_words(query: str, count: int = 3) -> list[str]:
    """Queries that find something, nearest to one that finds nothing: each word that no result has
    gives way to the nearest that some result has; without such a word, ids nearest to the whole."""
    known = sorted({word for figure in _all().values() for word in figure.words if len(word) > 1})
    words = query.lower().split()
    lost = [at for at, word in enumerate(words) if not results(word)]
    found = []
    for at in lost[:1]:
        for near in difflib.get_close_matches(squash(words[at]), known, n=count, cutoff=0.6):
            found.append(" ".join([*words[:at], near, *words[at + 1 :]]))
    found = [one for one in found if results(one)]
    return found or difflib.get_close_matches(query, sorted(_all()), n=count, cutoff=0.6)


def _begins(asked: set[str], words: frozenset[str]) -> bool:
    return all(any(known.startswith(part) for known in words) for part in asked)


def result(id: str) -> PublishedResult:
    """The published result with this id. Raises UnknownName, with the nearest ids."""
    known = _all()
    if id in known:
        return known[id]
    spelled = {squash(name): figure for name, figure in known.items()}
    if (found := spelled.get(squash(id))) is not None:
        return found
    raise UnknownName("published result", id, known, _advice(id))


def _advice(id: str) -> str:
    """Thousands of names are no help: offer what is near by spelling or by words, else a search."""
    curated = [name for name, figure in _all().items() if figure.evaluator != "timm"]
    near = difflib.get_close_matches(id, curated, n=3, cutoff=0.5)
    near = near or [figure.id for figure in results(id)][:3]
    return f"Did you mean {' or '.join(near)}?" if near else "Search with `bakeoff results QUERY`"


def nearest(
    metric: str,
    value: Decimal | str,
    *,
    count: int = 3,
    **filters: str | bool,
) -> list[PublishedResult]:
    """The published figures of a metric that lie nearest to a value, nearest first.

    value: in the unit of the metric, percent for accuracies. filters: as for `results`.
    """
    target = printed(value)[0] if isinstance(value, str) else value
    same = results(metric=metric, **filters)
    return sorted(same, key=lambda figure: (abs(figure.number - target), figure.id))[:count]


@cache
def top1_top5(test_set: str = "imagenet-1k") -> tuple[tuple[str, Decimal, Decimal], ...]:
    """(id, top-1, top-5) in percent of every evaluation of timm's tables on a test set."""
    top5 = {f.evaluation: f.number for f in _timm() if f.metric == "top5"}
    return tuple(
        (figure.id, figure.number, top5[figure.evaluation])
        for figure in _timm()
        if figure.metric == "top1" and figure.test_set == test_set
    )
