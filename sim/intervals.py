"""95% intervals of a mean: Student's t over replications, or normal from the variance between families."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from sim.arrays import FloatArray
from sim.table import plain

LEVEL = 0.95
UPPER_TAIL = 0.5 + LEVEL / 2
ENDS = ("mean", "low", "high")


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval; ``low`` and ``high`` are None where there is none."""

    mean: float
    low: float | None = None
    high: float | None = None

    @property
    def cells(self) -> tuple[float | None, float | None, float | None]:
        """Mean, low and high as a table holds them: None for what is not known."""
        return plain(self.mean), plain(self.low), plain(self.high)

    def as_dict(self) -> dict[str, float | None]:
        """Name the three figures."""
        return dict(zip(ENDS, self.cells, strict=True))


def over_replications(samples: FloatArray) -> Estimate:
    """Give mean and t-interval of independent replications, shape (replication,); no interval for one.

    With differences taken within each replication this is the paired t-interval.
    """
    mean, n = float(np.mean(samples)), samples.size
    if n < 2 or not math.isfinite(mean):
        return Estimate(mean)
    half = float(stdtrit(n - 1, UPPER_TAIL)) * float(np.std(samples, ddof=1)) / math.sqrt(n)
    return Estimate(mean, mean - half, mean + half)


def standard_error(estimate: Estimate, n: int) -> float:
    """Give the standard error behind the interval of ``over_replications`` of n samples; NaN where there is none."""
    if estimate.high is None or n < 2:
        return math.nan
    return (estimate.high - estimate.mean) / float(stdtrit(n - 1, UPPER_TAIL))


def between_rows(mean: float, variance: float, n_rows: float) -> Estimate:
    """Give mean and normal interval from the variance between ``n_rows`` rows; no interval when it is not known."""
    if not (n_rows > 0 and variance >= 0):
        return Estimate(mean)
    half = float(ndtri(UPPER_TAIL)) * math.sqrt(variance / n_rows)
    return Estimate(mean, mean - half, mean + half)


def many_over_replications(samples: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give means, lows and highs along the last axis as ``over_replications`` does; lows and highs NaN for one."""
    n = samples.shape[-1]
    mean = samples.mean(axis=-1)
    if n < 2:
        return mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    half = float(stdtrit(n - 1, UPPER_TAIL)) * samples.std(axis=-1, ddof=1) / math.sqrt(n)
    return mean, mean - half, mean + half
