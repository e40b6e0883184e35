#!/usr/bin/env bash
# deepsig's ASO calls a list of scores stochastically dominated by itself.
#
# Version: deepsig 1.2.8 (deep-significance), numpy 2.4.6, Python 3.11.
# Expected: for two identical lists a value around 0.5, or an error: neither dominates.
# Seen: 1.0, the value for "the second one dominates", whichever list comes first, beside a warning
#   of a division by zero. Two recipes that give equal scores (a copied run, a metric at its
#   ceiling) look like a clear loser in either order.
# Exits 0 while this is so, 1 when it has changed.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check deepsig==1.2.8 numpy==2.4.6
env/bin/python -W ignore - <<'PYTHON'
from deepsig import aso

options = {"seed": 1, "show_progress": False, "num_bootstrap_iterations": 200}
scores = [0.90, 0.91, 0.92, 0.93, 0.94]
same = aso(scores, list(scores), **options)
better = aso(scores, [score - 0.05 for score in scores], **options)
worse = aso([score - 0.05 for score in scores], scores, **options)
print(f"identical {same}, clearly better {better}, clearly worse {worse}")
raise SystemExit(0 if same == 1.0 and better < 0.2 and worse > 0.8 else "changed")
PYTHON
