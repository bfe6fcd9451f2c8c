"""Who pays: cost per family-year on the books by agency, for one world and ledger."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sim.model.arrays import FloatArray
from sim.results.costs import chosen_lines
from sim.results.summary import family_years, window_start
from sim.results.worlds import WorldName, of_world


def agency_cost_per_family_year(ds: xr.Dataset, world: WorldName, ledger: str) -> FloatArray:
    """Give pounds per family-year that each agency pays, (replication, agency); the agencies sum to the ledger.

    Counted as in the summary: undiscounted, from the start of the first regime beside the baseline.
    """
    lines = np.flatnonzero(chosen_lines(ds, ledger))
    names = [str(name) for name in ds["meter"].values]
    meters = [names.index(str(ds["line_meter"].values[i])) for i in lines]
    after = slice(window_start(ds) + 1, None)
    counts = of_world(ds, world, "meters").values[:, after][:, :, meters]
    cost = (counts * of_world(ds, world, "price").values[after][:, lines]).sum(axis=1)  # (replication, line)
    paid = (cost[:, :, None] * ds["payer_share"].values[lines]).sum(axis=1)
    years = family_years(ds, world)
    return np.asarray(paid / np.where(years > 0, years, np.nan)[:, None])
