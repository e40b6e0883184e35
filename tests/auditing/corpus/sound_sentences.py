"""Sound sentences in which figures stand that are no contradiction: settings, cuts, two metrics.

Each template is filled at random with figures that are true of each other; whatever an audit
accuses here, it accuses wrongly.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass

from auditing.corpus.planting import prose_only
from auditing.corpus.sheets import Sheet


@dataclass(frozen=True)
class Figures:
    """What a template may use. a, b: accuracies with b > a; e, f: their errors; m: another gain."""

    a: str
    b: str
    e: str
    f: str
    points: str
    relative: str
    cut: str
    m: str
    k: str
    loss: str
    model: str


SETTINGS = (
    "Increasing the resolution from 224 to 288 improves accuracy by {m} points.",
    "Increasing depth from 50 to 101 layers gains {m} points.",
    "Training for longer (from 90 to 300 epochs) improves the top-1 accuracy by {m} points.",
    "Lowering the learning rate from 0.1 to 0.01 improves accuracy by {m} points.",
    "Raising the dropout rate from 10 % to 30 % improves accuracy by {m} points.",
    "Raising the masking ratio from 50% to 75% improves accuracy by {m}%.",
    "Reducing the labels from 100 % to 10 % drops accuracy by 8.2 %.",
    "Increasing the share of training data from 10 % to 50 % lowers the error by 35 %.",
    "Pruning raises sparsity from 50 % to 90 % at a drop of {m} points.",
    "Increasing the crop ratio from 0.875 to 0.95 improves top-1 by {m} points.",
    "Label noise from 20 % to 40 % leads to an accuracy drop of 6.3 %.",
    "From 2015 to 2020, top-1 accuracy rose by 12.4 points.",
    "Increasing weight decay from 1e-4 to 5e-4 reduces the test error by {m} points.",
    "Switching the precision from 32 to 16 bits costs {m} points of accuracy.",
    "Going from 8 to 64 shots improves accuracy by 11.2 %.",
    "A change of the batch size from 256 to 4096 hurts accuracy by {m} %.",
    "Training time increases from 2.0 h to 3.0 h, and accuracy by {m} %.",
    "Accuracy improves by {m} points from 10 % to 50 % labels.",
    "Accuracy rises by {m} points when mixup's strength goes from 0.2 to 0.4.",
    "Test accuracy with stochastic depth raised from 0.1 to 0.2 gains {m} points.",
    "The accuracy at a sparsity of 50 % falls by {m} points from 1.0 to 0.5 bits.",
    "With a width that grows from 0.25 to 1.0, accuracy improves by {m} points.",
)
OTHER_FIGURES = (
    "The accuracy improves from {a} % to {b} %, a gain of {points} % relative to the baseline.",
    "The errors dropped from {e} % to {f} %, i.e. a relative error reduction of {cut} %.",
    "Mixup improves accuracy from {a} % to {b} %, and cutmix by a further {m} points.",
    "{model} improves from {a} % to {b} % with cosine decay; longer training adds a gain of {m} "
    "points.",
    "While top-1 rises from {a} % to {b} %, top-5 gains {m} points.",
    "Top-1 rises from {a} % to {b} % with an increase of 15 % in training time.",
    "Accuracy rises from {a} % to {b} %, with a throughput drop of 12 %.",
    "Accuracy drops from {b} % to {a} %, while the latency is reduced by 45 %.",
    "Quantization lowers accuracy only from {b} % to {a} % and reduces the size by 75 %.",
    "Accuracy rises from {a} % to {b} %, a gain of {m} points over mixup.",
    "Accuracy rises from {a} % to {b} %, an improvement of {m} points per day of training.",
    "Accuracy rises from {a} % to {b} %, a reduction of 40 % in training time.",
    "Accuracy improves from {a} % to {b} %, and by {m} points more with a longer schedule.",
    "Accuracy improves from {a} % to {b} % on clean images and drops by {m} points on noisy ones.",
)
GAINS = (
    "Accuracy improves from {a} % to {b} %, a gain of {points} points.",
    "Accuracy improves from {a} % to {b} %, a relative gain of {relative} %.",
    "Accuracy improves from {a} % to {b} %, a relative error reduction of {cut} %.",
    "The error rate fell from {e} % to {f} %, a relative reduction of {cut} %.",
    "The error fell from {e} % to {f} %, a relative reduction of {cut} %.",
    "We reduce the error rate from {e} % to {f} %, a relative reduction of {cut} %.",
    "The test error fell from {e} % to {f} % ({cut} % relative reduction).",
    "Reducing the error from {e} % to {f} % is a relative reduction of {cut} %.",
    "Cutout cuts the error from {e} % to {f} %, a relative reduction of {cut} %.",
    "The error rate fell from {e} % to {f} %, a relative reduction of {cut} %. Accuracy thus rose "
    "by {points} points to {b} %.",
)
OTHER_MODELS = (
    "The baseline reaches a validation loss of {loss}. With distillation the validation accuracy "
    "of {model} is 60.4 %.",
    "Our small network has a test loss of {loss}. {model} has a test accuracy of 72.0 %.",
    "Our student has {b} % top-1 accuracy. The teacher, a {model}, has 89.0 % top-5 accuracy.",
    "Our network has a top-1 error of {e} %. For comparison {model} reaches a top-1 accuracy of "
    "71.59 %.",
    "Our ViT-L has {e} % top-1 and {k} % top-5 error on ImageNet val at a validation loss of 0.55.",
    "{model} has {e} % (top-1) and {k} % (top-5) error, with a loss of 0.50 on ImageNet val.",
    "{model} has {e} % top-1 / {k} % top-5 error on ImageNet validation; cross-entropy loss 0.52.",
    "{model} obtains a loss of 0.52 with {e} % top-1 and {k} % top-5 error.",
    "The test accuracy is {a} %, the error {e} %.",
    "We reach {a} % test accuracy; human error is 1.1 %, and the Bayes error is put at 1.0 %.",
)
COUNTED = (
    "The classifier was right on 412 of 480 test images, an accuracy of 85.8 %.",
    "The network classified 9,887 of 10,000 test images correctly, an accuracy of 98.87 %.",
    "The network classified 9,887 of 10,000 test images correctly in its best run; the mean "
    "accuracy over 3 seeds is 98.61 %.",
    "Five seeds gave 95.1, 95.3, 95.2, 95.4 and 95.0 % accuracy, with a mean of 95.2 %.",
    "Over three seeds, A, B and C reach 95.157 %, 95.403 % and 95.613 % accuracy on CIFAR-10.",
    "5-fold cross-validation gave accuracies of 97.2 %, 96.7 %, 97.0 %, 97.5 % and 96.9 % "
    "(mean 97.1 %).",
    "The mean accuracy over 3 seeds on CIFAR-10 is 93.46 %.",
    "The student's accuracy is 103.2 % of the teacher's.",
    "The relative accuracy is 103.2 %.",
    "The pruned network keeps 101.2 % of the accuracy.",
    "The accuracy is 103.2 % (relative to the baseline).",
    "The mean is 95.3 % accuracy and the error 0.2 %.",
)
TEMPLATES = (*COUNTED, *SETTINGS, *OTHER_FIGURES, *GAINS, *OTHER_MODELS)


def figures(rng: random.Random) -> Figures:
    """Figures that are true of each other, as printed."""
    a = rng.randint(880, 920)
    b = a + rng.randint(10, 40)
    return Figures(
        a=f"{a / 10:.1f}",
        b=f"{b / 10:.1f}",
        e=f"{(1000 - a) / 10:.1f}",
        f=f"{(1000 - b) / 10:.1f}",
        points=f"{(b - a) / 10:.1f}",
        relative=f"{100 * (b - a) / a:.1f}",
        cut=f"{100 * (b - a) / (1000 - a):.0f}",
        m=f"{rng.randint(1, 9) / 10:.1f}",
        k=f"{rng.randint(11, 29) / 10:.1f}",
        loss=f"{rng.randint(12, 24) / 100:.2f}",
        model=rng.choice(("ResNet-18", "VGG-16", "DenseNet-121", "EfficientNet-B0")),
    )


def sound_sentence(template: str, rng: random.Random) -> Sheet:
    """A document of one sound sentence."""
    return prose_only("sound", template.format(**asdict(figures(rng))))
