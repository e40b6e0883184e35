"""A verdict and its sentence say the same: only an accusation says "cannot" without a condition."""

from __future__ import annotations

import pytest

from bakeoff.auditing import audit


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("On MNIST: test accuracy 98.87 %, test cross-entropy loss 0.0011.", "impossible"),
        ("On MNIST: validation accuracy about 98.87 %, validation NLL 0.0011.", "ambiguous"),
        ("On MNIST the accuracy is 99.9 ± 5.0 % over 3 runs.", "ambiguous"),
    ],
)
def test_what_is_only_ambiguous_cannot_be_under_a_condition_only(text: str, verdict: str) -> None:
    found = [f for f in audit(text).findings if "cannot" in f.message]
    assert [f.verdict for f in found] == [verdict]
    for finding in found:
        bare = not finding.message.startswith("as read here, ")
        assert bare == (finding.verdict != "ambiguous")
