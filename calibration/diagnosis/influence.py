"""What each figure does to the posterior: the posterior without it, by weighting draws where that can be trusted.

Draws are weighted by the inverse of the figure's likelihood, with the largest weights smoothed (Pareto-smoothed
importance sampling; Vehtari, Simpson, Gelman, Yao and Gabry 2024, in the library arviz-stats). Where the smoothing says
that weights cannot be trusted, or few draws would count, the posterior is fitted again without the figure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from arviz_stats.base import array as arrays

from calibration.likelihood import residuals
from calibration.problem import CalibrationProblem, Fit, Target
from calibration.space import to_scores
from sim.arrays import FloatArray

_STATISTICS: Any = arrays.array_stats
LEAST_SHARE = 0.1
"""Least effective share of the draws; below it the posterior is fitted again."""
LARGEST_TAIL = 0.7
"""Largest Pareto shape of the weights' tail at which they can be trusted (Vehtari and others)."""

Refit = Callable[[CalibrationProblem], Fit]


@dataclass(frozen=True)
class Influence:
    """What leaving one figure out does to each parameter."""

    target: str
    shift: FloatArray
    """(parameter,): how far the mean moves, in posterior standard deviations (of scores)."""
    widening: FloatArray
    """(parameter,): standard deviation without the figure over that with it."""
    left_out: float
    """Figure against its prediction without it, in standard deviations of both; positive where the model is above."""
    share: float
    """Effective share of the draws after weighting."""
    is_refitted: bool


def influence(problem: CalibrationProblem, fit: Fit, refit: Refit | None = None) -> tuple[Influence, ...]:
    """Leave out the fitted figures one at a time.

    Parameters
    ----------
    problem
        What was calibrated.
    fit
        Its posterior.
    refit
        How to fit again where weights cannot be trusted; without it such a figure's numbers are not a number, as they
        are where it is the only fitted one.

    Returns
    -------
        One entry for each fitted figure, in order.
    """
    scores = to_scores(problem.parameters, fit.draws)
    gaps = residuals(problem, fit.predicted)
    found = []
    for i in np.flatnonzero(problem.is_fitted):
        log_weights, tail = _smoothed(-0.5 * gaps[:, i] ** 2)
        weights = np.exp(log_weights - log_weights.max())
        weights /= weights.sum()
        share = float(1 / np.sum(weights**2) / len(weights))
        trusted = share >= LEAST_SHARE and tail <= LARGEST_TAIL
        found.append(_left_out(problem, int(i), scores, gaps, weights if trusted else None, share, refit))
    return tuple(found)


def _smoothed(log_likelihood: FloatArray) -> tuple[FloatArray, float]:
    """Give log weights, the inverse of a likelihood with its tail smoothed, and the tail's shape (0 where even)."""
    if np.ptp(log_likelihood) < 1e-9:
        return -log_likelihood, 0.0
    smoothed, tail = _STATISTICS.psislw(log_likelihood)  # takes the likelihood and inverts it itself
    return np.asarray(smoothed, dtype=np.float64), float(np.nan_to_num(float(tail), nan=np.inf))


def _left_out(
    problem: CalibrationProblem, at: int, scores: FloatArray, gaps: FloatArray, weights: FloatArray | None,
    share: float, refit: Refit | None,
) -> Influence:  # fmt: skip
    """Compare the posterior with the one without a figure, weighted or fitted again."""
    target = problem.targets[at]
    mean, deviation = scores.mean(axis=0), np.maximum(scores.std(axis=0), 1e-12)
    if weights is not None:
        return _entry(target, mean, deviation, scores, gaps[:, at], weights, share, False)
    if refit is None or problem.is_fitted.sum() < 2:
        nothing = np.full(len(mean), np.nan)
        return Influence(target.name, nothing, nothing, np.nan, share, False)
    others = tuple(replace(one, kind="held_out") if one is target else one for one in problem.targets)
    again = refit(replace(problem, targets=others))
    theirs = to_scores(problem.parameters, again.draws)
    same = np.full(len(theirs), 1 / len(theirs))
    return _entry(target, mean, deviation, theirs, residuals(problem, again.predicted)[:, at], same, share, True)


def _entry(
    target: Target, mean: FloatArray, deviation: FloatArray, scores: FloatArray, gaps: FloatArray,
    weights: FloatArray, share: float, is_refitted: bool,
) -> Influence:  # fmt: skip
    """Put the numbers of one figure together."""
    without = weights @ scores
    width = np.sqrt(weights @ (scores - without) ** 2)
    gap = weights @ gaps
    distance = float(gap / np.sqrt(1 + weights @ (gaps - gap) ** 2))
    return Influence(target.name, (without - mean) / deviation, width / deviation, distance, share, is_refitted)
