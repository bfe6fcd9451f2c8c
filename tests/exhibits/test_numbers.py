"""Numbers in words: places, signs, significant figures, intervals, and a dash for what is not known."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.exhibits.numbers import (
    MINUS,
    Writer,
    difference,
    digits,
    expected,
    figure,
    fixed,
    interval,
    millions,
    months,
    plural,
    pounds,
    ratio,
    scale_of,
    share,
    short,
    signed,
    span,
)
from sim.intervals import Estimate


def test_numbers_as_people_read_them() -> None:
    assert figure(None) == "–"
    assert [figure(x) for x in (1234567.8, -1234.5, -0.2)] == ["1,234,568", "−1,234", "0"]
    assert [signed(x) for x in (12.0, -12.0, 0.0)] == ["+12", "−12", "0"]
    assert difference({"mean": -3.0, "low": -5.0, "high": 1.0}) == "−3 (−5 to +1)"
    assert [share(0.01234), share(None), months(2.04)] == ["1.23%", "–", "2.0"]
    assert [fixed(x, 1, sign=True) for x in (2.04, -2.04, -0.04, math.nan)] == ["+2.0", "−2.0", "0.0", "–"]
    assert [fixed(x, 1, finer_below=10) for x in (9.876, 98.76)] == ["9.88", "98.8"]
    assert [digits(x) for x in (0.012345, -12.345, 999.7, 12345.6, None)] == ["0.0123", "−12.3", "1,000", "12,346", "–"]
    assert [interval(Estimate(2e6, low, 3e6), millions) for low in (1e6, None)] == ["2.0 (1.0 to 3.0)", "2.0"]
    assert interval(Estimate(math.nan)) == "–"
    assert [plural(unit) for unit in ("family", "child", "grandchild", "adult")] == [
        "families",
        "children",
        "grandchildren",
        "adults",
    ]


def read_back(text: str) -> float:
    """Read a number as a person would."""
    return float(text.replace(",", "").replace(MINUS, "-"))


@given(st.floats(1e-9, 1e15), st.booleans())
def test_a_figure_reads_back_within_half_a_unit_of_its_third_digit(size: float, negative: bool) -> None:
    """Half a unit, and what a double cannot hold; no powers of ten, and separators in every three digits."""
    text = digits(-size if negative else size)
    assert "e" not in text
    assert text.startswith(MINUS) == negative
    unit = 10.0 ** (math.floor(math.log10(size)) - 2)
    assert abs(abs(read_back(text)) - size) <= 0.5 * unit * (1 + 1e-9)
    assert re.fullmatch(rf"{MINUS}?(\d{{1,3}}(,\d{{3}})*|0\.\d+|\d+\.\d+)", text)


@given(st.floats(-1e15, 1e15))
@pytest.mark.parametrize("write", [digits, expected, figure, signed, ratio, months, share, millions, pounds])
def test_nothing_is_written_by_powers_of_ten_or_as_minus_nothing(write: Writer, value: float) -> None:
    text = write(value)
    assert not re.search(r"\de", text)
    assert not re.fullmatch(rf"{MINUS}£?0(\.0*)?%?", text)
    assert "-" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.3, "less than £1"), (-0.3, "less than £1 below nothing"), (0.0, "£0"), (-0.0, "£0"), (0.5, "£0.5"),
        (12.345, "£12.3"),
        (151_600.0, "£151,600"), (1_516_000.0, "£1.52 million"), (-2.5e9, f"{MINUS}£2,500 million"),
        (999_999.7, "£1 million"), (None, "–"), (math.nan, "–"),
    ],
)  # fmt: skip
def test_pounds(value: float | None, text: str) -> None:
    assert pounds(value) == text


def test_figures_at_the_turn_of_a_digit() -> None:
    """A number that rounds up to the next power of ten has one place fewer."""
    assert [digits(x) for x in (0.09996, 9.996, 99.96, 999.6, 0.0, -0.0, math.inf)] == [
        "0.1", "10", "100", "1,000", "0", "0", "∞",
    ]  # fmt: skip
    assert [digits(x, sign=True) for x in (0.001648, -0.001648, 0.0)] == ["+0.00165", "−0.00165", "0"]
    assert expected(151_648.3) == "151,648"


@pytest.mark.parametrize(
    ("mean", "half", "text"),
    [
        (18_999, 2_777, "19,000 ± 2,800"), (872.4, 11.2, "872 ± 11"),
        (19_053, 22, "19,053 ± 22"), (1274, 541, "1,270 ± 540"),
        (0.002, 0.019, "0.002 ± 0.019"), (40, 5_200, "40 ± 5,200"),
    ],
)  # fmt: skip
def test_a_mean_is_as_fine_as_its_interval_bears(mean: float, half: float, text: str) -> None:
    assert short({"mean": mean, "low": mean - half, "high": mean + half}, finest=3) == text


def test_without_an_interval_pounds_have_three_figures() -> None:
    assert short({"mean": 19_053.0, "low": None, "high": None}, finest=0) == "19,100"
    assert short({"mean": -22_430.0, "low": None, "high": None}, finest=0, sign=True) == f"{MINUS}22,400"


@pytest.mark.parametrize(
    ("months", "text"),
    [
        (0.79, "0.79 months"), (1.0, "1 month"), (0.0, "0 months"), (0.05, "1.52 days"),
        (-0.001648, f"{MINUS}1.2 hours"),
        (3e-10, "less than a minute"), (None, "–"), (float("nan"), "–"),
    ],
)  # fmt: skip
def test_a_wait_is_said_in_a_unit_that_suits_it(months: float | None, text: str) -> None:
    assert span(months) == text


@pytest.mark.parametrize(
    ("largest", "unit"),
    [(0.0, "£"), (9_999.0, "£"), (10_000.0, "£ thousand"), (9_999_999.0, "£ thousand"), (1e7, "£ million")],
)
def test_amounts_are_told_in_a_unit_of_which_there_are_ten(largest: float, unit: str) -> None:
    factor, told = scale_of(np.array([[-largest, largest / 2]]))
    assert told == unit
    assert factor == {"£": 1.0, "£ thousand": 1e3, "£ million": 1e6}[unit]
    assert scale_of(np.zeros(0)) == (1.0, "£")


def test_what_is_next_to_nothing_is_no_row_of_noughts() -> None:
    assert digits(3.25e-16) == "less than 0.000000001"
    assert digits(1e-9) == "0.000000001"
