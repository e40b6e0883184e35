"""New runs against those from before: what fails a pull request, and what does not."""

import json
import math
from pathlib import Path

import pandas as pd
import pytest
import yaml

from bakeoff.cli import main
from bakeoff.comparison import compare_against
from bakeoff.errors import NotComparable, UsageError
from comparison.worlds import frame_of, make_record

OLD = {"a": [95.0, 95.1, 95.3, 95.2], "b": [94.0, 94.1, 94.4, 94.2]}
WORSE = {"a": [95.1, 95.0, 95.2, 95.2], "b": [92.0, 92.2, 92.1, 92.4]}


def verdicts(new, old=OLD, **more):
    return {
        a.arm: a.verdict for a in compare_against(frame_of(**new), frame_of(**old), **more).arms
    }


def test_only_a_worsening_beyond_the_margin_is_worse():
    assert verdicts(WORSE) == {"a": "not shown to be worse", "b": "worse"}
    assert verdicts(WORSE, margin=3.0)["b"] == "not shown to be worse"
    assert verdicts(OLD, WORSE) == dict.fromkeys("ab", "not shown to be worse")
    found = compare_against(frame_of(**WORSE), frame_of(**OLD), margin=0.2)
    assert found.worse == ("b",)
    assert "b is worse by more than 0.20 points in accuracy: new minus before −2.0" in str(found)
    assert "a worsening of" in str(found)


def test_a_later_check_asks_for_more():
    close = {"b": [93.7, 93.9, 93.5, 94.0]}
    assert verdicts(close)["b"] == "worse"
    assert verdicts(close, check=6)["b"] == "not shown to be worse"
    assert "check 6 of this question: 0.00119 of the 0.05" in str(
        compare_against(frame_of(**close), frame_of(**OLD), check=6)
    )


def test_a_lower_loss_is_better():
    def losses(values):
        rows = [{"arm": "a", "seed": s, "accuracy": 90.0, "loss": v} for s, v in enumerate(values)]
        return pd.DataFrame(rows)

    more, less = losses([0.4, 0.41, 0.42]), losses([0.2, 0.21, 0.22])
    assert compare_against(more, less, metric="loss").worse == ("a",)
    assert compare_against(less, more, metric="loss").worse == ()


def test_failed_runs_count_and_an_arm_that_no_longer_trains_needs_no_test():
    nan = math.nan
    assert verdicts({"a": [nan] * 3, "b": OLD["b"]})["a"] == "did not train"
    half = {"b": [nan, nan, nan, 94.2, nan, nan]}
    assert verdicts(half, {"b": [*OLD["b"], 94.3, 94.15]})["b"] == "worse"
    assert verdicts({"b": [nan, 94.1, 94.4, 94.2]})["b"] == "not shown to be worse"


def test_what_cannot_be_tested_is_said_and_is_not_worse():
    found = compare_against(frame_of(a=[95.0]), frame_of(**OLD))
    assert found.arms[0].verdict == "cannot tell"
    assert found.worse == ()
    assert found.untested == ("a", "b")
    assert "not run anew: b" in str(found)
    with pytest.raises(UsageError, match="no arm is on both sides: x against a, b"):
        compare_against(frame_of(x=[91.0, 92.0]), frame_of(**OLD))


def test_runs_on_other_test_images_are_refused():
    here = [make_record("a", s, 950 + s) for s in range(3)]
    data = here[0].data.model_copy(update={"test_hash": "f" * 64})
    there = [record.model_copy(update={"data": data}) for record in here]
    with pytest.raises(NotComparable):
        compare_against(here, there)


@pytest.fixture
def tables(tmp_path):
    frame_of(**OLD).to_csv(tmp_path / "main.csv", index=False)
    frame_of(**WORSE).to_csv(tmp_path / "new.csv", index=False)
    return str(tmp_path / "new.csv"), str(tmp_path / "main.csv")


def ended(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main(["compare", *arguments])
    said = capsys.readouterr()
    return end.value.code or 0, said.out + said.err


def test_the_command_ends_with_one_only_where_it_is_told_to_fail(tables, capsys):
    new, old = tables
    assert ended(capsys, new, "--against", old)[0] == 0
    assert ended(capsys, new, "--against", old, "--fail-on", "worse")[0] == 1
    assert ended(capsys, new, "--against", old, "--margin", "3", "--fail-on", "worse")[0] == 0
    assert ended(capsys, old, "--against", new, "--fail-on", "untested")[0] == 0
    told = json.loads(ended(capsys, new, "--against", old, "--format", "json")[1])
    assert told["worse"] == ["b"]
    assert told["arms"][1]["verdict"] == "worse"


def test_markdown_is_a_comment_whose_names_break_nothing(capsys):
    name = "a|b @someone <script> [x](y)"
    new, old = (frame_of(**{name: values}) for values in ([1.0, 1.1, 1.2], [2.0, 2.1, 2.2]))
    text = compare_against(new, old).to_markdown()
    assert text.startswith("### Worse than before: a\\|b \\@someone \\<script\\> \\[x\\]\\(y\\)\n")
    row = next(line for line in text.splitlines() if "✗ worse" in line)
    assert row.replace("\\|", "").count("|") == 8


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--fail-on", "worse"], "--fail-on has no effect without --against"),
        (["--format", "markdown"], "--format markdown has no effect without --against"),
        (["--against", "{old}", "--paired"], "--paired has no effect beside --against"),
        (["--against", "{old}", "--margin", "-1"], "margin"),
    ],
)
def test_options_without_effect_are_refused(tables, capsys, arguments, why):
    new, old = tables
    code, said = ended(capsys, new, *(word.replace("{old}", old) for word in arguments))
    assert code == 2
    assert why in said


def test_the_example_workflow_is_yaml_that_checks_with_the_number_of_commits():
    path = Path(__file__).parents[2] / "examples" / "recipes-workflow.yml"
    jobs = yaml.safe_load(path.read_text())["jobs"]
    steps = [step.get("run", "") for step in jobs["check"]["steps"]]
    [check] = [step for step in steps if "--against" in step]
    assert "--fail-on worse" in check
    assert "--check ${{ github.event.pull_request.commits }}" in check
