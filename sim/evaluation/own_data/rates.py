"""Levels, flows and lengths of stay of looked-after children, by age: rounded rates on ten children or more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy.stats import CensoredData, ecdf

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.evaluation.own_data.returns import OPEN, CarePeriods
from sim.units import financial_year

LEAST = 10
"""Children that a figure rests on at least; one on fewer is left out."""
NEAREST = 5
"""Counts are rounded to it before rates are formed."""
BANDS = (("under 1", 0, 1), ("1 to 4", 1, 5), ("5 to 9", 5, 10), ("10 to 15", 10, 16), ("16 and 17", 16, 18))
ALL = "all ages"
AFTER_MONTHS = (3, 6, 12, 24)
DAYS_PER_YEAR = 365.25
LEVEL, LEVEL_BEFORE, BEGAN, LEFT = "looked after", "looked after a year before", "started", "ceased"
SHARE_OF_AGE, LEAVING, STILL = "share of those looked after", "leave care", "still looked after"


@dataclass(frozen=True)
class OwnFigure:
    """A figure of the council's own data; no value where it would rest on too few children."""

    figure: str
    age: str
    value: float | None
    unit: str


def own_figures(periods: CarePeriods, year: int, children: float) -> tuple[OwnFigure, ...]:
    """Make the figures of the year that ends on 31 March.

    Parameters
    ----------
    periods
        Of the return.
    year
        Whose 31 March ends it, such as 2025.
    children
        Children under 18 in the area.

    Returns
    -------
        Levels and flows per 10,000 children (a child counts once in a flow, as it does in the published ones), the mix
        of ages, how many leave a year by age, and the share still looked after so long after the start (Kaplan and
        Meier 1958, for periods whose start is in the file). Counts are rounded to five first; what rests on fewer than
        ten children, or leaves fewer than ten on the other side, has no value.
    """
    now, before = date(year, 3, 31).toordinal(), date(year - 1, 3, 31).toordinal()
    there, then = _there(periods, now), _there(periods, before)
    began = periods.is_start_known & _within(periods.begun, before, now)
    left = _within(periods.ended, before, now)
    rate = "children per 10000"
    levels = ((LEVEL, there), (LEVEL_BEFORE, then), (BEGAN, began), (LEFT, left))
    counts = [(name, _children(periods, which)) for name, which in levels]
    found = [
        OwnFigure(name, ALL, round(_rounded(n) / children * 10_000, 1) if n >= LEAST else None, rate)
        for name, n in counts
    ]
    found += _mix_of_ages(periods, there, (now - periods.born) / DAYS_PER_YEAR)
    found += _leaving(periods, before, now)
    found += _staying(periods, now)
    return tuple(found)


def _rounded(n: float) -> float:
    """Round a count to the nearest five."""
    return float(NEAREST * np.floor(n / NEAREST + 0.5))


def _there(periods: CarePeriods, day: int) -> BoolArray:
    """Say who is looked after at the end of a day, (period,)."""
    return np.asarray((periods.begun <= day) & (periods.ended > day))


def _within(days: IntArray, after: int, until: int) -> BoolArray:
    """Say which days lie after one and not after another."""
    return np.asarray((days > after) & (days <= until))


def _children(periods: CarePeriods, which: BoolArray) -> int:
    """Count the children of some periods, each once."""
    return len(np.unique(periods.child[which]))


def _mix_of_ages(periods: CarePeriods, there: BoolArray, ages: FloatArray) -> Iterator[OwnFigure]:
    """Give the share of each age band; were one alone left out, the smallest other is too, since they add up."""
    n = [_children(periods, there & (ages >= low) & (ages < high)) for _, low, high in BANDS]
    total = _children(periods, there)
    shown = [min(one, total - one) >= LEAST for one in n]
    if sum(shown) == len(shown) - 1:
        shown[min((i for i, is_shown in enumerate(shown) if is_shown), key=lambda i: n[i])] = False
    for (band, _, _), one, is_shown in zip(BANDS, n, shown, strict=True):
        yield OwnFigure(SHARE_OF_AGE, band, round(_rounded(one) / _rounded(total), 2) if is_shown else None, "share")


def _leaving(periods: CarePeriods, before: int, now: int) -> Iterator[OwnFigure]:
    """Give how many leave a year of being looked after, by age when they do."""
    for band, low, high in ((ALL, 0, 200), *BANDS):
        opens, closes = (periods.born + np.round(years * DAYS_PER_YEAR).astype(np.int64) for years in (low, high))
        start = np.maximum(np.maximum(periods.begun, before), opens)
        end = np.minimum(np.minimum(periods.ended, now), closes)
        years = float(np.clip(end - start, 0, None).sum()) / DAYS_PER_YEAR
        left = _within(periods.ended, before, now) & (periods.ended >= opens) & (periods.ended < closes)
        n, present = int(left.sum()), _children(periods, end > start)
        is_enough = min(_children(periods, left), present) >= LEAST and years > 0
        yield OwnFigure(LEAVING, band, round(_rounded(n) / years, 2) if is_enough else None, "1/year")


def _staying(periods: CarePeriods, now: int) -> Iterator[OwnFigure]:
    """Give the share still looked after so long after the start, by age at the start."""
    known = periods.is_start_known & (periods.begun <= now) & (periods.begun >= covered_from(periods))
    ages = (periods.begun - periods.born) / DAYS_PER_YEAR
    for band, low, high in ((ALL, -1, 200), *BANDS):
        mine = known & (ages >= low) & (ages < high)
        lengths = np.minimum(periods.ended, now)[mine] - periods.begun[mine]
        has_ended = (periods.ended <= now)[mine]
        for months in AFTER_MONTHS:
            days = months * DAYS_PER_YEAR / 12
            here = np.flatnonzero(mine)
            over = _distinct(periods.child[here[has_ended & (lengths <= days)]])
            still = _distinct(periods.child[here[lengths > days]])
            value = round(_survival(lengths, has_ended, days), 2) if min(over, still) >= LEAST else None
            yield OwnFigure(f"{STILL} after {months} months", band, value, "share")


def covered_from(periods: CarePeriods) -> int:
    """Give the first day from which on the files hold whoever left: the first of April before the first end."""
    ended = periods.ended[periods.ended != OPEN]
    if not len(ended):
        return int(periods.begun.max())
    first = date.fromordinal(int(ended.min()))
    return date(financial_year(first.year, first.month), 4, 1).toordinal()


def _distinct(children: IntArray) -> int:
    """Count children, each once."""
    return len(np.unique(children))


def _survival(lengths: IntArray, has_ended: BoolArray, days: float) -> float:
    """Give the share of periods longer than so many days, those that go on counted as long as they are seen."""
    sample = CensoredData(uncensored=lengths[has_ended], right=lengths[~has_ended])
    at: FloatArray = ecdf(sample).sf.evaluate(np.array([days]))
    return float(at[0])
