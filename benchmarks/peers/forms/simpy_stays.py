"""SimPy: one process a person, which sleeps until the next move."""

import random
from collections.abc import Generator
from itertools import accumulate
from math import log

import numpy as np
import simpy

from benchmarks.peers.job import STATES, cost_of
from benchmarks.textbook import matrix


def _person(
    env: simpy.Environment,
    rng: random.Random,
    log_stay: list[float],
    rows: list[list[float]],
    changes: np.ndarray,
) -> Generator:
    state = 0
    while log_stay[state] < 0.0:
        yield env.timeout(1 + int(log(1.0 - rng.random()) / log_stay[state]))
        following = rng.choices(range(STATES), cum_weights=rows[state])[0]
        changes[int(env.now), state] -= 1
        changes[int(env.now), following] += 1
        state = following


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    env, rng = simpy.Environment(), random.Random(seed)
    p = matrix()
    log_stay = np.log(p.diagonal()).tolist()
    rows = [list(accumulate(row)) for row in np.where(np.eye(STATES, dtype=bool), 0.0, p).tolist()]
    changes = np.zeros((steps + 1, STATES), dtype=np.int64)
    changes[0, 0] = n
    for _ in range(n):
        env.process(_person(env, rng, log_stay, rows, changes))
    env.run(until=steps + 0.5)
    counts = changes.cumsum(axis=0)
    return counts, cost_of(counts)
