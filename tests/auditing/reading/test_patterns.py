"""A pattern that is not tried where none of its words stands finds what `re` finds."""

import gc
import random
import re

import pytest

from auditing.corpus.judge import TRUE
from bakeoff.auditing.collecting import uncollected
from bakeoff.auditing.reading import losses, phrases, words
from bakeoff.auditing.reading.loglines import read_line
from bakeoff.auditing.reading.patterns import TRIED_BEFORE, Choice, Pattern, words_of_every_match

LINES = [line for path in sorted(TRUE.iterdir()) for line in path.read_text().splitlines() if line]
PATTERNS = [
    *(pattern for _, _, pattern in words._PATTERNS),
    *(pattern for _, pattern in losses._PATTERNS),
    phrases._MENTION,
    phrases._RUNS,
]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda p: p.pattern[:40])
def test_no_match_is_passed_over(pattern):
    compiled = re.compile(pattern.pattern, pattern.flags)
    lines = [*random.Random(7).sample(LINES, 300), compiled.pattern[:60]]
    for line in lines:
        found = [m.span() for m in pattern.finditer(line)]
        assert found == [m.span() for m in compiled.finditer(line)]


def test_a_choice_names_every_pattern_that_matches():
    choice = Choice(PATTERNS)
    for line in random.Random(8).sample(LINES, 300):
        possible = set(choice.possible(line))
        assert {n for n, p in enumerate(PATTERNS) if p.compiled.search(line)} <= possible


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\b(?:cat|dog)s?\b", ("cat", "dog")),
        (r"a?bc[de]", ("bc",)),
        (r"(?:x|y)*", ()),
        (r"[ab]+|z", ()),
        (r"log[\s_-]?loss", ("log",)),
    ],
)
def test_the_words_of_every_match(pattern, expected):
    assert words_of_every_match(pattern, re.IGNORECASE) == expected


def test_upper_and_lower_case_are_alike_to_a_guarded_pattern():
    pattern = Pattern(r"MixUp", re.IGNORECASE)
    for _ in range(TRIED_BEFORE + 1):
        assert pattern.search("with MIXUP and more") is not None
    assert pattern.search("without") is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("val_loss: 0.1204 - val_acc: 0.9712", "val_loss: 2.0031 - val_acc: 0.1009"),
        ("Test set: Accuracy: 9887/10000 (98.87%)", "Test set: Accuracy: 1012/10000 (10.12%)"),
        ("2024-01-05 acc: 91.25 loss: 0.31", "2025-12-31 acc: 10.50 loss: 2.30"),
    ],
)
def test_lines_of_one_shape_keep_their_own_figures(first, second):
    for line in (first, second, first):
        log = read_line(line)
        assert log is not None
        for entry in log.entries:
            assert entry.number.text.rstrip("%") in line[entry.start : entry.end]


def test_collection_is_as_it_was_after_an_audit():
    assert gc.isenabled()
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled()
