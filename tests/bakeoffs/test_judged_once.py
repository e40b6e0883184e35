"""The end of a bake-off: judged once, and the screen says what the report says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import bakeoff
from bakeoff.bakeoffs.execution.engine import Finished
from bakeoff.cli.bakeoffs import _print_verdict
from bakeoff.cli.options import Format
from bakeoff.comparison import comparing
from bakeoff.records import load_records
from reporting.synthetic_runs import run, write_bakeoff


@pytest.fixture
def finished(tmp_path: Path) -> Finished:
    made = [run(arm, seed, 40 + 25 * (arm == "b") + seed) for arm in "ab" for seed in range(3)]
    folder = write_bakeoff(tmp_path / "made", made)
    return Finished(folder, None, tuple(load_records(folder)))  # type: ignore[arg-type]


def test_one_comparison_serves_the_report_and_the_screen(
    finished: Finished, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[Any] = []
    compare = comparing.compare

    def counted(*given: Any, **settings: Any) -> Any:
        made.append(compare(*given, **settings))
        return made[-1]

    monkeypatch.setattr(comparing, "compare", counted)
    _print_verdict(finished, Format.json, False, False)
    [judged] = made
    said = json.loads(capsys.readouterr().out)
    assert said["comparisons"] == json.loads(json.dumps(judged.to_dict()["comparisons"]))
    assert Path(said["report"]).is_file()


def test_a_report_has_the_comparison_that_it_shows(finished: Finished) -> None:
    written = bakeoff.report(finished.folder, formats=("markdown",))
    assert written.comparison is not None
    row = written.comparison.pairs()[0]
    again = bakeoff.compare(finished.folder).pair(row.a, row.b)
    assert (row.p, row.p_adjusted) == (again.p, again.p_adjusted)
    assert row.difference is not None
    assert f"{row.difference:.2f}" in Path(written.md).read_text()
