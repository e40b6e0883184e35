"""Nothing is sent anywhere and nothing listens: the verbs work where no socket can be made."""

import os
import subprocess
import sys
from pathlib import Path

from reporting.synthetic_runs import two_arms, write_bakeoff

ROOT = Path(__file__).parents[1]
# Any socket but those of processes on this machine (AF_UNIX) ends the process, with what made it.
SCRIPT = """
import json, os, socket, sys, traceback

def refuse(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"):
        where = arguments[1] if len(arguments) > 1 else arguments[0]
        if isinstance(where, tuple) or event == "socket.getaddrinfo":
            traceback.print_stack()
            os._exit(77)

sys.addaudithook(refuse)

from bakeoff.cli import main

def verb(*words):
    print("$", *words, flush=True)
    try:
        main(words)
    except SystemExit as end:
        assert end.code in (0, 1), (words, end.code)

folder = sys.argv[1]
verb("compare", folder)
verb("report", folder, "--out", "page")
verb("audit", sys.argv[2], "page/report.md" if os.path.exists("page/report.md") else sys.argv[2])
verb("plan", "--sd", "0.2", "--delta", "0.1")
verb("recipes", "rsb-a3")
verb("results", "rsb", "a2")
verb("train", "--model", "test_resnet", "--budget", "64images", "--out", "run", "--quiet",
     "--device", "cpu", "--pin", "batch_size=32")
verb("evaluate", "run", "--out", "again", "--device", "cpu")

try:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
finally:
    print("not refused")
"""


def test_no_verb_opens_a_socket(tmp_path):
    folder = write_bakeoff(tmp_path / "bakeoff", two_arms())
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, folder, ROOT / "examples" / "result_comparison.md"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1", "NO_COLOR": "1"},
        timeout=300,
        check=False,
    )
    verbs = [line for line in done.stdout.splitlines() if line.startswith("$ ")]
    assert len(verbs) == 8, done.stdout[-2000:] + done.stderr[-4000:]
    # The last connection is the test's own: it shows that the hook sees connections at all.
    assert done.returncode == 77, done.stderr[-4000:]
    assert "create_connection" in done.stderr
    assert done.stderr.count("in refuse") == 1
    assert "not refused" not in done.stdout
