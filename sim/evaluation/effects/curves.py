"""Solves for effects at several ratios at once, so that a draw of a ratio can read its parameter off a curve.

The ratio that a study finds moves one way with its parameter, in logarithms nearly along a line. So no target is
sought by itself: studies at values spread over the range teach a curve to all targets. All estimands move in the same
studies, as in a Latin hypercube (McKay, Beckman & Conover 1979), so that what one does to another's ratio is told apart
from what its own parameter does: each logarithm is regressed on its own value, as a quadratic, and on the others', as
lines. The curve is that of the others' fitted values; what two drawn together do is measured
(``sim.evaluation.effects.whole``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import qmc

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.errors import ModelError
from sim.evaluation.effects.estimands import Estimand
from sim.evaluation.effects.fit import EffectFit, Study, line, study_of
from sim.evaluation.trial.evaluation import helped_world
from sim.model.spec import Scenario
from sim.stages import SILENT, StageListener

Z = 1.959964
"""Standard deviations from the middle to the end of a 95% interval."""
REACH = 2.5
"""Standard deviations from the middle to the ends of the grid: one draw in eighty lies beyond, where lines go on."""
STUDIES = 2
"""Of each point of the grid: so many that noise is told from what the other estimands do."""
LEAST_SLOPE = 0.5
"""Of a fitted value over the logarithm of its ratio, to be taken for how the two go together; 1 is a hazard ratio."""
FINE = 2001
"""Points at which a curve is read backwards."""
Curve = tuple[tuple[float, float], ...]


def with_curves(
    fit: EffectFit, scenario: Scenario, estimands: Sequence[Estimand], points: int, workers: int = 1,
    at: StageListener = SILENT,
) -> EffectFit:  # fmt: skip
    """Give a fit with curves through ``points`` ratios; else as for ``fit_effects`` and ``curves``."""
    world = helped_world(scenario, fit.regime, fit.effect_set)
    study, _ = study_of(scenario, world, estimands, fit.replications, fit.share, workers, at)
    fitted = np.array([one.value for one in fit.fitted])
    return replace(fit, curves=curves(study, estimands, fitted, points, at))


def grid_of(estimand: Estimand, points: int) -> FloatArray:
    """Give the ratios to solve for, rising, (point,): evenly in logarithms, over ``REACH`` standard deviations."""
    assert estimand.interval is not None
    low, high = np.log(estimand.interval)
    middle, sd = (low + high) / 2, (high - low) / (2 * Z)
    return np.asarray(np.exp(middle + sd * np.linspace(-REACH, REACH, points)))


def curves(
    study: Study, estimands: Sequence[Estimand], fitted: FloatArray, points: int, at: StageListener = SILENT
) -> dict[str, Curve]:  # fmt: skip
    """Find the parameter of each ratio that has an interval, over a grid of ratios.

    Parameters
    ----------
    study
        What is found, given the values.
    estimands
        All that the study measures; those without an interval keep their value.
    fitted
        Values at the published ratios, (estimand,).
    points
        Ratios of the grid, three at least, and one more than estimands with an interval.
    at
        Told where the work stands.

    Returns
    -------
        By name: (ratio, value) with ratios rising, values within the bounds of the estimand.

    Raises
    ------
    ModelError
        When no estimand has an interval, or a ratio does not move one way with its parameter.
    """
    drawn = [i for i, one in enumerate(estimands) if one.interval is not None]
    least = max(3, len(drawn) + 1)
    if not drawn or points < least:
        raise ModelError(f"a grid of ratios needs {least} points at least, and an estimand with an 'interval'")
    targets = {i: grid_of(estimands[i], points) for i in drawn}
    nodes = np.tile(fitted, (STUDIES * points, 1))
    for i, order in zip(drawn, _orders(len(nodes), len(drawn)).T, strict=True):
        guessed = _guess(estimands[i], fitted[i], targets[i])
        nodes[:, i] = np.linspace(guessed.min(), guessed.max(), len(nodes))[order]
    found = np.empty((0, len(estimands)))
    for k, node in enumerate(nodes):
        at.stage(f"Study {k + 1} of {len(nodes)} for the curves; replications")
        found = np.vstack([found, study(node).mean(axis=0)])
        at.say(line(f"study {k + 1}", estimands, node, found[-1]))
    made = {i: _values(estimands[i], nodes, found[:, i], fitted, i, drawn, targets[i]) for i in drawn}
    return {
        estimands[i].name: tuple(zip(map(float, targets[i]), map(float, made[i]), strict=True)) for i in drawn
    }


def _orders(studies: int, dims: int) -> IntArray:
    """Give which of the spread values each study takes, (study, drawn estimand)."""
    cube = qmc.LatinHypercube(dims, optimization="random-cd", seed=np.random.Generator(np.random.PCG64(dims)))
    return np.argsort(cube.random(studies), axis=0)


def _guess(estimand: Estimand, fitted: float, ratios: FloatArray) -> FloatArray:
    """Guess values: along the line through no effect and the fitted one, or as a hazard ratio where that is too flat.

    What other effects do to a ratio may leave next to nothing to its own parameter; studies then would not move it.
    """
    told = math.log(estimand.target)
    slope = fitted / told if told and fitted / told >= LEAST_SLOPE else 1.0
    return np.clip(slope * np.log(ratios), estimand.low, estimand.high)


def _values(
    estimand: Estimand, nodes: FloatArray, found: FloatArray, fitted: FloatArray, own: int, drawn: Sequence[int],
    ratios: FloatArray,
) -> FloatArray:  # fmt: skip
    """Read the values at ratios off the curve through what studies found, (point,).

    The curve is a quadratic in the value; where it turns round within the values in use it has followed noise, and a
    line is taken.
    """
    values = nodes[:, own]
    others = np.column_stack([nodes[:, i] - fitted[i] for i in drawn if i != own] or [np.empty((len(nodes), 0))])
    at = np.linspace(estimand.low, estimand.high, FINE)
    for degree in (2, 1):
        told = np.column_stack([np.vander(values, degree + 1, increasing=True), others])
        terms = np.linalg.lstsq(told, found, rcond=None)[0][: degree + 1]
        curve = np.polynomial.Polynomial(terms)(at)
        used = (at >= values.min()) & (at <= values.max())
        rises = np.diff(curve) > 0
        if rises[used[1:] & used[:-1]].all() and used.sum() > 1:
            return np.asarray(np.interp(np.log(ratios), *_rising(curve, at, rises, used)))
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
