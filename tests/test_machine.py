"""`bakeoff doctor` says what is there, what it is used for, and what is broken."""

import importlib.metadata
import json
import os

import pytest
import torch

import bakeoff
from bakeoff import machine
from bakeoff.bakeoffs.planning.plan import plan
from bakeoff.cli import main


def look(found, name):
    return next(look for look in found.has if look.name == name)


@pytest.fixture
def versions(monkeypatch):
    """Pretend that other versions are installed."""
    real_version, real_requires = importlib.metadata.version, importlib.metadata.requires
    pretended, wanted = {}, {}
    monkeypatch.setattr(
        machine.importlib.metadata,
        "version",
        lambda name: pretended.get(name) or real_version(name),
    )
    monkeypatch.setattr(
        machine.importlib.metadata, "requires", lambda name: wanted.get(name) or real_requires(name)
    )
    return pretended, wanted


def test_this_machine_is_healthy_and_described():
    found = bakeoff.doctor()
    assert found.broken == ()
    assert torch.__version__.partition("+")[0] in look(found, "torch and torchvision").said
    assert f"{len(os.sched_getaffinity(0))} cores" in look(found, "processor").said
    total, available = machine.memory()
    assert 0 < available <= total
    assert "mnist is bundled" in look(found, "data sets").said
    json.dumps(found.to_dict())


def test_what_it_says_will_be_used_is_what_planning_uses(monkeypatch, quarters):
    monkeypatch.setattr("bakeoff.bakeoffs.planning.plan.open_data", lambda *_, **__: quarters)
    used = dict(bakeoff.doctor().used)
    from bakeoff.bakeoffs.specification.spec_loading import read_spec
    from bakeoff.training.device import choose, describe, precision

    spec = read_spec(
        {"name": "toy", "data": "q", "model": "test_resnet", "arms": ["standard"], "seeds": 1}
    )
    planned = plan(spec, choose())
    assert used["device"] == describe(planned.device)
    assert used["precision"] == precision(planned.device)[0]
    assert used["budget"].startswith(planned.asked)


@pytest.mark.parametrize(
    ("torch_version", "wants", "complaint"),
    [
        ("1.0.0", ["torch (>=2.14.0)"], "which wants torch >=2.14.0"),
        (None, ["numpy", "torch==9.9.9"], "which wants torch ==9.9.9"),
        ("{}+cu999", None, "two different builds"),
    ],
)
def test_a_torch_that_does_not_fit_torchvision_is_broken(versions, torch_version, wants, complaint):
    pretended, wanted = versions
    plain = torch.__version__.partition("+")[0]
    if torch_version:
        pretended["torch"] = torch_version.format(plain)
    if complaint == "two different builds":
        vision = importlib.metadata.version("torchvision").partition("+")[0]
        pretended["torchvision"] = f"{vision}+cpu"
    if wants:
        wanted["torchvision"] = wants
    found = bakeoff.doctor()
    (broken,) = found.broken
    assert complaint in broken.said
    assert "pip install --upgrade torch torchvision" in broken.advice
    assert found.used == ()


def test_a_torchvision_whose_operators_fail_is_broken(monkeypatch):
    import torchvision.ops

    def fails(*arguments):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(torchvision.ops, "nms", fails)
    (broken,) = bakeoff.doctor().broken
    assert "nms does not exist" in broken.said


def test_something_broken_exits_with_1_and_says_so_even_when_quiet(versions, capsys):
    versions[0]["torch"], versions[1]["torchvision"] = "1.0.0", ["torch==2.0.0"]
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--quiet"])
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert "✗ torch and torchvision" in said
    assert "processor" not in said
    with pytest.raises(SystemExit) as ended:
        main(["doctor", "--format", "json"])
    assert ended.value.code == 1
    assert json.loads(capsys.readouterr().out)["healthy"] is False


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(machine, "NEEDED", (*machine.NEEDED, "no-such-package"))
    (broken,) = bakeoff.doctor().broken
    assert broken.said == "missing: no-such-package"


def test_a_missing_extra_is_only_a_note_that_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(machine, "EXTRAS", {"onnx": ("no_such_module",), "W&B": ("nor_this",)})
    found = bakeoff.doctor()
    assert found.broken == ()
    assert look(found, "optional: onnx").advice == 'pip install "bakeoff[onnx]"'
    assert look(found, "optional: W&B").advice == "pip install nor_this"


def test_the_network_is_asked_only_when_asked_to(monkeypatch):
    import urllib.request

    asked = []

    def opened(request, timeout):
        asked.append(request.full_url)
        raise OSError("unplugged")

    monkeypatch.setattr(urllib.request, "urlopen", opened)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.delenv("BAKEOFF_OFFLINE", raising=False)
    bakeoff.doctor()
    assert asked == []
    found = bakeoff.doctor(network=True)
    assert len(asked) == 1
    assert "does not answer (unplugged)" in look(found, "Hugging Face hub").said
    monkeypatch.setenv("BAKEOFF_OFFLINE", "1")
    found = bakeoff.doctor(network=True)
    assert len(asked) == 1
    assert look(found, "Hugging Face hub").said == "not asked: BAKEOFF_OFFLINE is set"
    assert found.broken == ()
