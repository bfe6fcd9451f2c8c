"""Which inputs move a result: Sobol indices with intervals, and one-at-a-time swings for a tornado."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from sim.arrays import FloatArray

CONFIDENCE = 0.95


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
        Estimates by Saltelli et al. 2010 as in ``scipy.stats.sobol_indices``, intervals by bootstrap. A negative
        estimate is noise around zero and is given as 0.

    Raises
    ------
    ValueError
        If ``n`` is no power of two, or a low is not below its high.
    """
    for name, (low, high) in bounds.items():
        if not low < high:
            raise ValueError(f"{name}: low = {low}, high = {high}; low must be below high")
    if n < 2 or n & (n - 1):
        raise ValueError(f"n = {n}; give a power of two")
    dists = [stats.uniform(low, high - low) for low, high in bounds.values()]
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
    found = stats.sobol_indices(func=function, n=n, dists=dists, random_state=generator)
    with warnings.catch_warnings():  # an input that does nothing has no spread to resample: its interval is a point
        warnings.simplefilter("ignore")
        boot = found.bootstrap(confidence_level=CONFIDENCE)
    first, total = (
        np.nan_to_num([order.confidence_interval.low, order.confidence_interval.high])
        for order in (boot.first_order, boot.total_order)
    )
    return [
        Index(
            name, max(float(found.first_order[i]), 0.0), float(first[0, i]), float(first[1, i]),
            max(float(found.total_order[i]), 0.0), float(total[0, i]), float(total[1, i]),
        )
        for i, name in enumerate(bounds)
    ]  # fmt: skip


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
        If a range is for an input that has no best estimate.
    """
    if unknown := set(ranges) - set(best):
        raise ValueError(f"a range is given for {min(unknown)}, which is no input")
    swings = [
        Swing(name, function({**best, name: low}), function({**best, name: high}))
        for name, (low, high) in ranges.items()
    ]
    return sorted(swings, key=lambda swing: -swing.width)
