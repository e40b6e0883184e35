"""Documents as people paste them: nothing sound is accused, and one error in each is proved.

Two bundles: what was seen while readers and rules were mended, and what was only measured.
"""

import pytest

from auditing.corpus.judge import accusations
from auditing.corpus.siblings import bundle

SEEN, UNSEEN = bundle("seen"), bundle("unseen")
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
