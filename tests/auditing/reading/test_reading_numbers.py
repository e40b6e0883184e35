"""Numbers are read as printed, and what is no number is left alone."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bakeoff.auditing.reading.cells import read_cell
from bakeoff.auditing.reading.numbers import figures, number, plain

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
PRINTED = [
    # text, value, half, unit, qualifier
    ("98.87%", "98.87", "0.005", "percent", ""),
    ("98.87 %", "98.87", "0.005", "percent", ""),
    ("76.13\\%", "76.13", "0.005", "percent", ""),
    ("99.0", "99.0", "0.05", "", ""),
    ("99", "99", "0.5", "", ""),
    ("99,87 %", "99.87", "0.005", "percent", ""),
    ("0,9887", "0.9887", "0.00005", "", ""),
    ("60,000", "60000", "0.5", "", ""),
    ("1,281,167", "1281167", "0.5", "", ""),
    ("50\u2009000", "50000", "0.5", "", ""),
    ("1.2 million", "1200000", "50000", "", ""),
    ("25.6M", "25600000", "50000", "", ""),
    ("1e-3", "0.001", "0.0005", "", ""),
    ("2.83e18", "2.83e18", "5e15", "", ""),
    ("1.5×10^-4", "0.00015", "0.000005", "", ""),
    ("1.3 points", "1.3", "0.05", "points", ""),
    ("1.3 percentage points", "1.3", "0.05", "points", ""),
    ("~98%", "98", "0.5", "percent", "about"),
    ("about 98%", "98", "0.5", "percent", "about"),
    ("> 98%", "98", "0.5", "percent", "at least"),
    ("over 75%", "75", "0.5", "percent", "at least"),
    ("< .05", "0.05", "0.005", "", "at most"),
    ("100+", "100", "0.5", "", "at least"),
    ("-0.5", "-0.5", "0.05", "", ""),
    ("−0.5", "-0.5", "0.05", "", ""),
]


@pytest.mark.parametrize(("text", "value", "half", "unit", "qualifier"), PRINTED)
def test_value_and_last_digit_are_those_printed(text, value, half, unit, qualifier):
    (figure,) = figures(text)
    assert (figure.number.value, figure.number.half) == (Decimal(value), Decimal(half))
    assert (figure.number.unit, figure.number.qualifier) == (unit, qualifier)


@pytest.mark.parametrize(
    "text",
    ["98.x", "98.xx%", "ResNet-50", "top-1", "v1.2.3", "3D", "2nd", "A100", "x32", "007", "1.2.3"],
)
def test_names_versions_and_placeholders_are_no_numbers(text):
    assert list(figures(text)) == []


@pytest.mark.parametrize("text", ["19.6–21.9", "19.6-21.9 %", "19.6 to 21.9%", "19.6--21.9"])
def test_a_range_is_one_number_with_two_ends(text):
    (figure,) = figures(text)
    assert (figure.number.value, figure.number.upper) == (Decimal("19.6"), Decimal("21.9"))
    assert figure.number.qualifier == "range"
    assert (figure.number.low, figure.number.high) == (Decimal("19.55"), Decimal("21.95"))


def test_what_rises_from_one_number_to_another_is_no_range():
    assert [f.number.text for f in figures("from 93.2 to 94.5")] == ["93.2", "94.5"]


@pytest.mark.parametrize("sign", ["±", " ± ", "+/-", " \\pm ", " +- "])
def test_a_spread_belongs_to_its_number(sign):
    (figure,) = figures(f"95.2{sign}0.3%")
    assert figure.spread is not None
    assert (figure.number.value, figure.spread.value) == (Decimal("95.2"), Decimal("0.3"))
    assert figure.number.unit == figure.spread.unit == "percent"


def test_a_number_printed_in_full_by_a_program_is_as_wide_as_single_precision():
    (figure,) = figures("0.9886999726295471")
    assert figure.number.low < Decimal("0.9887") < figure.number.high
    assert figure.number.half < Decimal("1e-6")


def test_open_ends_are_infinite():
    assert next(figures("at least 98")).number.high == Decimal("Infinity")
    assert next(figures("below 98")).number.low == Decimal("-Infinity")


@UNHURRIED
@given(st.integers(0, 10**10), st.integers(0, 4))
def test_any_rounded_number_reads_back_with_the_truth_in_its_interval(units, places):
    true = Decimal(units).scaleb(-4)
    printed = f"{true:.{places}f}"
    read = number(printed)
    assert read is not None
    assert read.low <= true <= read.high
    assert read.half == Decimal(1).scaleb(-places) / 2


@UNHURRIED
@given(st.integers(0, 10**15))
def test_thousands_separators_change_nothing(count):
    for printed in (f"{count}", f"{count:,}"):
        read = number(printed)
        assert read is not None
        assert read.value == count


@UNHURRIED
@given(st.text(alphabet="0123456789.,-+±%~<>–— eExX×\u2009", max_size=60))
def test_any_string_of_digits_and_signs_is_read_without_error(text):
    for figure in figures(text):
        assert 0 <= figure.start < figure.end <= len(text)
        assert figure.number.half > 0
        assert figure.number.value.is_finite()


@UNHURRIED
@given(st.from_regex(r"(?:0|[1-9]\d{0,9})(?:\.\d{1,7})?%?", fullmatch=True))
def test_a_plain_cell_is_read_as_the_figures_of_a_text_are(text):
    figure = next(figures(text))
    assert figure.end == len(text)
    assert plain(text) == figure.number
    assert read_cell(text).number == figure.number


@UNHURRIED
@given(st.text("0123456789.,%-+ e", max_size=12))
def test_a_plain_cell_is_nothing_but_one_figure(text):
    if (found := plain(text)) is not None:
        assert [f.number for f in figures(text)] == [found]
