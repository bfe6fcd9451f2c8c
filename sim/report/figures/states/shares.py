"""The share of rows in each state of a chain, with its interval over replications."""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.special import stdtrit

from sim.arrays import FloatArray, IntArray
from sim.intervals import UPPER_TAIL
from sim.results.facts import facts_of
from sim.results.worlds import WorldName, of_world


def states_of(ds: xr.Dataset, chain: str) -> IntArray:
    """Give where the states of a chain stand along ``state``."""
    return np.flatnonzero(ds["chain"].values == chain)


def state_shares(ds: xr.Dataset, world: WorldName, chain: str) -> tuple[FloatArray, FloatArray]:
    """Give the share of rows in each state of a chain at each point, and half its 95% interval over replications.

    Shape (steps + 1, state); halves are NaN where there is no interval. Rows of the chain are taken as known.
    """
    places = states_of(ds, chain)
    stocks = of_world(ds, world, "occupancy").values[:, places]
    total = np.maximum(stocks.sum(axis=1, keepdims=True), 1e-300)
    n = ds.sizes["replication"]
    if n < 2 or facts_of(ds).is_exact:
        return stocks / total, np.full_like(stocks, np.nan)
    variance = of_world(ds, world, "occupancy_var").values[:, places]
    return stocks / total, float(stdtrit(n - 1, UPPER_TAIL)) * np.sqrt(variance / n) / total
