"""Feedback stocks: last step's totals, smoothed or delayed, for rates to read in the next step."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sim.model.expressions import evaluate
from sim.model.scope import GridScope, Moment, Reader
from sim.model.spec import Model, Stock


@dataclass
class Feedback:
    """The stocks of one history: ``levels`` by name, and what is still on its way to those that are delayed."""

    levels: dict[str, float] = field(default_factory=dict)
    pipes: dict[str, deque[float]] = field(default_factory=dict)

    def copy(self) -> Feedback:
        """Copy the stocks for a history that parts from this one."""
        return Feedback(dict(self.levels), {name: deque(pipe) for name, pipe in self.pipes.items()})

    def advance(self, model: Model, now: Moment) -> None:
        """Take in the totals at the end of a step.

        A smoothed stock moves by the fraction 1 / over of its distance (first-order exponential smoothing, Sterman
        2000, "Business Dynamics", chapter 11); a delayed one gives what went in ``over`` steps before. Both start at
        the first total that they see.
        """
        for stock in model.stocks:
            flow = float(evaluate(stock.expression, GridScope(Reader(model, model.units[0].name), {}, now)))
            self.levels[stock.name] = self._next(stock, flow)

    def _next(self, stock: Stock, flow: float) -> float:
        if stock.kind == "smooth":
            level = self.levels.get(stock.name, flow)
            return level + (flow - level) / max(stock.over_steps, 1.0)
        pipe = self.pipes.setdefault(stock.name, deque([flow] * max(round(stock.over_steps), 1)))
        pipe.append(flow)
        return pipe.popleft()
