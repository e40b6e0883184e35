"""Rules 1 and 2: shares of N images, and means of such shares."""

from decimal import Decimal
from fractions import Fraction

import pytest

from bakeoff import published
from bakeoff.auditing.checks.granularity import mean_exists, next_count

H3 = Decimal("0.0005")


def test_cifar10_has_no_95_125_percent(verdicts, said):
    one = said("accuracy", "95.125", dataset="cifar-10", split="test", runs=1)
    assert verdicts("granularity", one) == ["impossible"]


def test_without_a_stated_run_it_may_be_a_mean(judge, said):
    (found,) = judge("granularity", said("accuracy", "95.125", dataset="cifar-10", split="test"))
    assert found.verdict == "ambiguous"
    assert "possible as a mean of two or more runs" in found.message


@pytest.mark.parametrize("figure", ["95.12", "95.1", "95", "95.120"])
def test_reachable_counts_are_silent(verdicts, said, figure):
    one = said("accuracy", figure, dataset="cifar-10", split="test", runs=1)
    assert verdicts("granularity", one) == []


def test_the_third_decimal_on_imagenet_is_even():
    assert next_count(Decimal("76.130"), H3, 50_000) == 38_065
    assert next_count(Decimal("76.131"), H3, 50_000) is None


def test_a_share_in_double_precision_cut_off_is_no_proof():
    # 973 / 10,000 is stored as 0.09729999..., and five decimals of it cut off are 0.09729.
    assert next_count(Decimal("9.729"), H3, 10_000) is None
    assert next_count(Decimal("9.729"), H3, 10_000, fraction=True) == 973


def test_counts_agree_with_enumeration():
    total = 156
    reachable = {round(Fraction(100 * k, total), 2) for k in range(total + 1)} | {
        Fraction(int(Fraction(100 * k, total) * 100), 100) for k in range(total + 1)
    }
    for hundredths in range(0, 10_001, 11):
        value = Decimal(hundredths) / 100
        if Fraction(value) in reachable:
            assert next_count(value, Decimal("0.005"), total) is not None
        elif next_count(value, Decimal("0.005"), total, doubles=False) is not None:
            # Only double rounding may add to what one rounding or cut prints.
            near = [abs(Fraction(100 * k, total) - Fraction(value)) for k in range(total + 1)]
            assert min(near) <= Fraction("0.00505")


@pytest.mark.parametrize(
    ("test_set", "images"),
    [("imagenet-1k", 50_000), ("imagenet-real", 46_837), ("imagenet-v2", 10_000)],
)
def test_no_published_figure_is_flagged(test_set, images):
    figures = published.results(test_set=test_set, evaluator="timm")
    assert len(figures) >= 400
    for figure in figures:
        assert next_count(figure.number, figure.half, images, doubles=False) is not None, figure.id


def test_a_wrong_number_of_images_is_often_seen():
    figures = published.results(test_set="imagenet-1k", evaluator="timm", metric="top1")
    missed = [next_count(f.number, f.half, 10_000, doubles=False) is None for f in figures]
    assert sum(missed) / len(missed) > 0.75


def test_means_of_three_runs_move_in_thirds(verdicts, said):
    assert mean_exists(Decimal("93.457"), H3, 10_000, 3)
    assert not mean_exists(Decimal("93.458"), H3, 10_000, 3)
    yes = said("accuracy", "93.457", dataset="cifar-10", split="test", runs=3)
    no = said("accuracy", "93.458", dataset="cifar-10", split="test", runs=3)
    assert verdicts("seed-mean", yes) == []
    assert verdicts("seed-mean", no) == ["impossible"]


def test_a_guessed_data_set_never_accuses(verdicts, said):
    one = said("accuracy", "95.125", dataset="cifar-10", split="test", runs=1,
               doubtful=frozenset({"dataset"}))  # fmt: skip
    assert verdicts("granularity", one) == ["ambiguous"]


def test_a_validation_split_of_unknown_size_never_accuses(verdicts, said):
    one = said("accuracy", "95.125", dataset="cifar-10", split="validation", runs=1)
    assert "impossible" not in verdicts("granularity", one)
