"""Rules 19 to 28: hardware, settings, tests of significance, the registry, tables and words."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from bakeoff import published
from bakeoff.auditing import audit
from bakeoff.auditing.checks.compute import training_flop
from bakeoff.auditing.checks.noise import welch_p
from bakeoff.auditing.checks.registry import usual_top5
from bakeoff.auditing.checks.significance import least_p, mcnemar_bounds, mcnemar_p

IMAGENET = {"dataset": "imagenet-1k", "split": "validation"}


def test_training_flop_and_hours_of_the_facts():
    needed = training_flop(4.09, 1_281_167 * 90)
    assert needed == pytest.approx(2.83e18, rel=1e-3)
    assert needed / 312e12 / 3600 == pytest.approx(2.52, abs=5e-3)


def training(said, hours, **rest):
    about = {"dataset": "imagenet-1k", "model": "ResNet-50"}
    seconds = said("train_time", str(int(hours * 3600)), "seconds", **about)
    return [seconds, said("devices", "1", "count", word="A100", **about),
            said("epochs", "90", "count", **about), *rest.get("more", ())]  # fmt: skip


def test_faster_than_the_peak_is_impossible(verdicts, said):
    side = said("resolution", "224", "pixels", dataset="imagenet-1k", model="ResNet-50")
    assert verdicts("compute-peak", *training(said, 2.0, more=[side])) == ["impossible"]
    assert verdicts("compute-peak", *training(said, 2.5, more=[side])) == []
    assert verdicts("compute-peak", *training(said, 2.0)) == ["ambiguous"]


@pytest.mark.parametrize(
    ("steps", "verdict"),
    [("78,200", []), ("78,000", []), ("87,000", ["inconsistent"]), ("70,000", ["ambiguous"])],
)
def test_steps_are_epochs_times_batches(verdicts, said, steps, verdict):
    about = {"dataset": "cifar-10"}
    claims = [said("steps", steps, "count", **about), said("epochs", "200", "count", **about),
              said("batch_size", "128", "count", **about)]  # fmt: skip
    assert verdicts("step-count", *claims) == verdict


def test_resnet50_has_its_parameters(verdicts, judge, said):
    about = {"model": "ResNet-50", "dataset": "imagenet-1k"}
    assert published.architecture("resnet50").parameters(10) == 23_528_522
    for right in ("25,557,032", "23,528,522", "23,508,032"):
        assert verdicts("parameter-count", said("parameters", right, "count", **about)) == []
    (found,) = judge("parameter-count", said("parameters", "11,689,512", "count", **about))
    assert found.verdict == "implausible"
    assert "resnet18" in found.cause


def test_mcnemar_is_statsmodels():
    rng = np.random.default_rng(0)
    for b, c in rng.integers(0, 60, (60, 2)):
        if b + c == 0:
            continue
        table = [[50, b], [c, 50]]
        assert mcnemar_p(b, c) == pytest.approx(mcnemar(table, exact=True).pvalue)
        plain = mcnemar(table, exact=False, correction=False).pvalue
        assert mcnemar_p(b, c, "chi-squared") == pytest.approx(plain)
        if b != c:
            edwards = mcnemar(table, exact=False, correction=True).pvalue
            assert mcnemar_p(b, c, "corrected chi-squared") == pytest.approx(edwards)


def test_mcnemar_bounds_enclose_every_overlap():
    low, high = mcnemar_bounds(500, 470, 10_000)
    assert low == pytest.approx(2e-9, rel=0.1)
    assert high == pytest.approx(0.35, abs=5e-3)
    for both in range(0, 31):
        p = mcnemar_p(50 - both, 30 - both) if both <= 30 else 1
        small = mcnemar_bounds(50, 30, 1000)
        assert small[0] - 1e-12 <= p <= small[1] + 1e-12
    assert all(mcnemar_p(gap, 0) > 0.05 for gap in range(6))
    assert mcnemar_p(6, 0) < 0.05


def test_smallest_p_values_are_scipys():
    assert least_p("permutation", 3).exact == pytest.approx(0.10)
    assert least_p("wilcoxon_signed_rank", 5).exact == pytest.approx(0.0625)
    for n in range(3, 9):
        x = np.arange(1.0, n + 1)
        signed = stats.wilcoxon(x, method="exact").pvalue
        assert least_p("wilcoxon_signed_rank", n).exact == pytest.approx(signed)
        ranks = stats.mannwhitneyu(x, x + 100, method="exact").pvalue
        assert least_p("mann_whitney", n).exact == pytest.approx(ranks)


def test_a_p_value_below_the_least_is_impossible(verdicts, said):
    runs = said("runs", "3", "count")
    test = said("test", None, word="permutation")
    assert verdicts("smallest-p", runs, test, said("p_value", "0.01", "")) == ["impossible"]
    assert verdicts("smallest-p", runs, test, said("p_value", "0.10", "")) == []
    assert verdicts("smallest-p", runs, test, said("p_value", "0.05", "")) == ["ambiguous"]


def test_welch_is_scipys():
    p = stats.ttest_ind_from_stats(95.1, 0.2, 3, 95.4, 0.3, 3, equal_var=False).pvalue
    assert welch_p((95.1, 0.2, 3), (95.4, 0.3, 3)) == pytest.approx(p)
    assert p == pytest.approx(0.23, abs=5e-3)


def test_a_papers_figure_that_it_does_not_contain(judge, said):
    about = {"paper": "2110.00476", "model": "ResNet50", **IMAGENET}
    found = judge("registry", said("error", "23.56", **about), said("top5_error", "3.57", **about))
    by_verdict = {f.verdict: f for f in found}
    assert set(by_verdict) == {"undetermined", "implausible"}
    assert "19.6 to 21.9 % error" in by_verdict["undetermined"].message
    assert "ensemble" in by_verdict["implausible"].cause
    assert judge("registry", said("accuracy", "79.8", **about)) == []


def test_released_weights_have_their_accuracy(verdicts, said):
    about = {"model": "resnet50.a1_in1k", **IMAGENET}
    assert verdicts("released-weights", said("accuracy", "80.38", **about)) == []
    assert verdicts("released-weights", said("accuracy", "83.40", **about)) == ["implausible"]


def test_no_published_model_is_jointly_implausible_and_the_seeds_is(verdicts, said):
    rows = published.top1_top5()
    assert len(rows) == 1556
    for _, top1, top5 in rows:
        low, high, *_ = usual_top5(float(top1)) or (0, 100)
        assert low <= float(top5) <= high
    claims = [said("accuracy", "76.44", **IMAGENET), said("top5", "96.43", **IMAGENET)]
    assert verdicts("joint-plausibility", *claims) == ["implausible"]


def told(text, rule):
    return [f.verdict for f in audit(text).findings if f.rule == rule]


TABLE = "| Model | Accuracy (%) |\n|--|--|\n| A | **95.1** |\n| B | 95.4 |\n"


def test_bold_is_a_note_unless_the_text_says_that_it_marks_the_best():
    assert told(TABLE, "bold-best") == ["note"]
    assert told("Best results are in bold.\n\n" + TABLE, "bold-best") == ["inconsistent"]
    assert told(TABLE.replace("95.4", "95.0"), "bold-best") == []


def test_an_average_unlike_the_others_is_inconsistent():
    rows = "| x | 90.0 | 92.0 | 94.0 | 92.0 |\n| y | 80.0 | 82.0 | 84.0 | 82.0 |\n"
    head = "| Model | A | B | C | Avg |\n|--|--|--|--|--|\n"
    assert told(head + rows + "| z | 70.0 | 72.0 | 74.0 | 72.0 |\n", "table-average") == []
    wrong = head + rows + "| z | 70.0 | 72.0 | 74.0 | 73.0 |\n"
    assert told(wrong, "table-average") == ["inconsistent"]


def test_splits_add_up(verdicts, said):
    def split(whole, train, held_out):
        return verdicts(
            "split-sum",
            said("images", whole, "count"),
            said("train_images", train, "count"),
            said("validation_images", held_out, "count"),
        )

    assert split("50,000", "45,000", "5,000") == []
    assert split("50,000", "45,000", "6,000") == ["inconsistent"]


def test_pretrained_contradicts_no_transfer_learning(verdicts, said):
    yes = said("init", None, word="pretrained", dataset="mnist", group="s1", line=1)
    no = said("transfer_learning", None, word="transfer learning", negated=True, dataset="mnist",
              group="s2", line=2)  # fmt: skip
    assert verdicts("init-contradiction", yes, no) == ["inconsistent"]
    other = said("transfer_learning", None, word="transfer learning", negated=True,
                 dataset="cifar-10", group="s2")  # fmt: skip
    assert verdicts("init-contradiction", yes, other) == []


def test_a_document_that_compares_initial_weights_does_not_contradict_itself(verdicts, said):
    both = [
        said("init", None, word=w, dataset="mnist", group="s1") for w in ("pretrained", "scratch")
    ]
    again = said("init", None, word="scratch", dataset="mnist", group="s2")
    assert verdicts("init-contradiction", *both, again) == []


@pytest.mark.parametrize(
    ("metric", "text", "verdict"),
    [
        ("test_images", "10,000", []),
        ("test_images", "12,000", ["inconsistent"]),
        ("train_images", "60,000", []),
        ("train_images", "55,000", []),
        ("images", "70,000", []),
        ("classes", "10", []),
        ("classes", "11", ["inconsistent"]),
        ("classes", "2", ["ambiguous"]),
    ],
)
def test_sizes_of_a_known_data_set(verdicts, said, metric, text, verdict):
    assert verdicts("dataset-size", said(metric, text, "count", dataset="mnist")) == verdict


def test_flips_are_warned_of_on_digits_only(verdicts, said):
    def flips(dataset):
        return said("augmentation", None, word="horizontal_flip", dataset=dataset)

    assert verdicts("flipped-digits", flips("mnist")) == ["undetermined"]
    assert verdicts("flipped-digits", flips("cifar-10")) == []


def test_accuracies_on_different_data_sets_are_not_ranked(verdicts, said):
    ranking = said("ranking", None, word="higher", dataset="mnist", other_dataset="imagenet-1k")
    assert verdicts("ranked-across-data", ranking) == ["undetermined"]


def test_words_about_hours_are_compared_with_published_hours(judge, said):
    (found,) = judge("training-duration", said("train_time", None, word="days to weeks",
                                               paper="2110.00476"))  # fmt: skip
    assert found.verdict == "implausible"
    assert "unverified" in found.message
    assert (
        judge("training-duration", said("train_time", None, word="days", paper="2110.00476")) == []
    )
