"""Which points count and for how much: the conventions of published models."""

from __future__ import annotations

import numpy as np

from sim.arrays import FloatArray
from sim.errors import ModelError

CONVENTIONS = ("start", "end", "half_cycle", "simpson")


def point_weights(count: str | tuple[float, ...], n_steps: int) -> FloatArray:
    """Give the weight of each of the points 0..steps.

    Parameters
    ----------
    count
        ``start`` (points 0..steps-1), ``end`` (1..steps), ``half_cycle`` (1/2 at both ends), ``simpson``
        (1/3, 4/3, 2/3, ..., 4/3, 1/3; even number of steps) or the weights themselves.
    n_steps
        Number of steps, >= 1.

    Returns
    -------
        Shape (steps + 1,).

    Raises
    ------
    ModelError
        If the convention is unknown, the number of weights is wrong, or Simpson's rule is asked for an odd number.
    """
    if not isinstance(count, str):
        if len(count) != n_steps + 1:
            raise ModelError(f"count.weights has {len(count)} numbers; {n_steps} steps need {n_steps + 1}")
        return np.asarray(count, dtype=np.float64)
    weights = np.ones(n_steps + 1)
    if count == "start":
        weights[-1] = 0.0
    elif count == "end":
        weights[0] = 0.0
    elif count == "half_cycle":
        weights[[0, -1]] = 0.5
    elif count == "simpson":
        if n_steps % 2:
            raise ModelError(f"count: simpson needs an even number of steps; clock.steps is {n_steps}")
        weights[1::2], weights[2::2] = 4 / 3, 2 / 3
        weights[[0, -1]] = 1 / 3
    else:
        raise ModelError(f"count is '{count}'; it may be {', '.join(CONVENTIONS)} or a list of weights")
    return weights
