"""Feedback: stocks of last step's totals, and what teams read of them; the same in every solver."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from sim.arrays import FloatArray
from sim.model.compiled.readings import clock_value, value_at
from sim.model.compiled.scope import Moment
from sim.model.spec import Model, Stock, Team


@dataclass
class Feedback:
    """The stocks of one history: ``levels`` by name, and what is still on its way to those that are delayed.

    ``periods`` holds (steps, sum) of the running period of averages; ``history`` the levels at every point so far.
    """

    levels: dict[str, float] = field(default_factory=dict)
    pipes: dict[str, deque[float]] = field(default_factory=dict)
    periods: dict[str, tuple[int, float]] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=lambda: [{}])

    @classmethod
    def of(cls, model: Model) -> Feedback:
        """Open the stocks of a model at its first step: at their ``start``, or with no level yet."""
        starts = _starts(model, -model.root.warm_up)
        return cls(levels=starts, history=[dict(starts)])

    def part(self, model: Model, step: int) -> Feedback:
        """Copy the stocks for a history that goes on under another model from a step on; its new stocks start.

        At the first step of all there is no history: every stock starts as the other model says.
        """
        if step <= -model.root.warm_up:
            return Feedback.of(model)
        new = self.copy()
        new.levels = _starts(model, step) | self.levels
        return new

    def copy(self) -> Feedback:
        """Copy the stocks."""
        pipes = {name: deque(pipe) for name, pipe in self.pipes.items()}
        return Feedback(dict(self.levels), pipes, dict(self.periods), [dict(past) for past in self.history])

    def advance(self, model: Model, now: Moment) -> None:
        """Take in the totals at the end of a step.

        A smoothed stock moves by the fraction 1 / over of its distance (first-order exponential smoothing, Sterman
        2000, "Business Dynamics", chapter 11); a delayed one gives what went in ``over`` steps before; an average holds
        the mean of the last whole period; a level adds its flow x the length of the step. All flows are read before any
        stock moves, so that the order in which stocks are declared does not matter.

        Parameters
        ----------
        model
            Whose stocks they are.
        now
            The totals at the end of the step and the levels before it.

        Raises
        ------
        ModelError
            When a flow is not finite; names the stock and the cycle.
        """
        flows = {
            stock.name: value_at(stock.expression, model, now, key=f"feedback.{stock.name}") for stock in model.stocks
        }
        for stock in model.stocks:
            self.levels[stock.name] = self._next(model, stock, flows[stock.name])
        self.history.append(dict(self.levels))

    def _next(self, model: Model, stock: Stock, flow: float) -> float:
        level = self.levels.get(stock.name, flow)
        if stock.kind == "level":
            return level + flow * model.clock.step_years
        if stock.kind == "smooth":
            return level + (flow - level) / max(stock.over_steps, 1.0)
        if stock.kind == "average":
            steps, total = self.periods.get(stock.name, (0, 0.0))
            steps, total = steps + 1, total + flow
            whole = steps >= round(stock.over_steps)
            self.periods[stock.name] = (0, 0.0) if whole else (steps, total)
            return total / steps if whole else level
        pipe = self.pipes.setdefault(stock.name, deque([level] * max(round(stock.over_steps), 1)))
        pipe.append(flow)
        return pipe.popleft()

    def points(self, names: Sequence[str], n_steps: int) -> FloatArray:
        """Give the levels at points 0..n_steps, (point, stock); NaN before a stock has seen its first total."""
        past = self.history[-(n_steps + 1) :]
        return np.array([[levels.get(name, np.nan) for name in names] for levels in past]).reshape(len(past), -1)


@dataclass(frozen=True)
class Drive:
    """What a team is told by last step's totals: factors on its turnover and places, and posts on top."""

    turnover_times: float = 1.0
    time_left: float = 1.0
    extra_workers: float = 0.0


def drive_of(model: Model, service: str, team: Team, now: Moment) -> Drive:
    """Read what a team is told at a moment.

    Parameters
    ----------
    model, service, team
        Whose team it is.
    now
        Last step's totals and levels.

    Returns
    -------
        The three numbers; a neutral one where the team reads nothing.

    Raises
    ------
    ModelError
        When one of them is negative or not finite; names the service and the cycle.
    """
    given = {}
    for key in ("turnover_times", "time_left", "extra_workers"):
        expression = getattr(team, key)
        if expression is not None:
            given[key] = value_at(expression, model, now, low=0.0, key=f"services.{service}.team.{key}")
    return Drive(**given)


def _starts(model: Model, step: int) -> dict[str, float]:
    return {stock.name: clock_value(stock.start, model, step) for stock in model.stocks if stock.start is not None}


def stock_names(models: Sequence[Model]) -> tuple[str, ...]:
    """Name the stocks of some models, each once."""
    return tuple(dict.fromkeys(stock.name for model in models for stock in model.stocks))


def levels_of(models: Sequence[Model], feedbacks: Sequence[Feedback]) -> FloatArray:
    """Give the levels of the stocks of all worlds at every point, (world, point, stock), from each one's feedback."""
    names = stock_names(models)
    points = [feedback.points(names, model.clock.steps) for model, feedback in zip(models, feedbacks, strict=True)]
    return np.stack(points)
