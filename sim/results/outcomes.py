"""Outcomes kept beside money (life-years, QALYs, months in crisis): weighted, discounted totals of counts.

Which points count, and for how much, follows the conventions of published models. Leaves out pounds (``costs``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.arrays import FloatArray
from sim.errors import ModelError
from sim.model.compiled.readings import amounts
from sim.model.spec import Model, Scenario, World
from sim.money.bill import until_begun
from sim.money.discounting import factors

CONVENTIONS = ("start", "end", "half_cycle", "simpson")


def point_weights(count: str | tuple[float, ...], n_steps: int) -> FloatArray:
    """Give the weight of each of the points 0..steps.

    Parameters
    ----------
    count
        ``start`` (points 0..steps-1), ``end`` (1..steps), ``half_cycle`` (1/2 at both ends), ``simpson``
        (1/3, 4/3, 2/3, ..., 4/3, 1/3; even number of steps) or the weights themselves.
    n_steps
        Number of steps, >= 1.

    Returns
    -------
        Shape (steps + 1,).

    Raises
    ------
    ModelError
        If the convention is unknown, the number of weights is wrong, or Simpson's rule is asked for an odd number.
    """
    if not isinstance(count, str):
        if len(count) != n_steps + 1:
            raise ModelError(f"count.weights has {len(count)} numbers; {n_steps} steps need {n_steps + 1}")
        return np.asarray(count, dtype=np.float64)
    weights = np.ones(n_steps + 1)
    if count == "start":
        weights[-1] = 0.0
    elif count == "end":
        weights[0] = 0.0
    elif count == "half_cycle":
        weights[[0, -1]] = 0.5
    elif count == "simpson":
        if n_steps % 2:
            raise ModelError(f"count: simpson needs an even number of steps; clock.steps is {n_steps}")
        weights[1::2], weights[2::2] = 4 / 3, 2 / 3
        weights[[0, -1]] = 1 / 3
    else:
        raise ModelError(f"count is '{count}'; it may be {', '.join(CONVENTIONS)} or a list of weights")
    return weights


def outcome_weights(model: Model, meters: Sequence[str]) -> FloatArray:
    """Give what one count of each meter at each point adds to each outcome, (outcome, steps + 1, meter).

    A ``while`` meter is read at counted points, at the clock of the point; an ``on`` meter of the move p -> p + 1 is
    booked at point p + 1 with that point's weight and discount, its amount at the clock of the move.
    """
    clock = model.clock
    weights = point_weights(model.count, clock.steps)
    years: FloatArray = np.arange(clock.steps + 1) * np.float64(clock.step_years)
    result = np.zeros((len(model.outcomes), clock.steps + 1, len(meters)))
    for value in model.values:
        for i, outcome in enumerate(model.outcomes):
            if outcome.name in value.amounts:
                factor = weights * factors(outcome.schedule, years)
                result[i, :, list(meters).index(value.meter)] += factor * amounts(value, outcome.name, model)
    return result


def world_weights(scenario: Scenario, world: World, meters: Sequence[str]) -> FloatArray:
    """Give ``outcome_weights`` of a world: the baseline's up to the point where it begins, then its own."""
    own = outcome_weights(world.model, meters)
    if not world.start:
        return own
    return until_begun(own, outcome_weights(scenario.baseline_of(world).model, meters), world.start + 1, axis=1)


def outcome_totals(weights: FloatArray, counts: FloatArray, n_rows: float) -> FloatArray:
    """Total each outcome per row of the first unit.

    Parameters
    ----------
    weights
        As ``outcome_weights`` gives them, (outcome, steps + 1, meter).
    counts
        Each meter at each point, (steps + 1, meter): ``while`` at the point, ``on`` in the move that ends there.
    n_rows
        Rows of the first unit; with none (a pure queue) the totals are NaN.

    Returns
    -------
        Shape (outcome,), full float64 precision.
    """
    totals: FloatArray = (weights * counts).sum(axis=(1, 2))
    return totals / n_rows if n_rows else np.full_like(totals, np.nan)
