"""Whether a method finds a truth that is known: coverage of its intervals over worlds drawn from the prior."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from calibration.diagnosis.diagnostics import Draw, simulated
from calibration.likelihood import run, with_values
from calibration.problem import CalibrationProblem
from calibration.space import prior_draws
from sim.arrays import FloatArray
from sim.engine.fate.draws import key


@dataclass(frozen=True)
class Coverage:
    """How often intervals held the truth, over worlds and parameters."""

    levels: tuple[float, ...]
    covered: FloatArray
    """(level, parameter): share of the worlds."""
    worlds: int
    bias: FloatArray
    """(parameter,): mean of (posterior mean - truth) / posterior standard deviation."""

    def allowed(self, level: float) -> tuple[float, float]:
        """Give the range that 99.9% of right methods would lie in, one parameter at a time."""
        low, high = stats.binom.ppf([0.0005, 0.9995], self.worlds, level) / self.worlds
        return float(low), float(high)

    @property
    def is_right(self) -> bool:
        """Whether every level's coverage of every parameter is within chance of the level."""
        for level, row in zip(self.levels, self.covered, strict=True):
            low, high = self.allowed(level)
            if row.min() < low or row.max() > high:
                return False
        return True


def recovery(
    problem: CalibrationProblem, draw: Draw, worlds: int, seed: int, levels: tuple[float, ...] = (0.5, 0.9)
) -> Coverage:
    """Fit worlds whose truth is known, and count how often intervals hold it.

    Parameters
    ----------
    problem, draw, worlds, seed
        As in ``simulation_based_calibration``; truths are drawn from the priors.
    levels
        Probabilities of the central intervals.
    """
    truths = prior_draws(problem.parameters, key(seed, "truths"), worlds)
    outputs = run(problem, truths)
    held = np.zeros((len(levels), len(problem.parameters)))
    bias = np.zeros(len(problem.parameters))
    for world, (truth, output) in enumerate(zip(truths, outputs, strict=True)):
        shown = with_values(problem, simulated(problem, output, key(seed, "figures", world)))
        draws = draw(shown, key(seed, "fit", world))
        for i, level in enumerate(levels):
            low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
            held[i] += (low <= truth) & (truth <= high)
        bias += (draws.mean(axis=0) - truth) / np.maximum(draws.std(axis=0), 1e-300)
    return Coverage(levels, held / worlds, worlds, bias / worlds)
