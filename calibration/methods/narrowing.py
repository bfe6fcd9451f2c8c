"""Finding a small part of a box: subset simulation (Au and Beck 2001) down to a threshold of a distance.

In many dimensions the part that is not ruled out can be less than a millionth of the box, which no design hits. Levels
of the distance are lowered so that each keeps a quarter of the points; these are moved about within their level, by
differences of each other and along one axis at a time, and the shares kept multiply to the volume of what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from calibration.space import latin_hypercube, normals
from sim.arrays import FloatArray, finite
from sim.engine.fate.draws import key, uniform

POPULATION = 2000
KEPT = 0.25
MOVES = 24
MOST_LEVELS = 60
STALLED = 0.002
"""Relative fall of the level below which, three times running, nothing lower is looked for."""

Distance = Callable[[FloatArray], FloatArray]
"""Points of the unit box, (point, parameter), to how far each is from what is wanted, (point,)."""


@dataclass(frozen=True)
class Narrowed:
    """Points at or below the threshold (the nearest where there is none), the share of the box, the least distance."""

    points: FloatArray
    share: float
    least: float


def narrow(far_from: Distance, ends: FloatArray, threshold: float, seed: int) -> Narrowed:
    """Find the part of a box, ``ends`` (2, parameter), whose distance is at most ``threshold``; keyed.

    Raises
    ------
    ValueError
        If a distance or an end of the box is not a finite number.
    """
    ends, threshold = finite("ends of the box", ends), float(finite("threshold", threshold))

    def distance(points: FloatArray) -> FloatArray:
        return finite("distances", far_from(points))

    points = ends[0] + latin_hypercube(seed, "narrow", POPULATION, ends.shape[1]) * (ends[1] - ends[0])
    far, share, level, stalled = distance(points), 1.0, np.inf, 0
    for number in range(MOST_LEVELS):
        lower = max(threshold, float(np.quantile(far, KEPT)))
        within = far <= lower
        share *= float(within.mean())
        stalled = stalled + 1 if lower > (1 - STALLED) * level else 0
        level = lower
        again = np.resize(np.flatnonzero(within), POPULATION)
        points, far = _moved(distance, points[again], far[again], ends, level, key(seed, number))
        if level <= threshold:
            return Narrowed(points, share, float(far.min()))
        if stalled >= 3:
            break
    return Narrowed(points[np.argsort(far, kind="stable")], 0.0, float(far.min()))


def _moved(
    distance: Distance, points: FloatArray, far: FloatArray, ends: FloatArray, level: float, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Move points about within a level, by differences of others and along one axis in turn; none leaves the level."""
    for move in range(MOVES):
        # The second kind keeps what does not matter spread over the whole box, where copies would drift together.
        tried = _along_axis(points, ends, key(seed, move)) if move % 2 else _by_others(points, key(seed, move))
        inside = np.all((tried >= ends[0]) & (tried <= ends[1]), axis=1)
        its = np.where(inside, distance(np.clip(tried, ends[0], ends[1])), np.inf)
        moved = its <= level
        points, far = np.where(moved[:, None], tried, points), np.where(moved, its, far)
    return points, far


def _by_others(points: FloatArray, seed: int) -> FloatArray:
    """Try a differential evolution step: along the difference of two other points."""
    n, size = points.shape
    first, second, step = (uniform(key(seed, what), np.arange(n)) for what in ("first", "second", "step"))
    gap = points[(first * n).astype(np.int64)] - points[(second * n).astype(np.int64)]
    small = 0.01 * np.ptp(points, axis=0) * normals(seed, "small", (n, size))
    return np.asarray(points + 2.38 / np.sqrt(2 * size) * (0.2 + step[:, None]) * gap + small)


def _along_axis(points: FloatArray, ends: FloatArray, seed: int) -> FloatArray:
    """Try another value of one coordinate, anywhere in the box."""
    n, size = points.shape
    rows = np.arange(n)
    axis = (uniform(key(seed, "axis"), rows) * size).astype(np.int64)
    tried = points.copy()
    tried[rows, axis] = ends[0, axis] + uniform(key(seed, "value"), rows) * (ends[1, axis] - ends[0, axis])
    return tried
