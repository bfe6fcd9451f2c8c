"""What a team is given and what it has: the plan of posts, the staff of a step, and places from capacity.

Plain data and pure functions; time and chance are in `sim.engine.teams.workforce`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from sim.arrays import FloatArray, IntArray

MOST_POSTS = 2**20  # in one area: post numbers fit in the low 20 bits of a draw's counter
DECIMALS = 9  # capacity is rounded to this before it is cut to whole places, so that 0.1 + 0.2 posts make 0.3
POST_UNITS = 2.0**30
"""Parts of a post in which staff are written down, a billionth of a post each. Amounts in whole units add up exactly,
in any order, so that sums over areas do not depend on how these are shared out; up to ``MOST_ADDED`` posts."""
MOST_ADDED = 2**22
Manner = Literal["settled", "filled", "vacant"]


@dataclass(frozen=True, eq=False)
class TeamPlan:
    """What one service's teams are given: posts in each area and how posts are filled, lost and used.

    ``workers`` and the levels in ``schedule`` (from step, workers) have shape (area,) and may be
    fractional: the fraction is one part-time post. Times are in steps; ``hire_jitter`` spreads hiring
    evenly over lag x (1 +- jitter). ``absence`` is the mean share of working time lost; each area's share
    in a step is even between 0 and twice that. ``opening`` says how the first posts are found: ``settled``
    (long-run shares), ``filled`` or ``vacant``. Meetings are in every ``meeting_steps``-th step, counted
    from step 0.
    """

    service: str
    workers: FloatArray
    caseload: float
    turnover_per_year: float = 0.0
    hire_steps: float = 0.0
    training_steps: float = 0.0
    absence: float = 0.0
    meeting_steps: int = 1
    schedule: tuple[tuple[int, FloatArray], ...] = ()
    hire_jitter: float = 0.0
    opening: Manner = "settled"
    ready: bool = False

    def __post_init__(self) -> None:
        """Refuse what no team can be."""
        for name in ("caseload", "turnover_per_year", "hire_steps", "training_steps"):
            if not 0.0 <= getattr(self, name) < np.inf:
                raise ValueError(f"{self.service}: {name} = {getattr(self, name)}; give a finite number >= 0")
        for name, highest in (("absence", 0.5), ("hire_jitter", 1.0)):
            if not 0.0 <= getattr(self, name) <= highest:
                raise ValueError(f"{self.service}: {name} = {getattr(self, name)}; give 0 to {highest}")
        if self.meeting_steps < 1:
            raise ValueError(f"{self.service}: meeting_steps = {self.meeting_steps}; give a number >= 1")
        for workers in (self.workers, *(level for _, level in self.schedule)):
            if workers.shape != self.workers.shape or not np.all((workers >= 0) & (workers < MOST_POSTS)):
                raise ValueError(
                    f"{self.service}: workers = {workers}; give each area a number from 0 to "
                    f"{MOST_POSTS - 1}, {self.workers.size} in all"
                )

    def funded(self, step: int) -> FloatArray:
        """Give the posts funded in each area at a step: the schedule's latest level, else ``workers``."""
        past = [(start, workers) for start, workers in self.schedule if start <= step]
        return max(past, key=lambda level: level[0])[1] if past else self.workers


@dataclass(frozen=True, eq=False)
class Staff:
    """A service's staff in one step; arrays have shape (area,); numbers of posts are in whole units (``POST_UNITS``).

    ``places`` (whole) and ``working`` (posts at work) are as the meeting at the end of the step finds them;
    ``worker_steps`` is the staff paid over the step (at work, absent or in training); ``posts`` is what is
    funded and what is kept on beside it until cases end, ``kept_on``.
    """

    places: IntArray
    working: FloatArray
    worker_steps: FloatArray
    posts: FloatArray
    meets: bool
    kept_on: FloatArray


def settled_share(plan: TeamPlan, step_years: float) -> float:
    """Give the long-run share of posts at work: time at work over time at work, vacant and in training.

    Renewal theory: (1 / turnover) / (1 / turnover + hiring lag + training), all in steps.
    """
    return 1.0 / (1.0 + plan.turnover_per_year * step_years * (plan.hire_steps + plan.training_steps))


def whole_places(capacity: FloatArray, dither: FloatArray) -> IntArray:
    """Cut capacity to whole places without bias: floor, plus one for some, by a fixed keyed number.

    Parameters
    ----------
    capacity
        Working posts x share present x caseload, shape (area,).
    dither
        A number in [0, 1) fixed for each area and service, shape (area,); the fraction must exceed it.

    Returns
    -------
        Whole places, shape (area,). Over areas the mean is ``capacity``, whereas floor alone would lose
        half a place an area (4% of a team of two with six cases each). More capacity never gives fewer
        places, whole capacity is kept as it is, and one area's places do not depend on another's (largest
        remainders would).
    """
    rounded = np.round(capacity, DECIMALS)
    whole = np.floor(rounded)
    return np.asarray(whole + (dither < rounded - whole), dtype=np.int64)


def in_units(posts: FloatArray) -> FloatArray:
    """Round numbers of posts to whole units, so that they add up to the same bits in any order; any shape."""
    return np.asarray(np.round(posts * POST_UNITS) / POST_UNITS + 0.0)  # no negative zero


def among_all(staff: Staff, areas: slice, n_areas: int) -> Staff:
    """Give the staff of some areas among all, which have none elsewhere."""

    def spread(own: IntArray | FloatArray) -> Any:
        placed = np.zeros(n_areas, own.dtype)
        placed[areas] = own
        return placed

    posts = (spread(staff.working), spread(staff.worker_steps), spread(staff.posts))
    return Staff(spread(staff.places), *posts, meets=staff.meets, kept_on=spread(staff.kept_on))
