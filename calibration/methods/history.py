"""History matching: waves of runs that rule out where the model cannot agree with the figures, whatever is left out.

A point is ruled out when its second-largest implausibility is above 3 (Pukelsheim's three-sigma rule; Vernon,
Goldstein and Bower 2010, Bayesian Analysis 5): one figure may be wrong, two may not. It gives the box that is left and
points inside it. They are not draws of a posterior: they say where to look.
"""

from __future__ import annotations

import numpy as np

from calibration.likelihood import log_likelihood, observed, residuals, run, spread
from calibration.methods.emulator import Emulator, build, points_needed
from calibration.methods.narrowing import Distance, narrow
from calibration.problem import CalibrationProblem, Fit
from calibration.space import from_box, latin_hypercube, to_box
from sim.arrays import FloatArray, IntArray, finite
from sim.engine.fate.draws import key

THRESHOLD = 3.0
WAVES = 3
MARGIN = 0.05
"""Part of the width that a cut box is widened by, for what the points missed."""


def implausibility(problem: CalibrationProblem, emulator: Emulator, box: FloatArray) -> FloatArray:
    """Give each target's distance to its figure, (point, target), in standard deviations that count the emulator's."""
    gap = np.abs(emulator.scaled(box) - observed(problem.targets))
    return np.asarray(gap / np.hypot(spread(problem), emulator.error))


def second_largest(distances: FloatArray) -> FloatArray:
    """Give the second largest of each row, (point,); the largest where there is one target alone."""
    ranked = np.sort(finite("distances", distances), axis=1)
    return np.asarray(ranked[:, -2] if ranked.shape[1] > 1 else ranked[:, -1])


def fit(problem: CalibrationProblem, seed: int, runs: int, start: Fit | None = None) -> Fit:
    """Cut the box in waves of runs.

    Parameters
    ----------
    problem
        What is calibrated.
    seed
        Key of the designs.
    runs
        Most runs of the model, shared by the waves; what ``start`` has run is used and not counted.
    start
        An earlier fit.

    Returns
    -------
        ``box`` is what is left; ``draws`` are emulated points of it that are not ruled out, spread evenly. Refused when
        nothing is left: then no parameter value agrees with all but one of the figures.

    Raises
    ------
    ValueError
        If there are too few runs for an emulator.
    """
    n = len(problem.parameters)
    if runs < points_needed(n):
        raise ValueError(f"{runs} runs for {n} parameters: history matching needs at least {points_needed(n)}")
    waves = max(min(WAVES, runs // points_needed(n)), 1)
    ends = np.stack([np.zeros(n), np.ones(n)])
    points = np.zeros((0, n)) if start is None else start.points
    outputs = np.zeros((0, len(problem.targets))) if start is None else start.outputs
    kept, left = np.zeros((0, n)), 1.0
    measures: list[tuple[str, float]] = []
    for wave in range(waves):
        new = from_box(problem.parameters, _design(seed, wave, runs // waves, ends, kept))
        points, outputs = np.concatenate([points, new]), np.concatenate([outputs, run(problem, new)])
        inside = _within(to_box(problem.parameters, points), ends, points_needed(n))
        emulator = build(problem, points[inside], outputs[inside])
        found = narrow(_distance(problem, emulator), ends, THRESHOLD, key(seed, "wave", wave))
        kept, left = found.points, found.share * float(np.prod(ends[1] - ends[0]))
        measures.append((f"share of the box left after wave {wave + 1}", left))
        if left == 0:
            break
        ends = _cut(kept, ends)
    return _as_fit(problem, emulator, kept, ends, points, outputs, left, measures)


def _distance(problem: CalibrationProblem, emulator: Emulator) -> Distance:
    """Give the second-largest implausibility of the fitted targets as a distance."""
    return lambda box: second_largest(implausibility(problem, emulator, box)[:, problem.is_fitted])


def _as_fit(
    problem: CalibrationProblem, emulator: Emulator, kept: FloatArray, ends: FloatArray, points: FloatArray,
    outputs: FloatArray, left: float, measures: list[tuple[str, float]],
) -> Fit:  # fmt: skip
    """Put the last wave into a fit; the best point is the likeliest that the model itself was run at."""
    draws = from_box(problem.parameters, kept)
    largest = np.sort(np.abs(residuals(problem, outputs))[:, problem.is_fitted], axis=1)[:, -1]
    measures.append(("least of the largest implausibilities that were run", float(largest.min())))
    refusals = () if left > 0 else ("history matching: no parameter value agrees with all figures but one",)
    return Fit(
        "history matching", points[int(np.argmax(log_likelihood(problem, outputs)))], draws, emulator.predict(draws),
        points, outputs, refusals, (*measures, ("runs of the model", float(len(points)))),
        from_box(problem.parameters, ends),
    )  # fmt: skip


def _design(seed: int, wave: int, n: int, ends: FloatArray, kept: FloatArray) -> FloatArray:
    """Give the points to run in a wave: over the whole box, then half over the cut box and half of what is left."""
    over: FloatArray = ends[0] + latin_hypercube(key(seed, "wave", wave), "design", n, ends.shape[1]) * (
        ends[1] - ends[0]
    )
    if wave == 0:
        return over
    chosen = np.linspace(0, len(kept) - 1, n - n // 2).round().astype(np.int64)
    both: FloatArray = np.concatenate([over[: n // 2], kept[chosen]])
    return both


def _cut(kept: FloatArray, ends: FloatArray) -> FloatArray:
    """Draw the box around what is left, a little wider, never outside the one before."""
    margin = MARGIN * (ends[1] - ends[0])
    return np.stack([np.maximum(kept.min(axis=0) - margin, ends[0]), np.minimum(kept.max(axis=0) + margin, ends[1])])


def _within(box: FloatArray, ends: FloatArray, least: int) -> IntArray:
    """Give the rows inside the box, or the ``least`` nearest to its centre when there are fewer."""
    centre, half = (ends[0] + ends[1]) / 2, np.maximum((ends[1] - ends[0]) / 2, 1e-9)
    far = np.max(np.abs(box - centre) / half, axis=1)
    inside = np.flatnonzero(far <= 1 + 1e-9)
    return inside if len(inside) >= least else np.argsort(far, kind="stable")[: min(least, len(far))]
