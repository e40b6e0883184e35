"""`groups:` in a bake-off file, and near-duplicates where nobody says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import bakeoff
from bakeoff.bakeoffs.execution.wording import notices
from bakeoff.comparison import reasons as why
from bakeoff.data import load
from bakeoff.data.catalog import files_tested
from bakeoff.data.dataset import Split
from bakeoff.data.image_groups import as_expression, group_of_each
from bakeoff.data.near_duplicates import MOST, chosen, near_duplicates
from bakeoff.errors import BadFile, UsageError
from bakeoff.records.manifest import NearDuplicateFacts, load_manifest
from bakeoff.records.predictions import Predictions
from bakeoff.records.store import run_folder


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve patients, each with four photographs to test on; eight others to train on."""
    g = np.random.default_rng(0)
    root = tmp_path_factory.mktemp("patients")
    for part, people, each in (("train", range(12, 20), 4), ("test", range(12), 4)):
        for patient in people:
            label = ("healthy", "ill")[patient % 2]
            (root / part / label).mkdir(parents=True, exist_ok=True)
            base = g.integers(0, 90, (16, 16)) + 100 * (patient % 2)
            for number in range(each):
                image = (base + g.integers(0, 60, (16, 16))).clip(0, 255).astype(np.uint8)
                where = root / part / label / f"p{patient:02d}_{number}.png"
                Image.fromarray(image).save(where)
    return root


def partition(groups: np.ndarray) -> set[tuple[int, ...]]:
    """The images of each group, whatever the groups are called."""
    return {tuple(np.flatnonzero(groups == one).tolist()) for one in np.unique(groups)}


def test_a_pattern_of_names_or_a_table_tells_the_group_of_each_test_image(
    patients: Path, tmp_path: Path
) -> None:
    files = files_tested(f"folder:{patients}")
    assert files[0] == "test/healthy/p00_0.png"
    wanted = np.array([int(file.rpartition("/p")[2][:2]) for file in files])
    for said in ("{group}_*", "test/*/{group}_?.png", "p{group}_*.png"):
        found = group_of_each(said, f"folder:{patients}", len(files))
        assert partition(found) == partition(wanted)
    in_order = tmp_path / "order.csv"
    in_order.write_text("Patient\n" + "".join(f"{at}\n" for at in wanted))
    named = tmp_path / "named.csv"
    rows = [f"{file},{at}\n" for file, at in zip(files, wanted, strict=True)]
    named.write_text("image,group\n" + "".join(reversed(rows)))
    for table in (in_order, named):
        found = group_of_each(str(table), f"folder:{patients}", len(files))
        assert partition(found) == partition(wanted)


def test_what_leaves_an_image_without_a_group_is_refused(patients: Path, tmp_path: Path) -> None:
    data, images = f"folder:{patients}", 48
    table = tmp_path / "t.csv"

    def refused(said: str, match: str, error: type[Exception] = UsageError) -> None:
        with pytest.raises(error, match=match):
            group_of_each(said, data, images)

    refused("x{group}_*", r"test/healthy/p00_0\.png does not fit the pattern")
    refused("{group}_{group}", "does not hold {group} once")
    refused("p{group}*.png/*", "does not fit")
    refused(str(tmp_path / "no.csv"), "not a readable table", BadFile)
    for content, match, error in (
        ("patient\n" + "1\n2\n" * 10, "groups of 20 images, and .* has 48 test images", UsageError),
        ("patient\n" + "1\n" * 48, "all 48 test images are one group", UsageError),
        ("name\nx\n", "has no column group, but name", BadFile),
        ('patient\n1\n""\n', "row 3 has no group", BadFile),
        ("image,patient\nother.png,1\n", "does not name the test image", BadFile),
    ):
        table.write_text(content)
        refused(str(table), match, error)
    with pytest.raises(UsageError, match="no files with names"):
        group_of_each("{group}_*", "mnist", 10_000)
    assert as_expression("{group}-?.*").fullmatch("a.b-1.png")["group"] == "a.b"


def test_a_bakeoff_with_groups_is_judged_by_cluster(
    patients: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "file.yaml"
    spec.write_text(
        f"data: folder:{patients}\nmodel: test_resnet\narms: [standard, rsb-a3]\nseeds: 1\n"
        "budget: 64images\ngroups: '{group}_*'\n"
    )
    out = tmp_path / "out"
    finished = bakeoff.run(spec, out=out, device="cpu")
    told = finished.manifest.groups
    assert told is not None
    assert (told.said, told.groups, told.images) == ("{group}_*", 12, 48)
    assert finished.manifest.near_duplicates is None
    kept = Predictions.load(run_folder(out, "standard", 0)).group
    assert kept is not None
    assert len(np.unique(kept)) == 12
    row = bakeoff.compare(out, metrics="accuracy").comparisons[0]
    assert row.test == "McNemar by cluster"
    assert next(f for f in row.facts if isinstance(f, why.McNemarByCluster)).clusters == 12
    spec.write_text(spec.read_text().replace("{group}_*", "{group}.png"))
    with pytest.raises(UsageError, match="grouped otherwise"):
        bakeoff.run(spec, out=out, device="cpu")
    table = tmp_path / "people.csv"
    table.write_text("patient\n" + "".join(f"{at // 4}\n" for at in range(48)))
    spec.write_text(spec.read_text().replace("'{group}.png'", "people.csv"))
    again = bakeoff.run(spec, out=tmp_path / "other", device="cpu")
    assert again.manifest.groups.said == "people.csv"


def frames(videos: int, each: int, side: int = 32) -> Split:
    """Videos: a smooth scene each, that moves by a pixel now and then, gets brighter and noisy."""
    g = torch.Generator().manual_seed(3)
    scenes = torch.rand((videos, 1, 6, 6), generator=g) * 200
    scenes = torch.nn.functional.interpolate(scenes, (side + 4, side + 4), mode="bicubic")
    shown = []
    for scene in scenes:
        for number in range(each):
            moved = scene[:, number % 2 : number % 2 + side, :side] + 2 * number
            noise = 4 * torch.randn((1, side, side), generator=g)
            shown.append((moved + noise).clamp(0, 255).to(torch.uint8))
    images = torch.stack(shown)
    return Split(images, torch.zeros(len(images), dtype=torch.int64))


def test_frames_of_one_video_are_found_and_other_images_are_not() -> None:
    found = near_duplicates(frames(30, 8))
    assert (found.looked_at, found.alike) == (240, 240)
    assert 4 <= found.largest <= 8
    alone = near_duplicates(frames(200, 1))
    assert (alone.alike, alone.share) == (0, 0.0)
    digits = near_duplicates(load("mnist").test)
    assert digits.looked_at == MOST
    assert digits.share < 0.05
    letters = near_duplicates(load("letters").test)
    assert letters.share < 0.05
    blank = Split(torch.zeros((20, 3, 8, 8), dtype=torch.uint8), torch.zeros(20).long())
    assert near_duplicates(blank).alike == 0


def test_of_many_images_blocks_that_follow_each_other_are_looked_at_and_no_more() -> None:
    at = chosen(1_000_000, MOST)
    assert len(at) == MOST
    assert int((at.diff() == 1).sum()) >= MOST - 50
    assert at[0] == 0
    assert at[-1] == 999_999
    many = Split(torch.randint(0, 255, (6000, 1, 16, 16)).byte(), torch.zeros(6000).long())
    assert near_duplicates(many).looked_at == MOST


def test_many_alike_are_told_before_anything_runs_and_in_the_report(tmp_path: Path) -> None:
    video = tmp_path / "video"
    split = frames(24, 4, 16)
    for at, image in enumerate(split.images):
        part = "test" if at % 24 < 12 else "train"
        where = video / part / ("even" if at % 8 < 4 else "odd")
        where.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[0].numpy()).save(where / f"{at:03d}.png")
    spec = {"name": "v", "data": f"folder:{video}", "model": "test_resnet",
            "arms": ["standard", "rsb-a3"], "seeds": 1, "budget": "64images"}  # fmt: skip
    said: list[str] = []

    class Hear(bakeoff.bakeoffs.execution.engine.BakeoffListener):
        def planned(self, plan, folder, workers=1):  # type: ignore[no-untyped-def]
            said.extend(notices(plan))

    bakeoff.run(spec, out=tmp_path / "out", device="cpu", listener=Hear())
    assert "test images look nearly like another one" in " ".join(said)
    facts = load_manifest(tmp_path / "out").near_duplicates
    assert isinstance(facts, NearDuplicateFacts)
    assert facts.many
    assert "look nearly like another one" in bakeoff.report(tmp_path / "out").md.read_text()
    assert not NearDuplicateFacts(looked_at=100, alike=5, largest=2).many
