"""The best way to share out a sum of money: parts of it change hands between services until no exchange brings more.

Shares are whole parts of the money. At each step the best taker is looked for with the largest holder as giver, then
the best giver to it: the steepest exchange where what one service gains hardly hangs on the others. Every pair is tried
before a place is left as the best around it. All ways share random numbers; what counts is a difference beyond the
standard error of such differences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import sqrt
from types import MappingProxyType

import numpy as np

from sim.arrays import FloatArray
from sim.model.titles import Titles

Shares = tuple[int, ...]
"""Parts of the money by service; they sum to ``PARTS``."""
PARTS = 20
STRIDES = (4, 2)
"""By which every start climbs; the best goes on by single parts."""
Evaluate = Callable[[Sequence[Shares]], Mapping[Shares, FloatArray]]
"""What each way of sharing saves, (replication,), all at the same spending."""


@dataclass(frozen=True)
class Searched:
    """Where each start ended, the best of those, and all that was tried: pounds saved, (replication,)."""

    best: Shares
    ends: tuple[Shares, ...]
    tried: Mapping[Shares, FloatArray]

    def ranked(self) -> list[Shares]:
        """List all that was tried, the best first."""
        return sorted(self.tried, key=lambda one: -float(self.tried[one].mean()))

    def last(self, most: int) -> list[Shares]:
        """List the best and those that may be as good: the best that were tried, where starts ended among them."""
        return list(dict.fromkeys([self.best, *self.ranked()[:most], *self.ends]))[:most]


@dataclass(frozen=True)
class Places:
    """Mean places of a service over the horizon, those that are used, and how many of each the baseline has."""

    there: float
    engaged: float
    there_today: float
    engaged_today: float

    @property
    def used(self) -> float:
        """The share of all places that is used."""
        return self.engaged / self.there if self.there else 0.0

    @property
    def added(self) -> float:
        """Places beyond those of today."""
        return self.there - self.there_today

    @property
    def added_used(self) -> float:
        """By how many more are used, over the places that are added."""
        return (self.engaged - self.engaged_today) / self.added if self.added else 0.0


@dataclass(frozen=True)
class BestUse:
    """The best use that was found, and what it is held against.

    Attributes
    ----------
    shares, second
        Parts of the added money by service (of ``PARTS``), of the best and of the second best.
    levels
        Posts of each service from each point on, from the start of the regime.
    saved
        Pounds of present value in replications kept for it, (replication,): of ``best``, ``second``, ``pro_rata`` (as
        posts are paid today) and ``money`` (the regime whose it is).
    spent
        What both spend in the whole population, pounds of present value.
    places
        Of each service, under the posts found in the whole population.
    """

    regime: str
    money_of: str
    effect_set: str
    services: tuple[str, ...]
    shares: Shares
    second: Shares
    searched: Searched
    levels: Mapping[str, Sequence[tuple[int, float]]]
    saved: Mapping[str, FloatArray]
    spent: tuple[float, float]
    places: Mapping[str, Places]
    titles: Titles = field(default_factory=Titles)

    @property
    def gap(self) -> FloatArray:
        """What the best saves more than the second best, (replication,)."""
        return self.saved["best"] - self.saved["second"]


def error_of(samples: FloatArray) -> float:
    """Give the standard error of the mean of samples (replication,); 0 for one, which has none that can be told."""
    return float(samples.std(ddof=1)) / sqrt(len(samples)) if len(samples) > 1 else 0.0


def in_parts(money: Sequence[float]) -> Shares:
    """Bring amounts of at least 0 to whole parts that sum to ``PARTS``, by the largest remainders.

    Raises
    ------
    ValueError
        If there is nothing to share, or an amount is below 0 or not finite.
    """
    given = np.asarray(money, np.float64)
    if not np.isfinite(given).all() or (given < 0).any() or given.sum() <= 0:
        raise ValueError(f"given {list(money)} to share; amounts are at least 0 and not all 0")
    exact = given / given.sum() * PARTS
    parts = np.floor(exact).astype(int)
    for i in np.argsort(parts - exact, kind="stable")[: PARTS - int(parts.sum())]:
        parts[i] += 1
    return tuple(parts.tolist())


def search(
    evaluate: Evaluate, starts: Sequence[Shares], known: Mapping[Shares, FloatArray] = MappingProxyType({})
) -> Searched:
    """Find the best way to share the money that exchanges lead to.

    Every start climbs at the long strides; the best of where they end goes on at the shortest one, and is left when
    none of all exchanges brings more.

    Parameters
    ----------
    evaluate
        Asked for each way once.
    starts
        Where to begin, each with as many services.
    known
        What some ways save, which is not asked for again.

    Raises
    ------
    ValueError
        If there is no start.
    """
    if not starts:
        raise ValueError("a search needs a start")
    tried = dict(known)

    def at(wanted: Iterable[Shares]) -> Mapping[Shares, FloatArray]:
        missing = [one for one in dict.fromkeys(wanted) if one not in tried]
        if missing:
            tried.update(evaluate(missing))
        return tried

    at(starts)
    ends = list(dict.fromkeys(starts))
    for stride in STRIDES:
        ends = [_climb(at, here, partial(_steepest, at, stride=stride)) for here in ends]
    best = max(ends, key=lambda one: float(tried[one].mean()))
    for around in (partial(_steepest, at, stride=1), _every):
        best = _climb(at, best, around)
    return Searched(best, tuple(dict.fromkeys(ends)), tried)


Look = Callable[[Iterable[Shares]], Mapping[Shares, FloatArray]]


def _climb(at: Look, here: Shares, around: Callable[[Shares], list[Shares]]) -> Shares:
    """Go to the best of what is around for as long as it brings more than chance may."""
    while True:
        there = around(here)
        known = at((here, *there))
        best = max(there, key=lambda one: float(known[one].mean()), default=here)
        gain = float((known[best] - known[here]).mean())
        if gain <= _error(known[here], [known[one] for one in there]):
            return here
        here = best


def _error(here: FloatArray, around: Sequence[FloatArray]) -> float:
    """Give the standard error of a difference to a place, pooled over all that is around it: few replications do."""
    return sqrt(float(np.mean([error_of(one - here) ** 2 for one in around]))) if around else 0.0


def _exchange(here: Shares, giver: int, taker: int, parts: int) -> Shares:
    """Move parts, at most all that the giver has."""
    moved, given = list(here), min(parts, here[giver])
    moved[giver] -= given
    moved[taker] += given
    return tuple(moved)


def _every(here: Shares) -> list[Shares]:
    """List what every exchange of one part leads to."""
    services = range(len(here))
    return [_exchange(here, i, j, 1) for i in services if here[i] for j in services if i != j]


def _steepest(at: Look, here: Shares, *, stride: int) -> list[Shares]:
    """List what the largest holder's gifts lead to, and gifts of others to whom they serve best."""
    services = range(len(here))
    holder = max(services, key=lambda i: here[i])
    to = {j: _exchange(here, holder, j, stride) for j in services if j != holder}
    known = at(to.values())
    taker = max(to, key=lambda j: float(known[to[j]].mean()))
    others = [_exchange(here, i, taker, stride) for i in services if here[i] and i not in (holder, taker)]
    return [*to.values(), *others]
