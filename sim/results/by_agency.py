"""Who pays, and for what: cost per family-year on the books by agency and by tier, for one world and ledger."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sim.arrays import FloatArray, IntArray
from sim.money.bill import among_payers, bill
from sim.results.costs import chosen_lines, line_meters
from sim.results.summary import family_years, window_start
from sim.results.worlds import WorldName, of_world


def agency_cost_per_family_year(ds: xr.Dataset, world: WorldName, ledger: str) -> FloatArray:
    """Give pounds per family-year that each agency pays, (replication, agency); the agencies sum to the ledger.

    Counted as in the summary: undiscounted, from the start of the first regime beside the baseline.
    """
    lines, cost = _line_cost(ds, world, ledger)
    return _per_family_year(ds, world, among_payers(cost, ds["payer_share"].values[lines]))


def tier_cost_per_family_year(ds: xr.Dataset, world: WorldName, ledger: str, tiers: list[str]) -> FloatArray:
    """Give pounds per family-year of the lines of each tier, (replication, tier), counted as for agencies."""
    lines, cost = _line_cost(ds, world, ledger)
    of_line = ds["tier"].values[lines]
    return _per_family_year(ds, world, np.stack([cost[:, of_line == tier].sum(axis=1) for tier in tiers], axis=1))


def _line_cost(ds: xr.Dataset, world: WorldName, ledger: str) -> tuple[IntArray, FloatArray]:
    """Give the lines of a ledger and their cost since the window opened, (replication, line)."""
    lines = np.flatnonzero(chosen_lines(ds, ledger))
    after = slice(window_start(ds) + 1, None)
    counts, price = of_world(ds, world, "meters").values[:, after], of_world(ds, world, "price").values[after]
    return lines, bill(counts, line_meters(ds)[lines], price[:, lines]).sum(axis=1)


def _per_family_year(ds: xr.Dataset, world: WorldName, cost: FloatArray) -> FloatArray:
    """Divide by family-years on the books; NaN without families."""
    years = family_years(ds, world)
    return np.asarray(cost / np.where(years > 0, years, np.nan)[:, None])
