"""What a document says as a whole, and what follows from it for each claim."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from bakeoff.auditing.claims import Claim
from bakeoff.auditing.reading.blocks import Blocks, Grid, Heading, Pasted
from bakeoff.auditing.reading.lexicon import (
    dataset_names,
    experiment_of,
    model_names,
    papers,
    same_model,
    splits,
)
from bakeoff.auditing.reading.patterns import Pattern
from bakeoff.auditing.reading.source import Source

_OF_SPLIT = Pattern(
    r"\b(?:(?P<validation>val(?:idation)?|dev(?:elopment)?|eval(?:uation)?)|(?P<test>test(?:ing)?"
    r"|held[\s-]out))[\s-](?:set|split|data|images)\b",
    re.IGNORECASE,
)


def _split_of(s: str) -> str:
    """The split that figures below are of: said as a set, and as one only."""
    found = {match.lastgroup or "" for match in _OF_SPLIT.finditer(s)}
    return found.pop() if len(found) == 1 and {name for *_, name in splits(s)} <= found else ""


def names_of(s: str) -> dict[str, str]:
    """Data set, split, model and experiment that a heading or lead-in names, each only if it is
    one."""
    datasets = {n.value for n in dataset_names(s) if n.kind == "dataset"}
    models = model_names(s)
    one_model = models and all(same_model(m.value, models[0].value) for m in models)
    return {
        "dataset": datasets.pop() if len(datasets) == 1 else "",
        "model": models[0].value if one_model else "",
        "split": _split_of(s),
        "experiment": experiment_of(s),
    }


@dataclass(slots=True)
class Surroundings:
    """What the whole document says. experiments: of each data set, where headings agree on it;
    named: line and column of the first model named in prose, which earlier text is not about."""

    experiments: dict[str, str] = field(default_factory=dict)
    model: str = ""
    dataset: str = ""
    paper: str = ""
    named: tuple[int, int] = (0, 0)

    @classmethod
    def of(cls, blocks: Blocks, source: Source) -> Surroundings:
        pairs: set[tuple[str, str]] = set()
        models: Counter[str] = Counter()
        first_named: tuple[int, int] | None = None
        datasets: Counter[str] = Counter()
        for block in blocks.items:
            if isinstance(block, (Grid, Pasted)):
                continue
            s = block.text.s
            for model in model_names(s):
                models[model.value] += 1
                first_named = first_named or block.text.at(model.start)
            for name in dataset_names(s):
                if name.kind == "dataset":
                    datasets[name.value] += 1
            if isinstance(block, Heading) or s.rstrip().endswith(":"):
                named = names_of(s)
                if named["dataset"] and named["experiment"]:
                    pairs.add((named["dataset"], named["experiment"]))
        by_dataset = {d: e for d, e in pairs if sum(d == other for other, _ in pairs) == 1}
        ids = {m.group(1) for _, line in source.holding("arxiv") for m in papers(line)}
        first = next(iter(models), "")
        return cls(
            by_dataset,
            first if all(same_model(m, first) for m in models) else "",
            next(iter(datasets)) if len(datasets) == 1 else "",
            ids.pop() if len(ids) == 1 else "",
            first_named or (0, 0),
        )

    def complete(self, claim: Claim) -> Claim:
        """The claim with what follows from the document as a whole."""
        if not (self.experiments or self.model or self.dataset or self.paper):
            return claim
        context, doubtful, added = dict(claim.context), set(claim.doubtful), set[str]()
        dataset = context.get("dataset", "")
        if (
            dataset in self.experiments
            and "experiment" not in context
            and "dataset" not in doubtful
        ):
            context["experiment"] = self.experiments[dataset]
            added.add("experiment")
        if (
            not dataset
            and claim.metric not in {"paper", "ranking", "hardware"}
            and context.get("statistic") != "average"
        ):
            of_experiment = [
                d for d, e in self.experiments.items() if e == context.get("experiment")
            ]
            if len(of_experiment) == 1 and len(set(self.experiments.values())) == len(
                self.experiments
            ):
                context["dataset"] = of_experiment[0]
                added.add("dataset")
            elif self.dataset and claim.cell is None:
                context["dataset"] = self.dataset
                added.add("dataset")
                doubtful.add("dataset")
        before = claim.cell is None and (claim.place.line, claim.place.column) < self.named
        if (
            "model" not in context
            and self.model
            and not before
            and context.get("statistic") != "average"
        ):
            context["model"] = self.model
            added.add("model")
            if claim.cell is not None:
                doubtful.add("model")
        if context.get("experiment") == "paper" and self.paper and "paper" not in context:
            context["paper"] = self.paper
            added.add("paper")
        if not added:
            return claim
        return replace(
            claim,
            context=context,
            inherited=claim.inherited | added,
            doubtful=frozenset(doubtful),
        )
