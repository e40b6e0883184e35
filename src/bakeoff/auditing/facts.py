"""What is known beforehand, as the rules ask for it: None, not an error, where nothing is known."""

from __future__ import annotations

from collections import defaultdict
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from bakeoff.auditing.claims import Claim

if TYPE_CHECKING:
    from bakeoff.published import Accelerator, Architecture, Dataset, PublishedResult


class Facts:
    """Look-ups in the registry by exact name or alias, in any case and punctuation.

    The registry's own look-ups offer near names for one that is unknown; a table of thousands of
    unknown models cannot wait for that.
    """

    @staticmethod
    def dataset(name: str) -> Dataset | None:
        """A data set by name, title or alias."""
        return _datasets().get(_spelled(name))

    @staticmethod
    def architecture(name: str) -> Architecture | None:
        """An architecture by timm's name or an alias; a weights tag after a point is left aside."""
        known = _architectures()
        return known.get(_spelled(name)) or known.get(_spelled(name.partition(".")[0]))

    def network_of(self, claim: Claim) -> Architecture | None:
        """The architecture a claim names: as its model, or where models are called methods."""
        return self.architecture(claim.context.get("model", "")) or self.architecture(
            claim.context.get("method", "")
        )

    @staticmethod
    def accelerator(name: str) -> Accelerator | None:
        """An accelerator by name or alias, with or without its maker."""
        spelled = _spelled(name).removeprefix("nvidia").removeprefix("tesla")
        return _accelerators().get(spelled)

    @staticmethod
    def results_of_weights(name: str) -> tuple[PublishedResult, ...]:
        """Published figures of released weights, such as "resnet50.a1_in1k"."""
        return _by_weights().get(_spelled(name), ())

    @staticmethod
    def results_of_paper(paper: str) -> tuple[PublishedResult, ...]:
        """Published figures of a paper, and of others for the same procedures."""
        return _of_paper(paper)

    def dataset_of(self, claim: Claim) -> Dataset | None:
        """The data set a claim is about, if the registry has it."""
        return self.dataset(claim.context.get("dataset", ""))

    def split_of(self, claim: Claim) -> str | None:
        """The split a figure is of; where the test labels are not public, validation is meant."""
        split = claim.context.get("split")
        known = self.dataset_of(claim)
        if known is not None and known.test_images is None and split in (None, "test"):
            return known.reported_split
        return split

    def classes_of(self, claim: Claim) -> int | None:
        """Number of classes of the data set a claim is about."""
        known = self.dataset_of(claim)
        return known.classes if known else None


@lru_cache(maxsize=50_000)
def _spelled(name: str) -> str:
    from bakeoff.published.tables import squash

    return squash(name[:200])


@cache
def _datasets() -> dict[str, Dataset]:
    from bakeoff import published

    return {
        _spelled(name): d
        for d in published.datasets()
        for name in (d.name, d.title, *d.aliases)
        if _spelled(name)
    }


@cache
def _architectures() -> dict[str, Architecture]:
    from bakeoff import published

    known = published.architectures()
    aliases = {_spelled(alias): net for net in known for alias in net.aliases if _spelled(alias)}
    return aliases | {_spelled(net.name): net for net in known}


@cache
def _accelerators() -> dict[str, Accelerator]:
    from bakeoff import published

    return {_spelled(n): a for a in published.accelerators() for n in (a.name, *a.aliases)}


@cache
def _by_weights() -> dict[str, tuple[PublishedResult, ...]]:
    from bakeoff import published

    found: dict[str, list[PublishedResult]] = defaultdict(list)
    for figure in published.results():
        if figure.weights:
            found[_spelled(figure.weights)].append(figure)
            found[_spelled(figure.weights.partition(":")[2])].append(figure)
    return {name: tuple(figures) for name, figures in found.items()}


@cache
def _of_paper(paper: str) -> tuple[PublishedResult, ...]:
    from bakeoff import published

    if not paper:
        return ()
    everything = published.results()
    own = [f for f in everything if paper in f.citation]
    procedures = {f.procedure for f in own if f.procedure}
    return tuple(f for f in everything if f in own or f.procedure in procedures)
