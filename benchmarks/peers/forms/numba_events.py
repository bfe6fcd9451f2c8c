"""Numba, from move to move: a geometric stay, then a destination. No month is looked at in which nothing happens."""

import numba
import numpy as np

from benchmarks.peers.job import STATES, cost_of
from benchmarks.textbook import matrix


@numba.njit(cache=False)
def _walk(n: int, steps: int, seed: int, log_stay: np.ndarray, cumulative: np.ndarray) -> np.ndarray:
    np.random.seed(seed)  # noqa: NPY002 - compiled, it has a state of its own
    changes = np.zeros((steps + 2, cumulative.shape[0]), dtype=np.int64)
    changes[0, 0] = n
    for _ in range(n):
        state, t = 0, 0
        while log_stay[state] < 0.0:
            t += 1 + int(np.log(1.0 - np.random.random()) / log_stay[state])  # noqa: NPY002
            if t > steps:
                break
            u = np.random.random()  # noqa: NPY002
            following = 0
            while u >= cumulative[state, following]:
                following += 1
            changes[t, state] -= 1
            changes[t, following] += 1
            state = following
    return changes


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    p = matrix()
    stay = p.diagonal().copy()
    leave = np.where(np.eye(STATES, dtype=bool), 0.0, p)
    leave[:-1] /= leave[:-1].sum(axis=1, keepdims=True)
    cumulative = leave.cumsum(axis=1)
    last = STATES - 1 - (leave[:, ::-1] > 0).argmax(axis=1)
    cumulative[np.arange(STATES), last] = 2.0  # whatever rounding leaves of 1 goes to the last possible state
    counts = _walk(n, steps, seed, np.log(stay), cumulative)[: steps + 1].cumsum(axis=0)
    return counts, cost_of(counts)
