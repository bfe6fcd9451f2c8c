"""Solves for effects at several ratios at once, so that a draw of a ratio can read its parameter off a curve.

The ratio that a study finds moves one way with its parameter, in logarithms nearly along a line. So no target is
sought by itself: studies at values spread over the range teach a curve to all targets. All estimands move in the same
studies, as in a Latin hypercube (McKay, Beckman & Conover 1979), so that what one does to another's ratio is told apart
from what its own parameter does. With them move the inputs that the study draws by name, such as how long an effect
lasts when help has ended: of one and the same finding, what lasts longer must be weaker. Each logarithm is regressed on
its own value, as a quadratic, and on the others' hazard ratios, as lines: what one effect leaves for another to act on
goes with what it takes off, of which there is no more than all. What a value counts for goes with a power of each
input, the same for all effects. What that leaves is measured (``sim.evaluation.effects.whole``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from scipy.special import ndtr

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.errors import ModelError
from sim.evaluation.effects.estimands import Estimand
from sim.evaluation.effects.fit import check_found, line
from sim.model.spec import Bearing
from sim.runs.beliefs.draws import Uncertain
from sim.stages import SILENT, StageListener

Z = 1.959964
"""Standard deviations from the middle to the end of a 95% interval."""
REACH = 2.5
"""Standard deviations from the middle to the ends of the grid: one draw in eighty lies beyond, where lines go on."""
INPUT_REACH = 2.0
"""The same of inputs, of which powers go on beyond."""
STUDIES = 3
"""Of each point of the grid: so many that noise is told from what other estimands and inputs do."""
LEAST_SLOPE = 0.5
"""Of a fitted value over the logarithm of its ratio, to be taken for how the two go together; 1 is a hazard ratio."""
FINE = 2001
"""Points at which a curve is read backwards."""
TURNS = 3
"""In which powers are found, each with the errors that the one before has left of each estimand."""
LEAST_ERROR = 1e-6
"""Of a logarithm, below which studies agree to the last digit."""
Curve = tuple[tuple[float, float], ...]
Studies = Callable[[FloatArray, FloatArray], FloatArray]
"""What studies find, (study, estimand), given values, (study, estimand), and inputs, (study, input)."""


@dataclass(frozen=True)
class Learnt:
    """What studies taught: by estimand a curve and what else bears on its ratio; by path the power of an input."""

    curves: dict[str, Curve]
    bearings: dict[str, Bearing]
    inputs: dict[str, tuple[float, float]]


def grid_of(estimand: Estimand, points: int) -> FloatArray:
    """Give the ratios to solve for, rising, (point,): evenly in logarithms, over ``REACH`` standard deviations."""
    assert estimand.interval is not None
    low, high = np.log(estimand.interval)
    middle, sd = (low + high) / 2, (high - low) / (2 * Z)
    return np.asarray(np.exp(middle + sd * np.linspace(-REACH, REACH, points)))


def learn(
    studies: Studies, estimands: Sequence[Estimand], fitted: FloatArray, points: int, inputs: Sequence[Uncertain] = (),
    at: StageListener = SILENT,
) -> Learnt:  # fmt: skip
    """Find the parameter of each ratio that has an interval, over a grid of ratios.

    Parameters
    ----------
    studies
        Runs studies.
    estimands
        All that they measure; those without an interval keep their value.
    fitted
        Values at the published ratios, (estimand,).
    points
        Ratios of the grid, three at least, and one more than estimands with an interval.
    inputs
        What moves with the effects, all of it above 0.
    at
        Told where the work stands.

    Returns
    -------
        Curves, (ratio, value) with ratios rising, where inputs and other effects are at their best estimates, and what
        these do.

    Raises
    ------
    ModelError
        When no estimand has an interval, an input may be 0 or less, a study finds nobody on one side, or a ratio does
        not move one way with its parameter.
    """
    drawn = [i for i, one in enumerate(estimands) if one.interval is not None]
    least = max(3, len(drawn) + 1, (len(drawn) + len(inputs)) // 2 + 1)
    if not drawn or points < least:
        raise ModelError(f"a grid of ratios needs {least} points at least, and an estimand with an 'interval'")
    nodes, moved = _design(estimands, drawn, fitted, points, inputs)
    found = studies(nodes, moved)
    check_found(found, estimands)
    for k, (node, told) in enumerate(zip(nodes, found, strict=True)):
        at.say(line(f"study {k + 1}", estimands, node, told))
    return _learnt(nodes, moved, found, estimands, fitted, points, inputs)


def _design(
    estimands: Sequence[Estimand], drawn: Sequence[int], fitted: FloatArray, points: int, inputs: Sequence[Uncertain]
) -> tuple[FloatArray, FloatArray]:
    """Give the values, (study, estimand), and inputs, (study, input), of studies spread over all of their ranges."""
    studies = STUDIES * points
    cube = scipy.stats.qmc.LatinHypercube(
        len(drawn) + len(inputs), optimization="random-cd",
        seed=np.random.Generator(np.random.PCG64(len(drawn) + len(inputs))),
    )  # fmt: skip
    orders: IntArray = np.argsort(cube.random(studies), axis=0)
    nodes = np.tile(fitted, (studies, 1))
    for i, order in zip(drawn, orders.T[: len(drawn)], strict=True):
        guessed = _guess(estimands[i], fitted[i], grid_of(estimands[i], points))
        nodes[:, i] = np.linspace(guessed.min(), guessed.max(), studies)[order]
    moved, evenly = np.empty((studies, len(inputs))), ndtr(np.linspace(-INPUT_REACH, INPUT_REACH, studies))
    for k, (one, order) in enumerate(zip(inputs, orders.T[len(drawn) :], strict=True)):
        moved[:, k] = one.belief.quantile(evenly)[order]
        if one.belief.value <= 0 or moved[:, k].min() <= 0:
            raise ModelError(f"uncertainty.only: '{one.name}' may be 0 or less, so that no power of it can be told")
    return nodes, moved


def _guess(estimand: Estimand, fitted: float, ratios: FloatArray) -> FloatArray:
    """Guess values: along the line through no effect and the fitted one, or as a hazard ratio where that is too flat.

    What other effects do to a ratio may leave next to nothing to its own parameter; studies then would not move it.
    """
    told = math.log(estimand.target)
    slope = fitted / told if told and fitted / told >= LEAST_SLOPE else 1.0
    return np.clip(slope * np.log(ratios), estimand.low, estimand.high)


def _learnt(
    nodes: FloatArray, moved: FloatArray, found: FloatArray, estimands: Sequence[Estimand], fitted: FloatArray,
    points: int, inputs: Sequence[Uncertain] = (),
) -> Learnt:  # fmt: skip
    """Read curves off what studies found, (study, estimand), at values and inputs; else as for ``learn``."""
    drawn = [i for i, one in enumerate(estimands) if one.interval is not None]
    best = [one.belief.value for one in inputs]
    logs, beyond = np.log(moved / best), fitted[drawn]
    powers = _powers(nodes[:, drawn], beyond, logs, found[:, drawn])
    counting = nodes[:, drawn] * np.exp(logs @ powers)[:, None]
    learnt = Learnt({}, {}, {one.name: (b, float(p)) for one, b, p in zip(inputs, best, powers, strict=True)})
    for k, i in enumerate(drawn):
        one, ratios = estimands[i], grid_of(estimands[i], points)
        values, slopes = _values(one, counting, beyond, k, found[:, i], ratios)
        learnt.curves[one.name] = tuple(zip(map(float, ratios), map(float, values), strict=True))
        others = [estimands[other].parameter for other in drawn if other != i]
        learnt.bearings[one.name] = Bearing(
            float(fitted[i]), (one.low, one.high), dict(zip(others, map(float, slopes), strict=True))
        )
    return learnt


def _powers(nodes: FloatArray, fitted: FloatArray, logs: FloatArray, found: FloatArray) -> FloatArray:
    """Find the power of each input with which the regressions leave least, (input,).

    All else of them is linear, and is solved for within (variable projection: Golub & Pereyra 1973). Each estimand is
    weighed by the error that was left of it.
    """
    powers = np.zeros(logs.shape[1])
    if not len(powers):
        return powers

    def left(powers: FloatArray, errors: FloatArray) -> FloatArray:
        counting = nodes * np.exp(logs @ powers)[:, None]
        missed = []
        for k, told in enumerate(found.T):
            terms = _terms(counting, fitted, k, 2)
            missed.append(told - terms @ np.linalg.lstsq(terms, told, rcond=None)[0])
        return np.ravel(np.array(missed) / errors[:, None])

    for _ in range(TURNS):
        missed = left(powers, np.ones(found.shape[1])).reshape(found.T.shape)
        errors = np.maximum(np.sqrt(np.mean(missed**2, axis=1)), LEAST_ERROR)
        powers = np.asarray(scipy.optimize.least_squares(left, powers, args=(errors,)).x)
    return powers


def _terms(counting: FloatArray, fitted: FloatArray, own: int, degree: int) -> FloatArray:
    """Give the columns of the regression of one estimand, (study, term): powers of its value, others' hazard ratios."""
    others = np.delete(np.exp(counting) - np.exp(fitted), own, axis=1)
    return np.column_stack([np.vander(counting[:, own], degree + 1, increasing=True), others])


def _values(
    estimand: Estimand, counting: FloatArray, fitted: FloatArray, own: int, found: FloatArray, ratios: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Read the values at ratios off the curve through what studies found, (point,), and what others do to it, (other,).

    The curve is a quadratic in the value; where it turns round within the values in use it has followed noise, and a
    line is taken.
    """
    values = counting[:, own]
    at = np.linspace(min(estimand.low, values.min()), max(estimand.high, values.max()), FINE)
    for degree in (2, 1):
        terms = np.linalg.lstsq(_terms(counting, fitted, own, degree), found, rcond=None)[0]
        curve = np.polynomial.Polynomial(terms[: degree + 1])(at)
        used = (at >= values.min()) & (at <= values.max())
        rises = np.diff(curve) > 0
        if rises[used[1:] & used[:-1]].all() and used.sum() > 1:
            read = np.interp(np.log(ratios), *_rising(curve, at, rises, used))
            return np.asarray(read), np.asarray(terms[degree + 1 :], np.float64)
    raise ModelError(
        f"estimands.{estimand.name}: what studies find does not rise with {estimand.parameter} over the whole range; "
        "give more --replications or a larger --share"
    )


def _rising(curve: FloatArray, at: FloatArray, rises: BoolArray, used: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Cut a curve to where it rises, around the values in use: what is found, and the values there."""
    first, last = np.flatnonzero(used)[[0, -1]]
    falls = np.flatnonzero(~rises)
    left = max((int(k) + 1 for k in falls if k < first), default=0)
    right = min((int(k) for k in falls if k >= last), default=len(at) - 1)
    return curve[left : right + 1], at[left : right + 1]
