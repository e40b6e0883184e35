"""Sentences: which figure is which metric's, and what is no claim at all."""

import pytest

from bakeoff.auditing.reading import read

BOUND = [
    ("Top-1 error of 23.56%", [("error", "23.56%")]),
    ("**Validation Accuracy (Epoch 5):** 98.87%", [("accuracy", "98.87%")]),
    (
        "Top-1 Accuracy: 76.44% (Top-1 error of 23.56%)",
        [("accuracy", "76.44%"), ("error", "23.56%")],
    ),
    (
        "It achieved 23.56% Top-1 error and 3.57% Top-5 error.",
        [("error", "23.56%"), ("top5_error", "3.57%")],
    ),
    ("Top-1 and Top-5 error of 23.56% and 3.57%.", [("error", "23.56%"), ("top5_error", "3.57%")]),
    ("The top-1/top-5 accuracy is 76.13/92.86.", [("accuracy", "76.13"), ("top5", "92.86")]),
    ("We get 76.1% top-1 and 92.9% top-5.", [("accuracy", "76.1%"), ("top5", "92.9%")]),
    ("validation accuracy 98.87%, training loss 0.54", [("accuracy", "98.87%"), ("loss", "0.54")]),
    (
        "Precision: 0.90, Recall: 0.88, F1: 0.91",
        [("precision", "0.90"), ("recall", "0.88"), ("f1", "0.91")],
    ),
    ("macro-F1 of 0.89", [("macro_f1", "0.89")]),
    ("Cohen's kappa of 0.92", [("kappa", "0.92")]),
    ("ResNet-50 [12] gets 76.1 [3] top-1 (Table 5).", [("accuracy", "76.1")]),
    ("mAP of 45.2, mIoU 50.1 and accuracy 91.3%", [("accuracy", "91.3%")]),
    ("acc@5 of 92.9", [("top5", "92.9")]),
    (
        "Our network misclassified 113 of 10,000 test images.",
        [("wrong", "113"), ("test_images", "10,000")],
    ),
    (
        "60,000 training images, 10,000 test images across 10 classes (grayscale, 28x28)",
        [
            ("train_images", "60,000"),
            ("test_images", "10,000"),
            ("classes", "10"),
            ("resolution", "28x28"),
        ],
    ),
    (
        "Trained for 90 epochs with batch size 256 on 8 V100 GPUs in 2.5 hours.",
        [("epochs", "90"), ("batch_size", "256"), ("devices", "8"), ("train_time", "2.5 hours")],
    ),
    ("8 GPUs × 32 images per GPU", [("devices", "8"), ("batch_size_per_device", "32")]),
    ("25.6M parameters and 4.1 GMACs", [("parameters", "25.6M"), ("macs", "4.1 G")]),
    (
        "learning rate of 0.1, weight decay 1e-4",
        [("learning_rate", "0.1"), ("weight_decay", "1e-4")],
    ),
    ("78,200 steps of SGD", [("steps", "78,200")]),
    ("p = 0.03", [("p_value", "0.03")]),
]
NO_CLAIMS = [
    "We use mixed precision 16 and PyTorch 2.1 with CUDA 11.8.",
    "Recall that 95 is a number, see Table 5 and [12].",
    "The paper (arXiv 2110.00476) appeared in 2021.",
    "mAP of 45.2, mIoU of 50.1%, BLEU 27.3, FID 2.97 and pixel accuracy 93.1%.",
    "Accuracy of 98.x%, or 9x%.",
    "Released on 2021-05-01, updated May 5, 2021, version v1.2.3.",
    "The standard error is 0.2 and the mean squared error 0.03.",
    "```python\naccuracy = 99.99\n```",
    "Run `accuracy=99.99` and see [accuracy 99.99%](https://example.org/accuracy/99.99).".replace(
        "[accuracy 99.99%]", "[the log]"
    ),
    "![accuracy 99.9%](figure.png)",
    "A 3x3 convolution with 7x7 kernels.",
    "distillation loss of 0.3, focal loss 0.2",
    "We report the error in Table 3.",
]


@pytest.mark.parametrize(("text", "expected"), BOUND, ids=lambda v: v if isinstance(v, str) else "")
def test_each_metric_gets_its_own_figure(figures, text, expected):
    assert figures(text) == expected


@pytest.mark.parametrize("text", NO_CLAIMS)
def test_what_is_not_a_result_is_not_read(figures, text):
    assert figures(text) == []


def test_a_spread_and_a_number_of_runs_belong_to_the_claim(claim):
    found = claim("A test accuracy of 95.2 ± 0.3 % (n=3) on CIFAR-10.", "accuracy")
    assert (found.spread.text, found.spread.unit, found.runs) == ("0.3", "percent", 3)
    assert found.spread_kind == "unknown"
    assert found.context["dataset"] == "cifar-10"
    assert found.context["split"] == "test"


@pytest.mark.parametrize(
    ("said", "kind"),
    [("mean ± std", "sd"), ("± standard error", "se"), ("± 95% confidence interval", "interval")],
)
def test_the_sentence_says_what_a_spread_is(claim, said, kind):
    found = claim(f"The accuracy is 95.2 ± 0.3% ({said} over five random seeds).", "accuracy")
    assert (found.spread_kind, found.runs) == (kind, 5)


def test_two_data_sets_in_a_sentence_each_keep_their_figure():
    claims = read("x", "An accuracy of 99.1% on MNIST and 95.3% on KMNIST.").figures
    assert [(c.number.text, c.context["dataset"]) for c in claims] == [
        ("99.1%", "mnist"),
        ("95.3%", "kmnist"),
    ]


def test_a_gain_keeps_what_it_is_between(claim):
    text = "Accuracy improves from 93.2% to 94.5%, by 1.3 points."
    gain = claim(text, "gain")
    assert (gain.word, gain.number.unit, gain.context["of"]) == ("points", "points", "accuracy")
    assert [n.text for n in gain.operands] == ["93.2%", "94.5%"]
    variants = [c.context["variant"] for c in read("x", text).figures if c.metric == "accuracy"]
    assert variants == ["1", "2"]


def test_an_accuracy_loss_is_a_fall_and_no_loss(claim):
    gain = claim("This costs an accuracy loss of 0.5%.", "gain")
    assert gain.negated


def test_runs_in_a_list_are_runs():
    claims = read("x", "The accuracies of the three seeds are 93.1%, 93.4%, and 93.5%.").figures
    assert [(c.number.text, c.context["run"]) for c in claims] == [
        ("93.1%", "1"),
        ("93.4%", "2"),
        ("93.5%", "3"),
    ]


@pytest.mark.parametrize(
    "text", ["~98% accuracy", "accuracy over 98%", "almost 98% accuracy", "accuracy of 97–98%"]
)
def test_a_hedged_number_is_doubtful(claim, text):
    assert "number" in claim(text, "accuracy").doubtful


def test_words_between_that_are_not_understood_make_the_metric_doubtful(claim):
    assert "metric" in claim("accuracy whenever possible 98.2%", "accuracy").doubtful


@pytest.mark.parametrize(
    "text", ["- **Parameters (M)**: 25.6", "Params = 25.6M", "25.6 million parameters"]
)
def test_parameters_are_scaled_as_said(claim, text):
    number = claim(text, "parameters").number
    assert (number.value, number.half) == (25_600_000, 50_000)


def test_the_test_named_is_put_on_the_p_value(claim):
    assert claim("Better by a paired t-test, p = 0.03.", "p_value").word == "paired_t"


def test_lines_of_key_and_value_are_separate(claim):
    text = "Accuracy: 98.2%\nLoss: 0.031\nEpochs: 5"
    assert claim(text, "accuracy").number.text == "98.2%"
    assert claim(text, "loss").number.text == "0.031"
    assert claim(text, "epochs").number.text == "5"


WORDS = [
    ("a pre-trained ResNet-50", ("init", "pretrained", False)),
    ("trained from scratch", ("init", "scratch", False)),
    ("without any pre-trained weights", ("init", "pretrained", True)),
    ("Transfer learning was not employed.", ("transfer_learning", "transfer learning", True)),
    ("We use no extra data.", ("extra_data", "extra data", True)),
    ("pretrained on ImageNet-21k", ("extra_data", "imagenet-21k", False)),
    ("We do not use horizontal flips.", ("augmentation", "horizontal_flip", True)),
    ("RandomHorizontalFlip was used", ("augmentation", "horizontal_flip", False)),
    ("The best epoch on the test set is reported.", ("selection", "best_on_test", False)),
    ("chosen by the validation accuracy", ("selection", "best_on_validation", False)),
    ("Best results are in bold.", ("bold", "best", False)),
    ("Training took days or even weeks.", ("train_time", "days to weeks", False)),
    ("by a Wilcoxon signed-rank test", ("test", "wilcoxon_signed_rank", False)),
    ("McNemar's exact test", ("test", "mcnemar_exact", False)),
    ("trained with binary cross-entropy", ("loss_kind", "bce", False)),
    ("on an NVIDIA RTX 3090", ("hardware", "RTX 3090", False)),
    ("see https://arxiv.org/abs/2110.00476", ("paper", "2110.00476", False)),
]


@pytest.mark.parametrize(("text", "expected"), WORDS)
def test_claims_in_words_are_read_with_their_negation(words, text, expected):
    assert expected in words(text)


@pytest.mark.parametrize(
    "text",
    [
        "This does not affect results of fine-tuning.",
        "It would work if pre-trained weights existed; unlike from scratch.",
    ],
)
def test_what_is_not_claimed_is_not_read_as_words(words, text):
    assert not {w for w in words(text) if w[0] in {"init", "transfer_learning"} and w[2]}
