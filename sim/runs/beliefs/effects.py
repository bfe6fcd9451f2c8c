"""Draws of the effects of help: a measured ratio from its interval, and the parameter that a fit found for that ratio.

Effects are solved for once, at several ratios; a draw takes its parameter from the curve through them, so that it need
not be solved for anew. Where the studies for the curves have told what else bears on a ratio, other effects and inputs
that are drawn as well, that is allowed for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from sim.arrays import FloatArray, finite
from sim.errors import ModelError
from sim.model.spec import DrawnEffect, SetFit
from sim.runs.beliefs.distributions import Belief
from sim.runs.beliefs.draws import Uncertain, uniforms

NONE = 1.0
"""The ratio of what has no effect."""
NOTHING: Mapping[str, float] = MappingProxyType({})
TURNS = 30
"""In which effects are solved for by turns; what is left shrinks to a tenth or less with each."""


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


def parameters_at(fit: SetFit, ratios: Mapping[str, float], inputs: Mapping[str, float] = NOTHING) -> dict[str, float]:
    """Give the parameters at which ratios are found; all 0 where every ratio is 1: help then does nothing.

    Parameters
    ----------
    fit
        What was solved for.
    ratios
        By name, as ``name_of`` gives it.
    inputs
        Values of inputs by path; those that bear on what a value finds are allowed for, any other is taken to be as
        it was fitted.

    Raises
    ------
    ModelError
        When an input that bears on a value is 0 or less.

    Notes
    -----
    Points of a curve are joined in the logarithm of the ratio, and the lines at both ends go on beyond them. What the
    effects do to each other's ratios is solved for by turns, since it is little.
    """
    finite("ratios", list(ratios.values()))
    finite("inputs", list(inputs.values()))
    known = [(one, ratios[name_of(one)]) for one in fit.drawn if name_of(one) in ratios]
    if known and all(ratio == NONE for _, ratio in known):
        return dict.fromkeys(fit.solved, 0.0)
    times = math.prod(_counting(path, inputs[path], *told) for path, told in fit.inputs.items() if path in inputs)
    values, beyond = dict[str, float](), dict[str, float]()
    for _ in range(TURNS):
        values = {one.parameter: _value(one, ratio / _by_others(one, beyond), times) for one, ratio in known}
        beyond = {
            one.parameter: math.exp(values[one.parameter] * times) - math.exp(one.bearing.fitted)
            for one, _ in known if one.bearing is not None
        }  # fmt: skip
    return values


def _by_others(one: DrawnEffect, beyond: Mapping[str, float]) -> float:
    """Give the ratio that other effects make of an outcome; ``beyond``, their hazard ratios less the fitted ones."""
    slopes = one.bearing.others if one.bearing is not None else NOTHING
    return math.exp(sum(slope * beyond.get(name, 0.0) for name, slope in slopes.items()))


def _counting(path: str, value: float, where_curves_hold: float, power: float) -> float:
    """Give how many times as much parameters count with an input at a value."""
    if value <= 0:
        raise ModelError(f"{path}: {value:g} is drawn, and effects were solved for where it is above 0")
    return float((value / where_curves_hold) ** power)


def _value(one: DrawnEffect, ratio: float, times: float) -> float:
    """Give the value at which a ratio is found where a value counts so many times as much as in the curve."""
    value = at_ratio(one.curve, ratio) / times
    return value if one.bearing is None else float(np.clip(value, *one.bearing.bounds))


def at_ratio(curve: Sequence[tuple[float, float]], ratio: float) -> float:
    """Read a curve of (ratio, value) points, ratios rising, two at least."""
    points = finite("points of a curve", curve)
    x, y = np.log(points[:, 0]), points[:, 1]
    i = int(np.clip(np.searchsorted(x, np.log(ratio)) - 1, 0, len(x) - 2))
    return float(y[i] + (np.log(ratio) - x[i]) * (y[i + 1] - y[i]) / (x[i + 1] - x[i]))
