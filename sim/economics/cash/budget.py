"""What budgets must find: cash by financial year, spending-review period, agency and kind of budget; the deepest need.

Two readings of every figure: ``all savings`` takes each saving as money, ``cashable`` those alone that close capacity.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from sim.arrays import FloatArray, finite
from sim.economics.value.cash_prices import cash_factors_by_year, price_index
from sim.economics.value.cashability import cashable_savings
from sim.economics.value.increments import Increments, counted_lines, programme_lines, to_agencies
from sim.economics.value.terms import Terms
from sim.results.costs import cost_of_areas
from sim.results.worlds import WorldName, of_world
from sim.results.years import first_year_after

READINGS = ("all savings", "cashable")
OUTSIDE = "outside the periods"
EVERYBODY = "all agencies"


@dataclass(frozen=True)
class BudgetImpact:
    """Extra cash of a regime against another one; negative amounts are freed.

    ``amount`` has shape (replication, year, agency, control); ``running`` is the total so far, (replication, step,
    agency), with everybody together as its last agency.
    """

    world: WorldName
    against: WorldName
    ledger: str
    reading: str
    years: tuple[int, ...]
    agencies: tuple[str, ...]
    controls: tuple[str, ...]
    amount: FloatArray
    running: FloatArray


def budget_impact(
    ds: xr.Dataset, made: Increments, terms: Terms, reading: str = "cashable", ledger: str | None = None
) -> BudgetImpact:
    """Give the extra cash that a regime needs from its start to the end of the run.

    Raises
    ------
    ValueError
        If the reading is unknown, or amounts cannot be given in cash; see ``sim.economics.value.cash_prices``.
    """
    if reading not in READINGS:
        raise ValueError(f"'{reading}' is no reading of savings; it may be {' or '.join(READINGS)}")
    real = extra_by_line(ds, made, terms, reading)
    chosen = counted_lines(ds, ledger or terms.ledger, "all")
    labels, factors = cash_factors_by_year(ds, terms)  # (step, year)
    controls = tuple(dict.fromkeys(str(name) for name in ds["control"].values))
    parts = [(factor[factor > 0, None], factor > 0) for factor in factors.T]
    by_year = np.stack([(real[:, lies_in] * factor).sum(axis=1) for factor, lies_in in parts], axis=1)
    amount = np.stack(
        [to_agencies(ds, by_year, chosen & (ds["control"].values == control)) for control in controls], axis=-1
    )
    paid = to_agencies(ds, real * factors.sum(axis=1)[:, None], chosen)
    running = np.cumsum(np.concatenate([paid, paid.sum(axis=-1, keepdims=True)], axis=-1), axis=1)
    agencies = tuple(str(name) for name in ds["agency"].values)
    return BudgetImpact(
        made.world, made.against, ledger or terms.ledger, reading, tuple(labels), agencies, controls, amount, running
    )  # fmt: skip


def extra_by_line(ds: xr.Dataset, made: Increments, terms: Terms, reading: str) -> FloatArray:
    """Give the extra real cost of each line over the whole run, (replication, step, line), as a reading counts it."""
    if reading == READINGS[0]:
        return made.cost
    whole = replace(terms, steps=terms.all_steps)
    return np.where(programme_lines(ds), made.cost, -cashable_savings(ds, made, whole))


def period_of(terms: Terms, year: int) -> str:
    """Name the spending-review period of a financial year."""
    return next((p.name for p in terms.spec.periods if p.first <= year <= p.last), OUTSIDE)


def deepest(running: FloatArray) -> tuple[FloatArray, int | None, FloatArray]:
    """Find the deepest funding need of a running total of extra cash, (replication, step).

    Returns
    -------
        The peak by replication (0 where no money is ever needed); the step after which the mean total is highest,
        that is the low point of cash, None if it never rises above 0; the total at the end by replication.
    """
    mean = finite("cash so far", running).mean(axis=0)
    low_point = int(np.argmax(mean)) if mean.size and mean.max() > 0 else None
    return np.maximum(running.max(axis=1), 0.0), low_point, running[:, -1]


def area_running(ds: xr.Dataset, world: WorldName, against: WorldName, terms: Terms) -> tuple[FloatArray, list[int]]:
    """Give extra cash so far in the areas that a publication names, by year, all savings counted as money.

    Returns
    -------
        (replication, area, year, agency), everybody together as the last agency, and the years. Areas are counted by
        year, so that a need within a year does not show, and each area pays by the shares of the whole country.
    """
    years = [int(year) for year in ds["year"].values]
    first = first_year_after(ds, terms.base_point)
    kept = [i for i, year in enumerate(years) if year >= first]
    cost = (_area_cost(ds, world) - _area_cost(ds, against))[:, :, kept]
    cash = cost * price_index(ds, terms, [years[i] for i in kept])[:, None]
    paid = to_agencies(ds, cash, counted_lines(ds, terms.ledger, "all"))
    paid = np.concatenate([paid, paid.sum(axis=-1, keepdims=True)], axis=-1)
    return np.cumsum(paid, axis=2), [years[i] for i in kept]


def _area_cost(ds: xr.Dataset, world: WorldName) -> FloatArray:
    """Price the counts of each area and year, (replication, area, year, line)."""
    return cost_of_areas(ds, world, of_world(ds, world, "area_meters").values)
