"""Discrete classes that stand for a continuous trait."""

from __future__ import annotations

import numpy as np
from scipy.special import gammainc, gammaincinv

from sim.arrays import FloatArray


def gamma_classes(variance: float, classes: int) -> FloatArray:
    """Cut a gamma distribution with mean 1 into classes of equal weight and give the mean of each.

    Parameters
    ----------
    variance
        Its variance, > 0.
    classes
        Number of classes, >= 1.

    Returns
    -------
        Class means, shape (classes,), rising; their mean is 1.

    Notes
    -----
    With shape a = 1 / variance, the mean between two quantiles is the difference of the distribution functions of
    shape a + 1 there, divided by the weight of the class.
    """
    shape = 1.0 / variance
    edges = gammaincinv(shape, np.arange(classes + 1) / classes)
    edges[-1] = np.inf
    return np.asarray(np.diff(gammainc(shape + 1.0, edges)) * classes, dtype=np.float64)
