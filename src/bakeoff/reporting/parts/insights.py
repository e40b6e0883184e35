"""Insights: each comes from a measurement, or says that it was not made and what would make it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from bakeoff.records.schema import CONFUSION_CLASSES, Record
from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.conclusion import led
from bakeoff.reporting.document import Arm, Code, Inline, Insight, Section, Text
from bakeoff.reporting.ladder import ladder_verdict
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import NBSP, count, counted, duration, fixed, listed, percent
from bakeoff.reporting.parts.found import found
from bakeoff.reporting.source import Run

MAX_PAIRS = 4
MAJORITY = "majority class"
MOST_TOLD = 8


def insights(material: Material) -> Section:
    """Findings first, then the comparison's own questions; what was not measured comes last."""
    every: tuple[Insight, ...] = (
        *found(material),
        _recipe(material),
        _transfer(material),
        _architecture(material),
        _complexity(material),
        _seeds(material),
        _mistakes(material),
    )
    told = [one for one in every if one.measured] + [one for one in every if not one.measured]
    return Section("insights", "Insights", tuple(told))


def twins(
    material: Material, differ: Callable[[Record], object], agree: Callable[[Record], object]
) -> list[tuple[ArmRuns, ArmRuns]]:
    """Pairs of arms that differ in one thing and agree in all that `agree` reads."""
    arms = material.measured
    return [
        (a, b)
        for index, a in enumerate(arms)
        for b in arms[index + 1 :]
        if differ(a.first) != differ(b.first) and agree(a.first) == agree(b.first)
    ]


def recipes_pair(material: Material) -> list[tuple[ArmRuns, ArmRuns]]:
    return twins(
        material,
        lambda r: r.recipe.name,
        lambda r: (r.model, r.data.test_hash, r.budget.images),
    )


def initials_pair(material: Material) -> list[tuple[ArmRuns, ArmRuns]]:
    return twins(
        material,
        lambda r: r.model.init,
        lambda r: (r.recipe, r.model.name, r.model.channels, r.data.test_hash, r.budget.images),
    )


def architectures_pair(material: Material) -> list[tuple[ArmRuns, ArmRuns]]:
    return twins(
        material,
        lambda r: r.model.name,
        lambda r: (r.recipe, r.model.init, r.model.channels, r.data.test_hash, r.budget.images),
    )


def _told(
    material: Material, pairs: Callable[[Material], list[tuple[ArmRuns, ArmRuns]]]
) -> Text | None:
    """What was found on these pairs, test set by test set; None where nothing was."""
    parts: list[Inline] = []
    for one in material.sets:
        for a, b in pairs(one)[:MAX_PAIRS]:
            row = one.judged.between(a.name, b.name)
            if row is None:
                continue
            said = led(row)
            parts += [" " if parts else "", *((said,) if isinstance(said, str) else said)]
    return tuple(parts) or None


def _recipe(material: Material) -> Insight:
    ladders = [told for one in material.sets if (told := ladder_verdict(one)) is not None]
    if ladders:
        return Insight("What does the recipe change?", True, joined(ladders))
    told = _told(material, recipes_pair)
    if told is None:
        return Insight(
            "What does the recipe change?",
            False,
            "No two arms differ in their recipe alone.",
            ("Two arms with the same model, start and budget: ", Code("arms: [standard, rsb-a3]")),
        )
    return Insight(
        "What does the recipe change?",
        True,
        told,
    )


def _transfer(material: Material) -> Insight:
    question = "How much does transfer learning help?"
    told = _told(material, initials_pair)
    if told is None:
        alone = "No arm was trained both from scratch and from pretrained weights by one recipe."
        return Insight(
            question,
            False,
            f"{alone} {_pretraining_cost(material)}".rstrip(),
            (
                "The same recipe from scratch and from pretrained weights: an arm with ",
                Code("init: timm:TAG"),
                ", or without a network one with ",
                Code("pretrain: letters"),
            ),
        )
    return Insight(question, True, told, _pretraining_cost(material))


def _pretraining_cost(material: Material) -> str:
    """What was trained before the arms that start from it, which their cost does not contain."""
    told = []
    for facts in material.pretraining:
        told.append(
            f"Not counted for {listed(list(facts.arms))}: a pretraining on {facts.data} by "
            f"{facts.recipe}, {count(facts.images)} images in {duration(facts.seconds)}, to "
            f"{percent(facts.accuracy)}."
        )
    return " ".join(told)


def _architecture(material: Material) -> Insight:
    question = "How much is due to the architecture?"
    told = _told(material, architectures_pair)
    if told is None:
        return Insight(
            question,
            False,
            "No two arms differ in their network alone.",
            (
                "An arm with the same recipe and another network: ",
                Code("{recipe: standard, model: resnet50_noskip}"),
            ),
        )
    return Insight(question, True, told)


def _complexity(material: Material) -> Insight:
    question = "How hard is the data set?"
    if len(material.sets) > 1:
        question = "How hard are the data sets?"
    told = [said for one in material.sets if (said := _floors(one)) is not None]
    if told:
        if len(told) > 1:
            told.append(
                "The further a network is above these floors, the more there is for it to learn; "
                "accuracies on different sets are not ranked."
            )
        return Insight(question, True, joined(told), minor=True)
    return Insight(
        question,
        False,
        f"Only floors without learning are known: {'; '.join(map(_blind, material.sets))}.",
        (
            "A linear model and the nearest neighbour on raw pixels, tested on the same images: ",
            Code("floors: true"),
            " in the bake-off’s file",
        ),
    )


def _blind(material: Material) -> str:
    """What one answer to everything reaches on a test set, and a class drawn at random."""
    data = material.records[0].data
    commonest = next((arm.commonest for arm in material.measured if arm.commonest), None)
    drawn = f"a class drawn blindly {percent(100 / data.classes)}"
    always = f"always answering {commonest[0]} {percent(commonest[1])}, " if commonest else ""
    return f"on {data.title}, {always}{drawn}"


def _floors(material: Material) -> Text | None:
    """What simple classifiers reach on one test set, beside the best network there."""
    kept = material.baselines
    best = max(
        (arm for arm in material.measured if arm.accuracy),
        key=lambda arm: arm.accuracy.mean if arm.accuracy else 0.0,
        default=None,
    )
    if not kept or best is None or best.accuracy is None:
        return None
    images = {floor.images for floor in kept if floor.name != MAJORITY}
    alike = f" (on {count(images.pop())} test images)" if len(images) == 1 else ""
    said = listed([f"{floor.name} {percent(floor.accuracy)}" for floor in kept])
    return (
        f"On raw pixels of {best.first.data.title}, without a network: {said}{alike}. The best "
        "network here, ",
        Arm(best.name),
        f", reaches {percent(best.accuracy.mean)}.",
    )


def joined(texts: Sequence[Text]) -> Text:
    """Sentences one after the other."""
    parts: list[Inline] = []
    for text in texts:
        parts += [" " if parts else "", *((text,) if isinstance(text, str) else text)]
    return tuple(parts)


def _seeds(material: Material) -> Insight:
    question = "How much does a result depend on the seed?"
    several = [arm for arm in material.measured if arm.accuracy and arm.accuracy.n > 1]
    if not several:
        return Insight(
            question, False, "Every arm has one run.", ("At least two seeds: ", Code("--seeds 3"))
        )
    parts: list[Inline] = ["Best and worst seed differ by "]
    for index, arm in enumerate(several[:MOST_TOLD]):
        assert arm.accuracy is not None
        values = arm.accuracy.values
        gap = max(values) - min(values)
        parts += [
            ", " if index else "",
            f"{fixed(gap)}{NBSP}points in ",
            Arm(arm.name),
        ]
    said = (*parts, _left_out(len(several) - MOST_TOLD), ".")
    return Insight(question, True, said, minor=True)


def _left_out(more: int) -> str:
    return f"; {counted(more, 'more arm')} not told here" if more > 0 else ""


def _mistakes(material: Material) -> Insight:
    """The pairs of classes most often confused, per arm, over its seeds."""
    question = "What is confused with what?"
    parts: list[Inline] = []
    wrong = [(a, worst) for a in material.measured if (worst := most_confused(a)) is not None]
    for arm, (true, said, share) in wrong[:MOST_TOLD]:
        parts += [
            "; " if parts else "",
            Arm(arm.name),
            f" {true} as {said} ({percent(share, 1)})",
        ]
    if not parts:
        return Insight(question, False, _no_mistakes(material))
    head = "Commonest mistake, and its share of an arm’s mistakes: "
    return Insight(
        question, True, (head, *parts, _left_out(len(wrong) - MOST_TOLD), "."), minor=True
    )


def _no_mistakes(material: Material) -> str:
    results = [r.record.result for arm in material.measured for r in arm.complete]
    if any(r and r.correct < r.images and not r.confusion for r in results):
        return (
            f"Records of more than {count(CONFUSION_CLASSES)} classes hold no confusion matrix, "
            "and the predictions, which give it, are not there."
        )
    return "No run made a mistake on the test set, or none ended."


def most_confused(arm: ArmRuns) -> tuple[str, str, float] | None:
    """(true class, predicted class, percent of all mistakes) summed over an arm's seeds."""
    totals = sum(map(_mistaken, arm.complete), Counter[tuple[int, int]]())
    if not totals:
        return None
    (true, said), images = max(totals.items(), key=lambda item: (item[1], item[0]))
    names = arm.first.data.class_names
    share = 100 * images / sum(totals.values())
    return names[true], names[said], share


def _mistaken(run: Run) -> Counter[tuple[int, int]]:
    """Images by (true class, predicted class), where these differ."""
    assert run.record.result is not None
    rows = enumerate(run.record.result.confusion)
    cells = {(true, said): n for true, row in rows for said, n in enumerate(row) if n}
    counts = Counter(cells)
    if not counts and (predicted := run.predictions()) is not None:
        # Of so many classes that the record holds no matrix.
        counts.update(
            zip(predicted.label.tolist(), predicted.top5_class[:, 0].tolist(), strict=True)
        )
    named = len(run.record.data.class_names)
    return Counter({p: n for p, n in counts.items() if p[0] != p[1] and max(p) < named})
