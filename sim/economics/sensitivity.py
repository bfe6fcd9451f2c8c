"""Which inputs move a result: Sobol indices with intervals, and one-at-a-time swings for a tornado."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import scipy

from sim.arrays import FloatArray, finite

TAIL = 0.025
RESAMPLES, AT_ONCE = 999, 32
ROUNDING = 1e-12
"""Share of the mean square under which a variance is rounding."""


@dataclass(frozen=True)
class Index:
    """Sobol indices of one input with 95% intervals: its share of the variance alone, and with all interactions."""

    name: str
    first: float
    first_low: float
    first_high: float
    total: float
    total_low: float
    total_high: float

    @property
    def says(self) -> str:
        """The index in words: a share, or that it cannot be told from zero."""
        if self.total_low <= 0.0:
            return "zero within error"
        return f"{self.total:.0%} ({self.total_low:.0%} to {self.total_high:.0%})"


def sobol(
    function: Callable[[FloatArray], FloatArray],
    bounds: Mapping[str, tuple[float, float]],
    n: int = 1024,
    seed: int = 1,
) -> list[Index]:
    """Give first-order and total Sobol indices of a function of independent, evenly distributed inputs.

    Parameters
    ----------
    function
        Takes (input, point), gives (point,).
    bounds
        Low and high of each input.
    n
        Base points, a power of two; the function is evaluated at n x (inputs + 2) points.
    seed
        Seed of the points and of the bootstrap.

    Returns
    -------
        Estimates by Saltelli et al. 2010 (table 2, b and f) on scrambled Sobol points; intervals are the 2.5% and 97.5%
        quantiles of a bootstrap over base points (Archer, Saltelli and Sobol 1997). A negative estimate is noise around
        zero and is given as 0. A single input has all of the variance; where there is none, every index is 0.

    Raises
    ------
    ValueError
        If ``n`` is no power of two, there is no input, a low is not below its high, or the function gives another shape
        or a number that is not finite.
    """
    ends = finite("bounds", [bounds[name] for name in bounds]).reshape(-1, 2)
    for name, (low, high) in zip(bounds, ends, strict=True):
        if not low < high:
            raise ValueError(f"{name}: low = {low}, high = {high}; low must be below high")
    if n < 2 or n & (n - 1) or not bounds:
        raise ValueError(f"n = {n}, {len(bounds)} inputs; give a power of two, and one input at least")
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    terms = _terms(function, ends, n, generator)
    if len(bounds) == 1:
        share = float(_indices(terms.mean(axis=0, keepdims=True))[0, 0, 0] != 0)
        return [Index(next(iter(bounds)), *[share] * 6)]
    found = np.maximum(_indices(terms.mean(axis=0, keepdims=True))[0], 0.0)
    low_, high_ = np.quantile(_indices(_resampled(terms, generator)), [TAIL, 1.0 - TAIL], axis=0)
    return [
        Index(name, *(float(x[order, i]) for order in (0, 1) for x in (found, low_, high_)))
        for i, name in enumerate(bounds)
    ]


def _terms(
    function: Callable[[FloatArray], FloatArray], ends: FloatArray, n: int, generator: np.random.Generator
) -> FloatArray:
    """Evaluate the function; give what is averaged, (base point, two for each input, sum, sum of squares)."""
    size = len(ends)
    points = scipy.stats.qmc.Sobol(2 * size, seed=generator, bits=64).random(n).T.reshape(2, size, n)
    first, second = ends[:, :1] + points * (ends[:, 1:] - ends[:, :1])

    def at(x: FloatArray) -> FloatArray:
        given = finite("what the function gives", function(x))
        if given.shape != (n,):
            raise ValueError(f"the function gives {given.shape} for {n} points; it must give one number a point")
        return given

    a, b = at(first), at(second)
    mean = (a.mean() + b.mean()) / 2
    a, b = a - mean, b - mean
    moved = np.empty((size, n))
    for i in range(size):  # one input at a time from the second sample
        mixed = first.copy()
        mixed[i] = second[i]
        moved[i] = at(mixed) - mean
    return np.column_stack([(b * (moved - a)).T, ((a - moved) ** 2 / 2).T, (a + b) / 2, (a * a + b * b) / 2])


def _indices(means: FloatArray) -> FloatArray:
    """Turn means of the terms, (sample, term), into indices, (sample, first or total, input); 0 without variance."""
    shares, centre, square = means[:, :-2].reshape(len(means), 2, -1), means[:, -2], means[:, -1]
    variance = (square - centre**2)[:, None, None]
    none = variance <= ROUNDING * square[:, None, None]
    return np.asarray(np.where(none, 0.0, shares / np.where(none, 1.0, variance)))


def _resampled(terms: FloatArray, generator: np.random.Generator) -> FloatArray:
    """Give the means of the terms over resampled base points, (resample, term), some resamples at a time."""
    n, means = len(terms), np.empty((RESAMPLES, terms.shape[1]))
    for start in range(0, RESAMPLES, AT_ONCE):
        block = means[start : start + AT_ONCE]
        block[:] = np.stack([np.bincount(generator.integers(n, size=n), minlength=n) for _ in block]) @ terms / n
    return means


@dataclass(frozen=True)
class Swing:
    """What a result is with one input at its low and at its high value, all else at its best estimate."""

    name: str
    at_low: float
    at_high: float

    @property
    def width(self) -> float:
        """How far apart the two are."""
        return abs(self.at_high - self.at_low)


def tornado(
    function: Callable[[Mapping[str, float]], float],
    best: Mapping[str, float],
    ranges: Mapping[str, tuple[float, float]],
) -> list[Swing]:
    """Give the swings of a net benefit, widest first. Never of a ratio: its swings do not compare.

    Raises
    ------
    ValueError
        If a range is for an input that has no best estimate, or a number given or found is not finite.
    """
    finite("best estimates", list(best.values()))
    finite("ranges", list(ranges.values()))
    if unknown := set(ranges) - set(best):
        raise ValueError(f"a range is given for {min(unknown)}, which is no input")
    swings = [
        Swing(name, *(float(finite(f"what {name} = {end} gives", function({**best, name: end}))) for end in ends))
        for name, ends in ranges.items()
    ]
    return sorted(swings, key=lambda swing: -swing.width)
