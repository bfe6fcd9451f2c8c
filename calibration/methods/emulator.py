"""A quick stand-in for the model: a quadratic for every target, a Gaussian process on what a quadratic leaves over.

Errors are held out: every point is predicted without itself, in closed form (the hat matrix of the quadratic; the
diagonal of the inverse covariance of the process, Rasmussen and Williams 2006, equations 5.10 to 5.12).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from calibration.likelihood import scaled, spread, unscaled
from calibration.problem import CalibrationProblem
from calibration.space import to_box
from sim.arrays import FloatArray, IntArray, finite

GOOD_ENOUGH = 0.5
"""Held-out error of a fitted target, in likelihood standard deviations, above which an emulator is not good enough."""
WORTH_REFINING, BETTER = 0.25, 0.8
"""Error of a quadratic above which a Gaussian process is tried (errors of many targets add up in the likelihood), and
the part of it that the process must come down to: what is mere roughness of the model it cannot learn."""
MOST_POINTS = 400
"""Points that a Gaussian process is conditioned on: its cost grows with their cube."""
LEARNT_FROM = 120
"""Points that its length scales are learnt from."""


Surrogate = Callable[[FloatArray], FloatArray]
"""Points of the scaled box, (point, parameter), to what is added to the quadratic of one target, (point,)."""


@dataclass(frozen=True)
class Emulator:
    """A stand-in for ``predict``; ``error`` is the held-out standard deviation, (target,), on the scale compared."""

    problem: CalibrationProblem
    centre: FloatArray
    width: FloatArray
    coefficients: FloatArray
    processes: tuple[tuple[int, Surrogate], ...]
    error: FloatArray

    @property
    def relative_error(self) -> FloatArray:
        """Held-out error in likelihood standard deviations, (target,)."""
        return np.asarray(self.error / spread(self.problem))

    @property
    def worst(self) -> float:
        """The largest relative error of a fitted target."""
        return float(self.relative_error[self.problem.is_fitted].max())

    def scaled(self, box: FloatArray) -> FloatArray:
        """Give the targets at points of the transformed box, (point, target), on the scale they are compared on."""
        x = (finite("points", box) - self.centre) / self.width
        values = features(x) @ self.coefficients
        for at, process in self.processes:
            values[:, at] += process(x)
        return np.asarray(values)

    def predict(self, points: FloatArray) -> FloatArray:
        """Give the targets at points in natural units, (point, target), in their own units."""
        return unscaled(self.problem.targets, self.scaled(to_box(self.problem.parameters, points)))


def features(x: FloatArray) -> FloatArray:
    """Give 1, every parameter, and every product of two, (point, 1 + p + p (p + 1) / 2)."""
    first, second = _pairs(finite("points", x).shape[1])
    return np.concatenate([np.ones((len(x), 1)), x, x[:, first] * x[:, second]], axis=1)


@cache
def _pairs(n: int) -> tuple[IntArray, IntArray]:
    """Give the two parameters of every product."""
    first, second = np.triu_indices(n)
    return first, second


def points_needed(parameters: int) -> int:
    """Give the points that a quadratic needs with as many to spare as it has coefficients."""
    return 2 * (1 + parameters + parameters * (parameters + 1) // 2)


def build(
    problem: CalibrationProblem, points: FloatArray, outputs: FloatArray, refined: Sequence[str] = ("fit",)
) -> Emulator:  # fmt: skip
    """Fit an emulator to runs of the model.

    Parameters
    ----------
    problem
        What is calibrated.
    points, outputs
        Where the model was run, (point, parameter), and what it said, (point, target), in natural units.
    refined
        Kinds of target that get a Gaussian process where the quadratic's held-out error is above a quarter of a
        likelihood standard deviation and the process learns a fifth of it.

    Raises
    ------
    ValueError
        If there are fewer points than a quadratic needs.
    """
    least = points_needed(len(problem.parameters)) // 2 + 1
    if len(points) < least:
        raise ValueError(f"{len(points)} runs for {len(problem.parameters)} parameters: an emulator needs {least}")
    box = to_box(problem.parameters, finite("points", points))
    centre = (box.max(axis=0) + box.min(axis=0)) / 2
    width = np.maximum((box.max(axis=0) - box.min(axis=0)) / 2, 1e-9)
    x, y = (box - centre) / width, scaled(problem.targets, outputs)
    coefficients, held_out = _least_squares(features(x), y)
    error = np.sqrt(np.mean(held_out**2, axis=0))
    left_over = y - features(x) @ coefficients
    processes = []
    wanted = np.array([target.kind in refined for target in problem.targets])
    for at in np.flatnonzero((error > WORTH_REFINING * spread(problem)) & wanted):
        process, its_error = _process(x, left_over[:, at])
        if its_error < BETTER * error[at]:
            processes.append((int(at), process))
            error[at] = its_error
    return Emulator(problem, centre, width, coefficients, tuple(processes), error)


def _least_squares(design: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit every target; give coefficients and what each point misses when it is left out."""
    q, r = np.linalg.qr(design)
    coefficients = np.linalg.lstsq(r, q.T @ y, rcond=1e-10)[0]
    leverage = np.minimum(np.sum(q**2, axis=1), 1 - 1e-6)
    return coefficients, (y - design @ coefficients) / (1 - leverage)[:, None]


def _process(x: FloatArray, y: FloatArray) -> tuple[Surrogate, float]:
    """Fit a Gaussian process to what is left over; give it and its held-out error.

    Length scales are learnt from some of the points, one for each parameter, and the process stands on more of them.
    """
    size = float(np.std(y)) or 1.0
    kernel = ConstantKernel(1.0) * RBF(np.full(x.shape[1], 2.0), (0.05, 100.0)) + WhiteKernel(0.1, (1e-8, 10.0))
    learnt = _spread_out(len(x), LEARNT_FROM)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ConvergenceWarning
        )  # a length scale at its bound is a parameter that does nothing
        first = GaussianProcessRegressor(kernel).fit(x[learnt], y[learnt] / size)
    used = _spread_out(len(x), MOST_POINTS)
    fitted: Any = GaussianProcessRegressor(first.kernel_, optimizer=None).fit(x[used], y[used] / size)
    inverse = np.linalg.inv(fitted.L_ @ fitted.L_.T)
    held_out = (inverse @ (y[used] / size)) / np.diag(inverse)
    error = float(np.sqrt(np.mean(held_out**2))) * size

    rbf, alpha = fitted.kernel_.k1, fitted.alpha_ * size

    def surrogate(at: FloatArray) -> FloatArray:
        # The mean of ``fitted.predict`` without its checks of input, which take ten times as long for a few walkers.
        return np.asarray(rbf(at, fitted.X_train_) @ alpha)

    return surrogate, error


def _spread_out(n: int, most: int) -> IntArray:
    """Choose at most ``most`` of ``n`` rows, evenly through their order."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64))
