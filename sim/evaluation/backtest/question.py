"""Fits the chain of today to England of 2016 to 2019 and lets it go on to 2025.

Nothing later than March 2019 is used but for one thing: how many asylum-seeking children start in care for those there
is of 2025, the only figure there is. Their level stays at that of 2019, as all rates do.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from sim.evaluation.backtest.answer import Foretold
from sim.evaluation.backtest.series import (
    ASYLUM,
    CARE,
    CEASED,
    FIRST,
    KNOWN,
    LAST,
    NEED,
    PLANS,
    PLANS_STARTED,
    REFERRALS,
    STARTED,
    england_series,
)
from sim.evaluation.england.expecting import PER, CareCourse, CourseFigure, courses
from sim.evaluation.england.fit import FittedPlace, fit
from sim.evaluation.england.places import (
    ASYLUM_LEVEL_2025,
    ASYLUM_STARTED,
    LocalPlace,
    PlaceTarget,
    in_proportion,
)

CHILDREN_2019 = 399_510 / 339.8 * PER
"""Children under 18 in England: those in need in March 2019 over their rate per 10,000 (T-L6)."""
NEED_YEARS = 1.05
"""Mean length of an episode of need in 2012-13 (H4): no flow of need before 2019 is in the series."""
DOUBT = {"level": 0.01, "started": 0.03, "ended": 0.03}
NEED_DOUBT = 0.1
"""Relative standard error of a flow of need that was made of a length of 2012-13; an assumption."""


@dataclass(frozen=True)
class Backtest:
    """What was fitted and what it foretells."""

    fitted: FittedPlace
    course: CareCourse
    foretold: tuple[Foretold, ...]


def _asylum_started(year: int) -> float:
    """Give how many asylum-seeking children start in care in a year, by their level at its end."""
    return ASYLUM_STARTED / ASYLUM_LEVEL_2025 * england_series()[ASYLUM][year]


def _each(count: float) -> float:
    """Turn a count of England to one per 10,000 children of 2019."""
    return count / CHILDREN_2019 * PER


def levels(year: int) -> tuple[float, float, float]:
    """Give need (without plans and care), plans and care (without asylum-seeking children), per 10,000."""
    s = england_series()
    plan, care = _each(s[PLANS][year]), _each(s[CARE][year])
    return s[NEED][year] - plan - care, plan, care - _each(s[ASYLUM][year])


def started(year: int) -> tuple[float, float, float]:
    """Give who started in a year, per 10,000: need by its level over its length, plans, care."""
    s, asylum = england_series(), _each(_asylum_started(year))
    return s[NEED][year] / NEED_YEARS - asylum, _each(s[PLANS_STARTED][year]), _each(s[STARTED][year]) - asylum


def ceased(year: int) -> float:
    """Give who ceased to be looked after in a year, per 10,000, without asylum-seeking children."""
    s = england_series()
    asylum = _asylum_started(year) - (s[ASYLUM][year] - s[ASYLUM][year - 1])
    return _each(s[CEASED][year] - asylum)


def place_of_2019() -> LocalPlace:
    """Give England of 2016 to 2019 as a place to be fitted."""
    targets = []
    for year in range(FIRST, KNOWN + 1):
        at = year - FIRST
        for of, (words, value) in enumerate(zip(("in need", "on a plan", "looked after"), levels(year), strict=True)):
            targets.append(_target(f"{words}, 31 March {year}", CourseFigure("level", at, of), value, DOUBT["level"]))
        if not at:
            continue
        for of, (words, value) in enumerate(zip(("need", "plans", "care"), started(year), strict=True)):
            doubt = NEED_DOUBT if not of else DOUBT["started"]
            targets.append(_target(f"{words} started, {year}", CourseFigure("started", at - 1, of), value, doubt))
        targets.append(_target(f"care ceased, {year}", CourseFigure("ended", at - 1, 2), ceased(year), DOUBT["ended"]))
    flows = np.mean([started(year) for year in range(FIRST + 1, KNOWN + 1)], axis=0)
    referred = np.mean(
        [_each(england_series()[REFERRALS][y] - _asylum_started(y)) for y in range(FIRST + 1, KNOWN + 1)]
    )
    names = ("need_starts", "plan_starts", "care_starts", "in_need_level", "plan_level", "care_level")
    own = dict(zip(names, (*map(float, flows), *levels(KNOWN)), strict=True))
    given = in_proportion({"referrals": float(referred), **own})
    given |= dict(zip(("need_begins", "plan_begins", "care_begins"), levels(FIRST), strict=True))
    return LocalPlace("England, 2016 to 2019", CHILDREN_2019, given, tuple(targets), KNOWN - FIRST)


def _target(words: str, reading: CourseFigure, value: float, doubt: float) -> PlaceTarget:
    """Make a target; the chance of a count of England is nothing beside what its definition may be off."""
    count = value * CHILDREN_2019 / PER
    return PlaceTarget(words, reading, count, value, max(doubt * value, _each(sqrt(count))), "T-L1")


def backtest() -> Backtest:
    """Fit rates to 2016 to 2019 and foretell every year to 2025.

    Returns
    -------
        For each series and year from 2020 on what was published, what the chain foretells, and what two simple rules
        would have said: nothing changes from 2019 on, and the line through 2016 to 2019 goes on.
    """
    fitted = fit(place_of_2019())
    course = courses([fitted.parameters], LAST - FIRST)[0]
    s, asylum = england_series(), england_series()[ASYLUM][KNOWN]
    scale = CHILDREN_2019 / PER
    found = []
    for year in range(KNOWN + 1, LAST + 1):
        need, plan, care = course.levels[year - FIRST]
        flows = course.started[year - FIRST - 1]
        ended = course.ended[year - FIRST - 1, 2]
        asylum_started = _asylum_started(KNOWN)
        for name, value in (
            (CARE, care * scale + asylum), (PLANS, plan * scale), (NEED, need + plan + care + _each(asylum)),
            (STARTED, flows[2] * scale + asylum_started), (CEASED, ended * scale + asylum_started),
            (PLANS_STARTED, flows[1] * scale),
        ):  # fmt: skip
            past = range(FIRST, KNOWN + 1)
            slope, base = np.polyfit([y - KNOWN for y in past], [s[name][y] for y in past], 1)
            trend = float(base + slope * (year - KNOWN))
            found.append(Foretold(name, year, s[name][year], float(value), s[name][KNOWN], trend))
    return Backtest(fitted, course, tuple(found))
