"""Which part of each step lies in which year: money of a step that crosses 1 April is shared by months."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sim.arrays import FloatArray, IntArray
from sim.engine.counts.layout import shares_of_years
from sim.engine.counts.record import Layout
from sim.model.spec import Scenario
from sim.results.facts import facts_of
from sim.units import financial_year_shares


def step_shares(scenario: Scenario, layout: Layout) -> FloatArray:
    """Give the share of each step that lies in each year, (step, year); each row sums to 1."""
    shares = np.zeros((layout.n_steps, len(layout.years)))
    for step in range(layout.n_steps):
        for year, share in shares_of_years(scenario.worlds[0].model.clock, step).items():
            shares[step, layout.years.index(year)] = share
    return shares


def step_shares_of(ds: xr.Dataset) -> FloatArray:
    """Give the same of a run; results of before, which booked a step where it begins, have it there."""
    facts, years, counted = facts_of(ds), ds["year"].values.tolist(), ds["financial_year"].values[1:].tolist()
    shares = np.zeros((len(counted), len(years)))
    begins = (int(facts.start[:4]), int(facts.start[5:])) if facts.start else None
    for step, year in enumerate(counted):
        shared = financial_year_shares(begins, facts.step_years, step) if begins else {year: 1.0}
        for lies_in, share in (shared if max(shared) == year else {year: 1.0}).items():
            shares[step, years.index(lies_in)] = share
    return shares


def counted_in(ds: xr.Dataset) -> IntArray:
    """Give the index of the year in which each step is counted, (step,)."""
    years = ds["year"].values.tolist()
    return np.array([years.index(year) for year in ds["financial_year"].values[1:].tolist()], dtype=np.intp)


def first_year_after(ds: xr.Dataset, point: int) -> int:
    """Give the year in which the step after a point begins; after the last point, that in which the last step does."""
    shares = step_shares_of(ds)
    return int(ds["year"].values[np.flatnonzero(shares[min(point, len(shares) - 1)])[0]])
