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
COUNTED = (LEVEL, LEVEL_BEFORE, BEGAN, LEFT)
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
    there, then = (present(periods.begun, periods.ended, day) for day in (now, before))
    began = periods.is_start_known & within(periods.begun, before, now)
    left = within(periods.ended, before, now)
    levels = ((LEVEL, there), (LEVEL_BEFORE, then), (BEGAN, began), (LEFT, left))
    counts = [(name, periods.child[which]) for name, which in levels]
    found = [per_10000(name, distinct(who), who, children) for name, who in counts]
    found += _mix_of_ages(periods, there, (now - periods.born) / DAYS_PER_YEAR)
    found += _leaving(periods, before, now)
    found += _staying(periods, now)
    return tuple(found)


def per_10000(name: str, n: float, children: IntArray, of: float, what: str = "children") -> OwnFigure:
    """Give a count as a rate.

    Parameters
    ----------
    name
        Of the figure.
    n
        The count, of children or of what happened to them.
    children
        Numbers of the children that it rests on, (any,); on fewer than ten there is no value.
    of
        Children under 18 in the area.
    what
        Is counted.
    """
    value = round(rounded(n) / of * 10_000, 1) if distinct(children) >= LEAST else None
    return OwnFigure(name, ALL, value, f"{what} per 10000")


def rounded(n: float) -> float:
    """Round a count to the nearest five."""
    return float(NEAREST * np.floor(n / NEAREST + 0.5))


def present(begun: IntArray, ended: IntArray, day: int) -> BoolArray:
    """Say what has begun and not ended at the end of a day."""
    return np.asarray((begun <= day) & (ended > day))


def within(days: IntArray, after: int, until: int) -> BoolArray:
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
        yield OwnFigure(SHARE_OF_AGE, band, round(rounded(one) / rounded(total), 2) if is_shown else None, "share")


def _leaving(periods: CarePeriods, before: int, now: int) -> Iterator[OwnFigure]:
    """Give how many leave a year of being looked after, by age when they do."""
    for band, low, high in ((ALL, 0, 200), *BANDS):
        opens, closes = (periods.born + np.round(years * DAYS_PER_YEAR).astype(np.int64) for years in (low, high))
        start = np.maximum(np.maximum(periods.begun, before), opens)
        end = np.minimum(np.minimum(periods.ended, now), closes)
        years = float(np.clip(end - start, 0, None).sum()) / DAYS_PER_YEAR
        left = within(periods.ended, before, now) & (periods.ended >= opens) & (periods.ended < closes)
        n, present = int(left.sum()), _children(periods, end > start)
        is_enough = min(_children(periods, left), present) >= LEAST and years > 0
        yield OwnFigure(LEAVING, band, round(rounded(n) / years, 2) if is_enough else None, "1/year")


def _staying(periods: CarePeriods, now: int) -> Iterator[OwnFigure]:
    """Give the share still looked after so long after the start, by age at the start."""
    known = periods.is_start_known & (periods.begun <= now) & (periods.begun >= covered_from(periods))
    ages = (periods.begun - periods.born) / DAYS_PER_YEAR
    for band, low, high in ((ALL, -1, 200), *BANDS):
        mine = known & (ages >= low) & (ages < high)
        lengths = np.minimum(periods.ended, now)[mine] - periods.begun[mine]
        has_ended = (periods.ended <= now)[mine]
        for months in AFTER_MONTHS:
            value = still_after(months, periods.child[mine], lengths, has_ended)
            yield OwnFigure(f"{STILL} after {months} months", band, value, "share")


def still_after(months: int, child: IntArray, lengths: IntArray, has_ended: BoolArray) -> float | None:
    """Give the share that goes on longer than some months (Kaplan and Meier).

    Parameters
    ----------
    months
        After the start.
    child
        Number of the child, (period,).
    lengths
        Days, as far as they are seen, (period,).
    has_ended
        Whether the end is seen, (period,).

    Returns
    -------
        None where fewer than ten children are seen to have ended by then, or to go on.
    """
    days = months * DAYS_PER_YEAR / 12
    over, still = (distinct(child[which]) for which in (has_ended & (lengths <= days), lengths > days))
    return round(_survival(lengths, has_ended, days), 2) if min(over, still) >= LEAST else None


def covered_from(periods: CarePeriods) -> int:
    """Give the first day from which on the files hold whoever left: the first of April before the first end."""
    ended = periods.ended[periods.ended != OPEN]
    if not len(ended):
        return int(periods.begun.max())
    first = date.fromordinal(int(ended.min()))
    return date(financial_year(first.year, first.month), 4, 1).toordinal()


def distinct(children: IntArray) -> int:
    """Count children, each once."""
    return len(np.unique(children))


def _survival(lengths: IntArray, has_ended: BoolArray, days: float) -> float:
    """Give the share of periods longer than so many days, those that go on counted as long as they are seen."""
    sample = CensoredData(uncensored=lengths[has_ended], right=lengths[~has_ended])
    at: FloatArray = ecdf(sample).sf.evaluate(np.array([days]))
    return float(at[0])
