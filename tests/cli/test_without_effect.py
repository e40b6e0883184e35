"""An option that would change nothing is refused with what to write instead."""

import json

import pytest

import bakeoff
from bakeoff.cli import main
from bakeoff.errors import UsageError


def said(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    told = capsys.readouterr()
    return ended.value.code, told.out, told.err


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["train", "--price-per-hour", "2"], "Add --dry-run"),
        (["reproduce", "--price-per-hour", "2"], "Add --dry-run"),
        (["run", "any.yaml", "--price-per-hour", "2"], "Add --dry-run"),
        (["data", "--show", "standard"], "Name it"),
        (["data", "--exclude", "*.png"], "Name it"),
        (["data", "mnist", "--out", "x.png"], "Add --show"),
        (["data", "mnist", "--show", "standard", "--format", "json"], "Leave one"),
        (["recipes", "rsb-a2", "--gpus", "2"], "Add --export"),
        (["recipes", "--diff", "standard"], "Name it"),
        (["export", "run", "--hf", "x", "--opset", "19"], "Add --onnx"),
        (["export", "run", "--onnx", "x", "--licence", "mit"], "Add --hf"),
        (["audit", "x.md", "--port", "8000"], "Add --serve"),
        (["audit", "x.md", "--rules"], "Ask for them alone"),
        (["report", "x", "--port", "8000"], "Add --serve"),
        (["plan", "--sd", "0.1", "--unit", "percent"], "Leave it out"),
        (["plan", "--sd", "0.1", "--price-per-hour", "2"], "Give run folders"),
    ],
)
def test_an_option_that_needs_another_names_it(capsys, words, advice):
    code, out, told = said(capsys, *words)
    assert (code, out) == (2, "")
    assert advice in told
    assert told.count("\n") == 1


def test_a_search_without_a_match_answers_no_and_names_what_is_near(capsys):
    code, out, _ = said(capsys, "results", "resnet50", "tochvision")
    assert code == 1
    assert "Did you mean" in out
    assert "torchvision" in out
    code, out, _ = said(capsys, "results", "tochvision", "--format", "json")
    answered = json.loads(out)
    assert (code, answered["results"]) == (1, [])
    assert any("torchvision" in near for near in answered["nearest"])
    code, out, _ = said(capsys, "results", "zzqxzzqx")
    assert code == 1
    assert "fewer words" in out
    assert said(capsys, "results", "rsb", "a2")[0] == 0


def test_a_pin_given_twice_is_refused():
    from bakeoff.recipes.pins import parse_pins

    with pytest.raises(UsageError, match=r"optimizer\.lr is pinned twice"):
        parse_pins(["optimizer.lr=0.1", "optimizer.lr = 0.2"])


ARMS = {"a": [91.2, 91.4, 91.1], "b": [90.2, 90.1, 90.4]}


def test_a_target_that_no_asked_metric_has_is_refused():
    with pytest.raises(UsageError, match="a target accuracy has no effect on accuracy"):
        bakeoff.compare(ARMS, metrics="accuracy", target=90)


def test_a_published_figure_of_a_metric_that_no_arm_has_is_refused():
    with pytest.raises(UsageError, match="which no arm has"):
        bakeoff.compare(ARMS, published="timm:resnet50.a1_in1k@288/top5")
