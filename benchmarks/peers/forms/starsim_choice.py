"""Starsim: a module with an integer state; each month one ``ss.choice`` for each group of people in a state."""

import numpy as np
import starsim as ss

from benchmarks.peers.job import STATES, cost_of
from benchmarks.textbook import matrix


class Moves(ss.Module):
    """Moves people between eight states."""

    def __init__(self, steps: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.define_states(ss.IntArr("place", default=0))
        self.rolls = [ss.choice(a=STATES, p=row) for row in matrix()[:-1]]
        self.counts = np.zeros((steps + 1, STATES), dtype=np.int64)
        self.done = 0

    def step(self) -> None:
        """Move everybody who can move; the last state is for good."""
        if self.done == 0:
            self.counts[0] = np.bincount(self.place.values, minlength=STATES)
        if self.done + 1 >= len(self.counts):
            return
        here = [(self.place == source).uids for source in range(STATES - 1)]
        for roll, who in zip(self.rolls, here, strict=True):
            if len(who):
                self.place[who] = roll.rvs(who)
        self.done += 1
        self.counts[self.done] = np.bincount(self.place.values, minlength=STATES)


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    moves = Moves(steps, name="moves")
    sim = ss.Sim(n_agents=n, modules=moves, start=0, dur=steps, dt=1, rand_seed=seed, verbose=0, copy_inputs=False)
    sim.run()
    if moves.done != steps:
        raise RuntimeError(f"Starsim made {moves.done} steps of {steps}")
    return moves.counts, cost_of(moves.counts)
