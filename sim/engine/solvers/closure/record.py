"""What is written down of a history solved by closure."""

from __future__ import annotations

from dataclasses import dataclass

from sim.arrays import FloatArray
from sim.engine.solvers.closure import solve
from sim.engine.solvers.closure.solve import History
from sim.model.compiled.model import Compiled
from sim.model.compiled.scope import moment


@dataclass(frozen=True)
class View:
    """A history as ``sim.engine.counts.expected`` looks at it."""

    history: History

    @property
    def size(self) -> int:
        """Families."""
        return self.history.size

    @property
    def compiled(self) -> Compiled:
        """The compiled model."""
        return self.history.compiled

    def stock(self, chain: str) -> FloatArray:
        """Give the rows in each state, (state,)."""
        return solve.stock(self.history, chain)

    def moves(self, chain: str) -> FloatArray:
        """Give the moves of the last step, (old, new)."""
        return self.history.joint.flows[chain]

    def condition(self, name: str) -> float:
        """Give the rows for which a condition held in the last step, by the clock of that step."""
        model = self.compiled.model
        step = max(self.history.step - 1, -model.units[0].warm_up)
        return solve.held(self.history, name, moment(model, step, self.history.now().totals))

    def rows(self, unit: str) -> float:
        """Give the rows of a unit."""
        return solve.rows(self.history, unit)

    def waited(self, service: str) -> FloatArray:
        """Give the admissions of the last step by whole steps waited, (wait,)."""
        return self.history.waits[service]

    def taken(self, service: str) -> float:
        """Give who left a queue in the last step because the family left."""
        return self.history.joint.taken.get(service, 0.0)

    def staff(self, service: str) -> tuple[float, float, float] | None:
        """Give posts at work, places and paid posts; None without a team."""
        posts = self.history.posts.get(service)
        return None if posts is None else (posts.working, self.history.places[service], posts.paid)
