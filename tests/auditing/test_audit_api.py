"""The audit as a user calls it: text, paths, claims; exit codes; suppressions; rules taught."""

import subprocess
import sys
from pathlib import Path

import pytest

from bakeoff.auditing import audit, audit_files, explain, list_rules
from bakeoff.auditing.checks import rules
from bakeoff.errors import BadFile, UnknownName, UsageError

WRONG = "# CIFAR-10\n\nTest accuracy 95.3%, test error 4.9%.\n"


def test_text_path_paths_and_claims_give_the_same(tmp_path: Path):
    path = tmp_path / "a.md"
    path.write_text(WRONG)
    of_text = audit(WRONG)
    for other in (audit(path), audit(str(path)), audit([path]), audit_files([path]),
                  audit(of_text.claims)):  # fmt: skip
        assert [f.message for f in other.findings] == [f.message for f in of_text.findings]


def test_a_missing_file_is_not_taken_for_a_text():
    with pytest.raises(BadFile, match="no such file"):
        audit("missing.md")


def test_exit_codes_follow_the_verdict_asked_for():
    found = audit(WRONG)
    assert found.worst() == "inconsistent"
    assert found.exit_code("impossible") == 0
    assert found.exit_code("inconsistent") == found.exit_code("implausible") == 1
    assert audit("Nothing here.\n").exit_code("note") == 0
    with pytest.raises(UsageError, match="verdict"):
        found.exit_code("severe")


def test_figures_that_repeat_are_one_finding_with_all_places():
    (found,) = audit(WRONG + "\n" + WRONG.splitlines()[2] + "\n").findings
    assert {place.line for place in found.places} == {3, 5}


def test_a_suppressed_finding_is_listed_with_its_reason_and_does_not_fail():
    ignored = "<!-- bakeoff: ignore accuracy-plus-error because it is a typo upstream -->\n\n"
    found = audit(WRONG.replace("\n\n", f"\n\n{ignored}"))
    assert found.findings == ()
    assert [f.suppressed for f in found.suppressed] == ["it is a typo upstream"]
    assert found.exit_code("note") == 0
    assert "it is a typo upstream" in found.tell("text")


def test_only_the_rules_asked_for_run():
    assert audit(WRONG, rules=["granularity"]).findings == ()
    with pytest.raises(UnknownName):
        audit(WRONG, rules=["granularities"])


def test_every_rule_teaches_formula_source_and_example():
    assert len({rule.number for rule in rules().values()}) == 28
    for rule in rules().values():
        told = explain(rule.id)
        assert "Example" in told, rule.id
        assert "Source" in told, rule.id
        assert rule.id in list_rules()


def test_an_audit_without_runs_imports_nothing_heavy():
    heavy = ("torch", "scipy", "statsmodels", "pandas", "numpy", "mlscorecheck", "altair")
    code = (
        "import sys; from bakeoff.auditing import audit\n"
        "audit('# MNIST\\n\\nValidation accuracy 98.87%, validation loss 0.0011.\\n')\n"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
