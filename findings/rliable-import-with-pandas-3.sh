#!/usr/bin/env bash
# rliable 1.2.0 cannot be imported with the packages that pip resolves for it.
#
# Versions: rliable 1.2.0, arch 7.2.0, pandas 3.1.1, Python 3.11.
# Expected: `from rliable import library` works in a fresh environment.
# Seen: TypeError while arch is imported: pandas' private `deprecate_kwarg` takes another first
#   argument since pandas 3, and rliable pins no upper bound. With pandas 2.2.3 it is imported.
# Exits 0 while this is so, 1 when it has changed.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check rliable==1.2.0 arch==7.2.0 pandas==3.1.1
if said=$(env/bin/python -c 'from rliable import library' 2>&1); then
  echo "changed: rliable is imported with pandas 3.1.1"
  exit 1
fi
echo "$said" | tail -1
echo "$said" | grep -q 'deprecate_kwarg' || { echo "changed: another error"; exit 1; }
env/bin/pip install --quiet --disable-pip-version-check pandas==2.2.3
env/bin/python -W ignore -c 'from rliable import library; print("imported with pandas 2.2.3")'
