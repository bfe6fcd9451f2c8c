"""Waits from histograms of whole steps: quantiles pool exactly over areas and replications."""

from __future__ import annotations

import numpy as np

from sim.arrays import FloatArray


def quantile(histogram: FloatArray, share: float) -> float:
    """Give the smallest wait, in steps, that at least ``share`` of those admitted did not exceed; NaN for none.

    ``histogram[w]`` is how many waited w whole steps; the last bin holds that or longer.
    """
    total = float(histogram.sum())
    if not total > 0:
        return float("nan")
    # A hair below, so that sums of fractions (from the expectation solver) do not step over a bin by rounding.
    return float(np.searchsorted(np.cumsum(histogram), share * total * (1 - 1e-12)))


def mean_wait(histogram: FloatArray) -> float:
    """Give the mean wait in steps of those admitted; NaN for none."""
    total = float(histogram.sum())
    return float((np.arange(histogram.size) * histogram).sum() / total) if total > 0 else float("nan")
