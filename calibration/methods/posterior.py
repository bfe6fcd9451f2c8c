"""A Bayesian posterior: an emulator of the model, sampled by ensembles of walkers (emcee), checked on the model itself.

The emulated posterior is sampled in scores, where priors are standard normal. The model is then run at draws of it:
were the emulator exact, every draw would weigh the same. Where the weights are uneven, the runs join the emulator's,
which is fitted again around the posterior, and the check is made again on new draws. A box that an earlier method left
is only where to begin: where draws press on its edge, as they do when figures contradict each other, it is widened.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from calibration.likelihood import log_likelihood, run
from calibration.methods.convergence import CHAIN_REFUSAL, convergence
from calibration.methods.emulator import GOOD_ENOUGH, Emulator, build, points_needed
from calibration.methods.sampling import FIRST, MOST, Sampled, sample
from calibration.problem import CalibrationProblem, Fit
from calibration.space import from_box, from_scores, latin_hypercube, prior_draws, to_box
from sim.arrays import BoolArray, FloatArray, IntArray, finite
from sim.engine.fate.draws import key

CHECKED = 80
"""Draws that the model is run at to check a posterior."""
ROUNDS = 3
LEAST_EVEN = 0.5
"""Least effective share of the checked draws."""
WIDENED = 6
"""Times that a region is widened at most, by its own width, within one round."""
EDGE, PRESSING = 0.02, 0.01
"""Part of a region's width that counts as its edge, and share of the draws there from which they press on it."""
DRAWS = 4000
ROOM = 0.5
"""Widths of the posterior's range that the region around it is widened by on either side."""


def effective_share(log_weights: FloatArray) -> float:
    """Give the share of draws that uneven weights leave: (sum w)^2 / sum w^2 / n, Kish's effective sample size."""
    log_weights = finite("log weights", log_weights)
    weights = np.exp(log_weights - log_weights.max())
    return float(weights.sum() ** 2 / (weights**2).sum() / len(weights))


@dataclass(frozen=True)
class _Round:
    """A sampled posterior and how it fared on the model."""

    emulator: Emulator
    sampled: Sampled
    checked: FloatArray
    outputs: FloatArray
    share: float
    is_pressed: bool


def fit(problem: CalibrationProblem, seed: int, runs: int, start: Fit | None = None) -> Fit:
    """Sample the posterior of the fitted figures.

    Parameters
    ----------
    problem
        What is calibrated.
    seed
        Key of designs, walkers and checks.
    runs
        Most runs of the model: 80 for each of at most three checks, the others to train the emulator.
    start
        An earlier fit: its runs train the emulator too, and its box bounds the design.

    Returns
    -------
        Draws, with what the emulator says at them. Refused when the effective share of the checked draws is under
        half, a fitted target's held-out emulator error is over half a likelihood standard deviation, draws press on the
        edge of where the emulator was trained, or the chains have not met (R-hat, bulk effective sample size).

    Raises
    ------
    ValueError
        If there are too few runs.
    """
    points, outputs = _train(problem, seed, runs - ROUNDS * CHECKED, start)
    region = _box_of(problem, start)
    for number in range(ROUNDS):
        found, region = _round(problem, key(seed, "round", number), points, outputs, region)
        points, outputs = np.concatenate([points, found.checked]), np.concatenate([outputs, found.outputs])
        if found.share >= LEAST_EVEN and found.emulator.worst <= GOOD_ENOUGH and not found.is_pressed:
            break
        if number < ROUNDS - 1:
            region = _around(problem, found.sampled)
    return _as_fit(problem, found, region, points, outputs)


def on_emulator(problem: CalibrationProblem, emulator: Emulator, seed: int) -> Fit:
    """Sample the posterior of other figures of the same model on an emulator that is there; the model is not run.

    The problem has the emulator's parameters and targets, of other kinds or values; the emulator must be trained
    wherever the posterior may lie. Refused when the chains have not met; there is no check on the model.
    """
    region = np.clip(np.stack([emulator.centre - emulator.width, emulator.centre + emulator.width]), 0.0, 1.0)
    sampled = sample(problem, replace(emulator, problem=problem), region, seed)
    draws, _ = _chosen(problem, sampled)
    nothing = np.zeros((0, len(problem.parameters))), np.zeros((0, len(problem.targets)))
    met = convergence(sampled.scores)
    refusals = () if met.is_good else (CHAIN_REFUSAL.format(rhat=met.worst_rhat, ess=met.least_ess),)
    return Fit("posterior on an emulator", draws.mean(axis=0), draws, emulator.predict(draws), *nothing, refusals)


def _chosen(problem: CalibrationProblem, sampled: Sampled) -> tuple[FloatArray, FloatArray]:
    """Give draws evenly through the chains, in natural units and as scores."""
    flat = sampled.scores.reshape(-1, len(problem.parameters))
    chosen = np.linspace(0, len(flat) - 1, min(DRAWS, len(flat))).round().astype(np.int64)
    return from_scores(problem.parameters, flat[chosen]), flat[chosen]


def _box_of(problem: CalibrationProblem, start: Fit | None) -> FloatArray:
    """Give the box that an earlier fit left, (2, parameter) of the transformed box; all of it without one."""
    if start is None or start.box is None:
        return np.stack([np.zeros(len(problem.parameters)), np.ones(len(problem.parameters))])
    return to_box(problem.parameters, start.box)


def _train(problem: CalibrationProblem, seed: int, n: int, start: Fit | None) -> tuple[FloatArray, FloatArray]:
    """Run a design over the box, half of it evenly and half as was believed before; add what was run before."""
    size = len(problem.parameters)
    points = np.zeros((0, size)) if start is None else start.points
    outputs = np.zeros((0, len(problem.targets))) if start is None else start.outputs
    least = points_needed(size)
    if n + len(points) < least:
        raise ValueError(
            f"{n + ROUNDS * CHECKED} runs for {size} parameters: a posterior needs at least "
            f"{least - len(points) + ROUNDS * CHECKED}, of which {ROUNDS * CHECKED} are checks"
        )
    if n > 0:
        ends = _box_of(problem, start)
        even = from_box(problem.parameters, ends[0] + latin_hypercube(seed, "train", n, size) * (ends[1] - ends[0]))
        believed = prior_draws(problem.parameters, key(seed, "train"), n)
        if start is not None:
            believed = start.draws[np.linspace(0, len(start.draws) - 1, n).round().astype(np.int64)]
        new = np.where((np.arange(n) % 2 == 0)[:, None], even, believed)
        points, outputs = np.concatenate([points, new]), np.concatenate([outputs, run(problem, new)])
    return points, outputs


def _round(
    problem: CalibrationProblem, seed: int, points: FloatArray, outputs: FloatArray, region: FloatArray
) -> tuple[_Round, FloatArray]:
    """Fit the emulator, sample, widen the region while draws press on its edge, run the model at some of the draws."""
    for widened in range(WIDENED):
        emulator = _emulator(problem, points, outputs, region)
        pressed = _pressed(problem, sample(problem, emulator, region, key(seed, widened), FIRST), region)
        if not pressed.any():
            break
        step = np.where(pressed, region[1] - region[0], 0.0)
        region = np.clip(np.stack([region[0] - step[0], region[1] + step[1]]), 0.0, 1.0)
    emulator = _emulator(problem, points, outputs, region)
    # What a poor emulator says will not stand: it shows where to run the model next, and is not sampled to the end.
    sampled = sample(problem, emulator, region, seed, MOST if emulator.worst <= GOOD_ENOUGH else FIRST)
    pressed = _pressed(problem, sampled, region)
    flat = sampled.scores.reshape(-1, len(problem.parameters))
    chosen = np.linspace(0, len(flat) - 1, CHECKED).round().astype(np.int64)
    checked = from_scores(problem.parameters, flat[chosen])
    truth = run(problem, checked)
    weights = log_likelihood(problem, truth) - log_likelihood(problem, emulator.predict(checked))
    return _Round(emulator, sampled, checked, truth, effective_share(weights), bool(pressed.any())), region


def _emulator(problem: CalibrationProblem, points: FloatArray, outputs: FloatArray, region: FloatArray) -> Emulator:
    """Fit the emulator to the runs in a region."""
    chosen = _inside(problem, points, region)
    return build(problem, points[chosen], outputs[chosen])


def _box_draws(problem: CalibrationProblem, sampled: Sampled) -> FloatArray:
    """Give draws, evenly through the chains, in the transformed box, (draw, parameter)."""
    flat = sampled.scores.reshape(-1, len(problem.parameters))
    chosen = np.linspace(0, len(flat) - 1, min(5 * DRAWS, len(flat))).round().astype(np.int64)
    return to_box(problem.parameters, from_scores(problem.parameters, flat[chosen]))


def _pressed(problem: CalibrationProblem, sampled: Sampled, region: FloatArray) -> BoolArray:
    """Say where more than 1% of the draws are at an edge, (end, parameter), that is not a bound of the parameter."""
    box = _box_draws(problem, sampled)
    near = EDGE * (region[1] - region[0])
    at_low = (box < region[0] + near).mean(axis=0) > PRESSING
    at_high = (box > region[1] - near).mean(axis=0) > PRESSING
    return np.stack([at_low & (region[0] > 0), at_high & (region[1] < 1)])


def _around(problem: CalibrationProblem, sampled: Sampled) -> FloatArray:
    """Give the box around a posterior, widened by half its range on either side."""
    box = _box_draws(problem, sampled)
    low, high = box.min(axis=0), box.max(axis=0)
    room = ROOM * (high - low)
    return np.asarray(np.clip(np.stack([low - room, high + room]), 0.0, 1.0))


def _inside(problem: CalibrationProblem, points: FloatArray, region: FloatArray) -> IntArray:
    """Give the runs in a region, or the nearest to its centre where a quadratic needs more."""
    box = to_box(problem.parameters, points)
    half = np.maximum((region[1] - region[0]) / 2, 1e-9)
    far = np.max(np.abs(box - region.mean(axis=0)) / half, axis=1)
    inside = np.flatnonzero(far <= 1 + 1e-9)
    least = points_needed(len(problem.parameters))
    return inside if len(inside) >= least else np.argsort(far, kind="stable")[: min(least, len(far))]


def _as_fit(
    problem: CalibrationProblem, found: _Round, region: FloatArray, points: FloatArray, outputs: FloatArray
) -> Fit:
    """Put the last round into a fit, with the reasons that speak against it.

    What the model says at the draws comes from an emulator that has seen the checks too, of every kind of target.
    """
    met = convergence(found.sampled.scores)
    draws, scores = _chosen(problem, found.sampled)
    chosen_runs = _inside(problem, points, region)
    last = build(problem, points[chosen_runs], outputs[chosen_runs], ("fit", "held_out"))
    predicted = last.predict(draws)
    density = log_likelihood(problem, predicted) - 0.5 * np.sum(scores**2, axis=1)
    refusals = [CHAIN_REFUSAL.format(rhat=met.worst_rhat, ess=met.least_ess)] if not met.is_good else []
    if found.share < LEAST_EVEN:
        refusals.append(
            f"of {CHECKED} draws run on the model itself an effective {found.share:.0%} count; 50% are needed"
        )
    if found.is_pressed:
        refusals.append("draws press on the edge of where the emulator was trained")
    if found.emulator.worst > GOOD_ENOUGH:
        at = int(np.argmax(np.where(problem.is_fitted, found.emulator.relative_error, 0)))
        refusals.append(
            f"the emulator misses {problem.targets[at].words} by {found.emulator.worst:.2f} likelihood standard "
            f"deviations where it was not trained; at most {GOOD_ENOUGH} is good enough"
        )
    scored = np.array([target.kind != "claim" for target in problem.targets])
    measures = (
        ("effective share of draws checked on the model", found.share), ("largest R-hat", met.worst_rhat),
        ("least bulk effective sample size", met.least_ess),
        ("worst held-out emulator error, likelihood standard deviations", found.emulator.worst),
        ("the same of any target that is scored", float(last.relative_error[scored].max())),
        ("runs of the model", float(len(points))),
    )  # fmt: skip
    return Fit(
        "posterior", draws[int(np.argmax(density))], draws, predicted, points, outputs, tuple(refusals), measures
    )  # fmt: skip
