"""Documents that nobody should send, and that somebody will: drawn from a seed."""

from __future__ import annotations

import random
from functools import cache

from auditing.corpus.evaluations import gain_in_words, runs_listed
from auditing.corpus.layouts import lay_out
from auditing.corpus.sheets import FOLDER, published

NAMES = (
    "a.md",
    "a.md",
    "a.md",
    "a.tex",
    "a.html",
    "a.csv",
    "a.yaml",
    "metafile.yml",
    "a.txt",
    "README",
    "claims.yaml",
    "record.json",
    "a.json",
    "a.tsv",
    "a.rst",
)

TOKENS = (
    *"|-:*_#`<>[](){}\\$&%±~^.,;=/+ \n\t'\"0123456789",
    "\n\n",
    "\n| ",
    " | ",
    "|---|",
    "\n- ",
    "\n## ",
    "---\n",
    "top-1",
    "Top-5",
    "accuracy",
    "error",
    "loss",
    "CIFAR-10",
    "ImageNet",
    "MNIST",
    "ResNet-50",
    "95.2 ± 0.3",
    "98.87%",
    "(n=3)",
    "0.0011",
    "p < .05",
    "p = 0.03",
    "1e999",
    "1e-999999999",
    "99999999999999999999999999",
    "-1",
    "0",
    "100%",
    "NaN",
    "inf",
    "1,000,000",
    "1.2.3.4",
    "٣٤",
    "½",
    "①",
    "９５.２％",
    "\u200b",
    "\u202e",
    "\x00",
    "\x1b[31m",
    "\ufeff",
    "🙂",
    "﷽",
    "<table>",
    "<tr><td>",
    "</table>",
    "<!--",
    "-->",
    "colspan=99999999",
    '<td colspan="1000000" rowspan="1000000">',
    r"\begin{tabular}{lcc}",
    r"\end{tabular}",
    r"\\",
    "&",
    r"\multicolumn{999999}{c}{x}",
    r"\multirow{999999}{*}{x}",
    r"\textbf{",
    "}",
    "$\\pm$",
    "%",
    "&a",
    "*a",
    "!!python/object/apply:os.system [x]",
    "&x [*x,*x]",
    "<<: *x",
    "epochs",
    "batch size",
    "8 GPUs",
    "single run",
    "over 5 seeds",
    "best",
    "pre-trained",
    "from scratch",
    "F1",
    "precision",
    "recall",
    "confusion matrix",
    "| true \\ predicted |",
    "training images",
    "classes",
    "28x28",
    "Wilcoxon",
    "bakeoff: ignore",
    "<!-- bakeoff: ignore loss-floor because -->",
    "arXiv 2110.00476",
)


@cache
def _true() -> tuple[tuple[str, str], ...]:
    found = [(p.name, p.read_text(encoding="utf-8")) for p in sorted((FOLDER / "true").iterdir())]
    for sheet in published()[::4]:
        found.append(lay_out(sheet, random.Random(sheet.name)))
    for seed in range(10):
        for kind in (runs_listed, gain_in_words):
            rng = random.Random(seed)
            found.append(lay_out(kind(rng), rng))
    return tuple(found)


def random_bytes(rng: random.Random) -> tuple[str, bytes]:
    return rng.choice(NAMES), rng.randbytes(rng.randint(0, 400))


def encoded(rng: random.Random) -> tuple[str, bytes]:
    file, text = rng.choice(_true())
    return file, text.encode(
        rng.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp1252")), "replace"
    )


def token_soup(rng: random.Random) -> tuple[str, bytes]:
    text = "".join(rng.choice(TOKENS) for _ in range(rng.randint(1, 300)))
    return rng.choice(NAMES), text.encode("utf-8", "replace")


def mutated(rng: random.Random) -> tuple[str, bytes]:
    """A true document with pieces cut, doubled, moved or replaced by hostile tokens."""
    file, text = rng.choice(_true())
    for _ in range(rng.randint(1, 12)):
        a = rng.randrange(len(text) + 1)
        b = min(len(text), a + rng.choice((1, 1, 3, 20, 200)))
        new = rng.choice(("", text[a:b] * 2, rng.choice(TOKENS), rng.choice(TOKENS) * 40))
        text = text[:a] + new + text[b:]
    if rng.random() < 0.3:
        text = text[: rng.randrange(len(text) + 1)]
    name = file if rng.random() < 0.8 else rng.choice(NAMES)
    return name, text.encode("utf-8", "replace")


def nested(rng: random.Random) -> tuple[str, bytes]:
    depth = rng.choice((10, 100, 1000, 5000))
    opener = rng.choice(
        (
            "> ",
            "- ",
            "[",
            "(",
            "*",
            "**",
            "<div>",
            "<table><tr><td>",
            "{",
            "\\textbf{",
            "`",
            "$",
            "<!--",
            "[[",
            "# ",
            "  - ",
            "a: {",
            "&a [",
            "|",
        )
    )
    end = rng.choice(("", "95.2%", "accuracy 95.2%", "\n"))
    return rng.choice(NAMES), (opener * depth + end).encode()


def repeated(rng: random.Random) -> tuple[str, bytes]:
    """One token many times: the worst for a pattern that backtracks."""
    pieces = rng.choices(TOKENS, k=rng.randint(1, 3))
    text = "".join(pieces) * rng.choice((50, 500, 3000))
    return rng.choice(NAMES), text.encode("utf-8", "replace")


def ragged(rng: random.Random) -> tuple[str, bytes]:
    lines = [
        "| " + " | ".join(rng.choice(TOKENS) for _ in range(rng.randint(0, 30))) + " |"
        for _ in range(rng.randint(1, 30))
    ]
    lines.insert(1, "|" + "---|" * rng.randint(0, 30))
    return "a.md", "\n".join(lines).encode("utf-8", "replace")


KINDS = (
    random_bytes,
    encoded,
    token_soup,
    token_soup,
    mutated,
    mutated,
    mutated,
    nested,
    repeated,
    ragged,
)


def case(rng: random.Random) -> tuple[str, bytes]:
    """(file name, bytes) of one hostile document."""
    return rng.choice(KINDS)(rng)
