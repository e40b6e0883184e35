"""Measure whether every interval and verdict keeps its promise, and write it down.

    python benchmarks/calibration/run.py                 print the page (about three minutes)
    python benchmarks/calibration/run.py --write         write docs/calibration.md and its chart
    python benchmarks/calibration/run.py --quick         a tenth of the repetitions
    python benchmarks/calibration/run.py --basins        print the tables of seeds in two basins

Exit status 1 where an interval that Bakeoff offers at equal n covers less than 93 %, or equal arms
have a winner more often than 5 % (beyond three standard errors of the simulation).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import rates

from bakeoff.statistics import welch_power

DOCS = Path(__file__).resolve().parents[2] / "docs"
SEEDS = range(2, 11)
FEW = (2, 3, 5, 10)
BASINS = (2, 3, 4, 5, 10)
IMAGES = 1000
GAPS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0)

Row = tuple[str, list[float]]


def percent(rate: float) -> str:
    return f"{100 * rate:.1f}"


def table(title: str, heads: Iterable[object], rows: Iterable[Row]) -> str:
    heads = list(heads)
    lines = [f"| {title} | " + " | ".join(map(str, heads)) + " |"]
    lines.append("|---|" + "---:|" * len(heads))
    for name, values in rows:
        cells = ("–" if np.isnan(v) else percent(v) for v in values)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def intervals(repeat: int, g: np.random.Generator) -> list[Row]:
    """Coverage at equal n, of what is offered."""

    def row(name: str, rate: Callable[[int], float]) -> Row:
        return name, [rate(n) for n in SEEDS]

    def worst_superiority(n: int, ratio: float) -> float:
        return min(rates.superiority(n, gap, ratio, repeat // 2, g) for gap in (0.0, 1.0, 2.0))

    few = repeat // 2
    return [
        row("mean of one arm: t", lambda n: rates.mean_over_seeds(n, repeat, g)),
        row("difference: Welch, equal spread", lambda n: rates.welch_seeds(n, n, 1, repeat, g)),
        row("difference: Welch, spread 1 : 3", lambda n: rates.welch_seeds(n, n, 3, repeat, g)),
        row(
            f"difference: Welch, seeds × {IMAGES:,} images, this test set",
            lambda n: rates.welch_on_images(n, IMAGES, few, g),
        ),
        row(
            f"difference: seeds × {IMAGES:,} images, new test images",
            lambda n: rates.seeds_by_images(n, IMAGES, few, g),
        ),
        row("difference: paired t, declared pairs", lambda n: rates.paired_seeds(n, repeat, g)),
        row(
            "one published figure: prediction interval",
            lambda n: rates.published_figure(n, repeat, g),
        ),
        row("P(A>B), equal spread, worst of three gaps", lambda n: worst_superiority(n, 1)),
        row("P(A>B), spread 1 : 3, worst of three gaps", lambda n: worst_superiority(n, 3)),
    ]


def not_offered(repeat: int, g: np.random.Generator) -> list[Row]:
    """What is left out, and why."""
    few = repeat // 2
    return [
        (
            "percentile bootstrap over seeds",
            [rates.bootstrap_over_seeds(n, few, g) for n in SEEDS],
        ),
        (
            f"Welch, taken to speak of new test images ({IMAGES:,})",
            [rates.welch_for_new_images(n, IMAGES, few, g) for n in SEEDS],
        ),
    ]


def unequal(repeat: int, g: np.random.Generator) -> list[Row]:
    """Welch's interval with unequal n; 2 against more is refused, so measured by scipy."""
    ratios = (1 / 3, 1 / 2, 1.0, 2.0, 3.0)

    def refused(n_a: int, n_b: int, ratio: float) -> float:
        from scipy.stats import ttest_ind

        a = g.standard_normal((repeat, n_a))
        b = ratio * g.standard_normal((repeat, n_b))
        ci = ttest_ind(a, b, axis=1, equal_var=False).confidence_interval(0.95)
        return float(((ci.low <= 0) & (ci.high >= 0)).mean())

    rows = [
        (f"{a} against {b}", [rates.welch_seeds(a, b, r, repeat, g) for r in ratios])
        for a, b in ((3, 4), (3, 6), (3, 10), (5, 10))
    ]
    rows += [
        (f"{a} against {b} (refused)", [refused(a, b, r) for r in ratios])
        for a, b in ((2, 3), (2, 10))
    ]
    return rows


def false_winners(repeat: int, g: np.random.Generator) -> list[Row]:
    rows = [
        (
            f"{arms} equal arms",
            [rates.false_winner(arms, n, repeat if arms == 2 else repeat // 4, g) for n in FEW],
        )
        for arms in (2, 6)
    ]
    rows += [
        (
            f"2 equal arms, every run fails with chance {chance}",
            [rates.false_winner(2, n, repeat // 2, g, chance) for n in FEW],
        )
        for chance in (0.1, 0.4)
    ]
    return rows


def other_errors(repeat: int, g: np.random.Generator) -> list[Row]:
    nan = float("nan")
    return [
        ("TOST: a difference of just the margin called the same", [
            rates.tost_false(n, repeat, g) for n in FEW
        ]),
        ("exact permutation p < 0.05, equal arms", [
            nan if n < 4 else rates.permutation_false(n, repeat // 2, g) for n in FEW
        ]),
    ]  # fmt: skip


def basins(repeat: int) -> tuple[list[Row], list[Row]]:
    """Seeds that do not vary normally: two outcomes, or a rare collapse. A generator of its own, so
    that these figures can be measured again without all the others (`--basins`)."""
    g, half = np.random.default_rng(1), repeat // 2
    chances = (0.05, 0.1, 0.2)
    winners: list[float] = []
    covered: dict[float, list[float]] = {chance: [] for chance in chances}
    shallow: dict[float, list[float]] = {chance: [] for chance in chances}
    g20 = np.random.default_rng(2)
    for n in BASINS:
        winners.append(rates.two_basins(n, half, g))
        for chance in chances:
            covered[chance].append(rates.collapsing(n, chance, half, g))
            shallow[chance].append(rates.collapsing(n, chance, half, g20, depth=20.0))
    return (
        [("2 equal arms, two outcomes each", winners)],
        [
            (f"every run collapses by {depth} sd with chance {chance:g}", rows[chance])
            for depth, rows in ((100, covered), (20, shallow))
            for chance in chances
        ],
    )


def models(repeat: int, g: np.random.Generator) -> list[str]:
    """One run each: what holds for two models on the same images."""
    counts = (2, 5, 10, 20, 50, 200)
    nan = float("nan")
    boots = [
        (
            f"covers, {round(100 * lean)} % of them A's",
            [
                nan if d < 10 else rates.bootstrap_over_images(d, lean, repeat // 2, g)
                for d in counts
            ],
        )
        for lean in (0.5, 0.7, 0.9)
    ]
    boots += [
        (
            f"without the limit, {round(100 * lean)} % of them A's",
            [rates.bootstrap_without_limit(d, lean, repeat // 8, g) for d in counts],
        )
        for lean in (0.5, 0.7, 0.9)
    ]
    wilson = [
        (f"accuracy {a:.3f}", [rates.wilson(n, a, 4 * repeat, g) for n in (100, 1000, 10_000)])
        for a in (0.7, 0.95, 0.99, 0.999)
    ]
    mcnemar = [
        ("told apart", [rates.mcnemar_false(d, 4 * repeat, g) for d in (6, 10, 20, 50, 200)])
    ]
    return [
        table("Wilson: test images", ("100", "1,000", "10,000"), wilson),
        table("equally good models: images that differ", (6, 10, 20, 50, 200), mcnemar),
        table("bootstrap where given: images that differ, expected", counts, boots),
    ]


def power(repeat: int, g: np.random.Generator) -> tuple[list[Row], list[dict[str, object]]]:
    rows, points = [], []
    for arms in (2, 6):
        for n in FEW:
            trials = repeat // 8 if arms == 2 else repeat // 20
            seen = [rates.found(gap, arms, n, trials, g) for gap in GAPS]
            rows.append((f"{arms} arms, {n} seeds each", seen))
            if arms == 2:
                rows.append((
                    f"2 arms, {n} seeds: as `bakeoff plan` computes",
                    [welch_power(gap, 1, n, 1, n) for gap in GAPS],
                ))  # fmt: skip
            points += [
                {"gap": gap, "power": rate, "seeds": f"{n}", "arms": f"{arms} arms"}
                for gap, rate in zip(GAPS, seen, strict=True)
            ]
    return rows, points


def chart(points: list[dict[str, object]]) -> str:
    """Power curves as SVG."""
    import altair as alt
    import vl_convert

    drawn = (
        alt.Chart(alt.Data(values=points))
        .mark_line(point=True)
        .encode(
            x=alt.X("gap:Q", title="true difference, in standard deviations over seeds"),
            y=alt.Y(
                "power:Q",
                title="how often it is found",
                axis=alt.Axis(format="%"),
                scale=alt.Scale(domain=[0, 1]),
            ),
            color=alt.Color("seeds:N", title="seeds each", sort=[str(n) for n in FEW]),
            strokeDash=alt.StrokeDash("arms:N", title=""),
        )
        .properties(width=480, height=280)
    )
    return vl_convert.vegalite_to_svg(drawn.to_dict())


def page(repeat: int) -> tuple[str, list[str], list[dict[str, object]]]:
    """(Markdown, broken promises, points of the power chart)."""
    g = np.random.default_rng(20261123)
    offered, left_out, uneven = intervals(repeat, g), not_offered(repeat, g), unequal(repeat, g)
    winners, errors, singles = false_winners(repeat, g), other_errors(repeat, g), models(repeat, g)
    seen, points = power(repeat, g)
    two, collapsed = basins(repeat)
    error = 3 * (0.05 * 0.95 / (repeat // 4)) ** 0.5
    broken = [f"{name}: {percent(min(v))} %" for name, v in offered if min(v) < 0.93]
    broken += [f"{name}: {percent(max(v))} %" for name, v in winners if max(v) > 0.05 + error]
    text = (Path(__file__).parent / "page.md").read_text().format(
        repeat=f"{repeat:,}",
        offered=table("n runs of each arm", SEEDS, offered),
        left_out=table("n runs of each arm", SEEDS, left_out),
        uneven=table("A against B; spread of B to A", ("1 : 3", "1 : 2", "1", "2", "3"), uneven),
        winners=table("seeds each", FEW, winners),
        errors=table("seeds each", FEW, errors),
        wilson=singles[0],
        mcnemar=singles[1],
        bootstrap=singles[2],
        two_basins=table("seeds each", BASINS, two),
        collapsing=table("n runs of the arm", BASINS, collapsed),
        looks=(Path(__file__).parent / "looks.md").read_text(encoding="utf-8").rstrip(),
        people=(Path(__file__).parent / "people.md").read_text(encoding="utf-8").rstrip(),
        crossings=(Path(__file__).parent / "crossing_budgets.md")
        .read_text(encoding="utf-8")
        .rstrip(),
        power=table("true difference, sd", GAPS, seen),
    )  # fmt: skip
    return text, broken, points


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/calibration.md")
    parser.add_argument("--quick", action="store_true", help="a tenth of the repetitions")
    parser.add_argument("--basins", action="store_true", help="print two tables only, one minute")
    asked = parser.parse_args()
    began = time.monotonic()
    if asked.basins:
        two, collapsed = basins(400 if asked.quick else 4000)
        print(table("seeds each", BASINS, two), table("n runs of the arm", BASINS, collapsed),
              sep="\n\n")  # fmt: skip
        return 0
    text, broken, points = page(400 if asked.quick else 4000)
    if asked.write:
        (DOCS / "calibration.md").write_text(text)
        (DOCS / "assets").mkdir(exist_ok=True)
        (DOCS / "assets" / "power.svg").write_text(chart(points) + "\n")
    else:
        print(text)
    print(f"{time.monotonic() - began:.0f} s; broken promises: {broken or 'none'}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
