"""Every command and every Python block in README and docs runs, in the order of its page, at a toy
budget.

A page's commands run in one folder that holds what the pages speak of: photographs, a finished
bake-off, documents to audit. What is made smaller is in TOY; what is not run, and why, in NOT_RUN
and PYTHON_NOT_RUN.
"""

import re
import shlex
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import bakeoff
from bakeoff.cli import main
from mlflow_store import write_database

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

TOY = {
    "reproduce": {"--budget": "60images", "--seeds": "1", "--init": "scratch", "--out": "toy"},
    "run": {"--budget": "60images", "--seeds": "2", "--workers": None},
    "train": {"--budget": "60images", "--model": "test_resnet", "--init": "scratch"},
}
"""Per verb: options set to these values, or left out where None."""

NOT_RUN = {
    r"make (setup|test|test-fast|docs)$": "that is this test run itself",
    r"make reproduce$": "tests/test_docs_commands.py runs what the Makefile has there",
    r"git clone": "the clone is here already",
    r"\$EDITOR": "a person's turn",
    r"(\.venv/bin/)?(pytest|pre-commit|mypy|ruff|mkdocs|lint-imports)\b": "make test runs them",
    r"pip install|python3? -m venv|source |export |cd ": "prepares a shell",
    r"python (-m )?benchmarks": "a benchmark of minutes to hours; its page says on what it ran",
    r"python examples/slurm": "needs Slurm; tests/bakeoffs runs it without",
    r"python docs/": "draws pictures of the docs",
    r"torchrun|srun|sbatch|ray (start|stop|up|down)|ssh ": "needs several GPUs or machines",
    r"tensorboard |mlflow (ui|server)|wandb |trackio ": "another tool, open until stopped",
    r"docker |apptainer |kubectl ": "needs another program's service",
    r"bakeoff .*--on (ray|slurm|submitit)": "needs a cluster; tests/bakeoffs has a local one",
    r"bakeoff .*--device (cuda|mps)": "needs a GPU",
    r"bakeoff .*--compile\b": "minutes of compiling, on a GPU",
    r"bakeoff .*\b(timm:|hf:|s3://|gs://)": "needs the network",
    r"bakeoff report .*--(serve|pdf|format pdf)": "tests/report has a server and a browser",
    r"bakeoff --(install|show)-completion": "changes the reader's shell; tests/cli completes words",
    r"bakeoff .*<[A-Za-z].*>": "a placeholder",
}
"""Commands that no test of this file runs (GPU commands among them), by pattern; and why."""

PYTHON_NOT_RUN = {"README.md": "tests/test_docs.py runs it, of fewer images and a smaller network"}
"""Pages whose Python no test of this file runs; and why."""

EXITS = {r"audit (?!.*(--rules|--explain|--extract|fine))": (0, 1), r"doctor": (0,)}
"""Verbs whose answer may be "no" for the documents here; every other command must end with 0."""


@dataclass(frozen=True)
class Command:
    """One command of a page. writes: the file that its output is sent to, if any."""

    line: int
    text: str
    writes: str = ""


def commands(page):
    """The commands of a page's shell blocks: lines after `$ `, or all where there is no such."""
    found = []
    text = page.read_text()
    for match in re.finditer(r"^( *)```(?:sh|console|bash|shell)\n(.*?)^ *```", text, re.M | re.S):
        first = text[: match.start()].count("\n") + 2
        lines = match[2].replace("\\\n", "  ").splitlines()
        prompted = any(line.lstrip().startswith("$ ") for line in lines)
        for number, line in enumerate(lines):
            line = line.strip()
            if prompted and not line.startswith("$ "):
                continue
            line = re.sub(r"(^|\s)#.*", "", line.removeprefix("$ ")).strip()
            if line:
                # A comment, a reader's pipe and a second command do not belong to the first.
                for part in re.split(r"\s(?:&&|;)\s", line):
                    told, _, target = part.partition(" > ")
                    told = told.partition(" | ")[0].strip()
                    found.append(Command(first + number, told, target.strip()))
    return found


def python_blocks(page):
    """The page's Python blocks, each as one command."""
    text = page.read_text()
    return [
        Command(text[: match.start()].count("\n") + 2, match[1])
        for match in re.finditer(r"^```(?:python|py)\n(.*?)^```", text, re.M | re.S)
    ]


def not_run(text):
    plain = text.removeprefix(".venv/bin/")
    return next((why for known, why in NOT_RUN.items() if re.match(known, plain)), None)


def toy(arguments):
    """The arguments with what takes long made small."""
    words = list(arguments)
    for option, value in TOY.get(words[0], {}).items():
        if option == "--budget" and "--budgets" in words:
            continue  # either one or several
        for place, word in enumerate(words):
            if word == option or word.startswith(f"{option}="):
                del words[place : place + (1 if "=" in word else 2)]
                break
        if value is not None:
            words += [option, value]
    return words


def without_our_runs(folder, names):
    """Bake-offs that lie in docs/results: a page that says how to run one starts without it."""
    return [name for name in names if (Path(folder) / name / "bakeoff.json").exists()]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A folder with what the pages speak of."""
    root = tmp_path_factory.mktemp("docs")
    generator = np.random.default_rng(0)
    for split, count in (("train", 12), ("val", 6)):
        for label, name in enumerate(("cat", "dog")):
            folder = root / "photos" / split / name
            folder.mkdir(parents=True)
            for i in range(count):
                pixels = generator.integers(0, 150, (32, 32, 3), dtype=np.uint8)
                pixels[:, label * 16 : label * 16 + 16] += 90
                Image.fromarray(pixels).save(folder / f"{i:04}.png")
    for name in ("examples", "docs", "src/bakeoff/recipes/library"):
        shutil.copytree(ROOT / name, root / name, ignore=without_our_runs)
    shutil.copy(ROOT / "README.md", root)
    (root / "paper.tex").write_text(
        "\\begin{tabular}{lr}\nModel & Top-1 (\\%) \\\\\nResNet-50 & 76.1 \\\\\n\\end{tabular}\n"
    )
    (root / "results.csv").write_text("arm,seed,accuracy\na,0,91.0\na,1,91.5\nb,0,90.2\nb,1,90.9\n")
    # A bake-off of the name that the pages use, two arms of two seeds, with weights.
    (root / "photos.yaml").write_text(
        "data: folder:photos\nmodel: test_resnet\narms: [standard, rsb-a3]\n"
        "seeds: 2\nbudget: 60images\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        bakeoff.run("photos.yaml", device="cpu")
    shutil.copytree(root / "runs" / "photos", root / "runs" / "mine")
    shutil.copytree(root / "runs" / "photos", root / "runs" / "clothes")
    with warnings.catch_warnings(action="ignore"):  # of the libraries that MLflow stands on
        runs = [("adamw", 0, 0.912), ("adamw", 1, 0.915), ("sgd", 0, 0.901), ("sgd", 1, 0.904)]
        write_database(root / "mlflow.db", runs, metric="val/acc")
    for name in ("reproduce", "mnist", "pilot"):
        shutil.copytree(ROOT / "docs" / "results" / "reproduce", root / "runs" / name)
    return root


@pytest.fixture
def here(world, tmp_path, monkeypatch, few_digits):
    """A copy of that folder for one page, the current one: few digits, quick floors, no network."""
    shutil.copytree(world, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("bakeoff.data.letters.TRAIN_PER_CLASS", 20)
    monkeypatch.setattr("bakeoff.data.letters.TEST_PER_CLASS", 2)
    monkeypatch.setattr("bakeoff.data.facts_report.FLOOR_TRAIN_IMAGES", 300)
    monkeypatch.setattr("bakeoff.data.facts_report.FLOOR_TEST_IMAGES", 100)
    monkeypatch.setattr("bakeoff.bakeoffs.specification.spec.default_spec", small_default)
    return tmp_path / "here"


def small_default(**asked):
    from bakeoff.bakeoffs.specification.spec import BakeoffSpec

    # The default bake-off's file, of the smallest network that timm has.
    return BakeoffSpec.model_validate(
        {**default_spec(**asked).model_dump(), "model": "test_resnet"}
    )


from bakeoff.bakeoffs.specification.spec import default_spec  # noqa: E402


def write_files_of(page, folder):
    """YAML blocks that begin with `# NAME.yaml` are files; their networks become small."""
    for name, text in re.findall(r"```yaml\n# (\S+\.ya?ml)\n(.*?)```", page.read_text(), re.S):
        text = re.sub(r"^model: .*", "model: test_resnet", text, flags=re.M)
        (folder / name).write_text(text)
    for file in (folder / "examples").glob("*.yaml"):
        text = re.sub(r"^model: .*", "model: test_resnet", file.read_text(), flags=re.M)
        text = re.sub(r"\bmodel: \w+", "model: test_resnet", text)
        file.write_text(text.replace("fashion-mnist", "letters"))  # drawn, not fetched


WITH_COMMANDS = [page for page in PAGES if commands(page)]
WITH_PYTHON = [page for page in PAGES if python_blocks(page) and page.name not in PYTHON_NOT_RUN]
TO_RUN = [page for page in PAGES if page in WITH_COMMANDS or page in WITH_PYTHON]


@pytest.mark.slow
@pytest.mark.parametrize("page", TO_RUN, ids=lambda p: str(p.relative_to(ROOT)))
def test_everything_that_the_page_says_to_run_runs(page, here, capsys):
    write_files_of(page, here)
    python = python_blocks(page) if page in WITH_PYTHON else []
    names = {}
    for step in sorted([*commands(page), *python], key=lambda step: step.line):
        if step in python:
            # A reader's session: later blocks see what earlier ones made.
            exec(compile("\n" * (step.line - 1) + step.text, str(page), "exec"), names)
        elif not_run(step.text) is None:
            run_command(step, f"{page.relative_to(ROOT)}:{step.line}: {step.text}", capsys)


def run_command(command, where, capsys):
    words = shlex.split(command.text)
    assert Path(words[0]).name == "bakeoff", f"nobody runs {where}"
    with pytest.raises(SystemExit) as ended:
        main(toy(words[1:]) if len(words) > 1 else ["--help"])
    said = capsys.readouterr()
    allowed = next((e for p, e in EXITS.items() if re.match(p, " ".join(words[1:]))), (0,))
    assert (ended.value.code or 0) in allowed, f"{where}\n{said.out[-800:]}{said.err[-800:]}"
    assert said.out.strip(), f"{where} said nothing"
    if command.writes:
        Path(command.writes).write_text(said.out)


def test_make_reproduce_runs_the_default_bakeoff(here, capsys):
    makefile = (ROOT / "Makefile").read_text()
    recipe = re.search(r"^reproduce:.*\n((?:\t.*\n)+)", makefile, re.M)[1]
    called = re.search(r"bin\)?/bakeoff (.*)", recipe, re.I)[1] if "bakeoff" in recipe else ""
    with pytest.raises(SystemExit) as ended:
        main(toy(shlex.split(called)))
    said = capsys.readouterr()
    assert (ended.value.code or 0) == 0, said.err
    assert "toy/report.html" in said.out.replace("\n", "")


def test_every_exception_is_needed_and_has_its_reason():
    every = [c.text.removeprefix(".venv/bin/") for page in WITH_COMMANDS for c in commands(page)]
    assert all(len(why) > 10 for why in NOT_RUN.values())
    assert len([text for text in every if not_run(text) is None]) > 20
    assert not_run("bakeoff train --data mnist") is None
    assert not_run("bakeoff train --device cuda") == "needs a GPU"
    assert all(python_blocks(ROOT / page) and len(why) > 10 for page, why in PYTHON_NOT_RUN.items())
    assert {page.name for page in WITH_PYTHON} >= {"comparison.md", "report.md"}


def test_the_reader_of_pages_reads_commands_as_a_person_does(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```sh\nbakeoff run a.yaml   # twice\n\n# only a comment\nbakeoff audit x.md > out.yaml\n"
        "bakeoff compare a \\\n  b | less\n```\n```console\n$ make test && bakeoff plan\nall fine\n"
        "```\n```text\nbakeoff nothing\n```\n```python\na = 1\nprint(a)\n```\n"
    )
    assert python_blocks(page) == [Command(17, "a = 1\nprint(a)\n")]
    assert commands(page) == [
        Command(2, "bakeoff run a.yaml"),
        Command(5, "bakeoff audit x.md", "out.yaml"),
        Command(6, "bakeoff compare a     b"),
        Command(10, "make test"),
        Command(10, "bakeoff plan"),
    ]


def test_the_toy_keeps_what_is_not_named():
    assert toy(["train", "--data", "mnist", "--budget=5epochs", "--model", "resnet50"]) == [
        "train", "--data", "mnist", "--budget", "60images", "--model", "test_resnet",
        "--init", "scratch",
    ]  # fmt: skip
    assert toy(["run", "a.yaml", "--workers", "2"]) == [
        "run", "a.yaml", "--budget", "60images", "--seeds", "2",
    ]  # fmt: skip
