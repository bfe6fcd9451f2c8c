"""How long help lasts where that is no exponential time: fixed, gamma or lognormal, and a multiple that reads traits.

Such a time is drawn when help begins. That needs continuous time: in whole steps a state is left with a chance a step,
and only where nothing but the mean reads traits does that come to the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from scipy.special import gammaincinv, ndtri

from sim.language.tree import Expression, number

Law = Literal["exponential", "fixed", "gamma", "lognormal"]
ONCE = number(1.0)
LAWS_WITH_SPREAD = ("gamma", "lognormal")


@dataclass(frozen=True)
class Length:
    """A time of a law, in steps, times what an expression of the row's traits gives (which scales its spread, too).

    ``sd_steps`` is the standard deviation of a gamma or lognormal time; the others need none.
    """

    law: Law
    mean_steps: float
    sd_steps: float = 0.0
    times: Expression = ONCE

    def quantile(self, share: float) -> float:
        """Give the time, in steps, that a share in [0, 1) of all do not exceed, before it is multiplied."""
        variation = self.sd_steps / self.mean_steps
        if self.law == "exponential":
            return -self.mean_steps * math.log1p(-share)
        if self.law == "gamma":
            shape = variation**-2
            return float(gammaincinv(shape, share)) * self.mean_steps / shape
        if self.law == "lognormal":
            variance = math.log1p(variation**2)
            return self.mean_steps * math.exp(math.sqrt(variance) * float(ndtri(share)) - variance / 2)
        return self.mean_steps
