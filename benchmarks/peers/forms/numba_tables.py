"""Numba, from move to move over tables worked out before: a random word gives a stay and what follows (Walker 1977)."""

import numba
import numpy as np

from benchmarks.peers.job import STATES, cost_of
from benchmarks.textbook import matrix

GAMMA, MIX_1, MIX_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
CELLS = 1024
"""Of a table, a power of 2: stays up to the horizon times seven destinations, and to stay beyond it."""
REST = 54
"""Bits of a word that are left when the cell is chosen."""


@numba.njit(cache=False)
def _walk(n: int, steps: int, seed: int, share: np.ndarray, stay: np.ndarray, following: np.ndarray) -> np.ndarray:
    changes = np.zeros((steps + 2, share.shape[0]), dtype=np.int64)
    changes[0, 0] = n
    counter = np.uint64(seed) * MIX_2
    for _ in range(n):
        state, t = 0, 0
        while True:
            counter += GAMMA
            word = (counter ^ (counter >> np.uint64(30))) * MIX_1
            word = (word ^ (word >> np.uint64(27))) * MIX_2
            word ^= word >> np.uint64(31)
            cell = np.int64(word >> np.uint64(REST))
            own = (word & np.uint64((1 << REST) - 1)) * 2.0**-REST < share[state, cell]
            k = 2 * cell + (0 if own else 1)
            t += stay[state, k]
            if t > steps:
                break
            changes[t, state] -= 1
            state = following[state, k]
            changes[t, state] += 1
    return changes


def _alias(chances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the share of each cell that is its own outcome, and the outcome of the rest (Vose 1991)."""
    scaled, other = chances * CELLS, np.arange(CELLS)
    small, large = list(np.flatnonzero(scaled < 1.0)), list(np.flatnonzero(scaled >= 1.0))
    while small and large:
        low, high = small.pop(), large[-1]
        other[low] = high
        scaled[high] -= 1.0 - scaled[low]
        if scaled[high] < 1.0:
            small.append(large.pop())
    scaled[small + large] = 1.0
    return scaled, other


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    p = matrix()
    if steps * (STATES - 1) + 1 > CELLS:
        raise ValueError(f"{steps} steps need more than {CELLS} cells")
    share = np.ones((STATES, CELLS))
    stay, following = np.full((STATES, 2 * CELLS), steps + 1), np.zeros((STATES, 2 * CELLS), dtype=np.int64)
    length = np.arange(1, steps + 1)
    for state in range(STATES):
        to = np.array([other for other in range(STATES) if other != state])
        moves = p[state, state] ** (length - 1)[:, None] * p[state, to]  # (stay, destination)
        chances = np.zeros(CELLS)
        chances[: moves.size] = moves.reshape(-1)
        chances[moves.size] = 1.0 - moves.sum()  # beyond the horizon, if not for good
        lengths, states = np.full(CELLS, steps + 1), np.zeros(CELLS, dtype=np.int64)
        lengths[: moves.size], states[: moves.size] = np.repeat(length, len(to)), np.tile(to, steps)
        share[state], other = _alias(np.maximum(chances, 0.0))
        stay[state], following[state] = (np.stack([of, of[other]], axis=1).reshape(-1) for of in (lengths, states))
    counts = _walk(n, steps, seed, share, stay, following)[: steps + 1].cumsum(axis=0)
    return counts, cost_of(counts)
