"""Staff in expectation: posts at work, vacant and in training, as the workforce of `simulate` has them on average."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.engine.feedback import Drive
from sim.engine.teams.staffing import TeamPlan, settled_share

PARTS = 8
"""Pieces that a step is cut into, so that lags which are no whole number of steps are met."""
HALF = 0.5 / PARTS
"""Who leaves or is hired in a piece does so in its middle on average; pipes count from the beginning of a piece."""


@dataclass
class Posts:
    """One service's posts in all areas together.

    Attributes
    ----------
    working, training
        Posts at work and people being trained.
    coming
        Posts on their way to be filled: hires by piece of a step from now on, (piece,).
    learning
        Trainees on their way to work, by piece from now on, (piece,).
    coming_at, learning_at
        The same for posts granted at once: they come where a piece begins, not evenly over it.
    """

    plan: TeamPlan
    step_years: float
    working: float = 0.0
    coming: list[float] = field(default_factory=list)
    learning: list[float] = field(default_factory=list)
    coming_at: list[float] = field(default_factory=list)
    learning_at: list[float] = field(default_factory=list)
    funded: float = 0.0
    """Posts funded and kept on."""
    kept_on: float = 0.0
    paid: float = 0.0
    time_left: float = 1.0

    @classmethod
    def of(cls, plan: TeamPlan, step_years: float, step: int) -> Posts:
        """Open a team at its first step, settled as in `simulate`."""
        team = cls(plan, step_years)
        team.funded = float(plan.funded(step).sum())
        lag = plan.hire_steps + plan.training_steps
        away = 1.0 - settled_share(plan, step_years)
        team.working = team.funded * (1.0 - away)
        if lag > 0 and away > 0:
            n = max(round(lag * PARTS), 1)
            for i in range(n):  # times left until at work are even over the lag
                left = (i + 0.5) * lag / n
                each = team.funded * away / n
                if left > plan.training_steps:
                    _put(team.coming, left - plan.training_steps, each)
                else:
                    _put(team.learning, left, each)
        return team

    def change(self, plan: TeamPlan) -> None:
        """Take over a new plan."""
        self.plan = plan

    def advance(self, step: int, drive: Drive, cases: float = 0.0) -> None:
        """Go through a step: money, who leaves, who is hired, who has been trained; posts are kept for ``cases``."""
        self.time_left = drive.time_left
        funded = float(self.plan.funded(step).sum()) + drive.extra_workers
        needed = cases / self.plan.caseload if self.plan.caseload else self.funded
        target = max(funded, min(self.funded, needed))
        self.kept_on = target - funded
        if target > self.funded:
            self._grant(target - self.funded)
        elif target < self.funded:
            self._cut(self.funded - target)
        self.funded = target
        wear = self.plan.turnover_per_year * self.step_years * drive.turnover_times / PARTS
        self.paid = 0.0
        stay = np.exp(-wear)
        share = -np.expm1(-wear) / wear if wear > 0 else 1.0  # mean over a piece of who is still there
        half = (1.0 - share) / wear if wear > 1e-9 else 0.5  # the same for who comes evenly over the piece
        for _ in range(PARTS):
            self._arrive()
            hired = self.coming.pop(0) if self.coming else 0.0
            trained = self.learning.pop(0) if self.learning else 0.0
            learning = sum(self.learning) + sum(self.learning_at) + 0.5 * trained
            if self.plan.training_steps > 0:
                _put(self.learning, self.plan.training_steps - HALF, hired)
                learning, hired = learning + 0.5 * hired, 0.0
            before, came = self.working, trained + hired
            self.working = before * stay + came * share
            self._advertise(before + came - self.working, since=HALF)
            self.paid += (before * share + came * half + learning) / PARTS

    def _cut(self, amount: float) -> None:
        """Take posts away, vacant ones first, then those at work and in training alike."""
        vacant, filled = (self.coming, self.coming_at), (self.learning, self.learning_at)
        empty = sum(map(sum, vacant))
        taken = min(amount, empty)
        there = self.working + sum(map(sum, filled))
        stay = 1.0 - min((amount - taken) / there, 1.0) if there > 0 else 0.0
        for pipes, kept in ((vacant, 1.0 - taken / empty if empty > 0 else 0.0), (filled, stay)):
            for pipe in pipes:
                pipe[:] = [kept * x for x in pipe]
        self.working *= stay

    def _grant(self, amount: float) -> None:
        """Advertise posts granted at the start of a step."""
        _put(self.coming_at, self.plan.hire_steps + HALF, amount)

    def _arrive(self) -> None:
        """Let those granted at once begin to train, or to work, at the start of a piece."""
        hired = self.coming_at.pop(0) if self.coming_at else 0.0
        _put(self.learning_at, self.plan.training_steps + HALF, hired)
        self.working += self.learning_at.pop(0) if self.learning_at else 0.0

    def _advertise(self, amount: float, since: float = 0.0) -> None:
        """Start the hiring lag of posts that have been vacant for a while (in steps) when the next piece begins.

        Who leaves, or is hired, comes evenly over a piece, so half a piece before the next one on average.
        """
        if self.plan.hire_steps > 0:
            _put(self.coming, self.plan.hire_steps - since, amount)
        elif self.plan.training_steps > 0:
            _put(self.learning, self.plan.training_steps - since, amount)
        else:
            self.working += amount

    @property
    def places(self) -> float:
        """Places at the meeting at the end of the step."""
        working = min(self.working, self.funded - self.kept_on) if self.kept_on > 0 else self.working
        return working * (1.0 - self.plan.absence) * self.plan.caseload * self.time_left


def _put(pipe: list[float], steps: float, amount: float) -> None:
    """Put an amount on its way, shared between the two pieces next to its time."""
    at = steps * PARTS - 0.5
    low = int(np.floor(at))
    part = at - low
    for piece, share in ((max(low, 0), 1.0 - part), (max(low + 1, 0), part)):
        if share > 0:
            pipe.extend([0.0] * (piece + 1 - len(pipe)))
            pipe[piece] += share * amount
