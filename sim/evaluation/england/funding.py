"""Money of Supporting Families by authority: published for 40, spread by a formula to the others, and how well it does.

The formula is children x share in low income, times what London's lines have a child more than others, scaled to what
is left of the national sum. It is scored on the published lines: each is set aside as though it could not be read, and
what the formula then says of it is held against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sim.arrays import BoolArray, FloatArray
from sim.evaluation.england.published import CHILDREN, FUNDED, LOW_INCOME, Authority, authorities

NATIONAL_GBP = 233_500_000.0
"""Most that the programme had in 2023-24 (T-P1)."""
TOGETHER: Mapping[tuple[str, ...], float] = {("North Northamptonshire", "West Northamptonshire"): 2_609_600.0}
"""Authorities whose money is published as one sum, pounds (T-A3)."""
MIDDLE = (0.025, 0.975)


@dataclass(frozen=True)
class Funding:
    """What an authority had at most in 2023-24, pounds of that year, with the range of the formula's error."""

    gbp: float
    low: float
    high: float
    is_published: bool
    how: str


@dataclass(frozen=True)
class ScoredLine:
    """A published line and what the formula says of it without having seen it, pounds."""

    authority: Authority
    published: float
    said: float

    @property
    def ratio(self) -> float:
        """Give how many times what the formula says is published."""
        return self.published / self.said


def spread(
    weights: FloatArray, london: BoolArray, published: FloatArray, together: Sequence[tuple[BoolArray, float]]
) -> FloatArray:
    """Spread what is left of the national sum in proportion to weights.

    Parameters
    ----------
    weights
        Children in low income of each authority, above 0, (authority,).
    london
        Whether it lies in London, whose weights are raised by what its published lines have more for each child in low
        income than the others: some 1.6 times, since the money followed counts of needs of 2011 and 2015.
    published
        Pounds, NaN where the line was not read, some known in London and elsewhere, (authority,).
    together
        For each sum that is published of several authorities: which, (authority,), and pounds.

    Returns
    -------
        Pounds of each authority, (authority,): the published lines, sums split within, the rest spread; they add up to
        ``NATIONAL_GBP`` where any is spread.
    """
    known = ~np.isnan(published)
    each = [float(published[known & place].sum() / weights[known & place].sum()) for place in (london, ~london)]
    weights = weights * np.where(london, each[0] / each[1], 1.0)
    result = np.where(known, published, 0.0)
    left, still = NATIONAL_GBP - float(result.sum()), ~known
    for members, gbp in together:
        result = np.where(members, gbp * weights / weights[members].sum(), result)
        left, still = left - gbp, still & ~members
    if still.any():
        result = np.where(still, left * weights / weights[still].sum(), result)
    return np.asarray(result)


def _arrays(
    of: Sequence[Authority],
) -> tuple[FloatArray, BoolArray, FloatArray, list[tuple[BoolArray, float]]]:
    """Give what ``spread`` reads."""
    london = np.array([one.is_london for one in of])
    weights = np.array([one.figures[CHILDREN] * one.figures[LOW_INCOME] / 100 for one in of])
    published = np.array([one.figures.get(FUNDED, np.nan) for one in of])
    together = [(np.array([one.name in names for one in of]), gbp) for names, gbp in TOGETHER.items()]
    return weights, london, published, together


def score() -> tuple[ScoredLine, ...]:
    """Set each published line aside and say what the formula gives in its place."""
    of = authorities()
    weights, london, published, together = _arrays(of)
    found = []
    for i in np.flatnonzero(~np.isnan(published)):
        unseen = published.copy()
        unseen[i] = np.nan
        found.append(ScoredLine(of[i], float(published[i]), float(spread(weights, london, unseen, together)[i])))
    return tuple(found)


@lru_cache(maxsize=1)
def error_range() -> tuple[float, float, int]:
    """Give the middle 95% of published over said, of all lines set aside in turn, and how many lines those are."""
    ratios = [line.ratio for line in score()]
    low, high = np.quantile(ratios, MIDDLE)
    return float(low), float(high), len(ratios)


def funding_of(one: Authority) -> Funding:
    """Give the money of an authority: published, part of a sum that is, or spread by the formula."""
    of = authorities()
    gbp = float(spread(*_arrays(of))[of.index(one)])
    if one.of(FUNDED) is not None:
        return Funding(gbp, gbp, gbp, True, "published")
    low, high, n = error_range()
    tested = f"{n} published lines, each set aside, were {low:.2f} to {high:.2f} times what it says of them (95%)"
    for names, total in TOGETHER.items():
        if one.name in names:
            how = f"spread by formula: its part of the {total:,.0f} pounds of {' and '.join(names)} together; {tested}"
            return Funding(gbp, gbp * low, min(gbp * high, total), False, how)
    how = f"spread by formula: children x share in low income of what is left of 233.5 million pounds; {tested}"
    return Funding(gbp, gbp * low, gbp * high, False, how)
