"""A small made-up census to try things with: no real child or area is in it; the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from math import exp, log

from sim.engine.fate.draws import key, one_uniform
from sim.evaluation.own_data.sample import LAST

HEAD = """\
<?xml version="1.0" encoding="utf-8"?>
<Message>
<Header>
<CollectionDetails><Collection>CIN</Collection><Year>2025</Year><ReferenceDate>2025-03-31</ReferenceDate></CollectionDetails>
<Source><SourceLevel>L</SourceLevel><SoftwareCode>made up</SoftwareCode><SerialNo>001</SerialNo></Source>
</Header>
<Children>"""
TAIL = """\
</Children>
</Message>"""
KEY = 17
FIRST_OF_YEAR = date(2024, 4, 1).toordinal()
REFERRALS_A_YEAR, YEARS = 4_000, 7
NO_ACTION, NOT_IN_NEED = 0.065, 0.308
"""Shares of referrals, about England's (T-L11)."""
QUICK_DAYS, CLOSE, CLOSE_LATER = 91, 2.4, 0.8
"""Days from the referral, and rates a year at which those in need are closed within them and later."""
ON_PLAN = 0.2
"""Share of those in need who get a plan, if they are in need for long enough."""
_DAYS, _ASSESSED, _TO_PLAN, _PLAN = 365.25, 45, 30, (200, 400)


def sample_census() -> str:
    """Give the text of a census file: children who were referred, or in need, between April 2024 and March 2025."""
    children = (_child(i) for i in range(REFERRALS_A_YEAR * YEARS))
    return "\n".join([HEAD, *(child for child in children if child), TAIL]) + "\n"


def _child(i: int) -> str:
    """Write a child with a referral; nothing where it was closed before the year."""
    draw = [one_uniform(key(KEY, "child", i), n) for n in range(8)]
    begun = LAST - int(draw[0] * YEARS * _DAYS)
    no_action, is_out = draw[1] < NO_ACTION, draw[1] < NO_ACTION + NOT_IN_NEED
    ended = begun + (1 + int(draw[2] * _ASSESSED) if is_out else 1 + int(_length(draw[2]) * _DAYS))
    if ended < FIRST_OF_YEAR or (no_action and begun < FIRST_OF_YEAR):
        return ""
    is_unborn = draw[3] < 0.01 and begun > LAST - 200
    birth = LAST + 60 if is_unborn else begun - int(draw[3] * 17.5 * _DAYS)
    named = "ExpectedPersonBirthDate" if is_unborn else "PersonBirthDate"
    inside = [("CINreferralDate", _written(begun)), ("ReferralSource", "1A")]
    if not no_action:
        inside.append(("PrimaryNeedCode", "N1"))
        if ended <= LAST:
            inside += [("CINclosureDate", _written(ended)), ("ReasonForClosure", "RC8" if is_out else "RC7")]
    episode = "".join(_element(*each) for each in [*inside, ("ReferralNFA", str(int(no_action)))])
    plans = "" if is_out else "".join(_plan(begun, ended, draw))
    ids = _element("LAchildID", f"SAMPLE{i:05d}") + _element(named, _written(birth))
    return f"<Child><ChildIdentifiers>{ids}</ChildIdentifiers><CINdetails>{episode}{plans}</CINdetails></Child>"


def _length(u: float) -> float:
    """Turn a uniform draw into years in need, by the inverse of the survival of two rates."""
    still, quick = 1.0 - u, QUICK_DAYS / _DAYS
    later = exp(-CLOSE * quick)
    return -log(still) / CLOSE if still > later else quick - log(still / later) / CLOSE_LATER


def _plan(begun: int, ended: int, draw: list[float]) -> Iterator[str]:
    """Write the plan of an episode, where it has one that the year is to know of."""
    start = begun + _TO_PLAN + int(draw[5] * 10)
    end = min(ended, start + _PLAN[0] + int(draw[6] * _PLAN[1]))
    if draw[4] < ON_PLAN and start <= min(ended, LAST) and end >= FIRST_OF_YEAR:
        days = [("CPPstartDate", _written(start))] + ([("CPPendDate", _written(end))] if end <= LAST else [])
        yield _element("ChildProtectionPlans", "".join(_element(*each) for each in days))


def _element(name: str, inside: str) -> str:
    """Write an element."""
    return f"<{name}>{inside}</{name}>"


def _written(day: int) -> str:
    """Write a day as yyyy-mm-dd."""
    return date.fromordinal(day).isoformat()
