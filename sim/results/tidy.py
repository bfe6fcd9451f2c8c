"""Waits, areas and counts over time as tidy rows, one observation each: what the summary pools.

Areas are those that a publication names; made-up ones are in no table.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, product

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.intervals import many_over_replications
from sim.results.columns import filled, table
from sim.results.costs import cost_of_areas
from sim.results.facts import facts_of
from sim.results.summary import shares_over_time
from sim.results.tables import year_labels
from sim.results.waits import area_waits, nation_wait
from sim.results.worlds import of_world, world_names
from sim.table import Row, Table, plain

WAITS_COLUMNS = (
    "regime", "effect_set", "area", "service", "joined", "admitted", "left", "waiting", "mean_months", "p50_months",
    "p90_months", "waited_share",
)  # fmt: skip
AREAS_COLUMNS = (
    "regime", "effect_set", "area", "year", "what", "item", "agency", "unit", "price_year", "mean", "low", "high",
)  # fmt: skip
DISTRIBUTIONS_COLUMNS = (
    "regime", "effect_set", "count", "how_many", "share", "share_low", "share_high", "more", "more_low", "more_high",
)  # fmt: skip
COST, COUNT = "cost", "count"
What = tuple[str, str, str, str, str]
"""Kind, item, agency, unit and price year of a row."""


def tidy_tables(ds: xr.Dataset) -> list[Table]:
    """Give waits.csv, areas.csv and distributions.csv; none of a model without services, areas or distributions."""
    return filled(waits_table(ds), areas_table(ds), distributions_table(ds))


def distributions_table(ds: xr.Dataset) -> Table:
    """Give the table of counts over time, see ``distributions_rows``."""
    return table("distributions.csv", DISTRIBUTIONS_COLUMNS, distributions_rows(ds), "share")


def distributions_rows(ds: xr.Dataset) -> Iterator[Row]:
    """Give a row for each number that a count was: the share of the steps in which it was that, and in which more."""
    for world, name in product(world_names(ds), facts_of(ds).distributions or {}):
        numbers, shares = shares_over_time(ds, world, name)
        exactly, more = (many_over_replications(each.T) for each in (shares, 1.0 - np.cumsum(shares, axis=1)))
        for i, number in enumerate(numbers.tolist()):
            figures = (plain(float(np.clip(part[i], 0.0, 1.0))) for part in (*exactly, *more))
            yield (world.regime, world.effect_set, name, number, *figures)


def waits_table(ds: xr.Dataset) -> Table:
    """Give a row for each world, service and place that admitted or kept waiting anybody."""
    return table("waits.csv", WAITS_COLUMNS, waits_rows(ds), "count")


def waits_rows(ds: xr.Dataset) -> Iterator[Row]:
    """Give the rows of ``waits_table``: what ``sim.results.waits`` says of each place."""
    for world, service in product(world_names(ds), (str(name) for name in ds["service"].values)):
        nation = nation_wait(ds, world, service)
        areas = [wait for wait in area_waits(ds, world, service) if wait.admitted > 0]
        for wait in (*([nation] if nation.joined else []), *areas):
            months = (plain(value) for value in (wait.mean, wait.p50, wait.p90, wait.waited_share))
            yield (world.regime, world.effect_set, wait.area, service, wait.joined, wait.admitted, wait.left,
                   wait.waiting, *months)  # fmt: skip


def areas_table(ds: xr.Dataset) -> Table:
    """Give the table of cost and counts in named areas, see ``areas_rows``."""
    return table("areas.csv", AREAS_COLUMNS, areas_rows(ds), "money")


def areas_rows(ds: xr.Dataset) -> Iterator[Row]:
    """Give cost by ledger and payer, and every meter, by named area and year; counts of nothing at all are left out.

    A cost is what the area's meters count times the mean price of the year, within each replication.
    """
    years, exact = year_labels(ds), facts_of(ds).is_exact
    for world in world_names(ds) if ds.sizes["area"] else []:
        for area in (str(name) for name in ds["area"].values):
            counts = of_world(ds, world, "area_meters").sel(area=area).values  # (replication, year, meter)
            start = (world.regime, world.effect_set, area)
            for what, samples in chain(_costs(ds, cost_of_areas(ds, world, counts)), _counts(ds, counts)):
                yield from _by_year(start, what, years, samples, exact=exact)


def _costs(ds: xr.Dataset, paid: FloatArray) -> Iterator[tuple[What, FloatArray]]:
    """Give what each agency pays in each ledger, (replication, year), of what each line costs."""
    shares, member = ds["payer_share"].values, ds["in_ledger"].values > 0
    for g, ledger in enumerate(str(name) for name in ds["ledger"].values):
        for a, agency in enumerate(str(name) for name in ds["agency"].values):
            lines = np.flatnonzero(member[:, g] & (shares[:, a] > 0))
            if lines.size:
                total = sum(paid[..., line] * shares[line, a] for line in lines)
                # Replications of a year lie together: their sum has one order whatever the layout of the counts.
                yield (COST, ledger, agency, "£", facts_of(ds).price_year), np.asfortranarray(total)


def _counts(ds: xr.Dataset, counts: FloatArray) -> Iterator[tuple[What, FloatArray]]:
    """Give every meter that ever counted something, (replication, year)."""
    for m, meter in enumerate(str(name) for name in ds["meter"].values):
        if counts[..., m].any():
            yield (COUNT, meter, "", "count", ""), counts[..., m]


def _by_year(
    start: tuple[str, str, str], what: What, years: list[str], samples: FloatArray, *, exact: bool
) -> Iterator[Row]:
    """Give one row a year of samples (replication, year), with intervals where replications are a sample."""
    mean, low, high = many_over_replications(samples.T)  # (year, replication)
    if exact:
        low = high = np.full_like(mean, np.nan)
    for y, year in enumerate(years):
        yield (*start, year, *what, *(plain(float(x[y])) for x in (mean, low, high)))
