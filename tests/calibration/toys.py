"""Calibrations whose answers are formulas, for tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from calibration.problem import CalibrationProblem, Definition, FreeParameter, Predict, Target
from sim.arrays import FloatArray
from sim.runs.beliefs.distributions import Belief

NORMAL = Belief(0.0, -1.959964, 1.959964, "normal")
SLOPES = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, -0.5], [0.7, 0.0, 0.0], [0.3, 0.3, 0.0]])
"""The third parameter is seen by the second figure alone."""
FIGURES = np.array([0.9, -0.4, 0.5, 0.1])
ERROR = 0.3


def normal_parameters(n: int) -> tuple[FreeParameter, ...]:
    """Give parameters with standard normal priors, bounds where nothing is left to cut."""
    return tuple(FreeParameter(f"x{i}", -7.0, 7.0, "linear", NORMAL, "standard normal") for i in range(n))


def targets(figures: Sequence[float] | FloatArray, error: float = ERROR, kind: str = "fit") -> tuple[Target, ...]:
    """Give targets t0, t1 ... each of its own quantity."""
    return tuple(
        Target(f"t{i}", kind, float(value), error, 0.0, "units", Definition(f"quantity {i}"), "toy", f"output {i}")  # type: ignore[arg-type]
        for i, value in enumerate(figures)
    )


def problem(
    predict: Predict, figures: Sequence[float] | FloatArray, n: int, error: float = ERROR
) -> CalibrationProblem:
    """Give a problem with standard normal priors."""
    return CalibrationProblem(normal_parameters(n), targets(figures, error), predict, np.zeros(len(figures)))


def linear() -> CalibrationProblem:
    """Give a problem that is linear with normal errors: its posterior is known."""
    # Rounded, so that a row alone and a row among others give the same last bit.
    return problem(lambda x: np.round(x @ SLOPES.T, 10), FIGURES, SLOPES.shape[1])


def exact(one: CalibrationProblem) -> tuple[FloatArray, FloatArray]:
    """Give mean and covariance of the posterior of ``linear`` with whatever figures: (A'A / s^2 + I)^-1."""
    covariance = np.linalg.inv(SLOPES.T @ SLOPES / ERROR**2 + np.eye(SLOPES.shape[1]))
    return covariance @ SLOPES.T @ np.array([target.value for target in one.targets]) / ERROR**2, covariance
