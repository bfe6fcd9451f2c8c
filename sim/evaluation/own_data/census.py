"""Reads the children in need census: its referrals and protection plans, as spells in need and on plans.

Format: Department for Education, "Children in need census 2024 to 2025: business and technical specification", version
1.2 (gov.uk, November 2024), for 1 April 2024 to 31 March 2025. Of its elements Collection, ReferenceDate and LEA of the
header, LAchildID, PersonBirthDate and ExpectedPersonBirthDate of ChildIdentifiers, CINreferralDate, ReferralNFA,
CINclosureDate and ReasonForClosure of CINdetails, and CPPstartDate and CPPendDate of ChildProtectionPlans are read,
which have been the same for years; all others are left alone. Nearly all that is refused is an error by the validation
rules that go with it, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from sim.arrays import BoolArray, IntArray
from sim.errors import ModelError, Problem
from sim.evaluation.england.cells import PlacedCell, refuse
from sim.evaluation.own_data.groups import XmlGroup, read_groups
from sim.evaluation.own_data.spells import CHILD, HEADER, READ, SOURCE, day, identified, spells


@dataclass(frozen=True)
class Spells:
    """Times that children were in need, or on a plan; days are ordinals of the calendar.

    Attributes
    ----------
    child
        Number of the child, (spell,).
    begun, ended
        Days of the start and of the end (``OPEN`` where there is none yet), (spell,).
    """

    child: IntArray
    begun: IntArray
    ended: IntArray


@dataclass(frozen=True)
class NeedCensus:
    """What a census holds for the year that ended on 31 March ``year``.

    Attributes
    ----------
    need
        From referral to closure; referrals without further action are apart.
    without_action
        Those, as spells of which the first day alone says anything.
    after_assessment
        Whether the case was closed since the child was found not to be in need, (spell in need,).
    plans
        Protection plans, each within a spell in need.
    """

    year: int
    need: Spells
    after_assessment: BoolArray
    plans: Spells
    without_action: Spells


def read_census(path: Path, code: str = "", year: int | None = None) -> NeedCensus:
    """Read a census.

    Parameters
    ----------
    path
        The XML file of the return; read child by child, never held whole.
    code
        The department's code of the authority, such as 855; a census that names another is refused.
    year
        Whose 31 March must end it, where one is asked for.

    Raises
    ------
    ModelError
        With file, line and column of what is wrong: no census, or one of another authority or year, what is no date or
        code, what is missing or stands twice, a closure before the referral, a plan that ends before it starts or lies
        outside of its episode, spells that overlap. Nothing of a child is said but that.
    """
    problems: list[Problem] = []
    ends: date | None = None
    first: dict[str, str] = {}
    groups: list[XmlGroup] = []
    need: list[tuple[int, int, int]] = []
    without: list[tuple[int, int, int]] = []
    after: list[bool] = []
    plans: list[tuple[int, int, int]] = []
    for group in read_groups(path, READ):
        if group.path == HEADER:
            ends = _reference_day(group, year)
        elif group.path == SOURCE:
            _refuse_other(group.of("LEA"), code)
        elif group.path != CHILD:
            groups.append(group)
        elif ends is None:
            raise ModelError([Problem(group.where, "Child", "stands before CollectionDetails, which says the year")])
        else:
            problems += identified(group, groups, first)
            mine, on_plans = spells(groups, ends, problems)
            for one in mine:
                (without if one.no_action else need).append((len(first), one.begun, one.ended))
            after += [one.after_assessment for one in mine if not one.no_action]
            plans += [(len(first), one.begun, one.ended) for one in on_plans]
            groups = []
    refuse(problems)
    if ends is None or not need:
        said = "holds no child in need" if ends else "has no CollectionDetails, which says the year"
        raise ModelError([Problem(str(path), "", said)])
    return NeedCensus(
        ends.year, _as_arrays(need), np.array(after, dtype=np.bool_), _as_arrays(plans), _as_arrays(without)
    )


def _as_arrays(found: Sequence[tuple[int, int, int]]) -> Spells:
    """Turn child, start and end of spells into arrays."""
    return Spells(*np.array(found, dtype=np.int64).reshape(-1, 3).T)


def _reference_day(header: XmlGroup, year: int | None) -> date:
    """Give the last day of the year that a census is of."""
    collection, cell = header.of("Collection"), header.of("ReferenceDate")
    if collection.text != "CIN":
        raise ModelError([Problem(collection.where, "Collection", "must be CIN, the children in need census")])
    ends = day(cell)
    if ends is None or (ends.month, ends.day) != (3, 31):
        raise ModelError([Problem(cell.where, "ReferenceDate", "must be a 31 March written yyyy-mm-dd")])
    if year is not None and ends.year != year:
        said = f"the census is of the year to 31 March {ends.year}, not {year}"
        raise ModelError([Problem(cell.where, "ReferenceDate", said)])
    return ends


def _refuse_other(lea: PlacedCell, code: str) -> None:
    """Refuse the census of another authority."""
    if code and lea.text and lea.text != code:
        raise ModelError([Problem(lea.where, "LEA", f"must be {code}, the code of the authority that is asked for")])
