"""The reference job, and what is exactly true of it. Needs NumPy alone, since every peer's environment imports it."""

from __future__ import annotations

import numpy as np

from benchmarks.textbook import DISCOUNT, PRICES, matrix

STATES = 8
RARE = 10.0
"""Cells that expect fewer people than this are left out of the check: a z of so few is far from normal."""


def discounts(steps: int) -> np.ndarray:
    """Give the discount factor of each point, (point,)."""
    return np.asarray((1.0 + DISCOUNT) ** (-np.arange(steps + 1) / 12))


def cost_of(counts: np.ndarray) -> float:
    """Give the total discounted cost of counts (point, state), as the textbook loop charges it."""
    return float(discounts(len(counts) - 1) @ (counts @ np.array(PRICES)))


def expected_shares(steps: int) -> np.ndarray:
    """Give the chance to be in each state at each point when starting in the first, (point, state)."""
    p = matrix()
    shares = np.zeros((steps + 1, STATES))
    shares[0, 0] = 1.0
    for t in range(steps):
        shares[t + 1] = shares[t] @ p
    return shares


def cost_moments(steps: int) -> tuple[float, float]:
    """Give mean and variance of one person's discounted cost, from the first two moments of a Markov reward."""
    p, price, discount = matrix(), np.array(PRICES), discounts(steps)
    first, second = np.zeros(STATES), np.zeros(STATES)
    for t in range(steps, -1, -1):
        now = price * discount[t]
        ahead, square = (p @ first, p @ second) if t < steps else (first, second)
        first, second = now + ahead, now**2 + 2 * now * ahead + square
    return float(first[0]), float(second[0] - first[0] ** 2)


def worst_z(counts: np.ndarray) -> float:
    """Give the largest |z| of any count (point, state) against its binomial."""
    n = counts[0].sum()
    shares = expected_shares(len(counts) - 1)
    expected = n * shares
    usual = np.minimum(expected, n - expected) >= RARE
    z = (counts - expected)[usual] / np.sqrt(expected * (1.0 - shares))[usual]
    return float(np.abs(z).max())


def cost_z(counts: np.ndarray, cost: float) -> float:
    """Give z of a total cost."""
    n = counts[0].sum()
    mean, variance = cost_moments(len(counts) - 1)
    return float((cost - n * mean) / np.sqrt(n * variance))
