"""NumPy without matrices over time: one cumulative row gathered for each person, counts as they come."""

import numpy as np

from benchmarks.peers.job import STATES, cost_of
from benchmarks.textbook import matrix


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    rng = np.random.default_rng(seed)
    cumulative = matrix().cumsum(axis=1)[:, :-1]
    state = np.zeros(n, dtype=np.int64)
    counts = np.zeros((steps + 1, STATES), dtype=np.int64)
    counts[0, 0] = n
    for t in range(steps):
        state = (rng.random(n)[:, None] >= cumulative[state]).sum(axis=1)
        counts[t + 1] = np.bincount(state, minlength=STATES)
    return counts, cost_of(counts)
