"""Claims in words that contradict each other, or what was done."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Claim
from bakeoff.auditing.evaluation import compatible, subject
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding, Verdict

LARGE_WEIGHTS = re.compile(r"in-?2[12]k|imagenet-?2[12]k|jft|ig-?1b|laion|yfcc|lvd|swsl|ssl_yfcc")
DIGITS = frozenset({"mnist", "qmnist", "usps", "svhn", "emnist-digits", "emnist-letters"})
MOST_WORDS = 200


def _by_file(claims: Iterator[Claim]) -> dict[str, list[Claim]]:
    found: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        if len(found[claim.place.file]) < MOST_WORDS:
            found[claim.place.file].append(claim)
    return found


def about_the_same(a: Claim, b: Claim) -> bool:
    """True if both claims name the same model, data set or experiment, and nothing they say of
    themselves differs."""
    named = any(
        k in a.context and a.context[k] == b.context.get(k)
        for k in ("experiment", "dataset", "model", "method")
    )
    return named and compatible(subject(a), subject(b))


def _two_arms(words: list[Claim]) -> bool:
    """True if one breath names both sides: the document compares them."""
    sides: dict[str, set[str]] = defaultdict(set)
    for claim in words:
        if claim.group and claim.metric == "init" and not claim.negated:
            sides[claim.group].add(claim.word)
    return any(len(found) > 1 for found in sides.values())


@rule("init-contradiction", 28, "pre-trained against from scratch")
def init_contradiction(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A model cannot be pre-trained and trained without transfer learning, or from scratch.

    Example: "training a pre-trained ResNet50 model on the MNIST dataset" in one section,
    "Current Experiment: Transfer learning was not employed" in another.

    Inconsistent where both are said of the same experiment, model or data set and the document does
    not compare the two; otherwise silent.

    Assumes: both sentences are about the same training.
    Source: the meaning of the words: training that starts from pre-trained weights is transfer.
    """
    found = _by_file(evidence.of("init", "transfer_learning"))
    for words in found.values():
        pretrained = [c for c in words if c.word == "pretrained" and not c.negated]
        transferred = [c for c in words if c.metric == "transfer_learning" and not c.negated]
        without = [c for c in words if c.metric == "transfer_learning" and c.negated]
        scratch = [c for c in words if c.word == "scratch" and not c.negated]
        compares = _two_arms(words)
        pairs = [(p, n) for p in pretrained for n in without]
        if not compares:
            pairs += [(p, n) for p in (*pretrained, *transferred) for n in scratch]
        for positive, negative in pairs:
            if positive.group and positive.group == negative.group:
                continue
            if not about_the_same(positive, negative) or _elsewhere(positive, negative):
                continue
            sure = _ours(positive, negative) or (
                negative in without and _share_a_name(positive, negative)
            )
            if not _tells(positive) or not (sure or _tells(negative)):
                continue  # "load a pretrained model with", "Training from scratch" over a command
            yield Finding(
                verdict="inconsistent" if sure else "ambiguous",
                message=f"{_quoted(positive)} (line {positive.place.line}) contradicts "
                f"{_quoted(negative)} (line {negative.place.line})",
                arithmetic="training that starts from pre-trained weights is transfer learning",
                claims=(positive, negative),
                assumptions=("both sentences are about the same training",),
                resolve="State the initial weights once, by name",
                relies_on=frozenset({"experiment", "model"}),
            )  # fmt: skip
            break


def _ours(a: Claim, b: Claim) -> bool:
    return a.context.get("experiment") == "ours" == b.context.get("experiment")


_TELLING = re.compile(
    r"(?<![\w-])(?:we|our|i|was|were|been|is|are|train(?:ing|ed)|fine-?tun(?:ing|ed)|use[ds]?|using"
    r"|start\w{0,3}|initiali[sz]\w{1,5})\b",
    re.IGNORECASE,
)


def _tells(claim: Claim) -> bool:
    """True if the sentence says what was done, not what one may do or what there is."""
    source = claim.place.source
    if not source:
        return True  # a claim that was given, not read
    at = source.find(claim.text.strip())
    start = max(source.rfind(stop, 0, max(0, at)) for stop in (". ", "! ", "? "))
    end = source.find(". ", at)
    return _TELLING.search(source[start + 1 : end if end >= 0 else len(source)]) is not None


def _share_a_name(a: Claim, b: Claim) -> bool:
    """True if both are said of one model, data set or experiment, by its name."""
    return any(
        a.context.get(key) is not None
        and a.context.get(key) == b.context.get(key)
        and key not in a.doubtful | b.doubtful
        for key in ("model", "dataset", "experiment")
    )


def _elsewhere(a: Claim, b: Claim) -> bool:
    """True if one of the two is about somebody else's experiment."""
    sides = {a.context.get("experiment"), b.context.get("experiment")}
    return "paper" in sides and len(sides) > 1


def _quoted(claim: Claim) -> str:
    text = " ".join(claim.text.split())
    return f'"{text[:80]}…"' if len(text) > 80 else f'"{text}"'


@rule("extra-data", 28, "no extra data, but weights from a larger data set")
def extra_data(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """ "No extra data" contradicts weights pre-trained on ImageNet-21k, JFT, LAION and the like.

    Example: a caption that says "without extra data" above a row "vit_base.augreg_in21k_ft_in1k".

    Inconsistent where the two are said of the same model, ambiguous otherwise.

    Assumes: the words "no extra data" cover pre-training.
    Source: the meaning of the words.
    """
    for words in _by_file(evidence.of("extra_data")).values():
        denied = [c for c in words if c.negated]
        used = [c for c in words if not c.negated]
        for no in denied:
            for yes in used:
                if no.group == yes.group or not about_the_same(no, yes):
                    continue
                strict = "model" in no.context and no.context["model"] == yes.context.get("model")
                yield _extra(no, yes, "inconsistent" if strict else "ambiguous")
                break
            named = _large_weights(no, evidence)
            if named is not None:
                yield _extra(no, named, "inconsistent" if no.group == named.group else "ambiguous")


def _large_weights(denied: Claim, evidence: Evidence) -> Claim | None:
    """A row of the same section whose weights name a larger data set."""
    for claim, _ in evidence.figures("accuracy", "top5", "error"):
        model = claim.context.get("model", "").lower()
        if claim.section == denied.section and LARGE_WEIGHTS.search(model):
            return claim if claim.place.file == denied.place.file else None
    return None


def _extra(no: Claim, yes: Claim, verdict: Verdict) -> Finding:
    what = yes.word or yes.context.get("model", "")
    return Finding(
        verdict=verdict,
        message=f"{_quoted(no)} (line {no.place.line}) contradicts the use of {what} "
        f"(line {yes.place.line})",
        arithmetic="weights pre-trained on a larger data set have seen extra data",
        claims=(no, yes),
        assumptions=("no extra data means none in pre-training either",),
        resolve="Name the data that the initial weights were trained on",
    )


@rule("selected-on-test", 28, "the best epoch was chosen on the test set")
def selected_on_test(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """The best of many epochs on the test set is a biased estimate.

    Example: "we report the best test accuracy over all epochs". The greatest of T noisy figures
    lies above their mean; with a last-epoch figure the bias is gone.

    Undetermined: the figure may be true, but by how much it is too high cannot be told from it.
    Source: selection bias; Cawley and Talbot 2010.
    """
    for claim in evidence.of("selection"):
        if claim.word != "best_on_test" or claim.negated:
            continue
        yield Finding(
            verdict="undetermined",
            message=f"{_quoted(claim)}: the checkpoint was chosen on the images it is tested on",
            arithmetic="E[max over epochs] >= max over epochs of E: the figure is biased upward",
            claims=(claim,),
            assumptions=("the test set was used to choose",),
            resolve="Report the last epoch, or choose on held-out training images",
        )


@rule("ranked-across-data", 28, "accuracies on different data sets are ranked")
def ranked_across_data(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Accuracies on different test sets are not comparable, so neither is the higher one.

    Example: "The accuracy for MNIST is much higher" than on ImageNet. A linear model has 92 % on
    MNIST and a few per cent on ImageNet; chance is 10 % and 0.1 %.

    Undetermined: which model or procedure is better cannot be told from these figures.
    Source: comparability needs the same test set, metric and split.
    """
    for claim in evidence.of("ranking"):
        first, second = claim.context.get("dataset"), claim.context.get("other_dataset")
        if not first or not second or first == second or claim.negated:
            continue
        known = [facts.dataset(name) for name in (first, second)]
        chance = "; ".join(f"chance is {100 / d.classes:g} % on {d.title}" for d in known if d)
        yield Finding(
            verdict="undetermined",
            message=f"{_quoted(claim)} ranks results on different data sets ({first}, {second}): "
            "they are not comparable",
            arithmetic=chance or "different test sets have different floors and ceilings",
            claims=(claim,),
            assumptions=("the sentence compares models or procedures, not the data sets",),
            resolve="Compare on the same test set, or each with a baseline of its own data set",
        )


@rule("flipped-digits", 28, "horizontal flips change what a digit or letter is")
def flipped_digits(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A mirrored 2, 3 or 7 is not a digit that occurs; flips make the training data wrong.

    Example: RandomHorizontalFlip on MNIST. In our trial (docs/results/flips, one seed each;
    ResNet-50, five epochs from scratch) the crop and flip of such a recipe gave 98.01 %, a gentle
    crop and no flip 99.31 %.

    A warning about the procedure. Undetermined: what the model would reach without the flips cannot
    be told from the figures.
    Source: the classes are not symmetric; the trial is this project's.
    """
    for words in _by_file(evidence.of("augmentation")).values():
        for claim in words:
            if claim.word != "horizontal_flip" or claim.negated:
                continue
            known = facts.dataset_of(claim)
            if known is None or known.name not in DIGITS:
                continue
            yield Finding(
                verdict="undetermined",
                message=f"horizontal flips on {known.title}: a mirrored digit or letter is not one "
                "of its classes",
                arithmetic="our trial, ResNet-50, five epochs from scratch: 98.01 % with crop and "
                "flip, 99.31 % with a gentle crop and none (docs/results/flips, one seed each)",
                claims=(claim,),
                assumptions=("the flips are used in training on this data set",),
                resolve="Leave the flips out",
            )


HOURS = {"minute": 1 / 60, "hour": 1.0, "day": 24.0, "week": 168.0, "month": 720.0}


@rule("training-duration", 28, "training times in words against published ones")
def training_duration(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A training time in words is compared with the hours published for the paper's procedures.

    Example: "days or even weeks" for ResNet Strikes Back, whose procedures A3, A2 and A1 take 15,
    55 and 110 hours on the hardware the paper names.

    Implausible where the longest time said is more than half as long again as the longest
    published one. Registry figures that were not read in the source are marked unverified.
    Source: the registry of published results.
    """
    for claim in evidence.of("train_time"):
        paper = claim.context.get("paper", "")
        if claim.number is not None or not paper or not claim.word:
            continue
        known = [r for r in facts.results_of_paper(paper) if r.metric == "training_hours"]
        units = [HOURS[u] for u in HOURS if re.search(rf"\b{u}s?\b", claim.word.lower())]
        if not known or not units:
            continue
        longest = max(float(r.number) for r in known)
        if max(units) <= 1.5 * longest:
            continue
        hours = ", ".join(f"{r.procedure} {r.value} h" for r in known)
        verified = all(r.verified for r in known)
        yield Finding(
            verdict="implausible",
            message=f"{_quoted(claim)}: the procedures of arXiv {paper} take hours to days, at "
            f"most {longest:g} h" + ("" if verified else " (figures unverified)"),
            arithmetic=f"published: {hours}; {claim.word} reaches at least {max(units):g} h",
            claims=(claim,),
            assumptions=("on the hardware that the paper names",)
            + (() if verified else ("the published hours are unverified: quoted, not read",)),
            resolve="State hours, devices and epochs",
        )
