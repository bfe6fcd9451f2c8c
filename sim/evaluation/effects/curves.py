"""Solves for effects at several ratios at once, so that a draw of a ratio can read its parameter off a curve.

The ratio that a study finds moves one way with its parameter, in logarithms nearly along a line. So no target is
sought by itself: studies at values spread over the range teach a curve to all targets, which takes one study a target,
not a handful. All estimands move together, each by as many standard deviations; what one does to another's ratio is in
the curve where they move alike, and is measured where they do not (``sim.evaluation.effects.whole``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sim.arrays import FloatArray
from sim.errors import ModelError
from sim.evaluation.effects.estimands import Estimand
from sim.evaluation.effects.fit import EffectFit, Study, study_of
from sim.evaluation.trial.evaluation import helped_world
from sim.model.spec import Scenario
from sim.stages import SILENT, StageListener

Z = 1.959964
"""Standard deviations from the middle to the end of a 95% interval."""
REACH = 2.5
"""Standard deviations from the middle to the ends of the grid: one draw in eighty lies beyond, where lines go on."""
ROUNDS = 2
NEAR = 0.05
"""Of the logarithm of a ratio: how far beyond what studies found a target may lie without a second round."""
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
        Ratios of the grid, three at least.
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
    if not drawn or points < 3:
        raise ModelError("a grid of ratios needs three points at least, and an estimand with an 'interval'")
    targets = {i: grid_of(estimands[i], points) for i in drawn}
    nodes = np.tile(fitted, (points, 1))
    for i in drawn:
        nodes[:, i] = _guess(estimands[i], fitted[i], targets[i])
    values, found = np.empty((0, len(estimands))), np.empty((0, len(estimands)))
    for round_ in range(ROUNDS):
        for k, node in enumerate(nodes):
            at.stage(f"Round {round_ + 1}, ratio {k + 1} of {points}; replications")
            found = np.vstack([found, study(node).mean(axis=0)])
            values = np.vstack([values, node])
        made = {i: _values(estimands[i], values[:, i], found[:, i], targets[i]) for i in drawn}
        if all(_covers(found[:, i], np.log(targets[i])) for i in drawn):
            break
        for i in drawn:
            nodes[:, i] = made[i]
    return {
        estimands[i].name: tuple(zip(map(float, targets[i]), map(float, made[i]), strict=True)) for i in drawn
    }


def _guess(estimand: Estimand, fitted: float, ratios: FloatArray) -> FloatArray:
    """Guess values: along the line through no effect and the fitted one, else as a hazard ratio."""
    told = math.log(estimand.target)
    slope = fitted / told if fitted * told > 0 else 1.0
    return np.clip(slope * np.log(ratios), estimand.low, estimand.high)


def _values(estimand: Estimand, values: FloatArray, found: FloatArray, ratios: FloatArray) -> FloatArray:
    """Read the values at ratios off the curve through what studies found, (point,).

    The curve is a quadratic in the value, which has no noise; where it turns round within the bounds in use it has
    followed noise, and a line is taken.
    """
    wanted = np.log(ratios)
    for degree in (2, 1):
        fit = np.polynomial.Polynomial.fit(values, found, min(degree, len(np.unique(values)) - 1))
        at = np.linspace(estimand.low, estimand.high, FINE)
        middle = int(np.abs(at - values.mean()).argmin())
        rises = fit.deriv()(at) > 0
        left = middle - int(np.argmin(rises[middle::-1])) if not rises[: middle + 1].all() else -1
        right = middle + int(np.argmin(rises[middle:])) if not rises[middle:].all() else FINE
        used = at[left + 1 : right]
        if len(used) > 1 and (degree == 1 or (used[0] <= values.min() and values.max() <= used[-1])):
            return np.asarray(np.interp(wanted, fit(used), used))
    raise ModelError(
        f"estimands.{estimand.name}: what studies find does not rise with {estimand.parameter} over the whole range; "
        "give more --replications or a larger --share"
    )


def _covers(found: FloatArray, targets: FloatArray) -> bool:
    """Whether the ratios found reach the targets, nearly."""
    return bool(found.min() - NEAR <= targets.min() and targets.max() <= found.max() + NEAR)
