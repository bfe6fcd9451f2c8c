"""Weighted least squares with the priors as data, and a Laplace approximation around the best point.

Worked in scores, where every prior is standard normal: the best point is the one of greatest posterior density in
scores, and the normal around it has the covariance (J'J + I)^-1. Exact where the model is linear in the scores. A quick
start; it knows one best point alone and says nothing of curved or several-peaked posteriors.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize

from calibration.likelihood import observed as figures
from calibration.likelihood import residuals, run, unscaled
from calibration.likelihood import spread as spreads
from calibration.problem import CalibrationProblem, Fit
from calibration.space import from_scores, normals, to_scores
from sim.arrays import FloatArray

DRAWS = 2000
SMOOTH, ROUGH = (0.02, 1e-9), (0.25, 1e-3)
"""Difference of scores that slopes are taken over, and relative gain below which to stop: of a model without Monte
Carlo error, and of one with, which is rough however its random numbers are shared."""
REACH = 6.0
"""Scores beyond which nothing is looked for."""


def fit(problem: CalibrationProblem, seed: int, runs: int, start: Fit | None = None) -> Fit:
    """Find the best point and the normal around it.

    Parameters
    ----------
    problem
        What is calibrated.
    seed
        Key of the draws.
    runs
        Most runs of the model; a step needs two for each parameter and one.
    start
        Where to begin: its best point; the medians of the priors without it.

    Returns
    -------
        Draws of the Laplace approximation with the model linearised around the best point for ``predicted``. Refused
        when the runs were used up before a best point was found.

    Raises
    ------
    ValueError
        If there are too few runs for one step.
    """
    n = len(problem.parameters)
    if runs < 2 * (2 * n + 2):
        raise ValueError(f"{runs} runs for {n} parameters: least squares needs at least {2 * (2 * n + 2)}")
    step, gain = ROUGH if np.any(np.asarray(problem.noise) > 0) else SMOOTH
    store = _Store(problem, step)
    first = np.zeros(n) if start is None else to_scores(problem.parameters, start.best)
    found = optimize.least_squares(
        store.misfit, np.clip(first, -REACH + 0.1, REACH - 0.1), store.slopes, bounds=(-REACH, REACH), x_scale=1.0,
        max_nfev=max(runs // (2 * n + 2), 2), xtol=max(gain, 1e-6), ftol=gain, gtol=1e-6,
    )  # fmt: skip
    jacobian = store.slopes(found.x)
    covariance = np.linalg.inv(jacobian.T @ jacobian)
    scores = found.x + normals(seed, "laplace", (DRAWS, n)) @ np.linalg.cholesky(covariance).T
    scores = np.clip(scores, -REACH, REACH)
    linear = figures(problem.targets) + spreads(problem) * (
        store.all_residuals(found.x) + (scores - found.x) @ store.all_slopes(found.x).T
    )
    points, outputs = store.everything()
    refusals = () if found.status > 0 else (f"least squares did not settle in {runs} runs of the model",)
    return Fit(
        "least squares", from_scores(problem.parameters, found.x), from_scores(problem.parameters, scores),
        unscaled(problem.targets, linear), points, outputs, refusals,
        (("misfit", 2 * float(found.cost)), ("runs of the model", float(len(points)))),
    )  # fmt: skip


class _Store:
    """Runs of the model with slopes, each point once."""

    def __init__(self, problem: CalibrationProblem, step: float) -> None:
        self.problem, self.step = problem, step
        self.known: dict[bytes, tuple[FloatArray, FloatArray]] = {}

    def everything(self) -> tuple[FloatArray, FloatArray]:
        """Give all points and outputs so far."""
        points, outputs = zip(*self.known.values(), strict=True)
        return np.stack(points), np.stack(outputs)

    def at(self, scores: FloatArray) -> FloatArray:
        """Give standardised residuals of every target at scores, (point, target), running what is new."""
        points = from_scores(self.problem.parameters, scores)
        new = [point for point in points if point.tobytes() not in self.known]
        if new:
            for point, output in zip(new, run(self.problem, np.stack(new)), strict=True):
                self.known[point.tobytes()] = (point, output)
        outputs = np.stack([self.known[point.tobytes()][1] for point in points])
        return residuals(self.problem, outputs)

    def all_residuals(self, scores: FloatArray) -> FloatArray:
        """Give the residuals of every target at one point, (target,)."""
        return np.asarray(self.at(scores[None])[0])

    def all_slopes(self, scores: FloatArray) -> FloatArray:
        """Give central differences of every target's residual, (target, parameter), in one batch."""
        steps = self.step * np.eye(len(scores))
        above, below = np.split(self.at(np.concatenate([scores + steps, scores - steps])), 2)
        return np.asarray((above - below).T / (2 * self.step))

    def misfit(self, scores: FloatArray) -> FloatArray:
        """Give residuals of the fitted targets and of the priors."""
        return np.concatenate([self.all_residuals(scores)[self.problem.is_fitted], scores])

    def slopes(self, scores: FloatArray) -> FloatArray:
        """Give the slopes of ``misfit``."""
        return np.concatenate([self.all_slopes(scores)[self.problem.is_fitted], np.eye(len(scores))])
