"""Spells of one child of the census, in need and on plans: read from its groups, and held against each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from sim.errors import Problem
from sim.evaluation.england.cells import PlacedCell
from sim.evaluation.own_data.groups import XmlGroup
from sim.evaluation.own_data.returns import OPEN

HEADER, SOURCE, CHILD = "Message/Header/CollectionDetails", "Message/Header/Source", "Message/Children/Child"
IDENTIFIERS, NEED = f"{CHILD}/ChildIdentifiers", f"{CHILD}/CINdetails"
PLAN = f"{NEED}/ChildProtectionPlans"
BORN = ("PersonBirthDate", "ExpectedPersonBirthDate")
REFERRED, CLOSED, REASON, FLAG = "CINreferralDate", "CINclosureDate", "ReasonForClosure", "ReferralNFA"
PLAN_STARTED, PLAN_ENDED = "CPPstartDate", "CPPendDate"
READ = {
    HEADER: ("Collection", "ReferenceDate"), SOURCE: ("LEA",), CHILD: (), IDENTIFIERS: ("LAchildID", *BORN),
    NEED: (REFERRED, FLAG, CLOSED, REASON), PLAN: (PLAN_STARTED, PLAN_ENDED),
}  # fmt: skip
"""Groups of the file, and what is read of each."""
NO_ACTION = {"1": True, "true": True, "0": False, "false": False}
AFTER_ASSESSMENT = ("RC8", "RC9")
"""Reasons for the closure of a case that was assessed and found not to be in need; after RC9 early help followed."""
MOST_BEFORE_BIRTH = 280
"""Days before a birth, or that which is expected, on which a child is referred at the earliest."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_REASON = re.compile(r"RC[1-9]")
_Check = tuple[PlacedCell, str, bool, str]


@dataclass(frozen=True)
class PlacedSpell:
    """A spell of a child, its days as ordinals of the calendar, and where its first day stands."""

    begun: int
    ended: int
    start: PlacedCell
    no_action: bool = False
    after_assessment: bool = False


def identified(child: XmlGroup, groups: Sequence[XmlGroup], first: dict[str, str]) -> Iterator[Problem]:
    """Note where the id of a child stands, in ``first``, and name what is wrong with what a child is known by."""
    found = [one for one in groups if one.path == IDENTIFIERS]
    if len(found) != 1:
        yield Problem(child.where, "Child", f"has {len(found) or 'no'} groups ChildIdentifiers; it must have one")
        return
    cell = found[0].of("LAchildID")
    if not cell.text:
        yield Problem(cell.where, "LAchildID", "is missing or blank")
    elif cell.text in first:
        yield Problem(cell.where, "LAchildID", f"this child stands at {first[cell.text]} already")
    first.setdefault(cell.text, cell.where)
    in_need = any(not NO_ACTION.get(one.of(FLAG).text.lower()) for one in groups if one.path == NEED)
    if in_need and not any(found[0].of(name).text for name in BORN):
        yield Problem(found[0].where, BORN[0], f"is missing or blank, and so is {BORN[1]}, for a child in need")


def spells(
    groups: Sequence[XmlGroup], ends: date, problems: list[Problem]
) -> tuple[list[PlacedSpell], list[PlacedSpell]]:
    """Read the spells of a child: its referrals, in need or without further action, and its plans.

    Parameters
    ----------
    groups
        The child's, plans before the episode that they are in.
    ends
        Last day of the year that the census is of.
    problems
        What is wrong is added here.
    """
    before = len(problems)
    birth = max((_birth(one, problems) for one in groups if one.path == IDENTIFIERS), default=0)
    referrals: list[PlacedSpell] = []
    plans: list[PlacedSpell] = []
    inside: list[XmlGroup] = []
    for group in groups:
        if group.path == PLAN:
            inside.append(group)
        elif group.path == NEED:
            referrals.append(_episode(group, birth, ends, problems))
            mine = [_plan(one, ends, problems) for one in inside]
            if len(problems) == before:
                problems += (said for one in mine for said in _outside(one, referrals[-1]))
            plans, inside = [*plans, *mine], []
    if len(problems) == before:
        need = [one for one in referrals if not one.no_action]
        problems += [*_overlapping(need, REFERRED), *_overlapping(plans, PLAN_STARTED)]
    return referrals, plans


def day(cell: PlacedCell) -> date | None:
    """Read a date; None where it is none."""
    try:
        return date.fromisoformat(cell.text) if _DATE.fullmatch(cell.text) else None
    except ValueError:
        return None


def _ordinal(group: XmlGroup, name: str, problems: list[Problem], blank: int | None = None) -> int:
    """Read a day; one that is missing is ``blank``, or wrong where that is None."""
    cell = group.of(name)
    found = day(cell)
    if found is not None:
        return found.toordinal()
    if cell.text or blank is None:
        said = "must be a day of the calendar written yyyy-mm-dd" if cell.text else "is missing or blank"
        problems.append(Problem(cell.where, name, said))
    return blank or 0


def _birth(identifiers: XmlGroup, problems: list[Problem]) -> int:
    """Give the day of birth, or without it the one on which it is expected; 0 where there is neither."""
    born, expected = (_ordinal(identifiers, name, problems, 0) for name in BORN)
    return born or expected


def _episode(group: XmlGroup, birth: int, ends: date, problems: list[Problem]) -> PlacedSpell:
    """Read a referral, with its closure if there was one."""
    before = len(problems)
    start, end, why, flag = (group.of(name) for name in (REFERRED, CLOSED, REASON, FLAG))
    begun, ended = _ordinal(group, REFERRED, problems), _ordinal(group, CLOSED, problems, OPEN)
    no_action = NO_ACTION.get(flag.text.lower())
    checks: tuple[_Check, ...] = (
        (flag, FLAG, no_action is not None, "must be 1, 0, true or false"),
        (why, REASON, not why.text or bool(_REASON.fullmatch(why.text)), "must be RC1 to RC9"),
        (why, REASON, bool(why.text) or not end.text, f"is missing, but there is {CLOSED}"),
        (end, CLOSED, bool(end.text) or not why.text, f"is missing, but there is {REASON}"),
        (start, REFERRED, begun >= birth - MOST_BEFORE_BIRTH, f"lies {MOST_BEFORE_BIRTH} days before birth or more"),
        *_of_the_year(start, REFERRED, begun, end, CLOSED, ended, ends),
    )  # fmt: skip
    _hold(checks, before, problems)
    return PlacedSpell(begun, ended, start, bool(no_action), why.text in AFTER_ASSESSMENT)


def _plan(group: XmlGroup, ends: date, problems: list[Problem]) -> PlacedSpell:
    """Read a protection plan."""
    before = len(problems)
    begun, ended = _ordinal(group, PLAN_STARTED, problems), _ordinal(group, PLAN_ENDED, problems, OPEN)
    start, end = group.of(PLAN_STARTED), group.of(PLAN_ENDED)
    _hold(_of_the_year(start, PLAN_STARTED, begun, end, PLAN_ENDED, ended, ends), before, problems)
    return PlacedSpell(begun, ended, start)


def _of_the_year(
    start: PlacedCell, begins: str, begun: int, end: PlacedCell, ceases: str, ended: int, ends: date
) -> tuple[_Check, ...]:
    """Check that a spell is in order and belongs into the census of a year."""
    first, last = date(ends.year - 1, 4, 1).toordinal(), ends.toordinal()
    return (
        (start, begins, begun <= last, "lies after the ReferenceDate of the census"),
        (end, ceases, ended >= begun, f"lies before {begins}"),
        (end, ceases, ended == OPEN or first <= ended <= last, "does not lie in the year of the census"),
    )


def _hold(checks: Sequence[_Check], before: int, problems: list[Problem]) -> None:
    """Add what does not hold, where the days could be read."""
    if len(problems) == before:
        problems += [Problem(cell.where, name, said) for cell, name, is_right, said in checks if not is_right]


def _outside(plan: PlacedSpell, episode: PlacedSpell) -> Iterator[Problem]:
    """Name what of a plan lies outside of its episode."""
    at = plan.start.where
    if episode.no_action:
        yield Problem(at, PLAN_STARTED, f"this plan is of a referral without further action ({FLAG})")
    elif plan.begun < episode.begun:
        yield Problem(at, PLAN_STARTED, f"lies before {REFERRED}")
    elif plan.ended > episode.ended:
        what = "has not ended" if plan.ended == OPEN else "ends later"
        yield Problem(at, PLAN_STARTED, f"this plan {what}, but the episode has ended ({CLOSED})")


def _overlapping(found: Sequence[PlacedSpell], key: str) -> Iterator[Problem]:
    """Name spells of a child that begin before another has ended; on the day of its end they may."""
    for before, after in pairwise(sorted(found, key=lambda one: (one.begun, one.ended))):
        if before.ended == OPEN or after.begun < before.ended:
            yield Problem(after.start.where, key, f"begins before that at {before.start.where} has ended")
