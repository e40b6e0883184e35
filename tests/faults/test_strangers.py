"""Faults 21, 22 and 24: files and names made by somebody who means harm."""

import io
import pickle
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from markdown_it import MarkdownIt

import bakeoff
from bakeoff.auditing import audit
from bakeoff.auditing.telling import FORMATS
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.errors import BadFile, BakeoffError
from bakeoff.recipes import load
from bakeoff.records.predictions import Predictions
from bakeoff.records.store import load_record
from bakeoff.reporting import report
from bakeoff.training import checkpoint
from bakeoff.training.existing import load_existing
from bakeoff.training.run import execute
from faults_tools import CPU
from reporting.synthetic_runs import run, write_bakeoff


class Evil:
    """Leaves a canary when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self):
        return (Path.touch, (self.canary,))


def pickles(canary: Path) -> dict[str, bytes]:
    found = {"bare pickle": pickle.dumps(Evil(canary))}
    for name, state in {
        "whole": Evil(canary),
        "in a state dict": {"state_dict": {"fc.weight": Evil(canary)}},
    }.items():
        for zipped in (True, False):
            file = io.BytesIO()
            torch.save(state, file, _use_new_zipfile_serialization=zipped)
            found[f"{name}, {'zip' if zipped else 'legacy'}"] = file.getvalue()
    return found


def test_the_canary_sings_when_nobody_blocks_it(tmp_path):
    pickle.loads(pickles(tmp_path / "canary")["bare pickle"])
    assert (tmp_path / "canary").exists()


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("suffix", ["pth", "pt", "bin", "pth.tar", "safetensors", "checkpoint"])
def test_fault_21_a_malicious_pickle_given_as_weights_is_blocked(tmp_path, suffix):
    canary = tmp_path / "canary"
    for content in pickles(canary).values():
        path = tmp_path / f"w.{suffix}"
        path.write_bytes(content)
        with pytest.raises(BadFile, match=re.escape(path.name)):
            load_existing(str(path), model="test_resnet")
        assert not canary.exists()


def test_fault_21_a_malicious_pickle_as_a_runs_checkpoint_is_blocked(make_job, tmp_path):
    import hashlib

    canary, place = tmp_path / "canary", tmp_path / "run"
    place.mkdir()
    for number, payload in enumerate(pickles(canary).values()):
        path = place / f"step-{number:012d}.checkpoint"
        path.write_bytes(checkpoint.MAGIC + hashlib.sha256(payload).digest() + payload)
        with pytest.raises(BadFile, match=r"holds (more than weights|no state)"):
            checkpoint.load(path)
    record = execute(make_job(), place, device=CPU)
    assert (record.status, record.resumed) == ("complete", 0)
    assert sum("more than weights" in note for note in record.notes) == number + 1
    assert not canary.exists()


def test_fault_21_a_pickle_in_predictions_is_blocked(tmp_path):
    canary = tmp_path / "canary"
    odd = np.empty(1, object)
    odd[0] = Evil(canary)
    np.savez(tmp_path / "predictions.npz", label=odd, top5_class=odd, prediction=odd)
    canary.unlink(missing_ok=True)
    with pytest.raises(BadFile):
        Predictions.load(tmp_path)
    with pytest.raises(BakeoffError):
        bakeoff.compare(tmp_path / "predictions.npz")
    assert not canary.exists()


def read_claims(path):
    return audit(path)


READERS = {
    "recipe": (load, "extends: standard\nepochs: 3\n", "epohcs: 3\n", "Did you mean epochs?"),
    "bake-off": (read_spec, "data: mnist\narms: [standard]\n", "bugdet: quick\n", "budget?"),
    "claims": (
        read_claims,
        "bakeoff: claims\nclaims:\n  - {metric: accuracy, number: 95.2 %}\n",
        "contxt: {model: x}\n",
        "Did you mean context?",
    ),
}
EACH = pytest.mark.parametrize("kind", READERS)


@EACH
def test_fault_22_an_unknown_key_is_refused_with_its_line_and_the_nearest_valid_one(tmp_path, kind):
    reader, sound, typo, nearest = READERS[kind]
    path = tmp_path / "claims.yaml"
    path.write_text(sound)
    reader(path)
    path.write_text(sound + typo)
    with pytest.raises(BadFile, match=re.escape(nearest)) as refused:
        reader(path)
    assert refused.value.line == sound.count("\n") + 1


@EACH
def test_fault_22_a_duplicate_key_is_refused_with_its_line(tmp_path, kind):
    reader, sound, _, _ = READERS[kind]
    path = tmp_path / "claims.yaml"
    path.write_text(sound + sound.splitlines()[0] + "\n")
    with pytest.raises(BadFile, match="twice") as refused:
        reader(path)
    assert refused.value.line == sound.count("\n") + 1


TAGS = (
    "!!python/object/apply:os.system ['touch canary']",
    "!!python/object/new:subprocess.Popen [[touch, canary]]",
    "!!python/name:os.system",
    "!!python/module:os",
    "!<tag:yaml.org,2002:python/object/apply:os.system> ['touch canary']",
)


@EACH
@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("where", ["title: {}\n", "? {}\n: x\n", "sources: {{default: {}}}\n"])
def test_fault_22_a_python_tag_is_refused_with_its_line_and_nothing_is_run(
    tmp_path, monkeypatch, kind, tag, where
):
    monkeypatch.chdir(tmp_path)
    reader, sound, _, _ = READERS[kind]
    path = tmp_path / "claims.yaml"
    path.write_text(sound + where.format(tag))
    with pytest.raises(BadFile) as refused:
        reader(path)
    assert refused.value.line == sound.count("\n") + 1
    assert not (tmp_path / "canary").exists()


HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a|b`c`[d](javascript:alert(1))",
    "\x1b[2J\x1b]0;owned\x07\u202etxt",
    r"\input{/etc/passwd} \write18{touch canary} $x$ %",
)


class Elements(HTMLParser):
    """Tags of a page with their attributes, none of which runs anything."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        assert not [name for name in attributes if name.startswith("on")], attributes
        for name in ("href", "src", "xlink:href", "action"):
            assert not re.match(r"\s*(javascript|data:text)", attributes.get(name, ""), re.I)
        self.all.append((tag, attributes))


def no_escapes(text: str) -> bool:
    return not [c for c in text if c not in "\n\t" and not c.isprintable() and c != "\u00a0"]


@pytest.fixture(scope="module")
def hostile_report(tmp_path_factory):
    """A bake-off whose every text is hostile, read from its files."""
    folder = tmp_path_factory.mktemp("hostile")
    runs = []
    for number, text in enumerate(HOSTILE):
        for seed in range(2):
            record, answers = run(f"arm-{number}", seed, 20 + 7 * number + seed)
            recipe = record.recipe.model_copy(
                update={"title": text, "citation": text, "notes": text, "name": f"r{number}"}
            )
            data = record.data.model_copy(
                update={"title": HOSTILE[0], "class_names": tuple(f"{k}{text}" for k in range(10))}
            )
            update = {"recipe": recipe, "notes": (text,), "command": text, "data": data}
            runs.append((record.model_copy(update=update), answers))
    write_bakeoff(folder, runs, question=" ".join(HOSTILE), notices=HOSTILE)
    for path in folder.rglob("record.json"):
        record = load_record(path)  # an arm's name cannot be a folder's, and need not be
        number = int(record.arm[-1])
        path.write_text(
            record.model_copy(update={"arm": HOSTILE[number]}).model_dump_json(indent=1)
        )
    return report(folder, out=folder / "out", title=HOSTILE[1])


def test_fault_24_hostile_names_are_inert_in_the_html_report(hostile_report):
    page = hostile_report.html.read_text()
    found = Elements(page)
    assert [tag for tag, _ in found.all].count("script") == page.count("</script") == 1
    assert "img" not in {tag for tag, attributes in found.all if attributes.get("src") == "x"}
    assert HOSTILE[1] in page.replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">")
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_fault_24_hostile_names_are_inert_in_the_markdown_and_latex_report(hostile_report):
    text = hostile_report.md.read_text()
    html = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    assert not {"script", "style", "iframe"} & {tag for tag, _ in Elements(html).all}
    assert "<img src=x" not in html
    assert no_escapes(text)
    assert HOSTILE[2] in html, "the hostile arm stands there as it is called"
    tex = hostile_report.tex.read_text()
    assert no_escapes(tex)
    assert not re.search(r"\\(input|write18)", tex)


DOCUMENT = (
    f"# CIFAR-10 {HOSTILE[0]} {HOSTILE[3]}\n\n`x` {HOSTILE[1]} {HOSTILE[2]} Test accuracy 95.3%, "
    f"test error 4.9%. ::error::%0A {HOSTILE[4]}\n"
)


@pytest.mark.parametrize("form", FORMATS)
def test_fault_24_a_hostile_document_is_inert_in_every_form_of_the_audit(tmp_path, form):
    path = tmp_path / f"{HOSTILE[1].replace('/', '')}.md"
    path.write_text(DOCUMENT)
    found = audit(path)
    assert found.findings
    told = found.tell(form)
    assert no_escapes(told)
    if form == "html":
        assert not re.search(r"<script|<img|javascript:alert\(1\)\"", told)
    if form == "markdown":
        html = MarkdownIt("gfm-like", {"linkify": False}).render(told)
        assert not re.search(r"<script|<img|href=\"javascript", html)
    if form == "github":
        commands = [line for line in told.splitlines() if line.startswith("::")]
        assert len(commands) == len(found.findings)


def test_fault_24_an_error_that_quotes_a_stranger_is_one_printable_line(tmp_path):
    error = BadFile(tmp_path / "a\nb\x1b[31m.yaml", "\u202eunknown key 'x\r\ny'", "Look\x07 again")
    assert no_escapes(str(error))
    assert "\n" not in str(error)
    assert r"\x1b[31m" in str(error)
    assert len(str(BakeoffError("a" * 10_000_000, "b"))) < 1100
