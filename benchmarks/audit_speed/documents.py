"""Documents of any size like those that people have: a table of results a row an epoch, a training
log, a README of prose, tables and fences. All of them are sound."""

from __future__ import annotations

from collections.abc import Callable

NETS = (
    "resnet18", "resnet34", "resnet50", "wrn28-10", "densenet121", "vgg16", "convnext-t", "vit-s",
)  # fmt: skip
SETS = ("cifar-10", "cifar-100", "imagenet", "svhn")
SENTENCES = (
    "We trained {net} with the usual recipe, and looked at what came out of it; the code is in the "
    "folder, and the weights are not.",
    "After {epochs} epochs the test accuracy is {accuracy} %, and nothing else was changed.",
    "See [the log](https://example.org/log/{epochs}) for what it said, and `train.py` for how.",
    "Install the package with pip, then run the script below; it needs about 11 GB of memory.",
    "The learning rate follows a cosine from 0.1 to 0, with a warm-up of five epochs and weight "
    "decay 0.0005.",
    "Results on {data} are close to those of the paper, although the batch size is smaller.",
    "If you use this in your research, please cite the report, and open an issue when something is "
    "not clear.",
    "Contributions are welcome, in particular of recipes for other data sets and of translations "
    "of this page.",
)


def csv_of(size: int) -> str:
    """Nine columns: losses and accuracies of training and validation, a row an epoch."""
    rows, length = ["model,dataset,epoch,lr,train_loss,train_acc,val_loss,val_acc,val_top5"], 0
    while length < size:
        n = len(rows)
        wrong = 0.5 - n % 49 / 100 - n % 100 / 10_000
        rows.append(
            f"{NETS[n % 8]},{SETS[n // 8 % 4]},{n // 32},{0.1 * 0.97 ** (n // 320 % 100):.6f},"
            f"{2 * wrong + 0.1:.4f},{100 * (1 - 0.9 * wrong):.2f},{3 * wrong + 0.05:.4f},"
            f"{100 * (1 - wrong):.2f},{100 * (1 - wrong / 5):.2f}"
        )
        length += len(rows[-1]) + 1
    return "\n".join(rows) + "\n"


def log_of(size: int) -> str:
    """Lines of timm's kind, and at the end of an epoch its losses and accuracies."""
    rows: list[str] = []
    length = 0
    while length < size:
        n = len(rows)
        epoch, step = divmod(n, 40)
        when = f"2024-03-{1 + epoch % 28:02} 10:{epoch % 60:02}:{n % 60:02},{n % 1000:03} INFO"
        wrong = 0.5 / (1 + epoch % 90) + 0.05
        if step == 39:
            rows.append(
                f"{when} Epoch {epoch}: train_loss={1.5 * wrong:.4f} val_loss={2 * wrong:.4f} "
                f"val_acc={100 * (1 - wrong):.2f}% val_top5={100 * (1 - wrong / 4):.2f}%"
            )
        else:
            rows.append(
                f"{when} Train: {epoch} [{step * 32:>4}/1251 ({100 * step // 39:>3}%)]  "
                f"Loss: {6.9 / (1 + n % 97):.3f} ({6.9 / (1 + n % 89):.3f})  "
                f"Time: 0.{n % 900 + 100}s, {900 + n % 77}.{n % 100:02}/s  "
                f"LR: {0.1 / (1 + epoch % 30):.3e}"
            )
        length += len(rows[-1]) + 1
    return "\n".join(rows) + "\n"


def markdown_of(size: int) -> str:
    """Sections of prose, a list, a table, a command and what it printed."""
    parts, length = ["# Notes\n"], 0
    while length < size:
        n = len(parts)
        net, data, epochs = NETS[n % 8], ("CIFAR-10", "CIFAR-100", "SVHN")[n % 3], n % 200 + 1
        said = [
            s.format(net=net, epochs=epochs, accuracy=f"{80 + n % 19}.{n % 100:02}", data=data)
            for s in SENTENCES
        ]
        rows = "".join(
            f"| {NETS[(n + k) % 8]} | {11 + k}.{n % 10}M | {80 + (n + k) % 19}.{n % 10} "
            f"| 0.{80 + (n + k) % 19} |\n"
            for k in range(3)
        )
        parts.append(
            f"## Experiment {n} on {data}\n\n{' '.join(said[n % 4 : n % 4 + 4])}\n\n"
            f"- batch size 128\n- {said[(n + 3) % 8]}\n- mixed precision, one GPU\n\n"
            f"| Model | Params | Top-1 | Loss |\n|---|--:|--:|--:|\n{rows}\n"
            f"```bash\npython train.py --model {net} --epochs {epochs} --lr 0.1\n```\n\n"
            f"```\nEpoch {epochs}: train loss 0.5123, val loss 0.6234, "
            f"val acc {70 + n % 19}.{n % 100:02}%\n```\n"
        )
        length += len(parts[-1]) + 1
    return "\n".join(parts)


KINDS: dict[str, tuple[str, Callable[[int], str]]] = {
    "CSV": ("a.csv", csv_of),
    "log": ("a.log", log_of),
    "Markdown": ("a.md", markdown_of),
}
"""By kind: what such a file is called, and what makes one of at least so many characters."""
