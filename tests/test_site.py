"""The documentation builds strictly, without a network, and its picture shows today's imports."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import bakeoff

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site; --strict makes every warning an error."""
    out = tmp_path_factory.mktemp("site")
    nowhere = "http://127.0.0.1:9"  # whoever asks the network gets an error
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(out)],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
        env={
            **os.environ, "http_proxy": nowhere, "https_proxy": nowhere,
            "NO_MKDOCS_2_WARNING": "1",
        },
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.mark.slow
def test_every_page_of_the_navigation_is_built(site):
    def files(part):
        if isinstance(part, str):
            yield part
        for inner in part if isinstance(part, list) else ():
            yield from files(inner)
        for inner in part.values() if isinstance(part, dict) else ():
            yield from files(inner)

    pages = list(files(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))
    assert len(pages) >= 12
    for page in pages:
        plain = page.removesuffix(".md").removesuffix("index").rstrip("/")
        assert (site / plain / "index.html").exists(), page


@pytest.mark.slow
def test_every_public_function_is_in_the_api_reference(site):
    page = (site / "api" / "index.html").read_text()
    for name in bakeoff.__all__:
        if name.islower() and not name.startswith("_"):
            assert f'id="bakeoff.{name}"' in page, name


@pytest.mark.slow
def test_pages_load_nothing_from_elsewhere(site):
    for page in (site / "index.html", site / "api" / "index.html"):
        loaded = re.findall(
            r'<(?:script|link|img)[^>]+(?:src|href)="(https?://[^"]+)"', page.read_text()
        )
        assert loaded == []


@pytest.mark.slow
def test_reports_are_kept_out_of_the_search(site):
    found = json.loads((site / "search" / "search_index.json").read_text())["docs"]
    places = {doc["location"].partition("#")[0] for doc in found}
    assert "reading-a-report/" in places
    assert "results/" in places
    assert not [place for place in places if place.endswith("/report/")]


def test_the_picture_of_the_rooms_is_current():
    """If not: python docs/architecture.py."""
    done = subprocess.run([sys.executable, "docs/architecture.py", "--check"], cwd=ROOT)
    assert done.returncode == 0, "run: python docs/architecture.py"
