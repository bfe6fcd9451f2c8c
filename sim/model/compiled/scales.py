"""What a multiplier does to a move on its scale: to the rate, the probability or the odds; arrays alone."""

from __future__ import annotations

import numpy as np

from sim.arrays import FloatArray
from sim.language.functions import carrying_nan
from sim.model.compiled.factors import Factor

IMPOSSIBLE = -1.0
"""In place of the hazard of a probability above 1."""


def multiplied(value: FloatArray, times: FloatArray, factor: Factor, is_rate: bool) -> FloatArray:
    """Multiply a rate, a probability or odds; a rates chain is turned to probabilities and back where it must be.

    A multiplier of 0 takes a move away whatever its scale, also one that is certain. A probability of a rates chain
    that would be above 1 is ``IMPOSSIBLE``.
    """
    if factor.when is None or (factor.scale == "rate" and is_rate):
        return value * times
    p = -np.expm1(-value) if is_rate else value
    if factor.scale == "rate":
        changed = -np.expm1(np.log1p(-p) * times)
    else:
        changed = p * times if factor.scale == "probability" else p * times / (1.0 - p + p * times)
    changed = carrying_nan(np.where(times == 0, 0.0, changed), p, times)
    if not is_rate:
        return changed
    # Where the probability rounds to 1 the hazard is worked out without it: log(1 + times x odds) for odds of e^hazard.
    certain = np.logaddexp(0.0, value + np.log(times)) if factor.scale == "odds" else value
    hazard = np.where((p == 1.0) & (changed == 1.0), certain, -np.log1p(-changed))
    return np.where(changed > 1.0, IMPOSSIBLE, hazard)
