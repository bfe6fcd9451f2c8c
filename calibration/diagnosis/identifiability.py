"""What the figures say of each parameter: how far they narrow it, and which parameters they leave as they were."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.problem import CalibrationProblem
from calibration.space import to_scores
from sim.arrays import FloatArray

LEAST_CONTRACTION = 0.1
"""Contraction below which the figures do not inform a parameter, unless they move it."""
MOVED = 0.5
"""Prior standard deviations that a mean must move by to count as moved."""
TIED = 0.7
"""Correlation above which two parameters are told apart poorly."""


@dataclass(frozen=True)
class Card:
    """What the data say of the parameters, in scores, where every prior is standard normal."""

    names: tuple[str, ...]
    contraction: FloatArray
    """(parameter,): 1 - posterior variance / prior variance; 0 nothing learnt, 1 everything."""
    shift: FloatArray
    """(parameter,): posterior mean in prior standard deviations from the prior median."""
    correlation: FloatArray
    """(parameter, parameter) of the posterior."""

    @property
    def uninformed(self) -> tuple[str, ...]:
        """Parameters that the data neither narrow nor move."""
        quiet = (self.contraction < LEAST_CONTRACTION) & (np.abs(self.shift) < MOVED)
        return tuple(name for name, is_quiet in zip(self.names, quiet, strict=True) if is_quiet)

    @property
    def tied(self) -> tuple[tuple[str, str, float], ...]:
        """Pairs of parameters that the data know together better than apart, the closest first."""
        first, second = np.triu_indices(len(self.names), 1)
        pairs = [
            (self.names[i], self.names[j], float(self.correlation[i, j])) for i, j in zip(first, second, strict=True)
        ]
        return tuple(sorted((pair for pair in pairs if abs(pair[2]) > TIED), key=lambda pair: -abs(pair[2])))

    @property
    def sentence(self) -> str:
        """What must be said before any headline."""
        if not self.uninformed:
            return "The figures inform every parameter."
        names = ", ".join(name.replace("_", " ") for name in self.uninformed)
        return (
            f"The figures do not inform {len(self.uninformed)} of {len(self.names)} parameters; these stand where they "
            f"were assumed: {names}."
        )


def card(problem: CalibrationProblem, draws: FloatArray) -> Card:
    """Compare draws of a posterior, (draw, parameter), natural units, with the priors.

    Raises
    ------
    ValueError
        If there are fewer than 2 draws.
    """
    if len(draws) < 2:
        raise ValueError(f"{len(draws)} draws: a posterior needs at least 2 to be compared with its prior")
    scores = to_scores(problem.parameters, draws)
    deviation = scores.std(axis=0, ddof=1)
    centred = (scores - scores.mean(axis=0)) / np.maximum(deviation, 1e-12)
    correlation = np.clip(centred.T @ centred / (len(scores) - 1), -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    return Card(problem.names, 1 - deviation**2, scores.mean(axis=0), correlation)
