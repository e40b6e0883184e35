"""What foreign weights mean is read from the file or beside it, asked for, or called a guess."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

import bakeoff
from bakeoff.bakeoffs.execution.class_order import class_order
from bakeoff.errors import BadFile, UnknownName, UsageError
from bakeoff.training.existing import load_existing
from bakeoff.training.model import build

NAMES = tuple(sorted(map(str, range(12))))
"""0, 1, 10, 11, 2, …: plain order is not natural order."""


def weights(seed=0, classes=12):
    torch.manual_seed(seed)
    return timm.create_model("test_resnet", num_classes=classes).state_dict()


def loaded(path, model="test_resnet", **more):
    return load_existing(str(path), model=model, **more)


def same(existing, expected):
    found = existing.module.state_dict()
    return all(torch.equal(found[name], value) for name, value in expected.items())


@pytest.fixture
def facts(quarters):
    names = {"class_names": tuple(f"c{n}" for n in NAMES), "classes": 12}
    return quarters.facts.model_copy(update=names)


@pytest.mark.parametrize(
    "prefix",
    ["module.", "_orig_mod.", "module._orig_mod.", "model.", "net.", "timm_model.", "a.b.c.",
     "_fsdp_wrapped_module."],
)  # fmt: skip
def test_a_prefix_that_all_tensors_share_is_taken_off(tmp_path, prefix):
    expected = weights()
    torch.save({prefix + key: value for key, value in expected.items()}, tmp_path / "w.pth")
    assert same(loaded(tmp_path / "w.pth"), expected)


def test_wrapped_state_dicts_are_found_whatever_stands_beside_them(tmp_path):
    expected = weights()
    moments = {"state": {0: {"exp_avg": torch.zeros(3, 3)}}}
    for key in ("state_dict", "model", "model_state_dict", "net", "weights"):
        torch.save({"epoch": 1, key: expected, "optimizer": moments}, tmp_path / f"{key}.pt")
        assert same(loaded(tmp_path / f"{key}.pt"), expected), key
    lightning = {f"model.{k}": v for k, v in expected.items()}
    lightning["criterion.weight"] = torch.ones(12)
    torch.save({"state_dict": lightning, "pytorch-lightning_version": "2"}, tmp_path / "l.ckpt")
    found = loaded(tmp_path / "l.ckpt")
    assert same(found, expected)
    assert any("criterion.weight" in note for note in found.notes)


def test_a_backbone_and_one_linear_layer_are_a_network_and_that_is_called_a_guess(tmp_path):
    expected = weights()
    split = {
        (key.replace("fc.", "head.") if key.startswith("fc.") else f"backbone.{key}"): value
        for key, value in expected.items()
    }
    torch.save(split, tmp_path / "w.pth")
    found = loaded(tmp_path / "w.pth")
    assert same(found, expected)
    assert found.sources["head"] == "guess"


@pytest.mark.parametrize("key", ["state_dict_ema", "model_ema", "ema", "ema_state_dict"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_averaged_weights_are_taken_and_named(tmp_path, key, prefix):
    raw, averaged = weights(1), weights(2)
    wrapped = {prefix + name: value for name, value in averaged.items()}
    content = {"state_dict": raw, key: {**wrapped, **({"n_averaged": torch.tensor(3)} if prefix
                                                      else {})}}  # fmt: skip
    torch.save(content, tmp_path / "w.pth")
    found = loaded(tmp_path / "w.pth")
    assert same(found, averaged)
    assert found.averaged
    assert found.left_aside == ("state_dict",)
    assert any("state_dict" in note for note in found.notes)
    assert same(loaded(tmp_path / "w.pth", key="state_dict"), raw)
    with pytest.raises(UnknownName):
        loaded(tmp_path / "w.pth", key="other")


def test_several_sets_without_a_reason_to_take_one_are_a_question(tmp_path):
    torch.save({"student": weights(1), "teacher": weights(2)}, tmp_path / "w.pth")
    with pytest.raises(UsageError, match=r"student, teacher.*--key"):
        loaded(tmp_path / "w.pth")


def test_arguments_in_a_checkpoint_say_model_size_and_normalisation(tmp_path):
    args = argparse.Namespace(
        model="test_resnet", img_size=32, mean=[0.1, 0.2, 0.3], std=[0.4, 0.5, 0.6], crop_pct=0.9
    )
    content = {"arch": "test_resnet", "version": 2, "state_dict": weights(), "args": args}
    torch.save(content, tmp_path / "timm.pth.tar")
    found = loaded(tmp_path / "timm.pth.tar", model=None)
    assert (found.view.mean, found.view.std) == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    assert (found.view.resolution.test, found.view.resolution.crop_ratio) == (32, 0.9)
    assert found.folder_order == "natural"
    assert "guess" not in found.sources.values()
    hyper = {"hyper_parameters": {"model_name": "timm/test_resnet.r160_in1k", "image_size": 64}}
    lightning = {"state_dict": {f"model.{k}": v for k, v in weights().items()}, **hyper}
    torch.save(lightning, tmp_path / "l.ckpt")
    found = loaded(tmp_path / "l.ckpt", model=None)
    assert (found.facts.name, found.view.resolution.test) == ("test_resnet", 64)


def test_timms_arguments_beside_a_checkpoint_say_what_the_file_does_not(tmp_path, facts):
    torch.save({"state_dict": weights(), "epoch": 3}, tmp_path / "last.pth.tar")
    (tmp_path / "args.yaml").write_text(
        "aa: null\ncrop_pct: 0.9\ndataset: ''\nimg_size: 32\ninput_size: null\ninterpolation: ''\n"
        "mean:\n- 0.1\n- 0.2\n- 0.3\nmodel: test_resnet\nstd:\n- 0.4\n- 0.5\n- 0.6\n"
    )
    found = loaded(tmp_path / "last.pth.tar", model=None)
    assert (found.view.mean, found.view.std) == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    assert (found.view.resolution.test, found.view.resolution.crop_ratio) == (32, 0.9)
    sources = ("model", "normalisation", "size", "crop")
    assert {found.sources[fact] for fact in sources} == {"beside"}
    assert class_order(found, facts).by == "natural"
    assert not found.notes


@pytest.mark.parametrize("tag", ["!!python/object:os.system {}", "[1", "model: {a: b}"])
def test_arguments_that_are_none_state_nothing(tmp_path, tag):
    torch.save(weights(), tmp_path / "w.pth")
    (tmp_path / "args.yaml").write_text(f"x: {tag}\n")
    with pytest.raises(UsageError, match="--model"):
        loaded(tmp_path / "w.pth", model=None)


def _wrapped(kind, tensors):
    return {
        "plain": tensors,
        "lightning": {"state_dict": {f"model.{k}": v for k, v in tensors.items()}, "epoch": 1},
        "compiled": {"model": {f"module._orig_mod.{k}": v for k, v in tensors.items()}},
        "averaged": {"state_dict": weights(9), "state_dict_ema": tensors},
        "headless": {f"backbone.{k}": v for k, v in tensors.items() if not k.startswith("fc.")},
    }[kind]


@pytest.mark.parametrize("kind", ["plain", "lightning", "compiled", "averaged", "headless"])
@pytest.mark.parametrize("classes", [12, 5])
def test_a_run_can_start_from_a_wrapped_file_as_evaluation_can_read_it(tmp_path, kind, classes):
    expected = weights()
    torch.save(_wrapped(kind, expected), tmp_path / "w.pth")
    made = build("test_resnet", classes=classes, channels=3, init=f"file:{tmp_path}/w.pth")
    found = made.module.state_dict()
    own = [k for k in expected if not k.startswith("fc.") or (classes == 12 and kind != "headless")]
    assert all(torch.equal(found[name], expected[name]) for name in own)
    assert any("new head" in note for note in made.notes) == (classes != 12 or kind == "headless")
    assert any("'state_dict'" in note for note in made.notes) == (kind == "averaged")


def test_what_a_run_cannot_start_from_is_refused_by_name(tmp_path):
    cases = {
        "two.pth": ({"student": weights(1), "teacher": weights(2)}, UsageError, "student, teacher"),
        "none.pth": ({"epoch": 3}, BadFile, "no state dict"),
        "other.pth": (timm.create_model("test_vit").state_dict(), BadFile, "do not fit"),
    }
    for name, (content, error, said) in cases.items():
        torch.save(content, tmp_path / name)
        with pytest.raises(error, match=said):
            build("test_resnet", classes=12, channels=3, init=f"file:{tmp_path / name}")
    with pytest.raises(BadFile, match="is a folder"):
        build("test_resnet", classes=12, channels=3, init=f"file:{tmp_path}")


def test_folders_are_numbered_as_the_training_script_numbers_them(tmp_path, facts):
    timms = {"arch": "test_resnet", "version": 2, "state_dict": weights(), "args": {"dataset": ""}}
    torchs = {"model": weights(), "args": argparse.Namespace(data_path="x", model="test_resnet")}
    for name, content, by in (("timm", timms, "natural"), ("torchvision", torchs, "plain")):
        torch.save(content, tmp_path / f"{name}.pth")
        order = class_order(loaded(tmp_path / f"{name}.pth", model=None), facts)
        assert (order.by, order.source) == (by, "trainer")
    numbers = facts.model_copy(update={"class_names": NAMES})
    torch.save(torchs, tmp_path / "t.pth")
    assert class_order(loaded(tmp_path / "t.pth"), numbers).outputs.tolist() == list(range(12))


def test_class_names_inside_or_beside_the_file_give_the_order(tmp_path, facts):
    natural = [f"c{n}" for n in range(12)]
    expected = [natural.index(name) for name in facts.class_names]
    numbering = {name: n for n, name in enumerate(natural)}
    torch.save({"state_dict": weights(), "class_to_idx": numbering}, tmp_path / "inside.pth")
    order = class_order(loaded(tmp_path / "inside.pth"), facts)
    assert (order.outputs.tolist(), order.source) == (expected, "file")
    for name, content in (
        ("class_to_idx.json", numbering),
        ("config.json", {"architecture": "test_resnet", "label_names": natural}),
        ("config.json", {"architecture": "test_resnet",
                         "id2label": {str(n): c for n, c in enumerate(natural)}}),
    ):  # fmt: skip
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        save_file(weights(), folder / "model.safetensors")
        (folder / name).write_text(json.dumps(content))
        order = class_order(loaded(folder / "model.safetensors"), facts)
        assert (order.outputs.tolist(), order.source) == (expected, "beside")


def test_a_guess_is_called_one_and_can_be_settled(tmp_path, facts):
    torch.save(weights(), tmp_path / "w.pth")
    existing = loaded(tmp_path / "w.pth")
    order = class_order(existing, facts)
    assert (order.by, order.source) == ("plain", "guess")
    assert any("guessed" in note and "--classes" in note for note in order.notes)
    natural = [f"c{n}" for n in range(12)]
    expected = [natural.index(name) for name in facts.class_names]
    (tmp_path / "classes.names").write_text("\n".join(natural))
    for asked in ("natural", str(tmp_path / "classes.names")):
        order = class_order(existing, facts, asked)
        assert (order.outputs.tolist(), order.source) == (expected, "asked")
    assert class_order(existing, facts, "plain").outputs.tolist() == list(range(12))
    (tmp_path / "other.txt").write_text("\n".join("abcdefghijkl"))
    with pytest.raises(UsageError, match="none of those that"):
        class_order(existing, facts, str(tmp_path / "other.txt"))


def test_plain_values_beside_tensors_do_not_keep_a_checkpoint_from_being_read(tmp_path):
    expected = weights()
    beside = {"best": np.float64(93.1), "epoch": np.int64(3), "history": np.arange(3.0),
              "args": argparse.Namespace(model="test_resnet", out=tmp_path)}  # fmt: skip
    torch.save({"state_dict": expected, **beside}, tmp_path / "w.pth")
    assert same(loaded(tmp_path / "w.pth", model=None), expected)
    torch.save({"state_dict": expected, "model": torch.nn.Flatten()}, tmp_path / "w.pth")
    with pytest.raises(BadFile, match=r"holds more than weights \(torch\.nn.*Flatten\)"):
        loaded(tmp_path / "w.pth")


@pytest.mark.parametrize("deeper", [False, True])
def test_class_names_are_found_where_openmmlab_keeps_them(tmp_path, facts, deeper):
    natural = [f"c{n}" for n in range(12)]
    meta = {"dataset_meta": {"classes": natural}} if deeper else {"CLASSES": tuple(natural)}
    parts = {
        (f"head.{name}" if name.startswith("fc.") else f"backbone.{name}"): value
        for name, value in weights().items()
    }
    torch.save({"meta": meta, "state_dict": parts}, tmp_path / "w.pth")
    order = class_order(loaded(tmp_path / "w.pth"), facts)
    expected = [natural.index(name) for name in facts.class_names]
    assert (order.outputs.tolist(), order.source) == (expected, "file")


def test_a_numbering_with_gaps_is_refused(tmp_path):
    torch.save({"state_dict": weights(), "class_to_idx": {"a": 0, "b": 2}}, tmp_path / "w.pth")
    with pytest.raises(BadFile, match="class_to_idx"):
        loaded(tmp_path / "w.pth")


@pytest.mark.parametrize("how", ["folder", "file", "moved file", "named otherwise"])
def test_an_export_evaluates_to_the_runs_own_predictions(tmp_path, monkeypatch, make_job, how):
    from bakeoff.training.run import execute
    from conftest import make_dataset

    made = make_dataset(classes=12, train=96, test=48)
    names = made.facts.model_copy(update={"class_names": NAMES})
    data = replace(made, facts=names)
    monkeypatch.setattr("bakeoff.bakeoffs.execution.evaluation.open_data", lambda *_, **__: data)
    own = execute(make_job(dataset=data, images=96), tmp_path / "run", device=torch.device("cpu"))
    bakeoff.export(tmp_path / "run", hf=tmp_path / "hf")
    path = tmp_path / "hf"
    if how != "folder":
        path /= "model.safetensors"
    if how in ("moved file", "named otherwise"):
        path = path.rename(tmp_path / ("m.safetensors" if how == "moved file" else "b.safetensors"))
    again = bakeoff.evaluate(path, data="x", out=tmp_path / "again", device="cpu")
    assert again.result == own.result
    assert again.weights.trained_test_hash == names.test_hash
    assert not again.weights.guessed
