"""Ensembles of walkers (emcee; Foreman-Mackey and others 2013) on an emulated posterior, until their chains have met.

Four ensembles start from four places, so that a posterior with several peaks shows as chains that do not meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import emcee
import numpy as np
from scipy import optimize

from calibration.likelihood import observed, spread
from calibration.methods.convergence import convergence
from calibration.methods.emulator import Emulator
from calibration.problem import CalibrationProblem
from calibration.space import from_scores, normals, to_box
from sim.arrays import FloatArray, IntArray, finite
from sim.engine.fate.draws import key

ENSEMBLES = 4
THIN = 5
"""Steps from one that is kept to the next."""
FIRST, MOST = 120, 1920
"""Kept steps of the first attempt and of the last; each attempt doubles, and the first half is left out."""
PLACES = 2000
"""Prior draws among which the starting places are the likeliest."""
TABLE = np.linspace(-6.3, 6.3, 4001)
"""Scores at which the way from scores to the box is tabulated: between them it is a straight line."""
OUTSIDE = 0.02
"""Part of the region's width that a walker may be outside it."""


@dataclass(frozen=True)
class Sampled:
    """Kept steps after the first half, in scores: (ensemble, step, walker, parameter)."""

    scores: FloatArray


@dataclass(frozen=True)
class _Density:
    """The emulated log posterior density in scores, up to a constant; minus infinity outside the region."""

    emulator: Emulator
    region: FloatArray
    table: FloatArray
    figures: FloatArray
    errors: FloatArray
    fitted: IntArray

    def box(self, scores: FloatArray) -> FloatArray:
        """Bring scores to the transformed box by table."""
        return np.stack([np.interp(scores[:, j], TABLE, self.table[:, j]) for j in range(scores.shape[1])], axis=1)

    def gaps(self, scores: FloatArray) -> FloatArray:
        """Give standardised residuals of the fitted targets, (point, fitted target)."""
        return self.gaps_at(self.box(scores))

    def gaps_at(self, box: FloatArray) -> FloatArray:
        """Give the same at points of the transformed box."""
        return np.asarray(((self.emulator.scaled(box) - self.figures) / self.errors)[:, self.fitted])

    def __call__(self, scores: FloatArray) -> FloatArray:
        """Give the density at scores, (point, parameter)."""
        box = self.box(scores)
        room = OUTSIDE * (self.region[1] - self.region[0])
        allowed = np.all((box >= self.region[0] - room) & (box <= self.region[1] + room), axis=1)
        allowed &= np.all(np.abs(scores) < TABLE[-1], axis=1)
        value = -0.5 * (np.sum(self.gaps_at(box) ** 2, axis=1) + np.sum(scores**2, axis=1))
        return np.where(allowed, value, -np.inf)


def sample(problem: CalibrationProblem, emulator: Emulator, region: FloatArray, seed: int, most: int = MOST) -> Sampled:
    """Sample the emulated posterior within a region of the transformed box, (2, parameter), until its chains have met.

    When they have not met after ``most`` kept steps, what there is is given: the caller says so.
    """
    size, region = len(problem.parameters), finite("region", region)
    table = to_box(problem.parameters, from_scores(problem.parameters, np.repeat(TABLE[:, None], size, axis=1)))
    density = _Density(
        emulator, region, table, observed(problem.targets), spread(problem), np.flatnonzero(problem.is_fitted)
    )
    walkers = max(4 * size, 16)
    samplers = []
    for number, start in enumerate(_starts(density, size, walkers, key(seed, "start"))):
        # Not DESnookerMove: emcee 3.1.6 halves the exponent of its acceptance, and spreads come out 5% too narrow.
        moves = [(emcee.moves.DEMove(), 0.7), (emcee.moves.StretchMove(), 0.3)]
        sampler = emcee.EnsembleSampler(walkers, size, density, moves=moves, vectorize=True)
        sampler.log_prob_fn = density  # not in emcee's wrapper, which prints a traceback of a Ctrl-C
        word = np.random.SeedSequence(key(seed, "walkers", number))
        state: Any = emcee.State(start, random_state=np.random.MT19937(word).state)
        samplers.append((sampler, state))
    done, wanted = 0, FIRST
    while True:
        for at, (sampler, state) in enumerate(samplers):
            samplers[at] = (sampler, sampler.run_mcmc(state, wanted - done, thin_by=THIN))
        done, wanted = wanted, 2 * wanted
        scores = np.stack([sampler.get_chain(discard=done // 2) for sampler, _ in samplers])
        if done >= most or convergence(scores).is_good:
            return Sampled(scores)


def _starts(density: _Density, size: int, walkers: int, seed: int) -> list[FloatArray]:
    """Give each ensemble its walkers: around a best point of its own, as wide as twice the curvature says there."""
    places = normals(seed, "places", (ENSEMBLES, PLACES, size))
    starts = []
    for number, some in enumerate(places):
        values = density(some)
        first = some[int(np.argmax(values))] if np.isfinite(values.max()) else _nearest(density, some)
        best = optimize.least_squares(
            lambda x: np.concatenate([density.gaps(x[None])[0], x]), first, bounds=(TABLE[0], TABLE[-1])
        )
        covariance = np.linalg.inv(best.jac.T @ best.jac)
        around = normals(seed, f"walkers {number}", (walkers, size)) @ np.linalg.cholesky(covariance).T
        starts.append(_inwards(density, best.x + 2 * around, best.x))
        still = ~np.isfinite(density(starts[-1]))
        starts[-1][still] = _inwards(density, first + 0.01 * around[still], first)
    return starts


def _inwards(density: _Density, start: FloatArray, centre: FloatArray) -> FloatArray:
    """Move walkers that are outside the region towards a centre; one that starts outside has no way to be compared."""
    for _ in range(40):
        out = ~np.isfinite(density(start))
        start[out] = centre + 0.6 * (start[out] - centre)
    return start


def _nearest(density: _Density, some: FloatArray) -> FloatArray:
    """Give the place nearest to the middle of the region, when none of the prior draws is inside it."""
    middle = density.region.mean(axis=0)
    return np.array([np.interp(middle[j], density.table[:, j], TABLE) for j in range(some.shape[1])])
