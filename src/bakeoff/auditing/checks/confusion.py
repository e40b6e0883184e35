"""Confusion matrices: their sums and their diagonal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Claim
from bakeoff.auditing.evaluation import SUBJECT, Share, compatible, key_of, subject
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding
from bakeoff.auditing.intervals import Interval, share, show_percent

LARGEST = 2_000
BESIDE = 4
"""Lines between a matrix and the sentence that introduces it."""


@dataclass
class Matrix:
    """A confusion matrix of whole counts. cells: (true, predicted) -> count."""

    claims: list[Claim]
    cells: dict[tuple[str, str], int]

    @property
    def labels(self) -> list[str]:
        """Labels of the rows, in order."""
        return list(dict.fromkeys(true for true, _ in self.cells))

    @property
    def total(self) -> int:
        """Number of images."""
        return sum(self.cells.values())

    @property
    def trace(self) -> int:
        """Images on the diagonal; the same for the transposed matrix."""
        return sum(n for (true, predicted), n in self.cells.items() if true == predicted)

    def sums(self, axis: int) -> dict[str, int]:
        """Sums by true (axis 0) or predicted class (axis 1)."""
        found: dict[str, int] = defaultdict(int)
        for labels, count in self.cells.items():
            found[labels[axis]] += count
        return dict(found)


def matrices(evidence: Evidence, *, all_square: bool = False) -> list[Matrix]:
    """Square confusion matrices of whole counts; what may be normalised is left out, unless
    all_square."""
    tables: dict[object, list[Claim]] = defaultdict(list)
    for claim in evidence.of("confusion"):
        table = claim.cell[0] if claim.cell else claim.section
        tables[claim.place.file, table].append(claim)
    square = [m for claims in tables.values() if (m := _matrix(claims)) is not None]
    return square if all_square else [m for m in square if _counts(m, evidence)]


def _matrix(claims: list[Claim]) -> Matrix | None:
    cells: dict[tuple[str, str], int] = {}
    for claim in claims:
        number = claim.number
        key = (claim.context.get("true", ""), claim.context.get("predicted", ""))
        if number is None or not all(key) or key in cells:
            return None
        if not number.exact or number.value != int(number.value) or "." in number.text:
            return None
        cells[key] = int(number.value)
    rows = {true for true, _ in cells}
    columns = {predicted for _, predicted in cells}
    square = rows == columns and len(cells) == len(rows) ** 2 and 2 <= len(rows) <= LARGEST
    return Matrix(claims, cells) if square else None


def _counts(matrix: Matrix, evidence: Evidence) -> bool:
    """False for percentages printed without decimals: every row then sums to about 100."""
    return not any(_hundreds(matrix.sums(axis)) for axis in (0, 1)) or _said(matrix, evidence)


def _said(matrix: Matrix, evidence: Evidence) -> bool:
    """True if the section tells as many images as the cells sum to, so that they are counts."""
    first = matrix.claims[0]
    return any(
        c.number is not None and c.number.value == matrix.total
        for c in evidence.of("test_images", "validation_images", "evaluated_images", "images")
        if c.place.file == first.place.file and c.section == first.section
    )


def _hundreds(sums: dict[str, int]) -> bool:
    return all(98 <= total <= 102 for total in sums.values())


@rule("confusion-trace", 17, "the diagonal of a confusion matrix gives the accuracy")
def confusion_trace(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Accuracy = trace / total.

    Example: a trace of 9,300 with 10,000 images is 93.00 %, not 93.5 %.

    The trace is the same whichever axis is the truth. Normalised matrices are left out.
    Source: the definition.
    """
    for matrix in matrices(evidence):
        accuracy = _accuracy_of(matrix, evidence)
        if accuracy is None or matrix.total == 0:
            continue
        exact = matrix.trace / matrix.total
        if accuracy.interval.meets(Interval(exact, exact)):
            continue
        first = matrix.claims[0]
        beside = abs(accuracy.claim.place.line - first.place.line) <= BESIDE
        own_split = "split" in first.context and "split" not in first.inherited
        same_split = beside or "split" in accuracy.claim.context or not own_split
        yield Finding(
            verdict="inconsistent" if same_split else "ambiguous",
            message=f"the confusion matrix gives {show_percent(exact)}, not {accuracy.words}",
            arithmetic=f"trace/total = {matrix.trace:,}/{matrix.total:,} = {exact:.6f}",
            claims=(accuracy.claim, matrix.claims[0]),
            assumptions=("matrix and accuracy of the same evaluation", "counts, not normalised"),
            resolve="Check whether both are of the same checkpoint and images",
            relies_on=frozenset({"unit"} if _one_model(evidence, matrix) else {"unit", "model"}),
        )


def _one_model(evidence: Evidence, matrix: Matrix) -> bool:
    """True if the document tells the accuracy of no more than one model."""
    file = matrix.claims[0].place.file
    names = {
        c.context.get("model")
        for c in evidence.of("accuracy", "error")
        if c.place.file == file and "class" not in c.context
    }
    return len(names) <= 1


def _accuracy_of(matrix: Matrix, evidence: Evidence) -> Share | None:
    """The only accuracy in the matrix's section that says nothing different of itself."""
    first = matrix.claims[0]
    own = subject(first)
    for metric, of_error in (("accuracy", False), ("error", True)):
        found = [
            c
            for c in evidence.of(metric)
            if c.number is not None
            and c.section == first.section
            and c.place.file == first.place.file
            and "class" not in c.context
            and compatible(subject(c), own)
        ]
        if len({key_of(c.number) for c in found}) == 1:
            number = found[0].number
            assert number is not None
            value = share(number)
            return Share(found[0], value.complement() if of_error else value, of_error)
        if found:
            return None
    return None


@rule("confusion-scores", 17, "a confusion matrix gives each class's recall and precision")
def confusion_scores(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Recall = diagonal / row sum (of the truth), precision = diagonal / column sum.

    Example: a row of 9 and 141 leaves the second class a recall of 0.94, not 0.99.

    Inconsistent where the figure fits neither axis; where it fits the other axis only, the finding
    is ambiguous. Read in the section of the matrix, for classes by the matrix's own names.

    Source: the definitions.
    """
    for matrix in matrices(evidence):
        first = matrix.claims[0]
        sums = (matrix.sums(0), matrix.sums(1))
        sure = first.sure("true", "predicted")
        for claim in evidence.of("recall", "precision"):
            name = claim.context.get("class", "")
            if claim.number is None or claim.spread is not None or name not in sums[0]:
                continue
            near = claim.section == first.section and claim.place.file == first.place.file
            if not near or not compatible(_arm(claim), _arm(first)):
                continue
            hits = matrix.cells[name, name]
            stated = share(claim.number).within(0, 1)
            fits = [
                total[name] > 0 and stated.meets(Interval(hits / total[name], hits / total[name]))
                for total in sums
            ]
            axis = 0 if claim.metric == "recall" else 1
            if fits[axis] or not sums[axis][name]:
                continue
            exact = hits / sums[axis][name]
            strict = not any(fits)
            yield Finding(
                verdict="inconsistent" if strict else "ambiguous",
                message=f"{claim.metric} {claim.number.text} of class {name!r} is not what the "
                f"confusion matrix gives, {show_percent(exact)}",
                arithmetic=f"{hits:,}/{sums[axis][name]:,} = {exact:.6f}"
                + ("" if sure else f", or {hits:,}/{sums[1 - axis][name]:,} of the other axis"),
                claims=(claim, first),
                assumptions=("matrix and figure of the same evaluation",),
                resolve="Check the row and its figure",
                relies_on=frozenset({"unit", "class"}),
            )


def _arm(claim: Claim) -> tuple[str | None, ...]:
    """The subject without the class."""
    own = subject(claim)
    at = SUBJECT.index("class")
    return (*own[:at], None, *own[at + 1 :])


@rule("confusion-sums", 17, "rows of a confusion matrix sum to the classes' images")
def confusion_sums(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """The matrix counts every test image once, and each class's images in its row.

    Example: a matrix of CIFAR-10's test set has ten rows that sum to 1,000 each.

    The sizes are checked only where the data set is known. A total that is not the test set's:
    ambiguous (a subset). The right total with neither rows nor columns that sum to the classes'
    sizes: inconsistent.

    A total printed beside its row is the row's sum: inconsistent where that of another row is.

    Assumes: counts, not normalised; the official test set.
    Source: the definition; sizes of the data sets' registry.
    """
    for matrix in matrices(evidence, all_square=True):
        yield from _row_totals(matrix, evidence)
    for matrix in matrices(evidence):
        first = matrix.claims[0]
        known = facts.dataset_of(first)
        if known is None or known.reported_images is None or len(matrix.labels) != known.classes:
            continue
        if first.context.get("split", known.reported_split) != known.reported_split:
            continue
        if matrix.total != known.reported_images:
            yield Finding(
                verdict="ambiguous",
                message=f"the confusion matrix holds {matrix.total:,} images, {known.title}'s "
                f"{known.reported_split} set {known.reported_images:,}",
                arithmetic=f"sum of all cells = {matrix.total:,}",
                claims=(first,),
                assumptions=(f"the official {known.reported_split} set of {known.title}",),
                resolve="Say which images the matrix is of",
            )
            continue
        sizes = sorted(known.per_class)
        sums = [matrix.sums(axis) for axis in (0, 1)]
        if not sizes or any(sorted(s.values()) == sizes for s in sums):
            continue
        wrong = {c: n for c, n in sums[0].items() if n not in sizes}
        shown = ", ".join(f"{c}: {n:,}" for c, n in list(wrong.items())[:5])
        yield Finding(
            verdict="inconsistent",
            message=f"neither rows nor columns of the confusion matrix sum to the classes' sizes "
            f"in {known.title}",
            arithmetic=f"sizes {sizes[0]:,} to {sizes[-1]:,}; rows that differ: {shown or 'order'}",
            claims=(first,),
            assumptions=(f"the official {known.reported_split} set of {known.title}",),
            resolve="Check the cells of the rows named",
            relies_on=frozenset({"dataset", "split"}),
        )


def _row_totals(matrix: Matrix, evidence: Evidence) -> Iterator[Finding]:
    """Totals that the table of a matrix prints beside its rows."""
    first = matrix.claims[0]
    sums = matrix.sums(0)
    printed = [
        (c, c.number, sums[name])
        for c in evidence.of("support")
        if c.cell is not None
        and first.cell is not None
        and (c.place.file, c.cell[0]) == (first.place.file, first.cell[0])
        and c.number is not None
        and (name := c.context.get("class", "")) in sums
    ]
    right = sum(number.value == total for _, number, total in printed)
    for claim, number, total in printed:
        if number.value == total:
            continue
        yield Finding(
            verdict="inconsistent" if right else "ambiguous",
            message=f"the row of {claim.context['class']!r} sums to {total:,}, not {number.text}",
            arithmetic=f"sum of its cells = {total:,}",
            claims=(claim, first),
            assumptions=(
                "the total is of the cells shown",
                *(("as those of other rows are",) * bool(right)),
            ),
            resolve="Check the row and its total",
            relies_on=frozenset({"class"}),
        )
