"""Where effects of an evidence set and posts of a regime were solved for: in the model that uses them, or another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sim.language.evaluate import number
from sim.model.compiled.readings import clock_value
from sim.model.compiled.scope import reads_of
from sim.model.spec import Model, Scenario, World
from sim.runs.meaning import digest_of_meaning

DIGITS = 9
"""Places to which strengths of effects are told apart."""


def fit_digest(scenario: Scenario, world: World, solved: Sequence[str]) -> str:
    """Give the digest of meaning of what a fit depends on: both worlds' models, bare, and how one follows the other.

    Parameters
    ----------
    scenario
        Any scenario with the world; its baseline counts as well.
    world
        The world in which families are helped.
    solved
        Names of the parameters that the fit sets.

    Returns
    -------
        64 hexadecimal digits; the same wherever the model is the same and the program makes the same of it.
    """
    models = [_bare(w.model, solved) for w in (scenario.baseline_of(world), world)]
    return digest_of_meaning(models, world.start, world.handover)


def _bare(model: Model, solved: Sequence[str]) -> Model:
    """Take from a model what no family notices, and the solved parameters."""
    parameters = {name: p for name, p in model.parameters.items() if name not in solved}
    clock = replace(model.clock, steps=0)
    return replace(
        model, parameters=parameters, clock=clock, meters=(), costs=(), card=(), values=(), outcomes=(), count="end"
    )


def strengths(model: Model, start: int, solved: Sequence[str]) -> dict[str, float]:
    """Give what each effect that reads solved parameters multiplies by at a regime's start if each of them were 1.

    Raises
    ------
    ModelError
        When one is no number then, or hangs on the row.
    """
    there = {name: model.parameters[name] for name in solved if name in model.parameters}
    each = {name: replace(held, expression=number(1.0)) for name, held in there.items()}
    unit = replace(model, parameters={**model.parameters, **each})
    found = {}
    for effect in model.effects:
        if any(node.name in each for node in reads_of(effect.times, model)):
            found[effect.name] = round(clock_value(effect.times, unit, max(start, 0), effect.name), DIGITS)
    return found


def with_fits(scenario: Scenario) -> Scenario:
    """Note in a scenario what was solved for elsewhere.

    Effects that were solved for in another study are at home where each acts as it did there, by the same ratio of
    rates in each month of help. Not at home are those that act otherwise, those without a world of the regime in which
    they were solved for, and those that nobody has solved for; a set whose parameters the model lacks says nothing.
    And regimes whose posts were searched for in another model, with the money of a regime or under a set not here.
    """
    effects = tuple(name for name in scenario.fits if _is_foreign(scenario, name))
    posts = tuple(regime for regime in scenario.found if _is_found_elsewhere(scenario, regime))
    return replace(scenario, not_refitted=effects, found_elsewhere=posts)


def _is_foreign(scenario: Scenario, name: str) -> bool:
    fit = scenario.fits[name]
    mine = [world for world in scenario.worlds if world.effect_set == name]
    if not any(parameter in world.model.parameters for world in mine for parameter in fit.solved):
        return False
    if fit.study not in ("", scenario.name):
        helped = [world for world in mine if world.regime != scenario.baseline]
        return any(strengths(world.model, world.start, fit.solved) != fit.strengths for world in helped)
    there = next((world for world in mine if world.regime == fit.regime), None)
    return there is None or fit.digest != fit_digest(scenario, there, fit.solved)


def found_digest(scenario: Scenario, world: World, money: World) -> str:
    """Give the digest of meaning of what a search for posts depends on: models with their prices, and the appraisal.

    Parameters
    ----------
    scenario
        Any scenario with the worlds; their baseline counts as well.
    world
        The world whose posts were searched for; they count, so that posts written by hand do not pass for found.
    money
        The world whose money is spent.

    Returns
    -------
        64 hexadecimal digits; the same wherever the models are the same and the program makes the same of them.
    """
    worlds = (scenario.baseline_of(world), money, world)
    spec = scenario.appraisal
    terms = (spec.horizon_years, spec.ledger, spec.timing, dict(spec.growth), scenario.price_year)
    schedule = next(iter(scenario.discount.items()), ())
    begins = [(one.start, one.handover) for one in worlds]
    return digest_of_meaning([_priced(one.model) for one in worlds], begins, terms, schedule, scenario.deflators)


def _priced(model: Model) -> Model:
    """Take from a model what moves no family and no pound, and how long a run is."""
    return replace(model, clock=replace(model.clock, steps=0), card=(), values=(), outcomes=(), count="end")


def _is_found_elsewhere(scenario: Scenario, regime: str) -> bool:
    found = scenario.found[regime]
    mine = {world.regime: world for world in scenario.worlds if world.effect_set == found.effect_set}
    if regime not in mine or found.money_of not in mine:
        return True
    return found.digest != found_digest(scenario, mine[regime], mine[found.money_of])
