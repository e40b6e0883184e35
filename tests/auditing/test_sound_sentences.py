"""Sentences that contradict nothing are never accused, whatever figures stand beside each other."""

import random

import pytest

from auditing.corpus.judge import accusations, findings
from auditing.corpus.layouts import lay_out
from auditing.corpus.sound_sentences import GAINS, SETTINGS, TEMPLATES, sound_sentence
from bakeoff.auditing.reading import read


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_sound_sentence_is_not_accused(template):
    for seed in range(12):
        rng = random.Random(f"{template} {seed}")
        file, text = lay_out(sound_sentence(template, rng), rng)
        assert accusations(file, text) == [], text


@pytest.mark.parametrize("template", SETTINGS)
def test_a_setting_from_a_to_b_is_not_what_a_gain_is_of(template):
    file, text = lay_out(sound_sentence(template, random.Random(1)), random.Random(2))
    assert [c.operands for c in read(file, text).claims if c.operands] == []


@pytest.mark.parametrize("template", GAINS)
def test_a_gain_that_does_not_follow_is_still_found(template):
    """The same sentences with another gain: two metrics and words in between lose no recall."""
    wrong = template.replace("{points} points", "7.7 points").replace("{points} %", "7.7 %")
    wrong = wrong.replace("{relative}", "9.9").replace("{cut}", "77")
    file, text = lay_out(sound_sentence(wrong, random.Random(1)), random.Random(2))
    assert "gain" in {f.rule for f in findings(file, text) if f.verdict == "inconsistent"}, text


@pytest.mark.parametrize(
    "text",
    [
        "Accuracy on the first 500 test images of MNIST is 97.8 %; on all 10,000 it is 98.24 %.",
        "| Method | Acc (%) | Rel. err. red. (%) |\n|---|---|---|\n| A | 93.2 | - |\n"
        "| B | 94.5 | 19.1 |\n| C | 95.0 | 26.5 |",
    ],
    ids=["a part of a test set", "errors cut in a column"],
)
def test_nothing_is_asked_about_a_sound_document(text):
    assert findings("x.md", text) == []


def test_the_share_of_errors_cut_is_the_relative_change_of_the_errors():
    text = "The test error fell from 20.0 % to 15.0 %, a relative reduction of 31 %."
    (found,) = findings("x.md", text)
    assert "25" in found.arithmetic
    assert "errors cut" not in found.arithmetic


WRONG = [
    ("The test accuracy is 103.2 %.", "out-of-range", "impossible"),
    ("The mean accuracy over 3 seeds on CIFAR-10 is 93.458 %.", "seed-mean", "impossible"),
    ("On CIFAR-10, the mean test accuracy of 3 seeds is 93.458 %.", "seed-mean", "impossible"),
    (
        "The network classified 9,887 of 10,000 test images correctly, an accuracy of 98.97 %.",
        "counts",
        "inconsistent",
    ),
    (
        "The classifier was right on 412 of 480 test images, an accuracy of 89.2 %.",
        "counts",
        "inconsistent",
    ),
    (
        "The accuracy is 95.3 % and the error rate 5.9 %.",
        "accuracy-plus-error",
        "inconsistent",
    ),
    ("The test accuracy is 95.3 %, the error 5.9 %.", "accuracy-plus-error", "ambiguous"),
    (
        "Five seeds gave 95.1, 95.3, 95.2, 95.4 and 95.0 % accuracy, with a mean of 95.6 %.",
        "run-mean",
        "inconsistent",
    ),
    (
        "5-fold cross-validation gave accuracies of 97.2 %, 96.7 %, 97.0 %, 97.5 % and 96.9 % "
        "(mean 98.3 %).",
        "run-mean",
        "inconsistent",
    ),
]


@pytest.mark.parametrize(("text", "rule", "verdict"), WRONG, ids=lambda v: v[:60])
def test_a_sentence_that_contradicts_itself_is_found(text, rule, verdict):
    assert verdict in {f.verdict for f in findings("x.md", text) if f.rule == rule}
