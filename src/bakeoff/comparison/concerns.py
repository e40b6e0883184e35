"""What results look like, whatever the tests say of them: copies, collapses, two runs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bakeoff.comparison.data_sets import pairs
from bakeoff.comparison.measure import did_not_train
from bakeoff.comparison.metrics import METRICS, about
from bakeoff.comparison.numbers import amount, plural
from bakeoff.comparison.outcome import Outcome, group
from bakeoff.comparison.reasons import TwoBasins
from bakeoff.comparison.result import Concern, PairVerdict
from bakeoff.comparison.wording import word

Arms = Mapping[str, Sequence[Outcome]]

_MEASURED = ("accuracy", "top5", "loss", "calibration_error")
_CHANCE = 0.05
"""Of so many alike in one arm, below which they are said to look copied."""
_CHANCE_OF_ALL = 1e-4
"""The same for every run of an arm, below which they also count as one: an arm without any spread
is no proof of copies where results are coarse, and the tests already win nothing with it."""
_FEWEST_WRONG = 5
"""Two models that are wrong on the same images are one only where they are wrong on several."""


def concerns(
    arms: Arms, rows: Sequence[PairVerdict], metric: str, copied: Sequence[Copies] = ()
) -> Iterator[Concern]:
    """Arms that did not train first. rows: the verdicts; metric: the first one compared; copied:
    `copies` of the arms before these were left out."""
    for arm, runs in arms.items():
        if (one := group(arm, runs, metric)).did_not_train:
            yield Concern(
                code="did not train",
                arms=(arm,),
                seeds=one.failed_seeds,
                sentence=f"{word(did_not_train(one))}.",
            )
    finished = {
        arm: [run for run in runs if run.status == "complete"] for arm, runs in arms.items()
    }
    for alike in copied:
        yield alike.concern
    values = {arm: np.sort(group(arm, runs, metric).values).tobytes() for arm, runs in arms.items()}
    for a, b in pairs(arms):
        if values[a] != values[b] or sorted(map(_key, finished[a])) != sorted(
            map(_key, finished[b])
        ):
            continue
        if same := _identical(finished[a], finished[b]):
            yield Concern(code="identical arms", arms=(a, b), sentence=f"{a} and {b} {same}")
    for row in rows:
        if row.metric == metric and row.has(TwoBasins):
            yield Concern(
                code="two basins",
                arms=(row.a, row.b),
                sentence=f"{row.a} and {row.b}: {word(TwoBasins())}.",
            )


@dataclass(frozen=True, slots=True)
class Copies:
    """A run that several seeds of an arm seem to repeat: all of its seeds, and what is said.

    once: whether they count as one run.
    """

    arm: str
    seeds: tuple[int | str, ...]
    once: bool
    concern: Concern


def copies(arms: Arms) -> list[Copies]:
    """One for every run that several seeds of an arm seem to repeat."""
    finished = {
        arm: [run for run in runs if run.status == "complete"] for arm, runs in arms.items()
    }
    chances: dict[str, float] = {}
    return [
        found for arm, runs in finished.items() for found in _copied(arm, runs, finished, chances)
    ]


def counted_once(arms: Arms, copied: Sequence[Copies], *, paired: bool) -> dict[str, list[Outcome]]:
    """The arms with one run for all its copies: nothing new was measured by repeating it.

    paired: what is left out of one arm is left out of all, so that the others stay pairs.
    """
    again: dict[str, set[int | str]] = {}
    for found in copied:
        if found.once:
            again.setdefault(found.arm, set()).update(found.seeds[1:])
    everywhere = set().union(*again.values()) if paired else set()
    return {
        arm: [run for run in runs if run.seed not in again.get(arm, set()) | everywhere]
        for arm, runs in arms.items()
    }


def _copied(
    arm: str, runs: Sequence[Outcome], arms: Arms, chances: dict[str, float]
) -> Iterator[Copies]:
    """chances: `_coincidence` by metric, as far as it was needed."""
    alike: dict[object, list[Outcome]] = {}
    if runs and runs[0].folds:
        return  # a fold has few images, so that equal counts are common
    for run in runs:
        alike.setdefault(_key(run), []).append(run)
    for same in alike.values():
        if len(same) < 2 or (chance := _chance(same, len(runs), arms, chances)) >= _CHANCE:
            continue
        once = chance < (_CHANCE_OF_ALL if len(same) == len(runs) else _CHANCE)
        seeds = tuple(run.seed for run in same)
        values = ", ".join(
            f"{about(name).title} {amount(value)}"
            for name, value in same[0].values.items()
            if name in _MEASURED
        )
        said = (
            f"{plural(len(seeds), 'seed')} of {arm} ({_listed(seeds)}) have identical values"
            f" ({values}): this looks like one run copied, or a seed that was not used."
        )
        if once:
            said += (
                " They count as one run. If they are several, give losses or predictions, which"
                " tell them apart."
            )
        concern = Concern(code="copied run", arms=(arm,), seeds=seeds, sentence=said)
        yield Copies(arm, seeds, once, concern)


def _identical(a: Sequence[Outcome], b: Sequence[Outcome]) -> str:
    """How two arms whose figures are alike look; empty where one run each shows nothing more."""
    if not a:
        return ""
    if len(a) >= 2:
        return (
            f"have identical values in all {len(a)} seeds: this looks like one arm copied under two"
            " names, or a setting without effect."
        )
    if _same_answers(a[0], b[0]):
        return (
            "have identical answers on every test image: this looks like one model under two names."
        )
    return ""


def _key(run: Outcome) -> tuple[tuple[str, float], ...]:
    return tuple((name, run.values[name]) for name in _measured(run))


def _measured(run: Outcome) -> tuple[str, ...]:
    """What was measured of a run, by chance and not by plan; a user's own metric too."""
    return _measured_of(tuple(run.values))


@lru_cache(maxsize=256)
def _measured_of(names: tuple[str, ...]) -> tuple[str, ...]:
    own = tuple(name for name in names if name not in METRICS)
    return own + tuple(name for name in _MEASURED if name in names)


def _chance(same: Sequence[Outcome], of: int, arms: Arms, chances: dict[str, float]) -> float:
    """Chance that so many of an arm's runs are alike; 0 where they answer every image alike."""
    if all(_same_answers(same[0], other) for other in same[1:]):
        return 0.0
    chance = 1.0
    for name in _measured(same[0]):
        if all(name in run.values for run in same):
            if name not in chances:
                chances[name] = _coincidence(name, arms)
            chance *= chances[name]
    return math.comb(of, len(same)) * chance ** (len(same) - 1)


def _coincidence(metric: str, arms: Arms) -> float:
    """Chance that two runs of an arm are printed alike: resolution / (2√π · spread over seeds)."""
    runs = [run for several in arms.values() for run in several if metric in run.values]
    squares, freedom = 0.0, 0
    for several in arms.values():
        # Copies say nothing of the spread.
        values = np.array(sorted({run.values[metric] for run in several if metric in run.values}))
        if len(values) >= 2 and np.isfinite(values).all():
            squares += float(((values - values.mean()) ** 2).sum())
            freedom += len(values) - 1
    if not squares or not math.isfinite(squares):
        return 1.0
    resolution = 10.0 ** -max(_decimals(run.values[metric]) for run in runs)
    images = [run.images for run in runs if run.images]
    if images and metric in ("accuracy", "top5"):
        resolution = max(resolution, 100 / max(images))
    return min(1.0, resolution / (2 * math.sqrt(math.pi * squares / freedom)))


def _decimals(value: float) -> int:
    text = f"{value:.10f}".rstrip("0")
    return len(text.partition(".")[2])


def _same_answers(a: Outcome, b: Outcome) -> bool:
    if a.answers is None or b.answers is None or a.values.get("loss") != b.values.get("loss"):
        return False
    wrong = ~a.answers.correct
    return bool(np.array_equal(wrong, ~b.answers.correct) and wrong.sum() >= _FEWEST_WRONG)


def _listed(seeds: Sequence[int | str]) -> str:
    shown = [str(seed) for seed in itertools.islice(seeds, 8)]
    return ", ".join(shown) + (f" and {len(seeds) - 8} more" if len(seeds) > 8 else "")
