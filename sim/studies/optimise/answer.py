"""The best setting of a few levers within a budget, and what more or fewer posts bring; every point is run once.

Points lie on a grid. A small grid is run whole; a larger one is searched along its axes with strides that halve
(compass search: Kolda, Lewis and Torczon 2003), which ends where no neighbour on any axis is better. All points share
random numbers, so that two points differ by what the levers do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import isfinite

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.value.appraisal import compare
from sim.economics.value.increments import increments
from sim.economics.value.terms import terms_of
from sim.intervals import Estimate, over_replications
from sim.model.titles import Titles
from sim.results.facts import facts_of
from sim.results.quantity import measures_of, numbered, of_item, samples_of
from sim.results.worlds import world_names
from sim.runs.points import Solved
from sim.studies.optimise.capacity import knee, needed, use_of

VIEW = "social"
MOST_STEPS = 1000
_HAIR = 1e-9
Place = tuple[int, ...]
"""A point by the index on each lever's grid."""


@dataclass(frozen=True)
class Lever:
    """Something that may be set from ``low`` to ``high`` in steps; ``service`` names the one whose posts it scales."""

    name: str
    low: float
    high: float
    step: float
    service: str = ""

    def __post_init__(self) -> None:
        """Check the range.

        Raises
        ------
        ValueError
            If it is empty, not finite, or has more than ``MOST_STEPS`` steps.
        """
        if not (isfinite(self.low) and isfinite(self.high) and self.low < self.high):
            raise ValueError(f"{self.name}: the range {self.low:g} to {self.high:g} must rise")
        if not 0 < self.step <= self.high - self.low + _HAIR or (self.high - self.low) / self.step > MOST_STEPS:
            raise ValueError(
                f"{self.name}: a step of {self.step:g} does not part the range; at most {MOST_STEPS} steps"
            )

    def grid(self) -> tuple[float, ...]:
        """List its values: from the low end in steps, at most the high end."""
        count = int((self.high - self.low) / self.step + _HAIR) + 1
        return tuple(round(self.low + i * self.step, 12) for i in range(count))


@dataclass(frozen=True)
class Tried:
    """What a point came to: present values by replication, (replication,), and how its services are used.

    ``spend`` is what services cost more than under the baseline, resources. ``use`` maps a service whose posts are a
    lever to posts, places, wait (months of those who join), load, stay and patience (months); NaN where unknown.
    """

    place: Place
    point: tuple[float, ...]
    net: FloatArray
    spend: FloatArray
    use: Mapping[str, Mapping[str, float]]

    @property
    def score(self) -> float:
        """Mean net present social value."""
        return float(self.net.mean())


Evaluate = Callable[[Sequence[Place]], Mapping[Place, Tried]]


@dataclass(frozen=True)
class Search:
    """The best point within the budget (None: none is), all that were tried, and whether the whole grid was."""

    best: Tried | None
    tried: Mapping[Place, Tried]
    whole: bool


def search(
    evaluate: Evaluate, levers: Sequence[Lever], budget: float | None = None, *, most: int = 64,
    start: Place | None = None,
) -> Search:  # fmt: skip
    """Find the point with the highest mean net present social value within a budget.

    Parameters
    ----------
    evaluate
        Runs places on the grid; asked for each once.
    levers
        Up to a few.
    budget
        The most that services may cost more than under the baseline, pounds of present value; None for no limit.
    most
        Points up to which the whole grid is run; also where a search ends.
    start
        Where a search starts; the middle of each grid unless given.

    Raises
    ------
    ValueError
        If there are no levers, or no points may be run.
    """
    if not levers or most < 1:
        raise ValueError(f"there are {len(levers)} levers and {most} points may be run; at least 1 of each is needed")
    sizes = [len(lever.grid()) for lever in levers]
    if int(np.prod(sizes)) <= most:
        tried = dict(evaluate(list(product(*(range(size) for size in sizes)))))
        return Search(best_of(tried, budget), tried, True)
    middle = start or tuple(size // 2 for size in sizes)
    tried = dict(evaluate([middle]))
    stride = [max(1, size // 4) for size in sizes]
    at = middle
    while len(tried) < most:
        around = _around(at, stride, sizes)
        missing = [place for place in around if place not in tried][: most - len(tried)]
        tried |= evaluate(missing)
        better = max((place for place in (at, *around) if place in tried), key=lambda p: _rank(tried[p], budget))
        if _rank(tried[better], budget) > _rank(tried[at], budget):
            at = better
        elif max(stride) == 1:
            break
        else:
            stride = [max(1, one // 2) for one in stride]
    return Search(best_of(tried, budget), tried, False)


def _around(at: Place, stride: Sequence[int], sizes: Sequence[int]) -> list[Place]:
    """List the places a stride away along each axis."""
    found = []
    for i, by in enumerate(stride):
        for moved in (at[i] - by, at[i] + by):
            if 0 <= moved < sizes[i]:
                found.append((*at[:i], moved, *at[i + 1 :]))
    return found


def _rank(one: Tried, budget: float | None) -> tuple[bool, float]:
    """Rank points: within the budget by value, and before that by how little they exceed it."""
    excess = 0.0 if budget is None else float(one.spend.mean()) - budget
    return (True, one.score) if excess <= 0 else (False, -excess)


def best_of(tried: Mapping[Place, Tried], budget: float | None) -> Tried | None:
    """Give the best point within the budget, or None."""
    best = max(tried.values(), key=lambda one: _rank(one, budget))
    return best if _rank(best, budget)[0] else None


def not_worse(best: Tried, other: Tried) -> bool:
    """Whether chance alone may be why a point lies below the best: the paired interval of the difference includes 0."""
    if len(best.net) < 2:
        return bool(other.score >= best.score)
    made = over_replications(best.net - other.net)
    return made.low is None or made.low <= 0


def solved(
    ds: xr.Dataset, regime: str, number: int, place: Place, point: Sequence[float], services: Sequence[str]
) -> Solved:  # fmt: skip
    """Give what the regime of one point came to, as it is kept; see ``tried_of``."""
    terms = terms_of(ds)
    worlds = {world.regime: world for world in world_names(ds)}
    base = worlds[facts_of(ds).baseline]
    view = compare(ds, increments(ds, worlds[regime], base, terms), terms).view(terms.ledger, VIEW)
    values = {**numbered("net", view.net.amount), **numbered("spend", view.intervention.amount)}
    for service in services:
        values |= measures_of(service, use_of(ds, worlds[regime], service))
    return Solved(number, worlds[regime].effect_set, np.array([*place, *point], dtype=np.float64), values, {})


def tried_of(one: Solved, services: Sequence[str]) -> Tried:
    """Read a point that was kept."""
    n = len(one.inputs) // 2
    net, spend = samples_of(one.values, "net"), samples_of(one.values, "spend")
    use = {service: of_item(one.values, service) for service in services}
    return Tried(tuple(int(i) for i in one.inputs[:n]), tuple(one.inputs[n:].tolist()), net, spend, use)


@dataclass(frozen=True)
class Frontier:
    """What more or fewer posts of a service bring, the other levers at their best.

    ``knee`` is where a further post begins to bring less (None where value does not bend down), ``wait_knee`` where a
    further post begins to shorten waits less; both on the lever's scale. ``needed`` is Erlang's number of places at
    the best point. ``axis`` is the lever's index.
    """

    lever: Lever
    axis: int
    points: tuple[Tried, ...]
    knee: Estimate | None
    wait_knee: float | None
    needed: int | None

    @property
    def service(self) -> str:
        """Whose posts."""
        return self.lever.service


def frontier(lever: Lever, axis: int, points: Sequence[Tried], best: Tried) -> Frontier:
    """Put the points along one lever together, where it is the lever number ``axis`` and ``best`` the best point."""
    listed = tuple(sorted(points, key=lambda one: one.point[axis]))
    x = np.array([one.point[axis] for one in listed])
    waits = np.array([one.use[lever.service]["wait"] for one in listed])
    return Frontier(
        lever, axis, listed, _knee_over(x, listed), knee(x, -waits) if np.isfinite(waits).all() else None,
        needed(best.use[lever.service]),
    )  # fmt: skip


def _knee_over(x: FloatArray, points: Sequence[Tried]) -> Estimate | None:
    """Find the knee of the mean net value, with its interval over replications (within the range) if any."""
    nets = np.stack([one.net for one in points])
    central = knee(x, nets.mean(axis=1))
    if central is None:
        return None
    each = [knee(x, nets[:, r]) for r in range(nets.shape[1])]
    known = np.array([one for one in each if one is not None])
    if len(known) < 2 or len(known) < len(each):
        return Estimate(central)
    made = over_replications(known)
    if made.low is None or made.high is None:
        return Estimate(central)
    return Estimate(central, max(made.low, float(x[0])), min(made.high, float(x[-1])))


@dataclass(frozen=True)
class Optimum:
    """The best setting of a regime's levers within a budget, and the frontier of the first lever on posts, if any."""

    title: str
    regime: str
    baseline: str
    levers: tuple[Lever, ...]
    budget: float | None
    found: Search
    frontier: Frontier | None
    terms: str
    titles: Titles = field(default_factory=Titles)

    @property
    def pair(self) -> str:
        """Say what is held against what."""
        return f"{self.titles.regime(self.regime)} against {self.titles.regime(self.baseline)}"
