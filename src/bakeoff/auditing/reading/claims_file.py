"""`claims.yaml`: claims written down by a person, or by `extract` and corrected by one.

    bakeoff: claims            # says what this file is
    source: README.md          # the document the claims stand in; findings name it
    context: {model: resnet50, dataset: mnist, experiment: ours}     # for every claim below
    claims:
      - metric: accuracy       # a name of `bakeoff.auditing.metrics`
        number: 98.87 %        # as printed: 99.0 says more than 99
        split: validation      # any context key of `bakeoff.auditing.claims`
        epoch: 5
        line: 16
      - {metric: loss, number: 0.0011, split: validation, epoch: 5, line: 15}
      - {metric: accuracy, number: 95.2, unit: percent, spread: 0.3, spread_kind: sd, runs: 3}
      - {metric: init, word: pretrained, line: 8}
      - {metric: augmentation, word: mixup, negated: true}
    suppress:
      - {rule: loss-floor, because: the loss was summed over batches, lines: 15}

`unit` is "percent", "fraction", "points", "nats", "bits", "count", "seconds", "pixels" …, and taken
from the number and the metric if absent. `value`, `half` and `upper` give what a number stands for
where its print does not say it ("25.6" in a column of millions); `qualifier` is "about", "at
least", "at most" or "range". `interval: [94.9, 95.5]` with `level: 0.95`, `operands: [93.2, 94.5]`
of a gain, `runs`, `bold`, `cell: [table, row, column]`, `group`, `section`, `text`, `line` and
`column` are as in `audit.claims.Claim`. `doubtful` and `inherited` list context keys; take a key
out of `doubtful` to vouch for it. Other keys fail with their line.
"""

from __future__ import annotations

import difflib
from decimal import Decimal, InvalidOperation
from typing import cast, get_args

from bakeoff.auditing.claims import (
    Bound,
    Claim,
    Document,
    Number,
    Place,
    Qualifier,
    SpreadKind,
    Suppression,
    Unit,
)
from bakeoff.auditing.metrics import METRICS
from bakeoff.auditing.reading.nodes import Node, compose
from bakeoff.auditing.reading.numbers import figures
from bakeoff.auditing.reading.source import Source
from bakeoff.errors import BadFile

LAST_LINE = 10**9
CONTEXT_KEYS = frozenset({
    "dataset", "model", "method", "split", "epoch", "experiment", "paper", "class", "statistic",
    "run", "variant", "log",
    "checkpoint", "resolution", "epochs", "extra", "view", "of", "true", "predicted",
    "row_label", "column_label",
    "other_dataset", "subset",
})  # fmt: skip
CLAIM_KEYS = frozenset({
    "metric", "number", "unit", "value", "half", "upper", "qualifier", "word", "negated",
    "spread", "spread_kind",
    "interval", "level", "runs", "operands", "doubtful", "inherited", "section", "group", "cell",
    "bold", "text", "bound", "ratio",
    "line", "column",
})  # fmt: skip
LABELS = {"row_label": "row", "column_label": "column"}
"""Context keys whose name in the file differs, since `column` is the place's."""


def read_claims(source: Source) -> Document:
    """A claims file. Raises BadFile, with the line, for what it does not understand."""
    roots = list(compose("\n".join(source.lines), source.file))
    if len(roots) != 1 or roots[0].kind != "map":
        raise BadFile(source.file, "holds no claims", "Begin with claims: and a list", line=1)
    root = roots[0]
    _known(root, {"bakeoff", "source", "title", "context", "claims", "suppress"}, source, "")
    _version(root, source)
    named = root.said("source") or source.file
    shared = _shared(root, source)
    claims = tuple(_claim(node, shared, named, source) for node in _maps(root, "claims", source))
    found = tuple(_suppression(node, named, source) for node in _maps(root, "suppress", source))
    return Document(named, "claims", claims, (), found, tuple(source.problems), root.said("title"))


def _version(root: Node, source: Source) -> None:
    node = root.get("bakeoff")
    if node is not None and node.text.strip() not in {"claims", "claims 1"}:
        raise BadFile(
            source.file,
            f"{node.text[:40]!r} is no kind of file read here",
            "Write bakeoff: claims",
            line=node.line,
        )


def _maps(root: Node, key: str, source: Source) -> list[Node]:
    node = root.get(key)
    if node is None or (node.kind == "text" and not node.text):
        return []
    if node.kind != "list" or any(item.kind != "map" for item in node.items):
        raise BadFile(
            source.file,
            f"{key} must be a list of entries",
            f"Write {key}: and one - a line",
            line=node.line,
        )
    return node.items


def _known(node: Node, known: set[str] | frozenset[str], source: Source, what: str) -> None:
    seen: set[str] = set()
    for key, _ in node.pairs:
        if key.kind != "text" or key.text not in known:
            near = difflib.get_close_matches(key.text, sorted(known), n=1, cutoff=0.5)
            advice = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(known))}"
            raise BadFile(
                source.file, f"there is no key {key.text[:60]!r}{what}", advice, line=key.line
            )
        if key.text in seen:
            raise BadFile(
                source.file, f"the key {key.text!r} is written twice", "Keep one", line=key.line
            )
        seen.add(key.text)


def _shared(root: Node, source: Source) -> dict[str, str]:
    node = root.get("context")
    if node is None:
        return {}
    if node.kind != "map":
        raise BadFile(
            source.file,
            "context must be keys with values",
            "Write context: {dataset: mnist}",
            line=node.line,
        )
    _known(node, CONTEXT_KEYS, source, " of a context")
    return {LABELS.get(k.text, k.text): v.text.strip() for k, v in node.pairs if v.kind == "text"}


def _claim(node: Node, shared: dict[str, str], named: str, source: Source) -> Claim:
    _known(node, CLAIM_KEYS | CONTEXT_KEYS, source, " of a claim")
    metric = node.said("metric")
    if metric not in METRICS:
        near = difflib.get_close_matches(metric, METRICS, n=1, cutoff=0.5)
        advice = (
            f"Did you mean {near[0]}?" if near else "See bakeoff.auditing.metrics for the names"
        )
        what = f"there is no metric {metric[:60]!r}" if metric else "a claim names no metric"
        raise BadFile(source.file, what, advice, line=node.line)
    number = _number(node, metric, source)
    word = node.said("word")
    if number is None and not word:
        raise BadFile(
            source.file,
            f"a claim of {metric} has neither number nor word",
            "Add number:, as printed",
            line=node.line,
        )
    own = {
        LABELS.get(key.text, key.text): value.text.strip()
        for key, value in node.pairs
        if key.text in CONTEXT_KEYS and value.kind == "text" and value.text.strip()
    }
    inherited = frozenset(_texts(node, "inherited")) | (shared.keys() - own.keys())
    unit = number.unit if number is not None else ""
    interval = [_plain(n, unit, source) for n in node.children("interval")]
    spread = node.get("spread")
    cell = [_whole(n, source) for n in node.children("cell")]
    ratio = [_whole(n, source) for n in node.children("ratio")]
    if len(interval) not in {0, 2} or len(cell) not in {0, 3} or len(ratio) not in {0, 2}:
        raise BadFile(
            source.file,
            "interval and ratio have two numbers, cell has three",
            "Write [low, high]",
            line=node.line,
        )
    text = node.said("text") or node.said("number") or word
    place = _place(node, named, text, source)
    runs = node.get("runs")
    return Claim(
        metric,
        number,
        place,
        text,
        shared | own,
        inherited,
        frozenset(_texts(node, "doubtful")) | _hedged(number),
        tuple(_texts(node, "section")),
        _plain(spread, unit, source) if spread is not None else None,
        cast(SpreadKind, _choice(node, "spread_kind", get_args(SpreadKind), source) or "unknown"),
        (interval[0], interval[1]) if interval else None,
        node.said("level"),
        _whole(runs, source) if runs is not None else None,
        node.said("group"),
        word,
        _truth(node, "negated", source),
        tuple(_plain(n, "", source) for n in node.children("operands")),
        (cell[0], cell[1], cell[2]) if cell else None,
        _truth(node, "bold", source),
        cast(Bound, _choice(node, "bound", get_args(Bound), source) or "structure"),
        (ratio[0], ratio[1]) if ratio else None,
    )


def _hedged(number: Number | None) -> frozenset[str]:
    return frozenset() if number is None or number.exact else frozenset({"number"})


def _place(node: Node, named: str, text: str, source: Source) -> Place:
    line, column = node.get("line"), node.get("column")
    if line is None:
        at = node.get("number") or node
        return source.place(at.line, at.column, len(at.text))
    return Place(
        named, _whole(line, source), _whole(column, source) if column else 1, text, len(text)
    )


def _choice(node: Node, key: str, known: tuple[str, ...], source: Source) -> str:
    found = node.get(key)
    if found is not None and found.text.strip() not in known:
        raise BadFile(
            source.file,
            f"{key} is no {found.text[:40]!r}",
            f"Known: {', '.join(k for k in known if k)}",
            line=found.line,
        )
    return found.text.strip() if found is not None else ""


def _texts(node: Node, key: str) -> list[str]:
    return [n.text for n in node.children(key) if n.kind == "text" and n.text]


def _truth(node: Node, key: str, source: Source) -> bool:
    return _choice(node, key, ("true", "false"), source) == "true"


def _whole(node: Node, source: Source) -> int:
    text = node.text.strip()
    if not text.isdecimal() or len(text) > 9:
        raise BadFile(source.file, f"{text[:40]!r} is no whole number", "Write one", line=node.line)
    return int(text)


def _decimal(node: Node, source: Source) -> Decimal:
    try:
        value = Decimal(node.text.strip()) if len(node.text) < 60 else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise BadFile(
            source.file, f"{node.text[:40]!r} is no number", "Write it in digits", line=node.line
        )
    return value


def _plain(node: Node, unit: Unit, source: Source) -> Number:
    """A number as printed; "93.2 %" and "93.2" alike."""
    text = node.text.strip()
    figure = next(figures(text), None) if len(text) < 200 else None
    if figure is None or figure.start or figure.end != len(text) or figure.spread:
        raise BadFile(
            source.file, f"{text[:40]!r} is not one number", "Write it as printed", line=node.line
        )
    number = figure.number
    return Number(
        text, number.value, number.half, number.unit or unit, number.qualifier, number.upper
    )


def _number(node: Node, metric: str, source: Source) -> Number | None:
    printed, value = node.get("number"), node.get("value")
    if printed is None:
        return None
    unit = cast(Unit, _choice(node, "unit", get_args(Unit), source))
    qualifier = cast(Qualifier, _choice(node, "qualifier", get_args(Qualifier), source))
    if value is not None:
        half, upper = node.get("half"), node.get("upper")
        width = _decimal(half, source) if half is not None else Decimal(0)
        top = _decimal(upper, source) if upper is not None else None
        return Number(printed.text.strip(), _decimal(value, source), width, unit, qualifier, top)
    hedge = printed.text.strip().lstrip("~≈<>≤≥ ")
    figure = next(figures(printed.text.strip()), None) if len(printed.text) < 200 else None
    if (
        figure is None
        or figure.spread
        or figure.end != len(printed.text.strip())
        or len(figure.number.text) < len(hedge)
    ):
        raise BadFile(
            source.file,
            f"{printed.text[:40]!r} is not one number",
            "Write it as printed, or add value:",
            line=printed.line,
        )
    number = figure.number
    said = unit or number.unit or default_unit(metric, number)
    return Number(
        number.text, number.value, number.half, said, qualifier or number.qualifier, number.upper
    )


def default_unit(metric: str, number: Number) -> Unit:
    """What a number without a unit is taken to be in a claims file."""
    kind = METRICS[metric].kind
    if kind == "share":
        return "fraction" if number.value <= 1 else "percent"
    if metric.endswith("resolution"):
        return "pixels"
    units: dict[str, Unit] = {
        "loss": "nats",
        "count": "count",
        "time": "seconds",
        "rate": "per_second",
    }
    return units.get(kind, "")


def _suppression(node: Node, named: str, source: Source) -> Suppression:
    _known(node, {"rule", "because", "lines"}, source, " of a suppression")
    rule, reason = node.said("rule"), node.said("because")
    if not rule or not reason:
        missing = "reason" if rule else "rule"
        raise BadFile(
            source.file,
            f"a suppression has no {missing}",
            "Write rule: and because:",
            line=node.line,
        )
    lines = [_whole(n, source) for n in node.children("lines")]
    first, last = (min(lines), max(lines)) if lines else (1, LAST_LINE)
    place = Place(named, node.line, node.column, source.lines[node.line - 1][:2000])
    return Suppression(rule, reason, place, first, last)
