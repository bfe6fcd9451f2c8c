"""How well predictions agree with the figures: independent normal errors, on the log scale where a figure says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from calibration.problem import CalibrationProblem, Target
from sim.arrays import FloatArray, finite

TINY = 1e-12


def scaled(targets: Sequence[Target], values: FloatArray) -> FloatArray:
    """Bring values in the targets' units, (..., target), to the scale they are compared on."""
    logged, values = np.array([target.scale == "log" for target in targets]), finite("values of targets", values)
    return np.where(logged, np.log(np.maximum(values, TINY)), values)


def unscaled(targets: Sequence[Target], values: FloatArray) -> FloatArray:
    """Undo ``scaled``."""
    logged, values = np.array([target.scale == "log" for target in targets]), finite("values of targets", values)
    return np.where(logged, np.exp(np.where(logged, values, 0.0)), values)


def observed(targets: Sequence[Target]) -> FloatArray:
    """Give the published figures on the scale they are compared on, (target,)."""
    return scaled(targets, np.array([target.value for target in targets]))


def spread(problem: CalibrationProblem) -> FloatArray:
    """Give the standard deviation of each figure's error, (target,), on the scale it is compared on.

    The figure's own error, what the model leaves out and the model's Monte Carlo error, added as variances; on the log
    scale each is taken relative to the figure.
    """
    targets = problem.targets
    parts = np.array([(target.standard_error, target.discrepancy) for target in targets])
    variance = (parts**2).sum(axis=1) + np.asarray(problem.noise) ** 2
    unit = np.array([target.value if target.scale == "log" else 1.0 for target in targets])
    return np.asarray(np.sqrt(variance) / unit)


def residuals(problem: CalibrationProblem, predicted: FloatArray) -> FloatArray:
    """Give the standardised distance of predictions to figures, (..., target); positive where the model is above."""
    gap = scaled(problem.targets, predicted) - observed(problem.targets)
    return np.asarray(gap / spread(problem))


def log_likelihood(problem: CalibrationProblem, predicted: FloatArray) -> FloatArray:
    """Give the log-likelihood of the fitted figures, (...,), up to a constant that no parameter moves."""
    fitted = residuals(problem, predicted)[..., problem.is_fitted]
    return np.asarray(-0.5 * np.sum(fitted**2, axis=-1))


def run(problem: CalibrationProblem, points: FloatArray) -> FloatArray:
    """Run the model at points, (point, target), and refuse what is not a number.

    Raises
    ------
    ValueError
        If the model gives another shape or something that is not finite; names the target and the point.
    """
    outputs = np.asarray(problem.predict(finite("points", points)), dtype=np.float64)
    if outputs.shape != (len(points), len(problem.targets)):
        raise ValueError(f"the model gave {outputs.shape} for {len(points)} points and {len(problem.targets)} targets")
    bad = np.argwhere(~np.isfinite(outputs))
    if len(bad):
        at, target = bad[0]
        where = ", ".join(f"{name} = {x:.6g}" for name, x in zip(problem.names, points[at], strict=True))
        raise ValueError(f"target {problem.targets[target].name}: the model gave {outputs[at, target]} at {where}")
    return outputs


def with_values(problem: CalibrationProblem, values: FloatArray) -> CalibrationProblem:
    """Put other figures, (target,), in place of the published ones, with the same errors on the scale of comparison.

    For targets on the log scale errors are relative, so that they and the model's noise are scaled with the figure.
    """
    ratio = np.array([
        value / target.value if target.scale == "log" else 1.0
        for target, value in zip(problem.targets, values, strict=True)
    ])  # fmt: skip
    targets = tuple(
        replace(target, value=float(value), standard_error=target.standard_error * factor,
                discrepancy=target.discrepancy * factor)
        for target, value, factor in zip(problem.targets, values, ratio, strict=True)
    )  # fmt: skip
    return replace(problem, targets=targets, noise=np.asarray(problem.noise) * ratio)
