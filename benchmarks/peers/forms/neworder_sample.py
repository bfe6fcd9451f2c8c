"""Neworder: a model on a linear timeline; each month ``mc.sample`` draws the next states of each state's people."""

import neworder as no
import numpy as np

from benchmarks.peers.job import STATES, cost_of
from benchmarks.textbook import matrix


class People(no.Model):
    """People in eight states."""

    def __init__(self, n: int, steps: int, seed: int) -> None:
        super().__init__(no.LinearTimeline(0.0, float(steps), steps), lambda *_: seed)
        self.rows = matrix()
        self.state = np.zeros(n, dtype=np.int64)
        self.counts = np.zeros((steps + 1, STATES), dtype=np.int64)
        self.counts[0, 0] = n
        self.done = 0

    def step(self) -> None:
        """Move everybody who can move; the last state is for good."""
        here = [np.flatnonzero(self.state == source) for source in range(STATES - 1)]
        for source, who in enumerate(here):
            self.state[who] = self.mc.sample(len(who), self.rows[source])
        self.done += 1
        self.counts[self.done] = np.bincount(self.state, minlength=STATES)


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    model = People(n, steps, seed)
    if not no.run(model):
        raise RuntimeError("neworder says that its run failed")
    return model.counts, cost_of(model.counts)
