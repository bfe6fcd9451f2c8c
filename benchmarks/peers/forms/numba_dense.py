"""Numba, every person in every month: one uniform, a scan of the cumulative row."""

import numba
import numpy as np

from benchmarks.peers.job import STATES, cost_of
from benchmarks.textbook import matrix


@numba.njit(cache=False)
def _walk(n: int, steps: int, seed: int, cumulative: np.ndarray) -> np.ndarray:
    np.random.seed(seed)  # noqa: NPY002 - compiled, it has a state of its own
    counts = np.zeros((steps + 1, cumulative.shape[0]), dtype=np.int64)
    for _ in range(n):
        state = 0
        counts[0, state] += 1
        for t in range(1, steps + 1):
            u = np.random.random()  # noqa: NPY002
            following = 0
            while u >= cumulative[state, following]:
                following += 1
            state = following
            counts[t, state] += 1
    return counts


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    cumulative = matrix().cumsum(axis=1)
    cumulative[:, STATES - 1] = 2.0  # whatever rounding leaves of 1
    counts = _walk(n, steps, seed, cumulative)
    return counts, cost_of(counts)
