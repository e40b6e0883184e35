"""The page of bake-off files has every key that the code reads, its default, and no other key."""

import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from bakeoff.bakeoffs.specification.search_space import TuneSpec
from bakeoff.bakeoffs.specification.seed_plan import SeedPlan
from bakeoff.bakeoffs.specification.spec import ArmSpec, BakeoffSpec, Pretraining
from bakeoff.bakeoffs.specification.spec_loading import read_spec

PAGE = Path(__file__).parents[2] / "docs" / "bakeoff-files.md"
TABLES = {
    "Keys of a bake-off file": BakeoffSpec,
    "Keys of `seeds`": SeedPlan,
    "Keys of an arm": ArmSpec,
    "Keys of `pretrain`": Pretraining,
    "Keys of `tune`": TuneSpec,
}


def rows(heading):
    """(key, default as the page writes it) of the table under a heading."""
    section = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \| [^|]+ \|$", section, re.MULTILINE))


def shown(field):
    """A field's default in the page's words."""
    if field.default is PydanticUndefined:
        return "required"
    if field.default is None or field.default in ("", (), {}):
        return "–"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{list(field.default) if isinstance(field.default, tuple) else field.default}`"


@pytest.mark.parametrize(("heading", "model"), TABLES.items(), ids=lambda x: str(x)[-20:])
def test_the_page_has_every_key_and_its_default_and_invents_none(heading, model):
    expected = {key: shown(field) for key, field in model.model_fields.items()}
    if model is BakeoffSpec:
        expected |= {"name": "the file's name", "reference": "the first arm"}
    assert rows(heading) == expected


def test_the_pages_example_is_a_bakeoff(tmp_path):
    text = PAGE.read_text(encoding="utf-8")
    block = re.search(r"```yaml\n(# photographs\.yaml.*?)```", text, re.DOTALL)
    (tmp_path / "photographs.yaml").write_text(block[1], encoding="utf-8")
    spec = read_spec(tmp_path / "photographs.yaml")
    assert spec.exclude == ("train/cat/0003.png",)
    assert spec.arms[1].pin == {"optimizer.lr": 0.004}
