"""Figures that contradict each other whatever the model says: by arithmetic on what they say they measure.

Two statements whose definitions name the same quantity are *read as one quantity*. Both are brought to one unit for one
month (value / count / months; undivided where neither covers a time) and compared. Farther than three standard errors
apart they conflict: over a *definition* when their definitions differ in some field, over a *fact* when they do not. A
relation says that a part comes out of a whole, such as a saving out of a cost; a part above its share conflicts too.
Nothing is known here of any one figure: definitions and relations are data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import hypot, sqrt
from typing import Literal

from calibration.problem import QUALITIES, Definition, Relation, Target
from sim.arrays import finite

THRESHOLD = 3.0
FIELDS = ("ledger", "net", "per", "population", "window", "contrast", "statistic", "price_year")
STANDING = {"claim": 0, "held_out": 1, "fit": 2}
"""Which kind of statement gives way first, of those that rest on as much."""
WIDE_PRICES = 0.1
"""Gap, relative to the larger figure, above which a difference of price year alone is no explanation."""


@dataclass(frozen=True)
class Conflict:
    """Statements that cannot hold together, and no fewer of them."""

    names: tuple[str, ...]
    kind: Literal["definition", "fact"]
    found_by: Literal["arithmetic", "model"]
    distance: float
    """How many standard deviations apart they are, at the least."""
    differs: tuple[str, ...]
    """In what their definitions differ, in words; empty for a conflict of fact."""
    silent: tuple[str, ...]
    """Fields of which one of them says nothing."""
    drop: str
    """Which to drop."""
    rule: str
    """Why that one."""
    discrepancy: float
    """Standard deviation that, stated for the one to drop and in its unit, would reconcile them."""
    why: str


def arithmetic_conflicts(statements: Sequence[Target], relations: Sequence[Relation]) -> tuple[Conflict, ...]:
    """Find every pair of statements that arithmetic forbids.

    Parameters
    ----------
    statements
        Targets and claims.
    relations
        What comes out of what.

    Returns
    -------
        Conflicts of two each: those of fact first; then those of one statistic (a mean against a mean says more than
        against a worst case), with figures that are fitted before claims, those whose definitions differ in least
        first. Which to drop, and by which rule, is as ``first_to_go`` says.
    """
    found = []
    for one, other in combinations(statements, 2):
        if one.definition.quantity == other.definition.quantity:
            found.append(_one_quantity(one, other))
    for relation in relations:
        parts = [target for target in statements if target.definition.quantity == relation.part]
        wholes = [target for target in statements if target.definition.quantity == relation.whole]
        found += [_part_of(relation, part, whole) for part in parts for whole in wholes]
    conflicts = [conflict for conflict in found if conflict is not None]
    standing = {target.name: STANDING[target.kind] for target in statements}

    def order(one: Conflict) -> tuple[bool, bool, int, int, float]:
        apart = any(text.startswith("statistic") for text in one.differs)
        best = max(standing[name] for name in one.names)
        return one.kind != "fact", apart, -best, len(one.differs), -one.distance

    return tuple(sorted(_with_drops(conflicts, statements), key=order))


def differences(one: Definition, other: Definition, fields: Sequence[str] = FIELDS) -> tuple[str, ...]:
    """List in words the fields in which both speak and disagree."""
    spoken = [
        (field, getattr(one, field), getattr(other, field))
        for field in fields
        if getattr(one, field) and getattr(other, field)
    ]
    theirs = dict(other.given)
    spoken += [(name, value, theirs[name]) for name, value in one.given if name in theirs]
    return tuple(f"{field.replace('_', ' ')}: {a} or {b}" for field, a, b in spoken if a != b)


def silences(one: Definition, other: Definition, fields: Sequence[str] = FIELDS) -> tuple[str, ...]:
    """List the fields of which one speaks and the other says nothing."""
    quiet = [field for field in fields if bool(getattr(one, field)) != bool(getattr(other, field))]
    conditions = {name for name, _ in one.given} ^ {name for name, _ in other.given}
    return tuple(field.replace("_", " ") for field in (*quiet, *sorted(conditions)))


def first_to_go(some: Sequence[Target], degrees: Counter[str], errors: Sequence[float]) -> tuple[Target, str]:
    """Choose which to drop, and say by which rule.

    What rests on the weakest evidence goes first, however precise it is; among equals a claim before a held-out figure
    before a fitted one, then the one in most conflicts, then the one of the larger error.
    """
    finite("errors", errors)

    def rank(i: int) -> tuple[int, int, int, float, str]:
        one = some[i]
        return QUALITIES.index(one.standing), STANDING[one.kind], -degrees[one.name], -errors[i], one.name

    goes, *others = sorted(range(len(some)), key=rank)
    if not others:
        return some[goes], "there is no other"
    mine, next_ = some[goes], some[others[0]]
    others_are = "the other" if len(others) == 1 else "the others at least"
    rules = (
        f"quality of evidence: it is {mine.standing}, {others_are} {next_.standing}",
        f"kind: a {mine.kind.replace('_', ' ')} goes before what is {_KINDS[next_.kind]}",
        "number of conflicts: it is in more of them",
        "precision: it has the larger error",
        "none: nothing tells them apart",
    )
    apart = next(at for at, (a, b) in enumerate(zip(rank(goes), rank(others[0]), strict=True)) if a != b)
    return mine, rules[apart]


_KINDS = {"claim": "claimed", "held_out": "held out", "fit": "fitted"}


def _one_quantity(one: Target, other: Target) -> Conflict | None:
    """Compare two statements that are read as one quantity."""
    scales = _scales(one, other)
    if scales is None:
        return None
    a, b = one.value / scales[0], other.value / scales[1]
    error = hypot(one.standard_error / scales[0], other.standard_error / scales[1])
    gap = abs(a - b)
    if gap <= THRESHOLD * error:
        return None
    fields = [field for field in FIELDS if field != "price_year" or gap < WIDE_PRICES * max(abs(a), abs(b))]
    differs = differences(one.definition, other.definition, fields)
    # Brought to one unit, what they are per has been accounted for only where it is the same word.
    times = 12.0 if one.definition.months is not None else 1.0
    span = " a year" if times == 12.0 else ""
    why = (
        f"read as one quantity ({one.definition.quantity}): {_number(times * a, one.unit)}{span} against "
        f"{_number(times * b, other.unit)}{span}"
    )
    return _conflict(
        one, other, gap / error, differs, silences(one.definition, other.definition, fields), gap, error, why
    )


def _part_of(relation: Relation, part: Target, whole: Target) -> Conflict | None:
    """Hold a part against its share of the whole."""
    scales = _scales(part, whole)
    if scales is None:
        return None
    a, b = part.value / scales[0], whole.value / scales[1]
    error = hypot(part.standard_error / scales[0], relation.at_most * whole.standard_error / scales[1])
    gap = a - relation.at_most * b
    if gap <= THRESHOLD * error:
        return None
    times = 12.0 if part.definition.months is not None else 1.0
    why = (
        f"{relation.name}: {_number(times * a, part.unit)} out of {_number(times * b, whole.unit)}, of which at most "
        f"{relation.at_most:.0%} ({relation.reason})"
    )
    differs = differences(part.definition, whole.definition, relation.agree)
    silent = silences(part.definition, whole.definition, relation.agree)
    return _conflict(part, whole, gap / error, differs, silent, gap, error, why)


def _conflict(
    one: Target, other: Target, distance: float, differs: tuple[str, ...], silent: tuple[str, ...], gap: float,
    error: float, why: str,
) -> Conflict:  # fmt: skip
    """Put a conflict of two together, with the discrepancy still in the compared unit."""
    needed = sqrt(max((gap / THRESHOLD) ** 2 - error**2, 0.0))
    kind: Literal["definition", "fact"] = "definition" if differs else "fact"
    return Conflict((one.name, other.name), kind, "arithmetic", distance, differs, silent, "", "", needed, why)


def _with_drops(conflicts: Sequence[Conflict], statements: Sequence[Target]) -> list[Conflict]:
    """Say of each which one to drop, and the discrepancy in the unit of that one."""
    degrees = Counter(name for conflict in conflicts for name in conflict.names)
    by_name = {target.name: target for target in statements}
    done = []
    for conflict in conflicts:
        some = [by_name[name] for name in conflict.names]
        drop, rule = first_to_go(some, degrees, [target.standard_error / _scale(target) for target in some])
        done.append(replace(conflict, drop=drop.name, rule=rule, discrepancy=conflict.discrepancy * _scale(drop)))
    return done


def _scale(target: Target) -> float:
    """Give what a value is divided by to be one unit's for one month, or one unit's where it covers no time."""
    return target.definition.count * (target.definition.months or 1.0)


def _scales(one: Target, other: Target) -> tuple[float, float] | None:
    """Give what each value is divided by; None when one covers a time and the other says none."""
    if (one.definition.months is None) != (other.definition.months is None):
        return None
    return _scale(one), _scale(other)


def _number(value: float, unit: str) -> str:
    """Write a value with its unit: pounds before it, shares as percentages."""
    if unit.startswith(("GBP", "£", "gbp")):
        return f"£{value:,.0f}"
    return f"{value:.1%}" if unit in ("share", "probability") else f"{value:,.4g} {unit}".strip()
