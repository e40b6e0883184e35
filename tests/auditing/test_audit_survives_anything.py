"""Whatever the document, the audit answers or refuses it in one line; it never crashes.

100,000 cases and more: `python -m benchmarks.fuzz --kinds document`.
"""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditing.corpus.hostile import KINDS, case
from auditing.corpus.sheets import FOLDER
from bakeoff.auditing import audit
from bakeoff.errors import BakeoffError

ONCE_CRASHED = (219, 3253)
"""Seeds of the fuzzer that found a crash: a class listed twice; "①" where a digit is wanted."""


def _survives(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    try:
        audit(path)
    except BakeoffError as refused:
        said = str(refused)
    else:
        return
    assert said.strip()
    assert "\n" not in said


@pytest.mark.parametrize("seed", [*range(60), *ONCE_CRASHED])
def test_a_hostile_document_is_answered_or_refused(seed: int, tmp_path: Path):
    file, data = case(random.Random(seed))
    _survives(tmp_path / file, data)


@pytest.mark.parametrize("kind", dict.fromkeys(KINDS), ids=lambda kind: kind.__name__)
def test_every_kind_of_hostile_document_is_answered_or_refused(kind, tmp_path: Path):
    for seed in range(8):
        file, data = kind(random.Random(f"{kind.__name__} {seed}"))
        _survives(tmp_path / file, data)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    text=st.text(max_size=300),
    ending=st.sampled_from([".md", ".html", ".tex", ".csv", ".yaml", ".json", ""]),
)
def test_any_text_in_any_format_is_answered_or_refused(text: str, ending: str, tmp_path: Path):
    _survives(tmp_path / f"document{ending}", text.encode("utf-8", "surrogatepass"))


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_truncated_true_document_is_answered_or_refused(data: st.DataObject, tmp_path: Path):
    path = data.draw(st.sampled_from(sorted((FOLDER / "true").iterdir())))
    content = path.read_bytes()
    cut = data.draw(st.integers(0, len(content)))
    _survives(tmp_path / path.name, content[:cut])
