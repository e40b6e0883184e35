"""New runs of an arm against its runs from before: is it worse by more than a margin?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bakeoff.comparison.checks import check_settings
from bakeoff.comparison.comparability import require_comparable
from bakeoff.comparison.data_sets import by_data_set
from bakeoff.comparison.learning_rate_robustness import split_rates
from bakeoff.comparison.mapping import Said, parse
from bakeoff.comparison.metrics import about, named
from bakeoff.comparison.outcome import Group, Outcome, by_arm, group
from bakeoff.comparison.result import Keyed
from bakeoff.comparison.sources import read
from bakeoff.comparison.units import checked_unit
from bakeoff.comparison.worsening_words import as_markdown, as_text, sentence
from bakeoff.errors import UsageError
from bakeoff.statistics import (
    Interval,
    detectable_difference,
    holm,
    p_superiority,
    rank_p,
    spent,
    welch_from,
    worse_p,
)

Worsening = Literal["worse", "did not train", "not shown to be worse", "cannot tell"]
POWER = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmChecked(Keyed):
    """One arm, new against before, in `metric`. difference: new − before; interval: two-sided.

    p: one-sided, of "not worse by more than the margin"; p_adjusted: Holm over the arms.
    would_show: the smallest true worsening that these runs would have shown with 80 % power at
    this check. because: why there is no p, empty where there is.
    """

    arm: str
    metric: str
    unit: str
    n: int
    n_before: int
    failed: int
    failed_before: int
    mean: float | None
    mean_before: float | None
    difference: float | None
    interval: Interval | None
    p: float | None
    p_adjusted: float | None
    would_show: float | None
    verdict: Worsening
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(Keyed):
    """arms: those that are on both sides. only_new, only_before: the others. alpha: for all checks
    of this question together; check: the number of this one; spent: its share of alpha."""

    arms: tuple[ArmChecked, ...]
    only_new: tuple[str, ...]
    only_before: tuple[str, ...]
    margin: float
    alpha: float
    check: int
    spent: float

    @property
    def worse(self) -> tuple[str, ...]:
        """Arms that are worse beyond the margin, or that no longer train."""
        return tuple(a.arm for a in self.arms if a.verdict in ("worse", "did not train"))

    @property
    def untested(self) -> tuple[str, ...]:
        """Arms of before about which nothing can be said."""
        return (*(a.arm for a in self.arms if a.verdict == "cannot tell"), *self.only_before)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        sentences = [sentence(arm, self.margin) for arm in self.arms]
        found = {key: self[key] for key in self.keys() if key != "arms"}
        return {
            **{
                key: list(value) if isinstance(value, tuple) else value
                for key, value in found.items()
            },
            "arms": [arm.to_dict() for arm in self.arms],
            "sentences": sentences,
            "worse": list(self.worse),
            "untested": list(self.untested),
        }

    def __str__(self) -> str:
        return as_text(self)

    def to_markdown(self) -> str:
        """A comment for a pull request."""
        return as_markdown(self)


def compare_against(
    source: Any,
    against: Any,
    *,
    metric: str = "accuracy",
    margin: float = 0.0,
    alpha: float = 0.05,
    check: int = 1,
    level: float = 0.95,
    unit: str | None = None,
    mapping: str | Mapping[str, str] | Sequence[str] | None = None,
    accept_best: bool = False,
) -> Checked:
    """Whether arms of `source` are worse than the arms of the same name in `against`.

    source, against: as `bakeoff.compare` takes them. margin: in the metric's unit, a worsening up
    to it does not matter. check: how many times this question has been asked, this one included:
    the k-th may spend alpha / (k(k + 1)), so that all of them together call something worse that
    is not with a chance of at most alpha. An arm whose new runs all failed, where not all did
    before, *did not train* and needs no test. Failed runs otherwise rank last, and make an arm
    worse by Mann-Whitney's test as well, each at half the level.

    Raises UsageError where no arm is on both sides, and NotComparable on other test images.
    """
    name = named(metric)
    if about(name).counted:
        raise UsageError(f"{about(name).title} is fixed by the plan", "Choose another metric")
    check_settings(level=level, alpha=alpha, margin=margin or None)
    share = spent(check, alpha)
    said = Said(parse(mapping), accept_best)
    new, old = (
        _arms(read(side, unit=checked_unit(unit), said=said).outcomes) for side in (source, against)
    )
    both = [arm for arm in new if arm in old]
    if not both:
        raise UsageError(
            f"no arm is on both sides: {_listed(new)} against {_listed(old)}",
            "Give runs of the same bake-off file, whose arms have the same names",
        )
    for arm in both:
        sides = (("new", new[arm]), ("before", old[arm]))
        require_comparable(
            (f"{arm} ({side})", run.conditions)
            for side, runs in sides
            for run in runs
            if run.conditions is not None
        )
        for _, runs in sides:
            if any(run.status == "complete" and name not in run.values for run in runs):
                raise UsageError(
                    f"not every run of {arm} has {about(name).title}", "Choose another metric"
                )
    groups = [(group(arm, new[arm], name), group(arm, old[arm], name)) for arm in both]
    measured = [_p(now, before, margin) for now, before in groups]
    adjusted = holm([math.nan if p is None else p for p, _ in measured]).tolist()
    tests = max(1, sum(p is not None for p, _ in measured))
    return Checked(
        arms=tuple(
            _checked(now, before, p, q, because, margin, share, tests, level)
            for (now, before), (p, because), q in zip(groups, measured, adjusted, strict=True)
        ),
        only_new=tuple(arm for arm in new if arm not in old),
        only_before=tuple(arm for arm in old if arm not in new),
        margin=margin,
        alpha=alpha,
        check=check,
        spent=share,
    )


def _arms(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """Without arms at other learning rates, which test verdicts."""
    return split_rates(by_arm(by_data_set(outcomes)))[0]


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(list(names)[:6])


def _p(now: Group, before: Group, margin: float) -> tuple[float | None, str]:
    """One-sided, and why there is none."""
    if not before.n:
        return None, "no run from before has finished"
    if now.did_not_train:
        return None, "every run failed"
    if not now.n:
        return None, "no new run has finished"
    sign = about(now.metric).sign
    by_means: float | None = None
    because = ""
    try:
        found = welch_from(now.moments, before.moments)
        turned = found if sign > 0 else _turned(found)
        by_means = worse_p(turned, margin)
    except UsageError as error:
        because = error.message
    if not now.failed:
        return by_means, because
    # Failures count against the new runs: worst ranks, half the level for each of two tests.
    ranked = now.ranked + margin
    better = p_superiority(ranked, before.ranked)
    two_sided = rank_p(ranked, before.ranked)
    by_ranks = two_sided / 2 if better < 0.5 else 1 - two_sided / 2
    return min(1.0, 2 * min(by_ranks, 1.0 if by_means is None else by_means)), ""


def _turned(found: Any) -> Any:
    import dataclasses

    return dataclasses.replace(found, value=-found.value)


def _checked(
    now: Group,
    before: Group,
    p: float | None,
    adjusted: float,
    because: str,
    margin: float,
    share: float,
    tests: int,
    level: float,
) -> ArmChecked:
    facts = about(now.metric)
    interval, shows = None, None
    if now.n and before.n and not because:
        try:
            interval = welch_from(now.moments, before.moments, level).interval
            # One-sided: the two-sided test at twice the level has as much power.
            shows = margin + detectable_difference(
                now.sd, now.n, before.sd, before.n, power=POWER, alpha=2 * share / tests
            )
        except UsageError:
            pass
    verdict: Worsening = "cannot tell"
    if now.did_not_train and before.n:
        verdict = "did not train"
    elif p is not None:
        verdict = "worse" if adjusted < share else "not shown to be worse"
    return ArmChecked(
        arm=now.arm,
        metric=now.metric,
        unit=facts.unit,
        n=now.n,
        n_before=before.n,
        failed=now.failed,
        failed_before=before.failed,
        mean=_mean(now),
        mean_before=_mean(before),
        difference=now.mean - before.mean if now.n and before.n else None,
        interval=interval,
        p=p,
        p_adjusted=None if p is None else adjusted,
        would_show=shows,
        verdict=verdict,
        because=because,
    )


def _mean(runs: Group) -> float | None:
    return float(np.mean(runs.values)) if runs.n else None
