"""What a recipe file may hold, and that every mistake is named with its line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bakeoff.errors import BadFile, UnknownName
from bakeoff.recipes import load
from bakeoff.recipes.loading import NOT_SET
from bakeoff.recipes.strict_yaml import MAX_BYTES

MINIMAL = """\
epochs: 5
batch_size: 128
optimizer: {name: sgd, lr: 0.1}
schedule: {name: constant}
loss: {name: cross_entropy}
"""


def test_a_minimal_file_of_ones_own_is_a_recipe(write_recipe):
    loaded = load(write_recipe())
    assert loaded.recipe.name == "mine"
    assert loaded.recipe.optimizer.lr == 0.1
    assert loaded.published == loaded.recipe.model_dump(mode="json")


def test_a_file_is_found_by_string_path_too(write_recipe):
    assert load(str(write_recipe())).recipe == load(write_recipe()).recipe


def test_an_unknown_name_offers_the_nearest(write_recipe):
    with pytest.raises(UnknownName, match=r"'rsb-a33'.*rsb-a3"):
        load("rsb-a33")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (MINIMAL + "epoch: 3\n", 6, "unknown key 'epoch'.*epochs"),
        (MINIMAL.replace("lr: 0.1", "learning: 0.1"), 3, "unknown key 'learning' in optimizer"),
        (MINIMAL + "weight_decay: 0.1\n", 6, r"unknown key.*optimizer\.weight_decay"),
        (MINIMAL + "augment:\n  mix:\n    mixup: 0.2\n", 8, "'mixup' in augment.mix.*mixup_alpha"),
        (MINIMAL + "epochs: 6\n", 6, "'epochs' is written twice, first on line 1"),
        (MINIMAL.replace("epochs: 5", "epochs: five"), 1, "epochs is 'five'.*number"),
        (MINIMAL.replace("epochs: 5", "epochs: '5'"), 1, "epochs is '5'.*number"),
        (MINIMAL.replace("epochs: 5", "epochs: true"), 1, "epochs is true.*number"),
        (MINIMAL.replace("epochs: 5", "epochs: -5"), 1, "epochs is -5"),
        (MINIMAL.replace("epochs: 5", "epochs: .nan"), 1, "epochs is nan"),
        (MINIMAL.replace("epochs: 5", "epochs: .inf"), 1, "epochs is inf"),
        (MINIMAL.replace("epochs: 5", "epochs:"), 1, "epochs is empty"),
        (MINIMAL.replace("128", "128.5"), 2, "batch_size is 128.5.*whole number"),
        (MINIMAL.replace("128", "0"), 2, "batch_size is 0"),
        (MINIMAL.replace("sgd", "sdg"), 3, "optimizer.name is 'sdg'.*'sgd'"),
        (MINIMAL.replace("{name: constant}", "constant"), 4, "schedule holds several values"),
        (MINIMAL + "augment:\n  crop:\n    area: [0.5, 0.1]\n", 7, "in order"),
        (MINIMAL + "augment:\n  crop: {area: [0.1, 2]}\n", 7, "in order"),
        (MINIMAL + "augment:\n  crop:\n    area: [a, 1]\n", 8, "area.0 is 'a'"),
        (MINIMAL + "augment:\n  crop:\n    area: 0.5\n", 8, "list like"),
        (MINIMAL.replace("lr: 0.1", "lr: 0.1, nesterov: true, momentum: 0"), 3, "Nesterov"),
        (MINIMAL + "schedule: {name: cosine}", 6, "'schedule' is written twice"),
        (MINIMAL.replace("constant", "cosine, warmup_epochs: 9"), 4, "warm-up epochs do not fit"),
        (MINIMAL.replace("cross_entropy", "cross_entropy, target_threshold: 0.2"), 5, "only.*bce"),
        (MINIMAL + "augment:\n  mix: {mixup_alpha: 0}\n", 7, "neither mixup nor cutmix"),
        (MINIMAL + "sources:\n  optimiser: me\n", 7, "unknown key 'optimiser'.*optimizer"),
        (MINIMAL + "sources:\n  epochs: 3\n", 7, "source of epochs must be text"),
        (MINIMAL + "sources: me\n", 6, "sources must be"),
        (MINIMAL + "extends: no-such-recipe\n", 6, "no recipe is called"),
        (MINIMAL + "extends: [standard]\n", 6, "extends must be"),
        (MINIMAL + "notes: !!python/object/apply:os.system [ls]\n", 6, "tag .*python"),
        (MINIMAL + "notes: !custom x\n", 6, "tag !custom"),
        (MINIMAL + "notes: &a x\ntitle: *a\n", 7, "aliases"),
        (MINIMAL + "<<: {epochs: 3}\n", 6, "merge keys"),
        (MINIMAL + "[a, b]: c\n", 6, "plain word"),
        (MINIMAL + 'title: "\\e[31mred"\n', 6, "control character"),
        (MINIMAL + "---\nepochs: 3\n", 6, "several documents"),
        ("%YAML 1.1\n---\n" + MINIMAL, 2, "directives"),
        (MINIMAL + "title: [" * 40, 6, "nested too deeply|not YAML"),
        (MINIMAL + "title: 'unclosed\n", None, "not YAML"),
        ("\tepochs: 3\n", 1, "not YAML"),
        (MINIMAL.replace("name: sgd, ", ""), 3, "optimizer.name is missing"),
        (MINIMAL.replace("epochs: 5\n", ""), None, "epochs is missing"),
        (MINIMAL + "name: ../../etc/passwd\n", 6, "name is '../../etc/passwd'"),
    ],
)
def test_a_mistake_is_named_with_its_line(write_recipe, text, line, words):
    path = write_recipe(text)
    with pytest.raises(BadFile, match=words) as caught:
        load(path)
    if line is not None:
        assert caught.value.line == line
        assert str(caught.value).startswith(f"{path}:{line}: ")
    assert "\n" not in str(caught.value)


def test_what_is_not_a_readable_text_file_is_said(tmp_path: Path, write_recipe):
    with pytest.raises(BadFile, match="does not exist"):
        load(tmp_path / "nowhere.yaml")
    with pytest.raises(BadFile, match="is a folder"):
        load(tmp_path)
    for text in ("", "# nothing\n", "- a\n", "word\n"):
        with pytest.raises(BadFile, match="is not a recipe"):
            load(write_recipe(text))
    with pytest.raises(BadFile, match="larger than 64 KiB"):
        load(write_recipe("#" * (MAX_BYTES + 1)))
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"epochs: 5\ntitle: \xe9\n")
    with pytest.raises(BadFile, match="UTF-8") as caught:
        load(latin)
    assert caught.value.line == 2


def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path):
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    with pytest.raises(BadFile, match="regular file"):
        load(pipe)


def test_an_extension_changes_only_what_it_writes(write_recipe):
    loaded = load(write_recipe("extends: rsb-a3\naugment: {mix: {mixup_alpha: 0.3}}\n"))
    base = load("rsb-a3").recipe
    mix = base.augment.mix.model_copy(update={"mixup_alpha": 0.3})
    assert loaded.recipe.augment == base.augment.model_copy(update={"mix": mix})
    assert loaded.recipe.optimizer == base.optimizer
    assert [path.stem for path in loaded.chain] == ["rsb-a1", "rsb-a2", "rsb-a3", "mine"]


def test_null_takes_a_part_away_and_writing_it_brings_it_back(write_recipe):
    without = load(write_recipe("extends: rsb-a3\naugment: {mix: null}\n", "without.yaml"))
    assert without.recipe.augment.mix is None
    again = load(write_recipe("extends: without.yaml\naugment: {mix: {cutmix_alpha: 1.0}}\n"))
    assert again.recipe.augment.mix.cutmix_alpha == 1.0
    assert again.recipe.augment.mix.mixup_alpha == 0.0


def test_a_value_takes_its_source_from_the_file_that_sets_it(write_recipe):
    write_recipe(
        MINIMAL + "sources: {default: base file, optimizer: a paper, optimizer.lr: its table 2}\n",
        "base.yaml",
    )
    sources = load(
        write_recipe(
            "extends: base.yaml\noptimizer: {weight_decay: 0.1}\nsources: {loss.name: so}\n"
        )
    ).sources
    assert sources["epochs"] == "base file"
    assert sources["optimizer.name"] == "a paper"
    assert sources["optimizer.lr"] == "its table 2"
    assert sources["optimizer.weight_decay"] == "mine.yaml, line 2; no source given"
    assert sources["loss.name"] == "so"
    assert sources["ema"] == NOT_SET


def test_a_changed_recipe_does_not_keep_the_title_of_its_base(write_recipe):
    recipe = load(write_recipe("extends: rsb-a3\nepochs: 10\n")).recipe
    assert recipe.name == "mine"
    assert recipe.title == "rsb-a3, changed"
    assert recipe.citation.startswith("changed from: Wightman")


def test_paths_are_relative_to_the_file_that_extends(tmp_path: Path, monkeypatch):
    (tmp_path / "bases").mkdir()
    (tmp_path / "bases" / "base.yaml").write_text(MINIMAL)
    (tmp_path / "bases" / "next.yaml").write_text("extends: base.yaml\nepochs: 6\n")
    (tmp_path / "mine.yaml").write_text("extends: bases/next.yaml\n")
    monkeypatch.chdir("/")
    assert load(tmp_path / "mine.yaml").recipe.epochs == 6


def test_extending_in_a_circle_is_refused_with_the_circle(write_recipe):
    write_recipe("extends: b.yaml\n", "a.yaml")
    path = write_recipe("extends: a.yaml\n", "b.yaml")
    with pytest.raises(BadFile, match=r"cyclic: b.yaml → a.yaml → b.yaml"):
        load(path)


def test_extending_without_end_is_refused(write_recipe):
    write_recipe(MINIMAL, "0.yaml")
    for i in range(1, 12):
        path = write_recipe(f"extends: {i - 1}.yaml\n", f"{i}.yaml")
    with pytest.raises(BadFile, match="files deep"):
        load(path)


def test_a_mistake_in_a_base_file_is_named_there(write_recipe):
    base = write_recipe(MINIMAL + "augment: {repeats: 99}\n", "base.yaml")
    with pytest.raises(BadFile) as caught:
        load(write_recipe("extends: base.yaml\nepochs: 3\n"))
    assert (caught.value.path, caught.value.line) == (base, 6)


def test_yaml_1_2_numbers_are_numbers(write_recipe):
    recipe = load(write_recipe(MINIMAL.replace("0.1", "5e-3").replace("128", "0x80"))).recipe
    assert recipe.optimizer.lr == 0.005
    assert recipe.batch_size == 128
