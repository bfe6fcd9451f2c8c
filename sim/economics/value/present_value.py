"""Discounted cost per family under a named schedule; the rest of an appraisal is not here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.money.discounting import factors
from sim.results.costs import cost_by_step
from sim.results.facts import facts_of
from sim.results.worlds import WorldName


def schedule_named(ds: xr.Dataset, name: str) -> list[tuple[float, float]]:
    """Give a discount schedule that the config names.

    Raises
    ------
    ValueError
        If there is no schedule of that name; lists those there are.
    """
    schedules = facts_of(ds).discount
    if name not in schedules:
        raise ValueError(f"there is no discount schedule '{name}'; there are {', '.join(sorted(schedules)) or 'none'}")
    return [(float(start), float(rate)) for start, rate in schedules[name]]


def present_value_per_family(
    ds: xr.Dataset, world: WorldName, ledger: str, schedule: Sequence[tuple[float, float]]
) -> FloatArray:
    """Give pounds of the price year per family of the first unit, at point 0 of the run, (replication,).

    What happens in a step is discounted at the point where it ends, over the whole run.
    """
    facts = facts_of(ds)
    points: FloatArray = np.arange(ds.sizes["step"]) * np.float64(facts.step_years)
    cost = cost_by_step(ds, world, ledger) * factors(schedule, points)
    families = facts.rows
    total: FloatArray = cost.sum(axis=1)
    return total / families if families else np.full_like(total, np.nan)
