"""What is handed on loads in other people's tools and computes what the run's network does."""

import json

import huggingface_hub
import numpy as np
import onnx
import onnxruntime
import pytest
import timm
import torch

import bakeoff
from bakeoff.errors import BadFile, OutputError, RunFailed, UsageError
from bakeoff.training.existing import load_existing
from bakeoff.training.run import execute
from conftest import make_dataset

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def grey():
    """A data set of six classes in one channel, with a licence and names that are markup."""
    from dataclasses import replace

    made = make_dataset(classes=6, channels=1)
    names = ("a|b", "<i>c</i>", "d*", "e_f", "`g`", "[h](i)")
    facts = made.facts.model_copy(update={"class_names": names, "licence": "CC0-1.0"})
    return replace(made, facts=facts)


@pytest.fixture(scope="module")
def runs(tmp_path_factory, grey):
    """Folders of three finished runs: three channels, one channel, and no skips."""
    from conftest import make_dataset

    quarters, root = make_dataset(), tmp_path_factory.mktemp("runs")
    for name, data, model in (
        ("three", quarters, "test_resnet"),
        ("one", grey, "test_efficientnet"),
        ("plain", quarters, "resnet18_noskip"),
    ):
        execute(_job(data, model), root / name / "seed-0", device=CPU)
    return root


def _job(dataset, model):
    from bakeoff.recipes.loading import load
    from bakeoff.recipes.scaling import scale
    from bakeoff.records.schema import BudgetFacts
    from bakeoff.training.job import Job

    loaded = load("standard")
    scaled = scale(loaded, data=dataset.facts, images=64, batch_size=16)
    budget = BudgetFacts(
        asked="64images",
        reason="a test",
        epochs=scaled.recipe.epochs,
        images=scaled.images,
        steps=scaled.total_steps,
    )
    return Job(
        arm="standard",
        seed=0,
        scaled=scaled,
        published=loaded.published,
        sources=loaded.sources,
        dataset=dataset,
        model=model,
        init="scratch",
        budget=budget,
    )


def images(run, count=5):
    record = bakeoff.load_records(run)[0]
    side = record.recipe.resolution.test
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, record.model.channels, side, side, generator=generator)


def own_logits(run, x):
    """By the run's own network, in the fast layers it was trained with."""
    with torch.no_grad():
        return load_existing(str(run)).module.eval()(x)


@pytest.mark.parametrize("name", ["three", "one"])
def test_timm_loads_the_folder_and_computes_the_same(runs, tmp_path, name):
    run = runs / name / "seed-0"
    bakeoff.export(run, hf=tmp_path / "hf")
    model = timm.create_model(f"local-dir:{tmp_path / 'hf'}", pretrained=True).eval()
    x = images(run)
    with torch.no_grad():
        torch.testing.assert_close(model(x), own_logits(run, x), rtol=1e-4, atol=1e-4)
    assert not any(type(m).__module__.startswith("bakeoff") for m in model.modules())
    record = bakeoff.load_records(run)[0]
    seen = timm.data.resolve_model_data_config(model)
    assert seen["input_size"][0] == record.model.channels
    assert tuple(seen["mean"]) == pytest.approx(record.data.mean)
    assert tuple(seen["std"]) == pytest.approx(record.data.std)
    assert seen["crop_pct"] == record.recipe.resolution.crop_ratio


def test_timms_own_transform_and_the_folder_give_the_runs_predictions(runs, tmp_path):
    from torchvision.transforms.functional import to_pil_image

    run = runs / "three" / "seed-0"
    bakeoff.export(run, hf=tmp_path / "hf")
    model = timm.create_model(f"local-dir:{tmp_path / 'hf'}", pretrained=True).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model))
    seen = torch.stack([transform(to_pil_image(image)) for image in make_dataset().test.images])
    with torch.no_grad():
        probabilities = model(seen).softmax(-1)
    stored = np.load(run / "predictions.npz")
    found = probabilities.gather(1, torch.from_numpy(stored["top5_class"]).long())
    np.testing.assert_allclose(found.numpy(), stored["top5_probability"], atol=2e-2)


def test_the_card_is_read_back_by_the_hubs_library(runs, tmp_path):
    run = runs / "one" / "seed-0"
    bakeoff.export(run, hf=tmp_path / "hf", licence="apache-2.0")
    card = huggingface_hub.ModelCard.load(tmp_path / "hf" / "README.md")
    record = bakeoff.load_records(run)[0]
    assert card.data.license == "apache-2.0"
    assert card.data.library_name == "timm"
    by_name = {result.metric_name: result for result in card.data.eval_results}
    top1 = by_name["Top-1 accuracy (%)"]
    assert top1.metric_value == round(record.result.accuracy, 4)
    assert (top1.dataset_name, top1.dataset_split) == ("Bright quarters", "test")
    assert by_name["Top-5 accuracy (%)"].metric_value == round(record.result.top5, 4)
    loss = by_name["Cross-entropy (nats per image)"].metric_value
    assert loss == pytest.approx(record.result.loss, abs=1e-6)
    assert f"{record.model.parameters:,} parameters" in card.text


@pytest.mark.parametrize("name", ["three", "one"])
def test_our_own_audit_finds_nothing_wrong_with_the_card(runs, tmp_path, name):
    bakeoff.export(runs / name / "seed-0", hf=tmp_path / "hf")
    found = bakeoff.audit(tmp_path / "hf" / "README.md")
    assert found.exit_code("implausible") == 0, str(found)
    assert len(found.claims) >= 4, "the card's figures were not even read"


def test_the_card_invents_no_licence_and_no_origin(runs, tmp_path):
    bakeoff.export(runs / "three" / "seed-0", hf=tmp_path / "hf")
    card = huggingface_hub.ModelCard.load(tmp_path / "hf" / "README.md")
    assert card.data.license == "unknown"
    assert card.data.base_model is None
    assert card.data.datasets is None
    config = json.loads((tmp_path / "hf" / "config.json").read_text())
    said = json.dumps(config["pretrained_cfg"])
    for foreign in ("license", "paper_ids", "origin_url", "in1k", "hf_hub_id"):
        assert foreign not in said


@pytest.mark.parametrize("name", ["three", "one", "plain"])
def test_onnxruntime_computes_what_the_run_does(runs, tmp_path, name):
    run = runs / name / "seed-0"
    written = bakeoff.export(run, onnx=tmp_path / "model.onnx")
    assert written.opset == 18
    assert written.largest_difference < 1e-3
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    for count in (1, 7):
        x = images(run, count)
        (found,) = session.run(["logits"], {"images": x.numpy()})
        np.testing.assert_allclose(found, own_logits(run, x).numpy(), rtol=1e-3, atol=1e-3)
    stored = onnx.load(tmp_path / "model.onnx")
    assert {o.version for o in stored.opset_import if o.domain == ""} == {18}
    told = {prop.key: prop.value for prop in stored.metadata_props}
    record = bakeoff.load_records(run)[0]
    assert tuple(json.loads(told["class_names"])) == record.data.class_names
    assert json.loads(told["mean"]) == list(record.data.mean)


def test_a_file_that_computes_something_else_is_not_kept(runs, tmp_path, monkeypatch):
    from bakeoff.exporting import onnx_file

    honest = onnx_file._convert

    def other_weights(source, draft, opset):
        honest(source, draft, opset)
        with torch.no_grad():
            source.network.get_classifier().bias += 1.0

    monkeypatch.setattr(onnx_file, "_convert", other_weights)
    with pytest.raises(RunFailed, match="other logits than torch, by up to 1"):
        bakeoff.export(runs / "three" / "seed-0", onnx=tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_exported_is_one_line_with_advice(runs, tmp_path, make_job):
    with pytest.raises(UsageError, match=r"timm has no resnet18_noskip.*Use --onnx"):
        bakeoff.export(runs / "plain" / "seed-0", hf=tmp_path / "hf")
    with pytest.raises(UsageError, match="holds 3 runs, and one is exported at a time"):
        bakeoff.export(runs, hf=tmp_path / "hf")
    with pytest.raises((UsageError, BadFile), match="nowhere"):
        bakeoff.export(tmp_path / "nowhere", hf=tmp_path / "hf")
    with pytest.raises(UsageError, match=r"opset 3 is not written. Choose one from 18 to 23"):
        bakeoff.export(runs / "three", onnx=tmp_path / "x.onnx", opset=3)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_other_things_is_never_written_into(runs, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(OutputError, match="holds other files"):
        bakeoff.export(runs / "three" / "seed-0", hf=tmp_path)
    assert (tmp_path / "README.md").read_text() == "mine"


def test_an_export_can_be_written_again(runs, tmp_path):
    bakeoff.export(runs / "three" / "seed-0", hf=tmp_path / "hf")
    before = {p.name: p.read_bytes() for p in (tmp_path / "hf").iterdir()}
    bakeoff.export(runs / "three" / "seed-0", hf=tmp_path / "hf")
    assert {p.name: p.read_bytes() for p in (tmp_path / "hf").iterdir()} == before


def test_the_cards_python_runs_as_written(runs, tmp_path, monkeypatch, capsys):
    from torchvision.transforms.functional import to_pil_image

    bakeoff.export(runs / "one" / "seed-0", hf=tmp_path / "hf")
    to_pil_image(make_dataset(classes=6, channels=1).test.images[0]).save(tmp_path / "image.png")
    card = (tmp_path / "hf" / "README.md").read_text()
    code = card.split("```python\n")[1].split("```")[0].replace("FOLDER", str(tmp_path / "hf"))
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "card", "exec"), {})
    assert capsys.readouterr().out.strip() in ("a|b", "<i>c</i>", "d*", "e_f", "`g`", "[h](i)")
