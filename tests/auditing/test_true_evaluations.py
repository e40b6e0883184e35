"""Simulated evaluations, printed by rounding or truncation: nothing may be called impossible.

The full run (10,000 cases and more) is `python benchmarks/audit_quality/measure.py --cases 10000`.
"""

import random

import numpy as np
import pytest

from auditing.corpus.evaluations import DATASETS, KINDS, evaluate
from auditing.corpus.judge import accusations
from auditing.corpus.layouts import lay_out


@pytest.mark.parametrize("kind", dict.fromkeys(KINDS), ids=lambda kind: kind.__name__)
def test_true_results_are_never_called_impossible(kind):
    for seed in range(60):
        rng = random.Random(f"{kind.__name__} {seed}")
        file, text = lay_out(kind(rng), rng)
        assert accusations(file, text) == [], text


def test_the_simulated_figures_are_those_of_scikit_learn():
    pytest.importorskip("sklearn", reason="comes with the extra [scores]")
    import sklearn.metrics

    outcome = evaluate(np.random.default_rng(7), DATASETS["MNIST"], 2.0)
    y, p = outcome.labels, outcome.probabilities
    guess = p.argmax(1)
    ours = outcome.figures()
    assert ours["accuracy"] == pytest.approx(sklearn.metrics.accuracy_score(y, guess))
    assert ours["loss"] == pytest.approx(sklearn.metrics.log_loss(y, p))
    assert ours["top5"] == pytest.approx(sklearn.metrics.top_k_accuracy_score(y, p, k=5))
    assert ours["kappa"] == pytest.approx(sklearn.metrics.cohen_kappa_score(y, guess))
    assert ours["macro_f1"] == pytest.approx(sklearn.metrics.f1_score(y, guess, average="macro"))
    assert ours["balanced_accuracy"] == pytest.approx(
        sklearn.metrics.balanced_accuracy_score(y, guess)
    )
    assert (outcome.confusion() == sklearn.metrics.confusion_matrix(y, guess)).all()
