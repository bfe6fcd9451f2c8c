"""Draws of the effects of help: a measured ratio from its interval, and the parameter that a fit found for that ratio.

Effects are solved for once, at several ratios; a draw takes its parameter from the curve through them, so that it need
not be solved for anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sim.arrays import FloatArray, finite
from sim.model.spec import DrawnEffect, SetFit
from sim.runs.beliefs.distributions import Belief
from sim.runs.beliefs.draws import Uncertain, uniforms

NONE = 1.0
"""The ratio of what has no effect."""


def name_of(effect: DrawnEffect) -> str:
    """Give the path by which tables know a ratio."""
    return f"estimands.{effect.name}.ratio"


def effect_inputs(fits: Mapping[str, SetFit]) -> tuple[Uncertain, ...]:
    """List the ratios that are drawn under some evidence set, each once, with the interval of the first that has it."""
    found: dict[str, Belief] = {}
    for fit in fits.values():
        for one in fit.drawn:
            found.setdefault(name_of(one), _belief(one))
    return tuple(Uncertain(name, belief) for name, belief in found.items())


def _belief(one: DrawnEffect) -> Belief:
    return Belief(one.ratio, one.low, one.high, "lognormal")


def drawn_ratios(
    inputs: Sequence[Uncertain], fits: Mapping[str, SetFit], seed: int, draws: Sequence[int], sets: Sequence[str]
) -> FloatArray:  # fmt: skip
    """Draw ratios, (draw, input): each from its interval under the evidence set of the draw.

    A ratio is 1 in all draws of a set that does not measure it, and all of them are in the share of the draws of a set
    in which help does nothing.
    """
    result = np.full((len(draws), len(inputs)), NONE)
    idle = uniforms(seed, "help does nothing", draws)
    u = {one.name: uniforms(seed, one.name, draws) for one in inputs}
    for name, fit in fits.items():
        mine = np.array([one == name for one in sets], np.bool_) & (idle >= fit.nothing)
        for one in fit.drawn:
            at = next((i for i, known in enumerate(inputs) if known.name == name_of(one)), None)
            if at is not None:
                result[mine, at] = _belief(one).quantile(u[name_of(one)][mine])
    return result


def parameters_at(fit: SetFit, ratios: Mapping[str, float]) -> dict[str, float]:
    """Give the parameters at which ratios by name are found; all 0 where every ratio is 1: help then does nothing.

    Points are joined in the logarithm of the ratio, and the lines at both ends go on beyond them.
    """
    finite("ratios", list(ratios.values()))
    known = {one: ratios[name_of(one)] for one in fit.drawn if name_of(one) in ratios}
    if known and all(ratio == NONE for ratio in known.values()):
        return dict.fromkeys(fit.solved, 0.0)
    return {one.parameter: at_ratio(one.curve, ratio) for one, ratio in known.items()}


def at_ratio(curve: Sequence[tuple[float, float]], ratio: float) -> float:
    """Read a curve of (ratio, value) points, ratios rising, two at least."""
    points = finite("points of a curve", curve)
    x, y = np.log(points[:, 0]), points[:, 1]
    i = int(np.clip(np.searchsorted(x, np.log(ratio)) - 1, 0, len(x) - 2))
    return float(y[i] + (np.log(ratio) - x[i]) * (y[i + 1] - y[i]) / (x[i + 1] - x[i]))
