"""What is already known: published results, data sets, architectures and accelerators.

    from bakeoff.published import result, results, nearest, dataset, architecture, accelerator

    result("rsb-a2").value                   # '79.8', as printed; .number and .half are Decimals
    result("rsb-a2").conditions              # what a comparable result must share
    results("rsb a2", metric="top1")         # search by words, filter by columns
    nearest("top1", "76.44", architecture="resnet50")
    top1_top5("imagenet-1k")                 # (id, top-1, top-5) of 1,556 evaluations
    dataset("CIFAR10").reported_images       # 10000, the images behind a reported accuracy
    architecture("ResNet-50").parameters(10) # 23528522
    accelerator("A100").peak_tflops          # Decimal('312')

Every look-up by name ignores case and punctuation and raises `UnknownName` with the nearest names.
The facts are CSV files beside this module; adding one is adding a line, and the tests check it:

results.csv         a published figure a row, with its conditions, citation and source
imagenet-timm.csv   timm's evaluations on ImageNet's validation set, ReaL and V2, as printed
datasets.csv        sizes of splits, classes, resolution, balance
architectures.csv   parameters as a function of classes, multiply-accumulates by resolution
accelerators.csv    peak rates

Figures are strings as printed: "76.130" says more than 76.13. An empty cell means "not stated".
"""

from bakeoff.published.figures import (
    CONDITIONS,
    PublishedResult,
    near_words,
    nearest,
    read_results,
    result,
    results,
    top1_top5,
)
from bakeoff.published.machines import Accelerator, accelerator, accelerators
from bakeoff.published.nets import Architecture, architecture, architectures
from bakeoff.published.sets import Dataset, dataset, datasets

__all__ = [
    "CONDITIONS",
    "Accelerator",
    "Architecture",
    "Dataset",
    "PublishedResult",
    "accelerator",
    "accelerators",
    "architecture",
    "architectures",
    "dataset",
    "datasets",
    "near_words",
    "nearest",
    "read_results",
    "result",
    "results",
    "top1_top5",
]
