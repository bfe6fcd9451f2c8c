"""Counts times price: by line, in total, by meter, by payer and by year, against loops written out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sim.arrays import FloatArray
from sim.money.bill import (
    among_payers,
    bill,
    by_year,
    mean_of_years,
    meters_of_lines,
    prices_of_meters,
    total_bill,
    until_begun,
    whole_steps,
)

METERS = ("a", "b")
AT = meters_of_lines(METERS, ["b", "a", "b"])
COUNTS: FloatArray = np.arange(12.0).reshape(2, 3, 2)  # (replication, step, meter)
PRICE: FloatArray = np.array([[1.0, 10.0, 100.0], [2.0, 20.0, 200.0], [3.0, 30.0, 300.0]])  # (step, line)


def test_each_line_prices_what_its_meter_counts() -> None:
    assert AT.tolist() == [1, 0, 1]
    expected = [[[COUNTS[r, s, AT[i]] * PRICE[s, i] for i in range(3)] for s in range(3)] for r in range(2)]
    assert np.array_equal(bill(COUNTS, AT, PRICE), expected)
    assert bill(COUNTS, AT[:0], PRICE[:, :0]).shape == (2, 3, 0)


def test_a_line_of_no_meter_is_an_error() -> None:
    with pytest.raises(ValueError, match="not in"):
        meters_of_lines(METERS, ["c"])


def test_the_total_is_the_sum_of_chosen_lines() -> None:
    lines = np.array([True, False, True])
    assert np.array_equal(total_bill(COUNTS, AT, PRICE, lines), bill(COUNTS, AT, PRICE)[..., lines].sum(axis=-1))


def test_prices_of_a_meter_are_those_of_its_lines_in_the_ledger() -> None:
    member = np.array([[1, 1], [0, 1], [0, 1]], dtype=np.bool_)  # (line, ledger)
    narrow, wide = prices_of_meters(PRICE, AT, member, len(METERS))
    assert narrow.tolist() == [[0, 1], [0, 2], [0, 3]]
    assert wide.tolist() == [[10, 101], [20, 202], [30, 303]]
    total = (COUNTS * wide).sum(axis=-1)
    assert np.array_equal(total, total_bill(COUNTS, AT, PRICE, np.ones(3, dtype=np.bool_)))


def test_payers_share_what_lines_cost() -> None:
    shares = np.array([[1.0, 0.0], [0.5, 0.5], [0.25, 0.75]])  # (line, agency)
    assert among_payers(np.array([4.0, 2.0, 8.0]), shares).tolist() == [7.0, 7.0]


def test_years_hold_the_sum_of_pounds_and_the_mean_of_prices() -> None:
    years = np.array([0, 0, 1])
    assert by_year(PRICE, whole_steps(years, 2)).tolist() == [[3, 30, 300], [3, 30, 300]]
    assert mean_of_years(PRICE, years, 3).tolist() == [[1.5, 15, 150], [3, 30, 300], [0, 0, 0]]


@pytest.mark.parametrize("start", [0, 1, 3])
def test_prices_are_the_baselines_until_a_regime_begins(start: int) -> None:
    expected = np.concatenate([np.zeros_like(PRICE[:start]), PRICE[start:]])
    assert np.array_equal(until_begun(PRICE, np.zeros_like(PRICE), start), expected)
    along = until_begun(PRICE.T[None], np.zeros((1, 3, 3)), start, axis=2)
    assert np.array_equal(along[0].T, expected)
