#!/usr/bin/env bash
# What `pip install rliable` installs today cannot be imported.
#
# Versions: rliable 1.2.0, arch 7.2.0, pandas 3.1.1, numpy 2.4.6, scipy 1.17.1, Python 3.11.
# rliable asks for arch below 8 and for any pandas from 1.0; arch 7.2.0 asks for any from 1.4.
# Expected: pip's answer to these bounds can be imported.
# Seen: `import rliable.library` ends in a TypeError of arch: it decorates with a helper of pandas'
#   internals (deprecate_kwarg), which takes one more argument in pandas 3.1.1. With pandas 2.2.3 it
#   imports; arch 8.0.0 imports beside pandas 3, and rliable 1.2.0 forbids it.
# Exits 0 while this is so, 1 when it has changed.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
python3 -m venv env
install() { env/bin/pip install --quiet --disable-pip-version-check "$@"; }

install rliable==1.2.0 arch==7.2.0 pandas==3.1.1 numpy==2.4.6 scipy==1.17.1
env/bin/pip check
if env/bin/python -W ignore -c 'import rliable.library' 2>error; then
  echo "changed: it can be imported beside pandas 3.1.1"
  exit 1
fi
tail -n 1 error
grep -q deprecate_kwarg error

install --no-deps pandas==2.2.3
env/bin/pip install --quiet --disable-pip-version-check pytz python-dateutil
env/bin/python -W ignore -c 'import rliable.library; print("imported beside pandas 2.2.3")'

install --no-deps arch==8.0.0 pandas==3.1.1
env/bin/python -W ignore -c 'import arch.bootstrap; print("arch 8.0.0 is imported beside pandas 3.1.1")'
