"""The textbook loop, frozen: what the benchmark divides by. Do not make it faster.

Individuals by months as full matrices; each month one float64 uniform an individual, the row of the transition matrix
gathered and summed up, the first state whose sum exceeds the uniform. Counts by state and month, and discounted cost.
"""

from __future__ import annotations

import numpy as np

STAY = (0.92, 0.91, 0.90, 0.89, 0.88, 0.87, 0.86)
"""Chance to stay a month in each state but the last, which is for good."""
SHARES = (
    (0, 0.818, 0.046, 0.111, 0.013, 0.007, 0.005, 0),
    (0.346, 0, 0.474, 0.124, 0.028, 0.025, 0.003, 0),
    (0.047, 0.382, 0, 0.249, 0.262, 0.036, 0.023, 0.001),
    (0.085, 0.175, 0.355, 0, 0.105, 0.234, 0.046, 0),
    (0.016, 0.053, 0.114, 0.465, 0, 0.267, 0.085, 0),
    (0.007, 0.027, 0.05, 0.06, 0.527, 0, 0.32, 0.009),
    (0.001, 0.015, 0.033, 0.103, 0.068, 0.776, 0, 0.004),
)
"""Where those who leave go, in thousandths."""
PRICES = tuple(100.0 * state for state in range(8))
DISCOUNT = 0.035


def matrix() -> np.ndarray:
    """Give the monthly transition matrix, (from, to)."""
    p = np.zeros((8, 8))
    p[:7] = (1.0 - np.array(STAY))[:, None] * np.array(SHARES)
    p[range(7), range(7)] = STAY
    p[7, 7] = 1.0
    return p


def textbook(n: int = 120_000, steps: int = 120, seed: int = 0) -> tuple[np.ndarray, float]:
    """Run the loop; give counts (point, state) and the total discounted cost."""
    p, rng = matrix(), np.random.default_rng(seed)
    state = np.zeros((n, steps + 1), dtype=np.int64)
    cost = np.zeros((n, steps + 1))
    price = np.array(PRICES)
    for t in range(steps):
        u = rng.random(n)
        state[:, t + 1] = (u[:, None] < p[state[:, t]].cumsum(axis=1)).argmax(axis=1)
        cost[:, t + 1] = price[state[:, t + 1]]
    discount = (1.0 + DISCOUNT) ** (-np.arange(steps + 1) / 12)
    counts = np.stack([np.bincount(state[:, t], minlength=8) for t in range(steps + 1)])
    return counts, float((cost @ discount).sum())
