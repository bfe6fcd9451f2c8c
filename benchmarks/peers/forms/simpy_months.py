"""SimPy: one process a person, which wakes in every month."""

import random
from collections.abc import Generator
from itertools import accumulate

import numpy as np
import simpy

from benchmarks.peers.job import STATES, cost_of
from benchmarks.textbook import matrix


def _person(env: simpy.Environment, rng: random.Random, rows: list[list[float]], counts: np.ndarray) -> Generator:
    state = 0
    while True:
        counts[int(env.now), state] += 1
        yield env.timeout(1)
        state = rng.choices(range(STATES), cum_weights=rows[state])[0]


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    env, rng = simpy.Environment(), random.Random(seed)
    rows = [list(accumulate(row)) for row in matrix().tolist()]
    counts = np.zeros((steps + 1, STATES), dtype=np.int64)
    for _ in range(n):
        env.process(_person(env, rng, rows, counts))
    env.run(until=steps + 0.5)
    return counts, cost_of(counts)
