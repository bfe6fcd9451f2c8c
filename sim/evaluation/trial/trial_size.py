"""How large a randomised trial would have to be to find the effect, and whether the formula for it can be trusted.

Two arms of equal size of families such as those who were helped; half of them are helped. The outcome is a ratio of
sums, so its error is that of the linearised ratio (Cochran 1977, section 2.11): amount less level times people, over
mean people. Families who left count with nothing, as they would in a trial that analyses all whom it has drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from sim.arrays import FloatArray
from sim.engine.fate.draws import key, uniform

POWER, LEVEL = 0.8, 0.05
LARGEST = 2_000
"""Families an arm in trials that are tried out; a larger trial is checked at this size."""
TRIALS = 1_000


@dataclass(frozen=True)
class Arms:
    """Amount and people of each family over the months looked at, helped and not, (family,) each; the same families."""

    amount: FloatArray
    people: FloatArray
    amount_without: FloatArray
    people_without: FloatArray

    @property
    def effect(self) -> float:
        """Give the difference of the two levels."""
        return _ratio(self.amount, self.people) - _ratio(self.amount_without, self.people_without)

    @property
    def variance(self) -> float:
        """Give the variance between families in both arms together: the variance of the difference is this over n."""
        return sum(
            float(_linear(a, p).var(ddof=1)) for a, p in
            ((self.amount, self.people), (self.amount_without, self.people_without))
        )  # fmt: skip


@dataclass(frozen=True)
class Size:
    """Families an arm that find the effect with a power of 80% at 5% two-sided, and the check of the formula.

    Attributes
    ----------
    effect
        The difference that is to be found.
    an_arm
        Families an arm; None where there is nothing to find.
    tried
        Families an arm in the trials that were tried out.
    predicted, found
        Share of such trials that find a difference: by the formula, and in the trials.
    """

    effect: float
    an_arm: int | None
    tried: int
    predicted: float
    found: float


def _ratio(amount: FloatArray, people: FloatArray) -> float:
    """Divide sums."""
    return float(amount.sum() / people.sum()) if people.sum() else math.nan


def _linear(amount: FloatArray, people: FloatArray) -> FloatArray:
    """Give each family's share in the error of a ratio of sums, (family,)."""
    return np.asarray((amount - _ratio(amount, people) * people) / people.mean())


def families_an_arm(effect: float, variance: float, power: float = POWER, level: float = LEVEL) -> int | None:
    """Give the size of each arm at which a two-sided z-test has the power.

    Parameters
    ----------
    effect
        The true difference.
    variance
        Sum of the variances between families of the two arms.
    power, level
        Of the test.

    Returns
    -------
        (z(1 - level/2) + z(power))^2 variance / effect^2, rounded up; None where the effect is 0 or cannot be said.
    """
    if not (math.isfinite(effect) and math.isfinite(variance)) or effect == 0:
        return None
    return max(2, math.ceil(float(ndtri(1 - level / 2) + ndtri(power)) ** 2 * variance / effect**2))


def power_of(effect: float, variance: float, n: int, level: float = LEVEL) -> float:
    """Give the power of a two-sided z-test with n families an arm."""
    z, bar = abs(effect) / math.sqrt(variance / n) if variance > 0 else math.inf, float(ndtri(1 - level / 2))
    return float(ndtr(z - bar) + ndtr(-z - bar))


def size(arms: Arms, seed: int, trials: int = TRIALS) -> Size:
    """Give the size of trial that finds the effect, and try such trials out.

    Parameters
    ----------
    arms
        Families such as the trial would draw.
    seed
        Keys who is drawn into which trial.
    trials
        How many are tried out.

    Returns
    -------
        The size, with the power predicted and found at that size or at ``LARGEST``, whichever is less.
    """
    effect, variance = arms.effect, arms.variance
    n = families_an_arm(effect, variance)
    tried = min(n or LARGEST, LARGEST)
    if n is None and not math.isfinite(effect):
        return Size(effect, None, 0, math.nan, math.nan)
    return Size(effect, n, tried, power_of(effect, variance, tried) if variance else math.nan,
                share_that_find(arms, tried, trials, seed))  # fmt: skip


def share_that_find(arms: Arms, n: int, trials: int, seed: int) -> float:
    """Draw n families for each arm, with replacement, again and again; give the share of trials that find a difference.

    Each trial estimates its own variances, as a real one would; one in which nothing happens to anybody finds nothing.
    """
    pool, found = len(arms.amount), 0
    for trial in range(trials):
        estimate, variance = 0.0, 0.0
        for sign, (a, p) in enumerate(((arms.amount_without, arms.people_without), (arms.amount, arms.people))):
            drawn = (uniform(key(seed, "trial", trial, sign), np.arange(n)) * pool).astype(np.int64)
            amount, people = a[drawn], p[drawn]
            if not people.any():
                break
            estimate += (2 * sign - 1) * _ratio(amount, people)
            variance += float(_linear(amount, people).var(ddof=1)) / n
        else:
            found += abs(estimate) > float(ndtri(1 - LEVEL / 2)) * math.sqrt(variance) and variance > 0
    return found / trials
