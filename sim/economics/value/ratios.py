"""Intervals of ratios of means over replications, by Fieller's theorem."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtrit

from sim.arrays import FloatArray, finite
from sim.intervals import UPPER_TAIL, Estimate


def ratio(numerator: FloatArray, denominator: FloatArray, *, sampled: bool = True) -> Estimate:
    """Give the ratio of two means with its 95% Fieller interval.

    Parameters
    ----------
    numerator, denominator
        One value a replication, paired, (replication,).
    sampled
        Whether replications are a sample; without, and for one replication, there is no interval.

    Returns
    -------
        mean(numerator) / mean(denominator). Low and high are the roots of (a - rb)^2 = t^2 (va - 2 r cab + r^2 vb),
        where a, b are the means, v and c the variances and covariance of the means and t is Student's (Fieller 1954);
        None where the denominator's own interval includes 0, since the set is then unbounded. NaN for a denominator
        of exactly 0.

    Raises
    ------
    ValueError
        If a value is not a finite number.
    """
    numerator, denominator = finite("numerator", numerator), finite("denominator", denominator)
    a, b, n = float(np.mean(numerator)), float(np.mean(denominator)), numerator.size
    if b == 0 or not math.isfinite(a / b):
        return Estimate(math.nan)
    if not sampled or n < 2:
        return Estimate(a / b)
    t2 = float(stdtrit(n - 1, UPPER_TAIL)) ** 2
    spread = np.atleast_2d(np.cov(numerator, denominator)) / n
    square, middle, constant = b * b - t2 * spread[1, 1], a * b - t2 * spread[0, 1], a * a - t2 * spread[0, 0]
    if square <= 0:
        return Estimate(a / b)
    root = math.sqrt(max(middle * middle - square * constant, 0.0))
    return Estimate(a / b, float((middle - root) / square), float((middle + root) / square))
