#!/usr/bin/env bash
# Create the virtual environment and install the pinned dependencies; safe to interrupt and repeat.
# Usage: setup.sh '.[train]' (to run bake-offs) or '.[dev]' (to test and develop as well).
set -euo pipefail
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
WHAT=${1:-.[dev]}

if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "setup: $PYTHON is older than Python 3.11 or not there. Install it, or run: make setup PYTHON=python3.12" >&2
  exit 2
fi
if [ -d "$VENV" ] && ! "$VENV/bin/python" -c 'import pip' 2>/dev/null; then
  echo "setup: $VENV is incomplete (an interrupted install?); making it anew"
  rm -rf "$VENV"
fi
if [ ! -d "$VENV" ]; then
  echo "setup: creating $VENV"
  if ! "$PYTHON" -m venv "$VENV"; then
    rm -rf "$VENV"
    echo "setup: venv failed. On Debian and Ubuntu: sudo apt install python3-venv" >&2
    exit 2
  fi
fi
echo "setup: installing pinned dependencies (the first time, some minutes and gigabytes)"
if ! "$VENV/bin/pip" install --quiet --disable-pip-version-check \
  --constraint constraints.txt --editable "$WHAT"; then
  echo "setup: the install did not finish. Check the network and the disk, and run the same command again." >&2
  exit 2
fi
