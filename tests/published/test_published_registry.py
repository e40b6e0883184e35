"""The registry: every row is whole, sourced and parseable, and look-ups find what people type."""

import csv
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from bakeoff.errors import BadFile, UnknownName, UsageError
from bakeoff.published import (
    accelerator,
    accelerators,
    architecture,
    architectures,
    dataset,
    datasets,
    nearest,
    read_results,
    result,
    results,
    top1_top5,
)
from bakeoff.published.tables import FOLDER, printed

ACCURACIES = {"top1", "top5", "top1_error", "top5_error"}
UNITS = dict.fromkeys(ACCURACIES, "percent") | {"seed_sd": "points", "training_hours": "hours"}


@pytest.mark.parametrize("name", ["results.csv", "imagenet-timm.csv"])
def test_every_line_of_a_results_file_is_one_row_of_its_columns(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        lengths = Counter(len(row) for row in csv.reader(file))
    assert len(lengths) == 1


def test_every_published_result_has_a_unique_id_a_citation_and_a_source():
    ids = Counter(figure.id for figure in results())
    assert [id for id, times in ids.items() if times > 1] == []
    assert [f.id for f in results() if not f.citation or not (f.source or f.weights)] == []


def test_every_published_value_is_a_number_in_the_unit_of_its_metric_and_in_range():
    for figure in results():
        assert figure.unit == UNITS[figure.metric], figure.id
        assert figure.number > 0, figure.id
        if figure.metric in ACCURACIES:
            assert figure.number <= 100, figure.id


def test_top5_is_at_least_top1_in_every_evaluation():
    by_evaluation = defaultdict(dict)
    for figure in results():
        by_evaluation[figure.evaluation][figure.metric] = figure.number
    pairs = [(k, v) for k, v in by_evaluation.items() if {"top1", "top5"} <= v.keys()]
    assert len(pairs) > 2100
    assert [k for k, v in pairs if v["top5"] < v["top1"]] == []
    errors = [v for v in by_evaluation.values() if {"top1_error", "top5_error"} <= v.keys()]
    assert errors
    assert all(v["top5_error"] <= v["top1_error"] for v in errors)


def test_every_result_is_on_a_data_set_and_a_split_that_the_registry_knows():
    for figure in results():
        known = dataset(figure.test_set)
        assert known.name == figure.test_set, figure.id
        assert dataset(figure.dataset).name == figure.dataset, figure.id
        assert figure.split in {"test", "validation"}, figure.id


def test_conditions_are_numbers_where_they_must_be():
    for figure in results():
        if figure.test_resolution:
            assert 8 <= int(figure.test_resolution) <= 1024, figure.id
        if figure.crop_ratio:
            # volo_d5_512 is evaluated on a padded image: 1.15.
            assert 0 < Decimal(figure.crop_ratio) <= Decimal("1.15"), figure.id
        if figure.epochs:
            assert int(figure.epochs) > 0, figure.id
        if figure.runs:
            assert int(figure.runs) >= 1, figure.id


def test_what_was_only_quoted_is_marked_unverified():
    assert {f.id for f in results(verified=False)} == {
        "rsb-a2-seeds",
        "rsb-a1-time",
        "rsb-a2-time",
        "rsb-a3-time",
    }


@pytest.mark.parametrize(
    ("id", "value"),
    [
        ("rsb-a1", "80.4"),
        ("rsb-a2", "79.8"),
        ("rsb-a3", "78.1"),
        ("torchvision-v1", "76.130"),
        ("torchvision-v1/top5", "92.862"),
        ("torchvision-v2", "80.858"),
        ("RSB A2", "79.8"),
        ("timm:resnet50.a1_in1k@224", "80.382"),
        ("timm:resnet50.a3_in1k@160/top5", "92.494"),
        ("timm:resnet50.a2_in1k@224:imagenet-real", "85.447"),
        ("timm:resnet50.a2_in1k@224:imagenet-v2", "67.81"),
        ("timm:resnet50.tv_in1k@224", "76.156"),
        ("mmpretrain-rsb-a3", "78.30"),
        ("openmixup-rsb-a2", "79.80"),
        ("rsb-a1-transfer-cifar-100", "86.9"),
        ("mmpretrain-resnet50-cifar-10", "95.55"),
        ("resnet-ensemble-ilsvrc2015", "3.57"),
        ("resnet50-original-10crop/top5", "6.71"),
    ],
)
def test_the_figures_people_quote_are_found_as_printed(id, value):
    found = result(id)
    assert found.number == Decimal(value)
    assert found.value.startswith(value)


def test_the_papers_a2_says_what_a_comparable_result_must_share():
    conditions = result("rsb-a2").conditions
    assert conditions["architecture"] == "resnet50"
    assert conditions["test_set"] == "imagenet-1k"
    assert (conditions["train_resolution"], conditions["test_resolution"]) == ("224", "224")
    assert (conditions["epochs"], conditions["crop_ratio"]) == ("300", "0.95")
    assert (conditions["init"], conditions["extra_data"]) == ("scratch", "none")
    assert "selection" not in conditions  # not stated by the source


def test_search_needs_every_word_and_ignores_spelling():
    found = {f.id for f in results("rsb a2", metric="top1")}
    assert {"rsb-a2", "openmixup-rsb-a2", "timm:resnet50.a2_in1k@224"} <= found
    assert not any("a1_in1k" in id for id in found)
    assert results("RSB A2 resnet-50") == results("rsb a2 resnet50")
    assert results("no such thing") == []
    assert {f.architecture for f in results(architecture="ResNet-50")} == {"resnet50"}
    with pytest.raises(UsageError, match="no column 'colour'"):
        results(colour="red")


@pytest.mark.parametrize("wrong", ["rsb-a9", "rsb a4", "torchvision-v9", "", "%", "x" * 500])
def test_an_unknown_result_is_one_short_line_with_advice(wrong):
    with pytest.raises(UnknownName) as caught:
        result(wrong)
    assert caught.value.advice
    assert len(str(caught.value)) < 900


def test_the_nearest_published_figures_are_offered():
    found = nearest("top1", "76.44", architecture="resnet50", test_set="imagenet-1k")
    assert found[0].id == "torchvision-v2-ladder-lr"
    distances = [abs(f.number - Decimal("76.44")) for f in found]
    assert distances == sorted(distances)


def test_the_joint_table_holds_every_imagenet_evaluation():
    assert len(top1_top5()) == 1556
    assert len(top1_top5("imagenet-real")) == len(top1_top5("imagenet-v2")) == 249


def test_timm_tables_are_possible_counts_of_fifty_thousand_images():
    for _, top1, top5 in top1_top5():
        assert top1 * 500 % 1 == 0
        assert top5 * 500 % 1 == 0


def test_dataset_names_and_aliases_are_unambiguous():
    seen: dict[str, str] = {}
    for known in datasets():
        for name in (known.name, known.title, *known.aliases):
            assert dataset(name).name == known.name
            assert seen.setdefault(name.lower(), known.name) == known.name


def test_dataset_facts_add_up():
    for known in datasets():
        assert known.citation, known.name
        assert known.classes >= 2
        assert known.channels in (1, 3)
        if known.per_class:
            assert len(known.per_class) == known.classes, known.name
            assert sum(known.per_class) == known.reported_images, known.name
            assert known.balanced == (len(set(known.per_class)) == 1), known.name
        if known.balanced and known.reported_images:
            assert known.reported_images % known.classes == 0, known.name


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("ImageNet", (1281167, 50000, 1000)),
        ("ILSVRC-2012", (1281167, 50000, 1000)),
        ("ImageNet ReaL", (None, 46837, 1000)),
        ("imagenet-v2-mf", (None, 10000, 1000)),
        ("MNIST", (60000, 10000, 10)),
        ("Fashion MNIST", (60000, 10000, 10)),
        ("kmnist", (60000, 10000, 10)),
        ("CIFAR10", (50000, 10000, 10)),
        ("CIFAR-100", (50000, 10000, 100)),
        ("svhn", (73257, 26032, 10)),
        ("Flowers102", (1020, 6149, 102)),
    ],
)
def test_dataset_sizes_are_those_published(name, facts):
    known = dataset(name)
    assert (known.train_images, known.reported_images, known.classes) == facts


def test_parameters_of_resnet50_follow_the_number_of_classes():
    net = architecture("ResNet-50")
    assert net.parameters(1000) == 25_557_032
    assert net.parameters(10) == 23_528_522
    assert architecture("resnet50.a1_in1k") is net
    assert net.gmacs[224] == Decimal("4.09")
    assert net.gmacs[160] == Decimal("2.09")
    assert net.gmacs[32] == Decimal("0.083")
    assert net.gmacs[28] == Decimal("0.079")


def test_counted_parameters_agree_with_what_timm_prints():
    for net in architectures():
        assert net.source, net.name
        if net.millions:
            value, half = printed(net.millions)
            # Models fine-tuned with other heads or positions are printed with those.
            counted = Decimal(net.parameters(1000)) / 10**6
            assert abs(counted - value) <= half + Decimal("0.01") * value, net.name


def test_architecture_aliases_are_unambiguous():
    for net in architectures():
        for alias in net.aliases:
            assert architecture(alias) is net, alias


def test_peaks_are_the_dense_rates_of_the_data_sheets():
    peaks = {a.name: int(a.peak_tflops) for a in accelerators()}
    assert peaks == {"H100": 989, "H200": 989, "A100": 312, "V100": 125, "RTX 3090": 71}
    assert accelerator("Tesla V100").name == "V100"
    assert accelerator("NVIDIA A100-80GB").name == "A100"


@pytest.mark.parametrize("look_up", [dataset, architecture, accelerator])
def test_unknown_names_are_one_short_line_with_advice(look_up):
    with pytest.raises(UnknownName) as caught:
        look_up("no such thing at all")
    assert caught.value.advice
    assert len(str(caught.value)) < 1200


def test_a_row_with_a_comma_too_many_is_named_by_its_line(tmp_path: Path):
    lines = (FOLDER / "results.csv").read_text(encoding="utf-8").splitlines()
    broken = tmp_path / "results.csv"
    broken.write_text("\n".join([*lines[:3], lines[3] + ",more"]), encoding="utf-8")
    with pytest.raises(BadFile, match=r"results\.csv:4: 25 cells"):
        read_results(broken)


def test_a_new_figure_is_one_line(tmp_path: Path):
    header = (FOLDER / "results.csv").read_text(encoding="utf-8").splitlines()[0]
    line = "mine,resnet50,,,mnist,mnist,test,top1,99.10,percent" + "," * 11 + "Me 2026,a page,yes,"
    file = tmp_path / "mine.csv"
    file.write_text(f"{header}\n{line}\n", encoding="utf-8")
    (figure,) = read_results(file)
    assert (figure.number, figure.half) == (Decimal("99.10"), Decimal("0.005"))


@pytest.mark.parametrize(
    ("text", "value", "half"),
    [("76.130", "76.130", "0.0005"), ("80", "80", "0.5"), ("1,014.45", "1014.45", "0.005")],
)
def test_precision_is_read_from_the_last_printed_digit(text, value, half):
    assert printed(text) == (Decimal(value), Decimal(half))


@pytest.mark.parametrize("text", ["", "NaN", "inf", "76.1%", "about 3"])
def test_what_is_not_a_number_is_refused(text):
    with pytest.raises(ValueError, match="not a"):
        printed(text)


def test_importing_the_registry_imports_nothing_heavy():
    code = (
        "import sys, bakeoff.published as p; p.results('rsb'); p.dataset('mnist');"
        "heavy = {'torch', 'pandas', 'pydantic', 'numpy', 'scipy'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    ("query", "id", "value"),
    [
        ("resnet50.a1_in1k 224", "timm:resnet50.a1_in1k@224", "80.382"),
        ("resnet50.a1_in1k imagenet-real", "timm:resnet50.a1_in1k@224:imagenet-real", "85.712"),
        ("timm:resnet50.a3_in1k imagenet-v2", "timm:resnet50.a3_in1k@224:imagenet-v2", "65.670"),
        ("80.382", "timm:resnet50.a1_in1k@224", "80.382"),
        ("ResNet-50 ResNet Strikes Back A3", "rsb-a3", "78.1"),
    ],
)
def test_weights_tags_conditions_and_values_find_their_figure(query, id, value):
    found = {figure.id: figure.value for figure in results(query)}
    assert found[id] == value
    assert results(f"{query} nonesuch") == []
