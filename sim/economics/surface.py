"""Where a result breaks even in two inputs: a response surface fitted to draws, and the line on which it is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from sim.arrays import FloatArray, finite

POINTS = 9
"""Values of each input at which the surface is given."""
FINE = 201
TAILS = (0.025, 0.975)
LEAST_DRAWS = 60
"""Ten for each term of the fit."""


@dataclass(frozen=True)
class Surface:
    """The mean of a result by two inputs, all others drawn.

    ``value`` is by ``y`` and ``x``, (y, x); ``crossing`` the value of ``y`` at which it is nothing, at each ``x``; None
    where it has one sign over the range. ``explained`` is the share of the variance over draws that both explain.
    """

    inputs: tuple[str, str]
    x: tuple[float, ...]
    y: tuple[float, ...]
    value: tuple[tuple[float, ...], ...]
    crossing: tuple[float | None, ...]
    explained: float


def break_even_surface(
    names: tuple[str, str], inputs: FloatArray, result: FloatArray,
    ends: Mapping[str, tuple[float, float]] = MappingProxyType({}),
) -> Surface:  # fmt: skip
    """Fit a result to two inputs and find where it is nothing.

    The fit is a polynomial of second degree (a response surface; Box and Wilson 1951), by least squares over draws.

    Parameters
    ----------
    names
        Of the two.
    inputs
        Their draws, (draw, 2).
    result
        What it came to in each draw, (draw,).
    ends
        Between what values of an input the surface is given; by default its 2.5% and 97.5% points over draws.

    Raises
    ------
    ValueError
        If a number is not finite, there are too few draws, or an input does not differ between them.
    """
    inputs, result = finite("inputs", inputs), finite("result", result)
    if inputs.shape != (len(result), 2) or len(result) < LEAST_DRAWS:
        raise ValueError(f"inputs have shape {inputs.shape} for {len(result)} draws; give two of {LEAST_DRAWS} or more")
    middle, spread = inputs.mean(axis=0), inputs.std(axis=0)
    if not (spread > 0).all():
        raise ValueError(f"{names[int(np.argmin(spread))]} is the same in all draws")
    design = _terms((inputs - middle) / spread)
    coefficients, *_ = np.linalg.lstsq(design, result, rcond=None)
    total = float(result.var())
    left = float((result - design @ coefficients).var())
    spans = [ends.get(name, np.quantile(inputs[:, i], TAILS)) for i, name in enumerate(names)]
    low, high = finite("ends", np.array(spans, np.float64)).T

    def at(x: FloatArray, y: FloatArray) -> FloatArray:
        grid = np.stack(np.meshgrid(x, y), axis=-1)  # (y, x, input)
        return np.asarray(_terms((grid.reshape(-1, 2) - middle) / spread) @ coefficients).reshape(len(y), len(x))

    x, y, fine = (np.linspace(low[i], high[i], n) for i, n in ((0, POINTS), (1, POINTS), (1, FINE)))
    value, finely = at(x, y), at(x, fine)
    return Surface(
        names, tuple(map(float, x)), tuple(map(float, y)), tuple(tuple(map(float, row)) for row in value),
        tuple(first_crossing(fine, column) for column in finely.T), 1.0 - left / total if total else 1.0,
    )  # fmt: skip


def first_crossing(at: FloatArray, values: FloatArray) -> float | None:
    """Give where values first pass 0, by a straight line between neighbours; None where they do not.

    Parameters
    ----------
    at
        Places in order, (place,).
    values
        What they come to, (place,).

    Raises
    ------
    ValueError
        If a number is not finite, or there are not as many of both.
    """
    at, values = finite("at", at), finite("values", values)
    if at.shape != values.shape or at.ndim != 1:
        raise ValueError(f"places have shape {at.shape} and values {values.shape}; give one value for each place")
    passes = np.flatnonzero(np.sign(values[:-1]) != np.sign(values[1:]))
    if not len(passes):
        return None
    i = int(passes[0])
    share = values[i] / (values[i] - values[i + 1])
    return float(at[i] + share * (at[i + 1] - at[i]))


def _terms(scaled: FloatArray) -> FloatArray:
    """Give the terms of second degree of two scaled inputs, (draw, term)."""
    a, b = scaled.T
    return np.stack([np.ones_like(a), a, b, a * a, a * b, b * b], axis=1)
