"""Whether a posterior may be believed: against its own figures, and against worlds whose truth is known.

Leaves out whether chains have met (``convergence``) and which figure moves what (``influence``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from calibration.likelihood import log_likelihood, observed, run, scaled, spread, unscaled, with_values
from calibration.problem import CalibrationProblem
from calibration.space import normals, prior_draws
from sim.arrays import BoolArray, FloatArray, IntArray
from sim.engine.fate.draws import key, uniform

Draw = Callable[[CalibrationProblem, int], FloatArray]
"""A problem and a seed to draws of its posterior, (draw, parameter), near enough independent."""
LEAST_P = 0.001
"""Probability of ranks as uneven as these below which a method is said to be wrong."""
LOG_LIKELIHOOD = "log-likelihood"


@dataclass(frozen=True)
class Predictive:
    """Each target's figure against what the posterior says it would be, (target,), in its own unit."""

    model_mean: FloatArray
    model_low: FloatArray
    model_high: FloatArray
    low: FloatArray
    high: FloatArray
    """Where the figure itself would lie, with its error and discrepancy: 95%."""
    chance: FloatArray
    """Two-sided chance of a figure as far out as the published one."""
    chance_alone: FloatArray
    """The same by the figure's own error alone, as if the model left nothing out of it."""

    @property
    def is_hit(self) -> BoolArray:
        """Whether the figure lies in its 95% range."""
        return np.asarray(self.chance >= 0.05)

    @property
    def is_hit_alone(self) -> BoolArray:
        """Whether it lies in the range that it would have without its stated discrepancy."""
        return np.asarray(self.chance_alone >= 0.05)


def predictive(problem: CalibrationProblem, predicted: FloatArray, seed: int) -> Predictive:
    """Hold every target, fitted or held out, against the posterior predictive distribution.

    Parameters
    ----------
    problem
        What was calibrated.
    predicted
        What the model says at the draws of the posterior, (draw, target).
    seed
        Key of the errors that are added.
    """
    model = scaled(problem.targets, predicted)
    errors = normals(seed, "predictive", model.shape)
    figures = model + spread(problem) * errors
    bare = replace(problem, targets=tuple(replace(target, discrepancy=0.0) for target in problem.targets))
    ends = unscaled(problem.targets, np.quantile(figures, [0.025, 0.975], axis=0))
    low, high = np.quantile(predicted, [0.025, 0.975], axis=0)
    chance, alone = (_as_far_out(some, problem) for some in (figures, model + spread(bare) * errors))
    return Predictive(predicted.mean(axis=0), low, high, ends[0], ends[1], chance, alone)


def _as_far_out(figures: FloatArray, problem: CalibrationProblem) -> FloatArray:
    """Give the two-sided chance, among figures that might have been published, (draw, target), of those that were."""
    below = (figures < observed(problem.targets)).mean(axis=0)
    return np.asarray(2 * np.minimum(below, 1 - below))


@dataclass(frozen=True)
class Ranks:
    """Ranks of the truth among draws: (problem, parameter and last the log-likelihood), each from 0 to ``draws``."""

    names: tuple[str, ...]
    ranks: IntArray
    draws: int
    chance: FloatArray
    """Chance of ranks as uneven, (parameter and last the log-likelihood,); chi-squared over bins."""

    @property
    def is_calibrated(self) -> bool:
        """Whether no ranks are too uneven for chance, allowing for how many are looked at."""
        return bool(np.all(self.chance > LEAST_P / len(self.chance)))

    @property
    def faults(self) -> tuple[str, ...]:
        """Names of what has uneven ranks."""
        return tuple(n for n, p in zip(self.names, self.chance, strict=True) if p <= LEAST_P / len(self.chance))


def simulation_based_calibration(problem: CalibrationProblem, draw: Draw, worlds: int, seed: int) -> Ranks:
    """Check a method on worlds drawn from the prior (Talts and others 2018), likelihood included.

    Parameters
    ----------
    problem
        Its figures are replaced by simulated ones; its model is run once for each world, and at every draw.
    draw
        The method.
    worlds
        Problems to make; 100 and more show faults that matter.
    seed
        Key of truths and figures.

    Returns
    -------
        Ranks of each parameter and of the log-likelihood of the figures (Modrak and others 2023): ranks of parameters
        alone are even too when the posterior is the prior, whatever the figures say.
    """
    truths = prior_draws(problem.parameters, key(seed, "truths"), worlds)
    true_outputs = run(problem, truths)
    rows, n = [], 0
    for world, (truth, output) in enumerate(zip(truths, true_outputs, strict=True)):
        shown = with_values(problem, simulated(problem, output, key(seed, "figures", world)))
        draws = draw(shown, key(seed, "fit", world))
        n = len(draws)
        likelihoods = log_likelihood(shown, run(shown, draws))
        own = log_likelihood(shown, output[None])[0]
        below = np.append((draws < truth).sum(axis=0), (likelihoods < own).sum())
        ties = np.append((draws == truth).sum(axis=0), (likelihoods == own).sum())
        # Ties share their ranks at random, so that a parameter at its bound is no fault.
        rows.append(below + (uniform(key(seed, "ties", world), np.arange(len(ties))) * (ties + 1)).astype(int))
    ranks = np.array(rows)
    return Ranks((*problem.names, LOG_LIKELIHOOD), ranks, n, evenness(ranks, n))


def simulated(problem: CalibrationProblem, output: FloatArray, seed: int) -> FloatArray:
    """Draw figures around what the model says, (target,), with all their errors, in the targets' units."""
    noise = spread(problem) * normals(seed, "figures", output.shape)
    return unscaled(problem.targets, scaled(problem.targets, output) + noise)


def evenness(ranks: IntArray, draws: int) -> FloatArray:
    """Give the chance of ranks as uneven as each column's, (column,), by a chi-squared test over up to 20 bins."""
    bins = int(np.clip(len(ranks) // 5, 2, min(20, draws + 1)))
    edges = np.linspace(0, draws + 1, bins + 1).round().astype(int)
    expected = len(ranks) * np.diff(edges) / (draws + 1)
    counts = np.stack([np.histogram(column, edges - 0.5)[0] for column in ranks.T])
    return np.asarray(stats.chi2.sf(np.sum((counts - expected) ** 2 / expected, axis=1), bins - 1))
