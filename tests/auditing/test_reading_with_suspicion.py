"""The page of the docs that walks through the seed document says what the audit says."""

import re
from pathlib import Path

from auditing.corpus.judge import accusations
from bakeoff.auditing import audit

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reading-with-suspicion.md"
SEED = ROOT / "examples" / "result_comparison.md"

RULES = {
    "loss-floor": "impossible",
    "init-contradiction": "inconsistent",
    "registry": "implausible",
    "joint-plausibility": "implausible",
    "training-loss": "implausible",
    "ranked-across-data": "undetermined",
    "flipped-digits": "undetermined",
    "training-duration": "implausible",
}


def _said() -> str:
    parts = []
    for f in audit(SEED).findings:
        parts += [f.message, f"arithmetic: {f.arithmetic}", f"would resolve it: {f.resolve}"]
        parts += [f"assumes: {'; '.join(f.assumptions)}", f"likely cause: {f.cause}"]
    return "\n".join(parts)


def test_all_eight_defects_of_the_seed_document_are_found_and_no_other():
    found = {f.rule: f.verdict for f in reversed(audit(SEED).findings)}
    assert set(found) == set(RULES)
    strict = {f.rule for f in audit(SEED).findings if f.verdict in ("impossible", "inconsistent")}
    assert strict == {"loss-floor", "init-contradiction"}
    for rule, verdict in RULES.items():
        assert verdict in {f.verdict for f in audit(SEED).findings if f.rule == rule}, rule


def test_the_page_quotes_the_audit_word_for_word():
    said = _said()
    blocks = re.findall(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 8
    for line in "\n".join(blocks).splitlines():
        assert line.strip() in said, line


def test_what_the_seed_document_says_correctly_is_left_alone():
    text = SEED.read_text(encoding="utf-8")
    without = text.replace("0.0011", "0.0511").replace("pre-trained ", "")
    assert accusations("README.md", without) == []
