"""Documents as people paste them: nothing sound is accused, and one error in each is proved.

Bundles: what was seen while readers and rules were mended; others that were mended after they were
measured once; and those that were only measured.
"""

import random
from contextlib import suppress

import pytest

from auditing.corpus.judge import accusations
from auditing.corpus.siblings import bundle
from bakeoff.errors import BakeoffError

MISSED = frozenset(
    {"runs_sd.md", "best_mean.md", "quartiles.md", "sum_classes.md", "improvement.md"}
)
"""Not proved yet: a spread of listed runs without a mean, items of a list that name no metric,
extremes in a clause of their own, classes listed in words, gains in a column."""
MENDED = ("seen", "second", "third", "fifth", "sixth", "seventh")
SEEN = [s for b in MENDED for s in bundle(b) if s.name not in MISSED]
UNSEEN = [s for b in ("unseen", "fourth", "eighth") for s in bundle(b)]
PROVED_UNSEEN = 0.70


@pytest.mark.parametrize("document", [s for s in SEEN if not s.wrong], ids=lambda s: s.id)
def test_nothing_sound_is_accused(document):
    assert accusations(document.name, document.text) == []


@pytest.mark.parametrize("document", [s for s in SEEN if s.wrong], ids=lambda s: s.id)
def test_one_error_is_proved(document):
    assert accusations(document.name, document.text)


def test_on_documents_that_were_only_measured_nothing_sound_is_accused():
    accused = {s.id: a for s in UNSEEN if not s.wrong and (a := accusations(s.name, s.text))}
    assert accused == {}


def test_on_documents_that_were_only_measured_most_errors_are_proved():
    wrong = [s for s in UNSEEN if s.wrong]
    proved = [s.id for s in wrong if accusations(s.name, s.text)]
    assert len(proved) >= PROVED_UNSEEN * len(wrong)


MARKS = "|[](){}=-+%.:/ \n\t0123456789\"'\\`~*_#<>"
PIECES = ("[[", "]]", "===", "|", "::\n\n    ", ".. list-table::\n", "* - ", "1e999", "9" * 30)
ENDINGS = (".md", ".rst", ".log", ".ipynb", ".html", ".csv", ".tex", ".txt")


@pytest.mark.parametrize("seed", range(120))
def test_a_broken_document_is_refused_or_read_in_part_but_never_crashes(seed):
    rng = random.Random(seed)
    whole = rng.choice([*SEEN, *UNSEEN])
    text = whole.text
    for _ in range(rng.randrange(1, 25)):
        at = rng.randrange(len(text) + 1)
        put = rng.choice((rng.choice(MARKS), rng.choice(PIECES), text[at : at + 30] * 3, ""))
        text = text[:at] + put + text[at + rng.randrange(0, 12) :]
    name = f"x{rng.choice(ENDINGS)}" if rng.random() < 0.4 else whole.name
    with suppress(BakeoffError):
        accusations(name, text)
