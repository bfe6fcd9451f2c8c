"""A bill is counts times prices: the only place where the two are multiplied. Arrays in, arrays out.

Axes have the same names everywhere: a ``meter`` counts, a ``line`` prices what one meter counts (``line_meter`` says
which), an ``agency`` pays shares of lines, a ``ledger`` has some of them as members. Leaves out where counts are kept
and what prices are (``prices``). Sums avoid matrix multiplication, whose order depends on the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray


def meters_of_lines(meters: Sequence[str], line_meter: Sequence[str]) -> IntArray:
    """Give the index of the meter that each line counts with, (line,)."""
    return np.array([meters.index(name) for name in line_meter], dtype=np.intp)


def bill(counts: FloatArray, line_meter: IntArray, price: FloatArray) -> FloatArray:
    """Price counts line by line.

    Parameters
    ----------
    counts
        (..., step, meter); instead of steps there may be years, with the mean price of each.
    line_meter
        Index of each line's meter, (line,).
    price
        Pounds of one, (step, line) or what broadcasts to (..., step, line).

    Returns
    -------
        Pounds, (..., step, line).
    """
    return np.asarray(counts[..., line_meter] * price)  # (..., step, meter) -> (..., step, line)


def total_bill(counts: FloatArray, line_meter: IntArray, price: FloatArray, lines: BoolArray) -> FloatArray:
    """Price counts (replication, step, meter) and add chosen lines up, in their order, (replication, step)."""
    total = np.zeros(counts.shape[:-1])
    for i in np.flatnonzero(lines):  # one at a time: all lines together would be large
        total += counts[..., line_meter[i]] * price[..., i]
    return total


def prices_of_meters(
    price: FloatArray, line_meter: IntArray, member: FloatArray | BoolArray, n_meters: int
) -> FloatArray:  # fmt: skip
    """Add up what one count of each meter costs in all lines of a ledger, (ledger, step, meter).

    ``price`` is (step, line), ``member`` whether a line is in a ledger, (line, ledger).
    """
    result = np.zeros((member.shape[1], len(price), n_meters))
    for line, ledger in np.argwhere(member):
        result[ledger, :, line_meter[line]] += price[:, line]
    return result


def among_payers(per_line: FloatArray, shares: FloatArray) -> FloatArray:
    """Share amounts (..., line) among those who pay by ``shares`` (line, agency), (..., agency)."""
    paid: FloatArray = np.einsum("...l,la->...a", per_line, shares, optimize=False)
    return paid


def by_year(per_step: FloatArray, shares: FloatArray) -> FloatArray:
    """Share (..., step, line) among years to (..., year, line), steps in their order.

    ``shares`` has the share of each step that lies in each year, (step, year); each row sums to 1.
    """
    result = np.zeros((*per_step.shape[:-2], shares.shape[1], per_step.shape[-1]))
    for step, year in np.argwhere(shares):
        result[..., year, :] += per_step[..., step, :] * shares[step, year]
    return result


def whole_steps(years: IntArray, n_years: int) -> FloatArray:
    """Give the shares of steps that lie wholly in the year of their index ``years``, (step, year)."""
    return np.eye(n_years)[years]


def shares_of_counted(shares: FloatArray, years: IntArray) -> FloatArray:
    """Give how the money of what is counted in a year is shared, (year of the count, year of the money).

    Counts that are kept by year alone are taken to be even over the steps of the year; ``years`` has the index of the
    year in which each step is counted, (step,).
    """
    counted = whole_steps(years, shares.shape[1])
    steps = np.maximum(counted.sum(axis=0), 1.0)
    shared: FloatArray = np.einsum("sc,sy->cy", counted, shares, optimize=False) / steps[:, None]
    return shared


def mean_of_years(price: FloatArray, years: IntArray, n_years: int) -> FloatArray:
    """Average prices within years, for counts that are kept by year alone, (..., year, line); 0 without steps."""
    steps = np.maximum(np.bincount(years, minlength=n_years), 1)
    return by_year(price, whole_steps(years, n_years)) / steps[:, None]


def until_begun(own: FloatArray, before: FloatArray, start: int, axis: int = 0) -> FloatArray:
    """Give what holds in a regime: the baseline's (``before``) in the first ``start`` places, then its own."""
    places = np.arange(own.shape[axis]).reshape(-1, *([1] * (own.ndim - 1 - axis)))
    return np.where(places < start, before, own)
