"""Cost-effectiveness of the regimes of a run: what one more unit of an outcome costs, and who is dominated.

An outcome says whether it counts as a cost, a gain or a harm. Costs are those outcomes, else the cost lines of the
headline ledger; the rules are those of ``frontier``. Leaves out doubt about the inputs (``families uncertainty``).
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from sim.economics.frontier import icer_table
from sim.economics.value.present_value import present_value_per_family
from sim.economics.value.terms import Terms
from sim.results.facts import facts_of
from sim.results.summary import Summary
from sim.results.worlds import WorldName, of_world, world_names


def cost_effectiveness(ds: xr.Dataset, terms: Terms) -> list[Summary]:
    """Hold the regimes against each other by cost and each gain or harm, a table for each evidence set.

    Parameters
    ----------
    ds
        A run with its outcomes.
    terms
        The terms of its appraisal: which ledger and schedule price what no outcome does.

    Returns
    -------
        For each set and outcome that is no cost: ``effect_set``, ``outcome``, ``counts_as``, ``cost`` (what its pounds
        are) and ``options`` by rising cost: ``regime``; ``cost`` and ``effect``, means per row of the first unit, a
        harm below 0; ``standing``; and, on the frontier, ``more_cost``, ``more_effect`` and ``icer`` over the next
        cheaper one on it, else None. Empty where there is one regime, no cost or no such outcome.
    """
    counts_as = facts_of(ds).outcome_counts_as
    priced = [name for name, role in counts_as.items() if role == "cost"]
    found = []
    for effect_set in dict.fromkeys(world.effect_set for world in world_names(ds)):
        worlds = [world for world in world_names(ds) if world.effect_set == effect_set]
        costs = [_cost(ds, world, priced, terms) for world in worlds]
        for outcome, role in counts_as.items():
            sign = {"gain": 1.0, "harm": -1.0}.get(role, 0.0)
            effects = [sign * _mean(ds, world, outcome) for world in worlds]
            if sign and len(worlds) > 1 and np.isfinite([*costs, *effects]).all():
                options = _options([world.regime for world in worlds], costs, effects)
                what = " + ".join(priced) or f"{terms.ledger} ledger, {terms.schedule}"
                found.append({
                    "effect_set": effect_set, "outcome": outcome, "counts_as": role, "cost": what, "options": options,
                })  # fmt: skip
    return found


def _mean(ds: xr.Dataset, world: WorldName, outcome: str) -> float:
    return float(of_world(ds, world, "outcomes").sel(outcome=outcome).mean())


def _cost(ds: xr.Dataset, world: WorldName, priced: list[str], terms: Terms) -> float:
    """Give the discounted cost per row of the first unit; NaN where nothing is priced."""
    if priced:
        return sum(_mean(ds, world, name) for name in priced)
    if not ds.sizes["line"]:
        return float("nan")
    return float(present_value_per_family(ds, world, terms.ledger, terms.rates).mean())


def _options(regimes: list[str], costs: list[float], effects: list[float]) -> list[Summary]:
    """Write the options, those on the frontier with what they add to the next cheaper one on it."""
    made: list[Summary] = []
    before = None
    for option in icer_table(costs, effects, regimes):
        more = None if option.icer is None or before is None else before
        made.append({
            "regime": option.name, "cost": option.cost, "effect": option.effect, "standing": option.standing,
            "more_cost": None if more is None else option.cost - more.cost,
            "more_effect": None if more is None else option.effect - more.effect, "icer": option.icer,
        })  # fmt: skip
        before = option if option.standing == "on the frontier" else before
    return made
