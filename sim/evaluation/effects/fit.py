"""Solves for the effects of an evidence set: the values at which a simulated evaluation finds what was measured.

Each estimand has a parameter of its own, so each is nearly a root in one dimension. All are moved together, sweep by
sweep, each by its own secant at first; what one parameter does to another's estimand (more plans surfaced, more settled
later) is then learnt from the sweeps (Broyden 1965). The same random numbers serve every sweep, yet not all noise is
common (who is served first depends on everything), so nothing is sought closer than one standard error. A run never
solves; the values are kept in the evidence set.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from sim.arrays import FloatArray
from sim.errors import ModelError
from sim.evaluation.effects.estimands import COST, Estimand, Levels, digest, measure_once
from sim.evaluation.trial.evaluation import ENTRY_MONTHS, helped_world, helping
from sim.evaluation.trial.trial import MONTHS
from sim.model.compiled.readings import clock_value
from sim.model.spec import Bearing, Scenario, World
from sim.runs.fits import strengths
from sim.runs.replications import over_replications, pared, scaled, with_parameters
from sim.stages import SILENT, StageListener

TOLERANCE = 0.02
"""Of the logarithm of a ratio, or of the target of a difference; one standard error where that is more."""
SWEEPS = 7
PROBE = 0.1
"""First step, as a share of the way to the bound on the side where the target should lie."""
LEARN = 0.02
"""Smallest step, as a share of the bounds, from which slopes are learnt; what less finds is mostly noise."""


@dataclass(frozen=True)
class Fitted:
    """An estimand with the value found for its parameter.

    ``reached`` is what the simulated study finds at ``value``, ``standard_error`` that of ``reached`` (of its logarithm
    for a ratio), ``shortfall`` target minus reached when the bounds do not let it be reached, ``base`` the level
    without help.
    """

    estimand: Estimand
    value: float
    reached: float
    standard_error: float | None
    reachable: bool
    shortfall: float
    dose: float
    base: float | None = None

    @property
    def multiplier(self) -> float:
        """Multiplier on the hazard that the parameter acts on, at the full dose of contact-hours."""
        return math.exp(self.value * self.dose)


@dataclass(frozen=True)
class EffectFit:
    """A whole fit, ready to be written down."""

    effect_set: str
    regime: str
    digest: str
    replications: int
    seed: int
    fitted: tuple[Fitted, ...]
    study: str = ""
    """Name of the study in whose model it was made."""
    share: float = 1.0
    """Of the families, who were followed."""
    strengths: Mapping[str, float] = field(default_factory=dict)
    """What each effect multiplies by where every parameter that was solved for is 1."""
    curves: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    """Estimand -> (ratio, value of its parameter), ratios rising, where it was solved for at several."""
    bearings: Mapping[str, Bearing] = field(default_factory=dict)
    """Estimand -> what else bears on its ratio, where there are curves."""
    inputs: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Path -> (best estimate, power) of the inputs that studies for the curves moved; see ``SetFit``."""


Study = Callable[[FloatArray], FloatArray]
"""What a study finds, (replication, estimand), given the parameter values, (estimand,)."""


def fit_effects(
    scenario: Scenario,
    effect_set: str,
    estimands: Sequence[Estimand],
    *,
    regime: str = "",
    dose: str = "kw_dose",
    replications: int = 6,
    share: float = 1.0,
    workers: int = 1,
    at: StageListener = SILENT,
) -> EffectFit:
    """Solve for the parameters of an evidence set.

    Parameters
    ----------
    scenario
        A scenario with the regime under that set.
    effect_set
        Name of the set.
    estimands
        What it lists.
    regime
        Where families are helped; default ``helping``.
    dose
        Parameter that says how many contact-hours a month a family has.
    replications
        Replications of each simulated study, always the same ones.
    share
        Of the families, and of the posts that serve them, that each study follows; see ``replications.scaled``.
    workers
        Processes.
    at
        Told where the work stands, with a line after each sweep.

    Returns
    -------
        The values, what they reach, and the digest of the model they belong to.
    """
    if not estimands:
        raise ModelError(f"the evidence set '{effect_set}' lists no estimands, so that there is nothing to solve for")
    regime = regime or helping(scenario)
    world = helped_world(scenario, regime, effect_set)
    study, bases = study_of(scenario, world, estimands, replications, share, workers, at)
    start = np.array([present(scenario, world.name, e) for e in estimands])
    hours = clock_value(world.model.parameters[dose].expression, world.model, world.start)
    values, samples = solve(study, estimands, start, at)
    fitted = tuple(
        _fitted(e, v, s, hours, float(b)) for e, v, s, b in zip(estimands, values, samples.T, bases, strict=True)
    )
    names = [e.parameter for e in estimands]
    stamp, acts = digest(scenario, regime, effect_set, names), strengths(world.model, world.start, names)
    return EffectFit(effect_set, regime, stamp, replications, scenario.seed, fitted, scenario.name, share, acts)


def study_of(
    scenario: Scenario, world: World, estimands: Sequence[Estimand], replications: int, share: float, workers: int = 1,
    at: StageListener = SILENT,
) -> tuple[Study, FloatArray]:  # fmt: skip
    """Give the simulated study of a world, and the levels without help that its last run found, (estimand,)."""
    steps = world.start + ENTRY_MONTHS + MONTHS
    priced = any(estimand.outcome == COST for estimand in estimands)
    regimes = (scenario.baseline, world.regime)
    short = scaled(pared(scenario, regimes, (world.effect_set,), steps, priced=priced), share)
    bases = np.full(len(estimands), math.nan)

    def study(values: FloatArray) -> FloatArray:
        named = {e.parameter: float(v) for e, v in zip(estimands, values, strict=True)}
        task = partial(measure_once, world=world.name, estimands=tuple(estimands))
        answers = over_replications(task, with_parameters(short, named), replications, workers, at)
        bases[:] = [float(np.mean([answer[e.name][1] for answer in answers])) for e in estimands]
        return np.array([[_found(e, answer) for e in estimands] for answer in answers])

    return study, bases


def _found(estimand: Estimand, levels: Levels) -> float:
    """Give what a study found on the scale of distances."""
    served, other = levels[estimand.name]
    if estimand.scale == "ratio":
        return math.log(served / other) if served > 0 and other > 0 else float("nan")
    return served - other


def present(scenario: Scenario, world: str, estimand: Estimand) -> float:
    """Give the value that the set has now, within its bounds: a good place to start."""
    model = next(w.model for w in scenario.worlds if w.name == world)
    if estimand.parameter not in model.parameters:
        raise ModelError(f"estimands.{estimand.name}: the model has no parameter '{estimand.parameter}'")
    now = clock_value(model.parameters[estimand.parameter].expression, model, 0)
    return float(np.clip(now, estimand.low, estimand.high))


def solve(
    study: Study, estimands: Sequence[Estimand], start: FloatArray, at: StageListener = SILENT
) -> tuple[FloatArray, FloatArray]:
    """Find the values at which a study finds the targets.

    Parameters
    ----------
    study
        What is found, given the values.
    estimands
        Targets and bounds.
    start
        Where to begin, (estimand,).
    at
        Told where the work stands, with a line after each sweep.

    Returns
    -------
        Values, (estimand,), and what the study finds at them, (replication, estimand).

    Notes
    -----
    Values stay within their bounds; one at a bound stays there while the target lies beyond it. Ends when every
    estimand is near enough or nothing moves any more, or after ``SWEEPS``.
    """
    targets = np.array([e.distance_to_target for e in estimands])
    least = np.array([TOLERANCE if e.scale == "ratio" else TOLERANCE * abs(e.target) for e in estimands])
    low, high = np.array([e.low for e in estimands]), np.array([e.high for e in estimands])
    width, values = high - low, start
    slopes, last = np.zeros((len(start), len(start))), None
    for sweep in range(1, SWEEPS + 1):
        at.stage(f"Sweep {sweep} of at most {SWEEPS}; replications")
        samples = study(values)
        check_found(samples, estimands)
        miss = samples.mean(axis=0) - targets
        at.say(line(f"sweep {sweep}", estimands, values, miss + targets))
        far = np.abs(miss) > np.maximum(least, _standard_error(samples))
        if last is not None:
            slopes = _learn(slopes, (values - last[0]) / width, miss - last[1])
        step = _step(slopes, miss) * width if slopes.any() else _probe(miss, values, low, high)
        fresh = np.clip(values + np.clip(step, -width / 4, width / 4), low, high)
        if not far.any() or np.array_equal(fresh, values) or sweep == SWEEPS:
            break
        values, last = fresh, (values, miss)
    return values, samples


def check_found(samples: FloatArray, estimands: Sequence[Estimand]) -> None:
    """Refuse what is no number in any row, (row, estimand).

    Raises
    ------
    ModelError
        With the first estimand of which a study found nobody.
    """
    none = np.flatnonzero(~np.isfinite(samples).all(axis=0))
    if len(none):
        raise ModelError(
            f"estimands.{estimands[none[0]].name}: nobody has it on one side in some replication, so that there is "
            "no ratio; follow more families (a larger --share, or more of them)"
        )


def _standard_error(samples: FloatArray) -> FloatArray:
    """Give the standard error of the mean over replications; 0 with one."""
    n = len(samples)
    return samples.std(axis=0, ddof=1) / math.sqrt(n) if n > 1 else np.zeros(samples.shape[1])


def _learn(slopes: FloatArray, moved: FloatArray, change: FloatArray) -> FloatArray:
    """Take in what a step has shown: each its own slope the first time, Broyden's rank-one update afterwards."""
    if not slopes.any():
        return np.diag(np.divide(change, moved, out=np.zeros_like(change), where=np.abs(moved) > 1e-9))
    if np.abs(moved).max() < LEARN:
        return slopes
    return np.asarray(slopes + np.outer(change - slopes @ moved, moved) / (moved @ moved))


def _step(slopes: FloatArray, miss: FloatArray) -> FloatArray:
    """Go to the root of the plane, as a share of the bounds; least squares where slopes are flat."""
    return np.asarray(-np.linalg.lstsq(slopes, miss, rcond=1e-3)[0])


def _probe(miss: FloatArray, values: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Take a first step: a higher value is taken to mean more of the outcome, until the study says otherwise."""
    step = np.where(miss > 0, low - values, high - values) * PROBE
    # At the bound already: look the other way, so that the study says whether the bound is the right one.
    return np.where(step == 0, np.where(miss > 0, high - values, low - values) * PROBE / 2, step)


def line(which: str, estimands: Sequence[Estimand], values: FloatArray, found: FloatArray) -> str:
    """Say what a study finds, the logarithms of ratios given, and for which values."""
    parts = [
        f"{e.name} {v:+.4f} finds {e.natural(float(f)):,.3f} for {e.target:,.3g}"
        for e, v, f in zip(estimands, values, found, strict=True)
    ]
    return f"{which}: " + "; ".join(parts)


def _fitted(estimand: Estimand, value: float, samples: FloatArray, dose: float, base: float | None = None) -> Fitted:
    """Put together what was found for one estimand."""
    mean, n = float(samples.mean()), len(samples)
    error = float(samples.std(ddof=1)) / math.sqrt(n) if n > 1 else None
    tolerance = TOLERANCE if estimand.scale == "ratio" else TOLERANCE * abs(estimand.target)
    reached = estimand.natural(mean)
    stands_at_end = math.isclose(value, estimand.low) or math.isclose(value, estimand.high)
    allowed = max(tolerance, error or 0.0) * (1 if stands_at_end else 2)  # else a search that goes on may come nearer
    near = abs(mean - estimand.distance_to_target) <= allowed
    short = 0.0 if near else estimand.target - reached
    return Fitted(estimand, float(value), reached, error, near, short, dose, base)
