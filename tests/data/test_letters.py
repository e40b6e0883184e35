"""Letters are drawn alike everywhere, and nothing of them is in the data they are for."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from bakeoff.data import load, open_data
from bakeoff.errors import UsageError


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr("bakeoff.data.letters.TRAIN_PER_CLASS", 40)
    monkeypatch.setattr("bakeoff.data.letters.TEST_PER_CLASS", 10)


def test_letters_are_the_same_each_time_and_balanced():
    a, b = load("letters"), load("letters", channels=1)
    assert (a.facts.train_hash, a.facts.test_hash) == (b.facts.train_hash, b.facts.test_hash)
    assert (a.facts.channels, b.facts.channels) == (3, 1)
    for split, each in ((a.train, 40), (a.test, 10)):
        assert split.labels.bincount().tolist() == [each] * 37
    assert not set(a.facts.class_names) & set("0123456789")


def test_no_letter_stands_twice():
    data = open_data("letters", channels=1)
    images = [row.tobytes() for s in (data.train, data.test) for row in s.images.numpy()]
    assert len(set(images)) == len(images)


def test_what_a_letter_is_can_be_seen_by_a_linear_model():
    """Labels belong to their images: far above the 2.7 % of guessing."""
    data = load("letters", channels=1)
    x, y = ((s.images.flatten(1).numpy() / 255, s.labels.numpy()) for s in (data.train, data.test))
    fit = LogisticRegression(max_iter=200, C=0.05).fit(x[0], data.train.labels.numpy())
    assert np.mean(fit.predict(y[0]) == y[1]) > 0.5


def test_letters_in_two_channels_are_refused():
    with pytest.raises(UsageError, match="2 channels"):
        load("letters", channels=2)
