"""Mesa: one agent object a person; each month every agent steps."""

from itertools import accumulate

import mesa
import numpy as np

from benchmarks.peers.job import STATES, cost_of
from benchmarks.textbook import matrix


class Person(mesa.Agent):
    """Somebody in one of eight states."""

    def __init__(self, model: mesa.Model) -> None:
        super().__init__(model)
        self.state = 0

    def step(self) -> None:
        """Move by the row of the present state."""
        self.state = self.random.choices(range(STATES), cum_weights=self.model.rows[self.state])[0]
        self.model.held[self.state] += 1


class People(mesa.Model):
    """All of them."""

    def __init__(self, n: int, seed: int) -> None:
        super().__init__(seed=seed)
        self.rows = [list(accumulate(row)) for row in matrix().tolist()]
        self.held = [n] + [0] * (STATES - 1)
        Person.create_agents(self, n)

    def step(self) -> None:
        """Step every agent."""
        self.held = [0] * STATES
        self.agents.do("step")


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    model = People(n, seed)
    counts = np.zeros((steps + 1, STATES), dtype=np.int64)
    counts[0] = model.held
    for t in range(1, steps + 1):
        model.step()
        counts[t] = model.held
    return counts, cost_of(counts)
