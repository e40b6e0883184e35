#!/usr/bin/env bash
# The report is tested in Chromium. Install it where that needs no password; else the tests say so.
set -euo pipefail
have() { command -v "$1" >/dev/null 2>&1; }
if { have chromium || have chromium-browser || have google-chrome; } && have chromedriver; then
  exit 0
fi
if have apt-get && [ "$(id -u)" = 0 ]; then
  echo "test: installing Chromium and its driver for the browser tests"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver >/dev/null || true
fi
if ! have chromedriver; then
  echo "test: no Chromium with chromedriver here; browser tests will be skipped (in CI they fail). On Debian: sudo apt install chromium chromium-driver"
fi
