"""Tables that are read without pandas hold what pandas reads in them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bakeoff.comparison import plain_csv

CELLS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.integers(0, 9).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(0, 100).map(lambda x: f"{x:.3f}"),
    st.sampled_from(
        ["", "a", "None", "nan", "inf", "-Infinity", "true", "False", "1e5", "1e", ".5", "5.", "+3",
         "007", "1_000", "94.5%", " 5", "5 ", "a b", "0x10", "--", "1.2.3", "\u0663", "e", "."]
    ),
    st.text(alphabet="ab1., \t'#é-", max_size=4),
)  # fmt: skip


def by_pandas(path: Path, separator: str) -> dict[str, list[object]]:
    frame = pd.read_csv(
        path, sep=separator, skipinitialspace=True, keep_default_na=False, na_values=[""],
        low_memory=False, dtype={"arm": str},
    )  # fmt: skip
    assert isinstance(frame.index, pd.RangeIndex)
    return {name: frame[name].tolist() for name in frame.columns}


@given(st.data(), st.integers(1, 4), st.integers(0, 5), st.sampled_from([",", "\t", "|"]))
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_read_is_what_pandas_reads_or_nothing(
    tmp_path: Path, data: st.DataObject, columns: int, rows: int, separator: str
) -> None:
    names = ["arm", "seed", "accuracy", "loss"][:columns]
    body = [[data.draw(CELLS) for _ in names] for _ in range(rows)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(separator.join(row) for row in [names, *body]) + "\n")
    found = plain_csv.columns(path, separator, 0, {"arm"})
    if found is None:
        return
    theirs = by_pandas(path, separator)
    assert list(found) == list(theirs)
    for name, cells in found.items():
        assert len(cells) == len(theirs[name])
        for ours, other in zip(cells, theirs[name], strict=True):
            if isinstance(ours, float):
                assert ours == pytest.approx(other, rel=1e-15, nan_ok=True)
            else:
                assert (type(ours), ours) == (type(other), other)


@pytest.mark.parametrize(
    "text",
    ['arm,accuracy\n"a",1\n', "arm,accuracy\na,1,2\n", "arm,accuracy\na\n", "arm,arm\na,b\n",
     "arm,accuracy\na,inf\n", "arm,accuracy\rb,1\n", "arm,\na,1\n", ""],
)  # fmt: skip
def test_what_leaves_a_doubt_is_left_to_pandas(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, newline="")
    assert plain_csv.columns(path, ",", 0, ()) is None


def test_a_plain_table_is_judged_without_loading_pandas_torch_records_or_more_of_scipy(
    tmp_path: Path,
) -> None:
    g = np.random.default_rng(0)
    path = tmp_path / "t.csv"
    lines = [f"{arm},{seed},{90 + g.normal():.3f}" for arm in "abc" for seed in range(5)]
    path.write_text("\n".join(["arm,seed,accuracy", *lines]) + "\n")
    heavy = "torch pandas scipy.stats scipy.optimize altair bakeoff.records.schema"
    script = (
        f"import sys, bakeoff.cli; sys.argv[1:] = ['compare', {str(path)!r}]\n"
        "try:\n    bakeoff.cli.main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {heavy!r}.split() if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stdout
