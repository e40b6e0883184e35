"""Parts of the spread: against statsmodels' analysis of variance and restricted likelihood."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from bakeoff.errors import TooFewSeeds, UsageError
from bakeoff.statistics import orthogonal_runs, variance_sources


def crossed(g: np.random.Generator, sds: tuple[float, ...], levels: int) -> tuple:
    design = np.stack(np.meshgrid(*[range(levels)] * len(sds), indexing="ij"), -1).reshape(
        -1, len(sds)
    )
    effects = [sd * g.standard_normal(levels) for sd in sds]
    values = sum(e[design[:, k]] for k, e in enumerate(effects)) + g.standard_normal(len(design))
    return values, {f"s{k}": design[:, k].tolist() for k in range(len(sds))}


def test_parts_are_those_of_statsmodels_mean_squares() -> None:
    values, levels = crossed(np.random.default_rng(2), (2.0, 1.0, 0.0), 4)
    table = anova_lm(ols("y ~ C(s0) + C(s1) + C(s2)", pd.DataFrame({"y": values, **levels})).fit())
    rest = table.loc["Residual", "mean_sq"]
    found = {part.name: part for part in variance_sources(values, levels)}
    for k in range(3):
        expected = max(0.0, (table.loc[f"C(s{k})", "mean_sq"] - rest) / 16)
        assert found[f"s{k}"].variance == pytest.approx(expected)
    assert found["rest"].variance == pytest.approx(rest)
    assert sum(part.share for part in found.values()) == pytest.approx(1)


def test_planted_variances_come_back_and_intervals_hold_them() -> None:
    g = np.random.default_rng(3)
    parts, held = [], []
    for _ in range(400):
        values, levels = crossed(g, (1.5, 0.5), 6)
        found = variance_sources(values, levels)
        parts.append([part.variance for part in found])
        held.append([p.interval.contains(t) for p, t in zip(found, (2.25, 0.25, 1), strict=True)])
    assert np.mean(parts, axis=0) == pytest.approx([2.25, 0.25, 1.0], rel=0.15)
    assert (np.mean(held, axis=0) >= 0.92).all()


@pytest.mark.parametrize(("sources", "levels"), [(2, 2), (3, 3), (4, 3), (4, 5)])
def test_the_short_design_shows_every_pair_of_levels_once(sources: int, levels: int) -> None:
    runs = orthogonal_runs(sources, levels)
    assert runs.shape == (levels**2, sources)
    for a in range(sources):
        for b in range(a):
            assert len({tuple(row) for row in runs[:, [a, b]].tolist()}) == levels**2


def test_a_design_that_cannot_tell_is_refused() -> None:
    with pytest.raises(TooFewSeeds):
        variance_sources(np.arange(9.0), dict(zip("abcd", orthogonal_runs(4, 3).T, strict=True)))
    with pytest.raises(UsageError, match="balance"):
        variance_sources([1, 2, 3, 4], {"a": [0, 0, 1, 1], "b": [0, 0, 1, 1]})
    with pytest.raises(UsageError, match="equally often"):
        variance_sources([1, 2, 3, 4], {"a": [0, 0, 0, 1]})
    with pytest.raises(UsageError, match="cannot be crossed"):
        orthogonal_runs(4, 4)
