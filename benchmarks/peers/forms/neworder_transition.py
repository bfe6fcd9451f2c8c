"""Neworder as its manual has it: a data frame whose column of states goes through ``df.transition`` each month."""

import neworder as no
import numpy as np
import pandas as pd

from benchmarks.peers.job import STATES, cost_of
from benchmarks.textbook import matrix


class People(no.Model):
    """People in eight states."""

    def __init__(self, n: int, steps: int, seed: int) -> None:
        super().__init__(no.LinearTimeline(0.0, float(steps), steps), lambda *_: seed)
        self.rows, self.categories = matrix(), np.arange(STATES)
        self.people = pd.DataFrame({"state": np.zeros(n, dtype=np.int64)})
        self.counts = np.zeros((steps + 1, STATES), dtype=np.int64)
        self.counts[0, 0] = n
        self.done = 0

    def step(self) -> None:
        """Move everybody."""
        no.df.transition(self, self.categories, self.rows, self.people, "state")
        self.done += 1
        self.counts[self.done] = np.bincount(self.people["state"], minlength=STATES)


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    model = People(n, steps, seed)
    if not no.run(model):
        raise RuntimeError("neworder says that its run failed")
    return model.counts, cost_of(model.counts)
