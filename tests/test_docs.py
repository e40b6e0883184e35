"""Documents name verbs and options that exist, link to files that exist; their Python runs."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer

from bakeoff.cli import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
PAGES = [page for page in PAGES if "results" not in page.parts]
COMMANDS = typer.main.get_command(app).commands


def commands(text: str) -> list[str]:
    """Lines of shell blocks that call bakeoff, without prompt, comment and path."""
    found = []
    for block in re.findall(r"```(?:sh|console|bash|yaml)\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            line = re.sub(r"^\s*(?:\$ )?(?:- run: )?(?:\.venv/bin/)?", "", line)
            if line.startswith("bakeoff "):
                found.append(line.split("  #")[0].split(" # ")[0])
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_in_the_documents_exists_with_its_options(page):
    for line in commands(page.read_text()):
        words = shlex.split(line.split(">")[0].split("|")[0])
        if words[1] == "--help":
            continue
        assert words[1] in COMMANDS, line
        known = {o for p in COMMANDS[words[1]].params for o in (*p.opts, *p.secondary_opts)}
        known |= {"--help", "-h", "--debug"}
        for word in words[2:]:
            if word.startswith("-") and not re.fullmatch(r"-?[\d.]+", word):
                assert word.split("=")[0] in known, line


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_extra_that_is_named_exists():
    """An extra that does not exist is a warning of pip's, and then the missing package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {}
    for file in [*PAGES, *(ROOT / "examples").glob("*.*"), *(ROOT / "src").rglob("*.py")]:
        for extras in re.findall(r"(?:bakeoff|'\.)\[([a-z,]+)\]", file.read_text("utf-8")):
            named.update(dict.fromkeys(extras.split(","), file.name))
    assert len(named) >= 5
    assert set(named) - set(project["optional-dependencies"]) == set(), named


@pytest.mark.slow
def test_the_readmes_python_runs_as_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    toy = code.replace("20000images", "300images").replace("resnet18", "test_resnet")
    assert toy.count("300images") == toy.count("test_resnet") == 1
    exec(compile(toy, "README.md", "exec"), {})
    said = capsys.readouterr().out
    assert "standard" in said
    assert "loss-floor" in said
    assert (tmp_path / "runs" / "mine" / "report.html").exists()
