"""Two spaces to work in: the transformed box, where the model is smooth, and scores, where priors are standard normal.

A score is the normal quantile of the prior probability of a value within its bounds. In scores every prior is the same
standard normal, bounds cannot be left, and how far data narrow a parameter is read off its standard deviation.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from calibration.problem import FreeParameter
from sim.arrays import FloatArray, finite
from sim.engine.fate.draws import key, uniform

EDGE = 1e-10
"""Least prior probability on either side of a value, so that no score is infinite."""


def to_box(parameters: Sequence[FreeParameter], points: FloatArray) -> FloatArray:
    """Bring points in natural units to the transformed box, 0 at the low bound and 1 at the high; same shape."""
    low, high = _ends(parameters)
    return (_forward(parameters, finite("points", points)) - low) / (high - low)


def from_box(parameters: Sequence[FreeParameter], box: FloatArray) -> FloatArray:
    """Bring points of the transformed box back to natural units; what lies outside goes to its bound."""
    low, high = _ends(parameters)
    moved = low + np.clip(finite("points", box), 0.0, 1.0) * (high - low)
    columns = [_backward(one.transform, moved[..., i]) for i, one in enumerate(parameters)]
    lows, highs = np.array([one.low for one in parameters]), np.array([one.high for one in parameters])
    return np.clip(np.stack(columns, axis=-1), lows, highs)


def to_scores(parameters: Sequence[FreeParameter], points: FloatArray) -> FloatArray:
    """Give the scores of points, of the same shape: standard normal under the prior truncated to the bounds."""
    columns, points = [], finite("points", points)
    for i, one in enumerate(parameters):
        low, high = _masses(one)
        u = (one.prior.cumulative(points[..., i]) - low) / (high - low)
        columns.append(special.ndtri(np.clip(u, EDGE, 1 - EDGE)))
    return np.stack(columns, axis=-1)


def from_scores(parameters: Sequence[FreeParameter], scores: FloatArray) -> FloatArray:
    """Give the points of scores, of the same shape, in natural units within the bounds."""
    columns, scores = [], finite("scores", scores)
    for i, one in enumerate(parameters):
        low, high = _masses(one)
        u = low + np.clip(special.ndtr(scores[..., i]), EDGE, 1 - EDGE) * (high - low)
        columns.append(np.clip(one.prior.quantile(u), one.low, one.high))
    return np.stack(columns, axis=-1)


def latin_hypercube(seed: int, name: str, n: int, dimensions: int) -> FloatArray:
    """Give ``n`` points of the unit box, (point, dimension), one in every n-th slice of each dimension; keyed."""
    ids = np.arange(n)
    columns = [
        (np.argsort(np.argsort(uniform(key(seed, name, "order", j), ids))) + uniform(key(seed, name, "at", j), ids)) / n
        for j in range(dimensions)
    ]
    return np.stack(columns, axis=1)


def prior_draws(parameters: Sequence[FreeParameter], seed: int, n: int) -> FloatArray:
    """Draw ``n`` points from the priors within the bounds, (draw, parameter), natural units; keyed."""
    u = np.clip(latin_hypercube(seed, "prior", n, len(parameters)), EDGE, 1 - EDGE)
    return from_scores(parameters, special.ndtri(u))


def normals(seed: int, name: str, shape: tuple[int, ...]) -> FloatArray:
    """Draw standard normal numbers of a shape; keyed."""
    u = uniform(key(seed, name), np.arange(int(np.prod(shape))))
    return np.asarray(special.ndtri(np.clip(u, EDGE, 1 - EDGE))).reshape(shape)


def _masses(one: FreeParameter) -> tuple[float, float]:
    """Give the prior's probability below either bound."""
    low, high = one.prior.cumulative(np.array([one.low, one.high]))
    if high - low < EDGE:
        raise ValueError(
            f"{one.name}: its prior ({one.prior.low:g} to {one.prior.high:g}) gives nothing between its bounds "
            f"{one.low:g} and {one.high:g}; widen the bounds or correct the prior"
        )
    return float(low), float(high)


def _ends(parameters: Sequence[FreeParameter]) -> tuple[FloatArray, FloatArray]:
    """Give the transformed bounds."""
    low = _forward(parameters, np.array([one.low for one in parameters], dtype=np.float64))
    return low, _forward(parameters, np.array([one.high for one in parameters], dtype=np.float64))


def _forward(parameters: Sequence[FreeParameter], points: FloatArray) -> FloatArray:
    """Transform every parameter by its own rule."""
    rules = {"linear": lambda x: x, "log": np.log, "logit": special.logit}
    return np.stack([rules[one.transform](points[..., i]) for i, one in enumerate(parameters)], axis=-1)


def _backward(transform: str, values: FloatArray) -> FloatArray:
    """Undo a transform."""
    rules = {"linear": lambda x: x, "log": np.exp, "logit": special.expit}
    return np.asarray(rules[transform](values))
