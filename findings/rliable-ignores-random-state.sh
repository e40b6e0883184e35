#!/usr/bin/env bash
# rliable's intervals differ between two calls with equal random states.
#
# Versions: rliable 1.2.0, arch 7.2.0, pandas 2.2.3, numpy 2.4.6, Python 3.11.
# Expected: get_interval_estimates(..., random_state=RandomState(1)) gives the same interval twice.
# Seen: it does not; the bootstrap draws from numpy's global state instead, so that
#   numpy.random.seed before each call does make two calls equal.
# Exits 0 while this is so, 1 when it has changed.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check \
  rliable==1.2.0 arch==7.2.0 pandas==2.2.3 numpy==2.4.6
env/bin/python -W ignore - <<'PYTHON'
import numpy as np
from rliable import library, metrics

scores = {"a": np.random.default_rng(0).normal(size=(5, 3))}


def interval(**options):
    mean = lambda x: np.array([metrics.aggregate_mean(x)])
    return library.get_interval_estimates(scores, mean, reps=500, **options)[1]["a"].ravel()


first, second = (interval(random_state=np.random.RandomState(1)) for _ in range(2))
print("equal random states:", first, second)
np.random.seed(3)
third = interval()
np.random.seed(3)
fourth = interval()
print("equal global seeds: ", third, fourth)
changed = np.array_equal(first, second) or not np.array_equal(third, fourth)
raise SystemExit("changed: the random state decides" if changed else 0)
PYTHON
