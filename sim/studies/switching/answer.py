"""Switching values that need new runs: the effect, caseload, wait or persistence at which net present value is zero.

A scenario is made for each value tried and run on the same random numbers, so that the net present value is a smooth
function of the value as far as the simulation allows; the root is found by bisection and secant steps (Brent).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import xarray as xr
from scipy.optimize import brentq

from sim.economics.value.appraisal import appraise
from sim.intervals import Estimate
from sim.language.evaluate import Expression, Node
from sim.model.spec import Effect, Model, Scenario
from sim.runs.ensemble import simulate

Run = Callable[[Scenario], xr.Dataset]


@dataclass(frozen=True)
class RunSwitch:
    """Where net present social value crosses zero; ``value`` is None when it has one sign over the range.

    ``at_value`` is the net present value found there, whose interval should include 0; ``tried`` lists every value and
    its mean net present value, in order of trial.
    """

    value: float | None
    at_value: Estimate | None
    tried: tuple[tuple[float, float], ...]


def switching_run(
    scenario_at: Callable[[float], Scenario], low: float, high: float, world: str, *, against: str | None = None,
    run: Run = simulate, horizon_years: float | None = None, tolerance: float = 0.01, most_runs: int = 20,
) -> RunSwitch:  # fmt: skip
    """Find the value at which a regime's net present social value is zero.

    Parameters
    ----------
    scenario_at
        Makes the scenario for a value.
    low, high
        The range that is searched; the ends are tried first.
    world
        The name of the regime's world, and of what it is held against (the baseline unless named).
    against
        See ``world``.
    run
        What runs a scenario: ``simulate``, or ``expect`` for a smooth answer without chance.
    horizon_years
        As for ``appraise``.
    tolerance
        How closely the value is found, as a share of the range.
    most_runs
        Runs after which the search ends with the closest value so far.

    Raises
    ------
    ValueError
        If the range is empty, the tolerance not above 0, or there is no such world.
    """
    if not low < high or not tolerance > 0:
        raise ValueError(f"the range {low:g} to {high:g} must rise, and the tolerance {tolerance:g} be above 0")
    found: dict[float, Estimate] = {}

    def npsv(value: float) -> float:
        if value not in found:
            made = appraise(run(scenario_at(value)), horizon_years=horizon_years)
            view = made.of(world, against).view(made.terms.ledger, "social")
            found[value] = view.net.estimate(sampled=made.terms.sampled)
        return found[value].mean

    root = None
    if npsv(low) * npsv(high) <= 0:
        root = _root(npsv, low, high, tolerance * (high - low), most_runs - 2)
        npsv(root)
    tried = tuple((value, made.mean) for value, made in found.items())
    return RunSwitch(root, None if root is None else found[root], tried)


def _root(function: Callable[[float], float], low: float, high: float, within: float, most: int) -> float:
    """Find a root between two values of different sign, in at most so many further evaluations."""
    root = brentq(function, low, high, xtol=within, rtol=1e-12, maxiter=max(most, 1), disp=False)
    return float(root)


def scaled_effects(scenario: Scenario, factor: float, services: Collection[str] | None = None) -> Scenario:
    """Scale what help does, in every world: each multiplier to the power of ``factor`` (0: none, 1: as it is).

    Parameters
    ----------
    scenario
        The study.
    factor
        The power, 0 or more.
    services
        Whose effects on chains that are no services; those of every service unless named.

    Raises
    ------
    ValueError
        If the factor is negative, a service unknown or no effect is left to scale.
    """
    if factor < 0:
        raise ValueError(f"effects are scaled by {factor:g}; the factor must be 0 or more")
    model = scenario.worlds[0].model
    known = {chain.name for chain in model.chains if chain.service is not None}
    chosen = known if services is None else set(services)
    if chosen - known:
        raise ValueError(f"{', '.join(sorted(chosen - known))} is no service; there are {', '.join(sorted(known))}")
    if not any(_is_help(effect, chosen, known) for effect in model.effects):
        raise ValueError("no effect on how families fare has a condition on a service, so there is nothing to scale")
    worlds = tuple(replace(w, model=_scaled(w.model, factor, chosen, known)) for w in scenario.worlds)
    return replace(scenario, worlds=worlds)


def _is_help(effect: Effect, chosen: Collection[str], services: Collection[str]) -> bool:
    """Whether an effect is what one of the chosen services does to a chain that is no service."""
    return bool(effect.when.names & set(chosen)) and not set(effect.on) <= set(services)


def _scaled(model: Model, factor: float, chosen: Collection[str], services: Collection[str]) -> Model:
    """Raise the multipliers of a model to a power."""
    effects = tuple(
        replace(effect, times=_power(effect.times, factor)) if _is_help(effect, chosen, services) else effect
        for effect in model.effects
    )
    return replace(model, effects=effects)


def _power(expression: Expression, factor: float) -> Expression:
    """Write an expression to a power."""
    exponent = Node("number", 0, value=factor)
    return Expression(f"({expression.text}) ^ {factor!r}", Node("^", 0, args=(expression.root, exponent)))
