"""Expressions over the clock turned into numbers by step, and prices brought to one price year; no counts here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sim.arrays import FloatArray
from sim.errors import ModelError
from sim.language.evaluate import Expression
from sim.model.compiled import readings
from sim.model.compiled.scope import Reader, moment_names, sources_of
from sim.model.spec import CostLine, Model, Scenario, World
from sim.money.bill import until_begun


def over_steps(expression: Expression, model: Model, steps: Sequence[int]) -> FloatArray:
    """Evaluate a price or value at each step; once only when it does not read the clock.

    Raises
    ------
    ModelError
        If it reads something that a row carries or a total of the run: counts are priced afterwards.
    """
    names = moment_names(expression, model)
    carried = sources_of(expression, Reader(model, model.units[0].name))
    if carried or any("(" in name for name in names):
        held = ", ".join(sorted({*(source.name or source.kind for source in carried), *names}))
        raise ModelError(f"'{expression.text}' reads {held}; prices and values may read parameters and the clock alone")
    return readings.over_steps(expression, model, steps)


def deflator(line: CostLine, deflators: Mapping[str, float], price_year: str) -> float:
    """Give the factor that brings a line's price to the price year of the study (1 where it states no year).

    Raises
    ------
    ModelError
        If either year is missing from the table; nothing is extrapolated.
    """
    own = line.quantity.price_year
    if not own or not price_year or own == price_year:
        return 1.0
    for year in (own, price_year):
        if year not in deflators:
            there = ", ".join(sorted(deflators)) or "none"
            raise ModelError(f"costs.{line.name}: there is no deflator for {year}; the table has {there}")
    return deflators[price_year] / deflators[own]


def real_prices(model: Model, names: Sequence[str], deflators: Mapping[str, float], price_year: str) -> FloatArray:
    """Give what one metered unit costs in each step, in pounds of the price year, (step, line).

    A line that the model lacks costs nothing. The clock of a step is that of the move that it makes.
    """
    lines = {line.name: line for line in model.costs}
    prices = np.zeros((model.clock.steps, len(names)))
    for i, name in enumerate(names):
        if name in lines:
            line = lines[name]
            nominal = over_steps(line.price, model, range(model.clock.steps))
            prices[:, i] = nominal * (line.per_step * deflator(line, deflators, price_year))
    return prices


def world_prices(scenario: Scenario, world: World, names: Sequence[str]) -> FloatArray:
    """Give the prices of a world, (step, line): the baseline's until it begins, like everything else."""
    own = real_prices(world.model, names, scenario.deflators, scenario.price_year)
    if not world.start:
        return own
    baseline = scenario.baseline_of(world).model
    return until_begun(own, real_prices(baseline, names, scenario.deflators, scenario.price_year), world.start)
