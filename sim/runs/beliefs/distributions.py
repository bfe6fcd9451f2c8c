"""What is believed about an uncertain number: a distribution from its best estimate and its 95% interval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isclose, log, sqrt
from typing import Literal, get_args

import numpy as np
import scipy  # its parts are read when they are asked for: stats takes half a second
from scipy.special import ndtri

from sim.arrays import FloatArray, finite

Kind = Literal["normal", "lognormal", "gamma", "beta", "triangular", "fixed", "uniform"]
KINDS: tuple[str, ...] = get_args(Kind)
TAIL = 0.025
Z = float(-ndtri(TAIL))
NEGLIGIBLE = 1e-3
"""Chance of a negative draw that is let pass."""
SHARES = ("share", "probability")


@dataclass(frozen=True)
class Belief:
    """A number with its 95% interval and the kind of distribution that says how likely its values are."""

    value: float
    low: float
    high: float
    kind: Kind

    def __post_init__(self) -> None:
        """Refuse what no distribution of the kind can be."""
        finite("value, low, high", [self.value, self.low, self.high])
        if not self.low <= self.value <= self.high:
            raise ValueError(f"low {self.low:g}, value {self.value:g}, high {self.high:g}: must be in this order")
        if (self.kind == "lognormal" and self.low <= 0) or (self.kind == "gamma" and not 0 <= self.low < self.value):
            raise ValueError(f"low {self.low:g}: a {self.kind} distribution needs a number above 0")
        if self.kind == "beta" and not (self.low >= 0 and self.high <= 1 and 0 < self.value < 1):
            raise ValueError(
                f"{self.value:g} ({self.low:g} to {self.high:g}): a beta distribution lies between 0 and 1"
            )

    @property
    def is_fixed(self) -> bool:
        """Whether there is nothing to draw."""
        return self.kind == "fixed" or self.low == self.high

    def quantile(self, u: FloatArray) -> FloatArray:
        """Give the values at probabilities u, of the same shape.

        Normal: mean the value, the interval's width 2 x 1.96 standard deviations. Lognormal: 95% of it within the
        interval, so its median is their geometric mean and not the value. Gamma and beta: mean the value, standard
        deviation a quarter of the width. Triangular: mode the value, 95% between low and high. Uniform: all there.
        """
        u = finite("probabilities", u)
        if self.is_fixed:
            return np.full(u.shape, self.value)
        return np.asarray(_distribution(self).ppf(u), dtype=np.float64)

    def cumulative(self, x: FloatArray) -> FloatArray:
        """Give the probability of being at most x, of the same shape: the inverse of ``quantile``."""
        x = finite("numbers", x)
        if self.is_fixed:
            return np.asarray(x >= self.value, dtype=np.float64)
        return np.asarray(_distribution(self).cdf(x), dtype=np.float64)


@lru_cache(maxsize=4096)
def _distribution(one: Belief) -> scipy.stats.rv_continuous:
    """Make a distribution, which takes a millisecond, once for all draws from it."""
    deviation = (one.high - one.low) / (2 * Z)
    if one.kind == "normal":
        return scipy.stats.norm(one.value, deviation)
    if one.kind == "lognormal":
        return scipy.stats.lognorm(log(one.high / one.low) / (2 * Z), scale=sqrt(one.low * one.high))
    if one.kind == "uniform":
        return scipy.stats.uniform(one.low, one.high - one.low)
    if one.kind == "gamma":
        shape = (one.value / deviation) ** 2
        return scipy.stats.gamma(shape, scale=one.value / shape)
    if one.kind == "beta":
        room = one.value * (1 - one.value)
        size = room / min(deviation**2, 0.99 * room) - 1
        return scipy.stats.beta(one.value * size, (1 - one.value) * size)
    return _triangular(one.value, one.low, one.high)


def belief(value: float, low: float | None, high: float | None, unit: str = "", kind: str | None = None) -> Belief:
    """Choose a distribution for a number.

    Parameters
    ----------
    value, low, high
        Best estimate and 95% interval; without both ends the number is taken as it is.
    unit
        Shares and probabilities strictly between 0 and 1 are beta.
    kind
        One of ``KINDS``, in place of the choice made here: beta for shares, triangular where the value is at an end of
        its interval, lognormal where the interval is skewed to the right and above 0, gamma where a normal one would
        reach below 0 and the interval does not, else normal.

    Raises
    ------
    ValueError
        If the kind is unknown or does not suit the interval.
    """
    if low is None or high is None or low == high:
        return Belief(value, value, value, "fixed")
    if kind is not None:
        if kind not in KINDS:
            raise ValueError(f"'{kind}' is no distribution; there are {', '.join(KINDS)}")
        return Belief(value, low, high, kind)  # type: ignore[arg-type]
    if unit in SHARES and low >= 0 and high <= 1 and 0 < value < 1:
        return Belief(value, low, high, "beta")
    if isclose(value, low) or isclose(value, high):
        return Belief(value, low, high, "triangular")
    if low > 0 and high - value > 1.05 * (value - low):
        return Belief(value, low, high, "lognormal")
    reaches_below = value < -ndtri(NEGLIGIBLE) * (high - low) / (2 * Z)
    return Belief(value, low, high, "gamma" if low >= 0 and reaches_below else "normal")


def _triangular(mode: float, low: float, high: float) -> scipy.stats.rv_continuous:
    """Find the triangle with this mode that has 2.5% on each side of the interval (all 5% on one, at an end)."""
    left, right = (0.0 if isclose(mode, low) else TAIL), (0.0 if isclose(mode, high) else TAIL)
    left, right = (left, 2 * TAIL - left) if right else (2 * TAIL - right, right)

    def missed(ends: FloatArray) -> list[float]:
        a, b = ends
        width = a + b + high - low
        up, down = mode - low + a, high - mode + b
        below = a * a / (width * up) if up > 0 else 0.0
        above = b * b / (width * down) if down > 0 else 0.0
        return [below - left, above - right]

    span = high - low
    a, b = scipy.optimize.fsolve(missed, [0.2 * span * (left > 0), 0.2 * span * (right > 0)])
    a, b = max(float(a), 0.0), max(float(b), 0.0)
    return scipy.stats.triang((mode - low + a) / (span + a + b), low - a, span + a + b)


def dirichlet(shares: FloatArray, size: float, u: FloatArray) -> FloatArray:
    """Draw shares that sum to 1 around ``shares``, known as well as from ``size`` cases.

    Parameters
    ----------
    shares
        Mean of each, (part,), summing to 1; a part of 0 stays 0.
    size
        Sum of the concentrations: variance of a share p is p (1 - p) / (size + 1).
    u
        Probabilities, (draw, part).

    Returns
    -------
        (draw, part); gamma quantiles divided by their sum. The last part above 0 is what the others leave of 1, so that
        a row added up from left to right is 1 to the last bit.
    """
    shares, u = finite("shares", shares), finite("probabilities", u)
    there = np.flatnonzero(shares > 0)
    gammas = scipy.stats.gamma.ppf(u[:, there], shares[there] * size)
    result = np.zeros(u.shape)
    result[:, there] = gammas / gammas.sum(axis=1, keepdims=True)
    before = np.zeros(len(u))
    for part in there[:-1]:
        result[:, part] = np.minimum(result[:, part], 1.0 - before)
        before = before + result[:, part]
    result[:, there[-1]] = 1.0 - before
    return result
