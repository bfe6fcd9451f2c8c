"""Waits and areas as tidy rows, one observation each: what the summary pools over places and years.

Areas are those that a publication names; made-up ones are in no table.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.intervals import many_over_replications
from sim.money.bill import bill
from sim.results.costs import line_meters, price_of_years
from sim.results.facts import facts_of
from sim.results.summary import plain
from sim.results.tables import Row, year_labels
from sim.results.waits import mean_wait, quantile
from sim.results.worlds import WorldName, of_world, world_names
from sim.units import DAYS_PER_YEAR, MONTHS_PER_YEAR

NATION = "all areas"
WAITS_COLUMNS = (
    "regime", "effect_set", "area", "service", "joined", "admitted", "left", "waiting", "mean_months", "p50_months",
    "p90_months",
)  # fmt: skip
AREAS_COLUMNS = (
    "regime", "effect_set", "area", "year", "what", "item", "agency", "unit", "price_year", "mean", "low", "high",
)  # fmt: skip
COST, COUNT = "cost", "count"
What = tuple[str, str, str, str, str]
"""Kind, item, agency, unit and price year of a row."""
Sheet = tuple[tuple[str, ...], list[Row]]


def tidy_sheets(ds: xr.Dataset) -> dict[str, Sheet]:
    """Give waits.csv and areas.csv as columns and rows, by file name; none of a model without services or areas."""
    made = {"waits.csv": (WAITS_COLUMNS, list(waits_rows(ds))), "areas.csv": (AREAS_COLUMNS, list(areas_rows(ds)))}
    return {name: sheet for name, sheet in made.items() if sheet[1]}


def waits_rows(ds: xr.Dataset) -> Iterator[Row]:
    """Give one row for each world, service and place that admitted or kept waiting anybody.

    Counts are means a replication; waits pool the admitted of all replications. How many joined, left and wait is
    counted for all areas together, and is None for one of them.
    """
    replications = ds.sizes["replication"]
    for world in world_names(ds):
        for service in (str(name) for name in ds["service"].values):
            queue = of_world(ds, world, "queue").sel(service=service).mean("replication")
            joined, left, waiting = (float(queue.sel(queue_count=name)) for name in ("joined", "left", "waiting"))
            histogram, month = _nation(ds, world, service)
            if joined > 0:
                counts = (joined, float(histogram.sum()) / replications, left, waiting)
                yield (world.regime, world.effect_set, NATION, service, *counts, *_waits(histogram, month))
            month = facts_of(ds).step_years * MONTHS_PER_YEAR
            by_area = of_world(ds, world, "area_waits").sel(service=service).transpose("area", "wait").values
            for area, mine in zip(ds["area"].values, by_area, strict=True):
                if mine.sum() > 0:
                    counts_here = (None, float(mine.sum()) / replications, None, None)
                    yield (world.regime, world.effect_set, str(area), service, *counts_here, *_waits(mine, month))


def _nation(ds: xr.Dataset, world: WorldName, service: str) -> tuple[FloatArray, float]:
    """Give waits of all areas as a histogram, and how many months one bin is: days where the solver knows them."""
    by_day = "wait_days" in ds
    histogram = of_world(ds, world, "wait_days" if by_day else "waits").sel(service=service).values
    month = MONTHS_PER_YEAR / DAYS_PER_YEAR if by_day else facts_of(ds).step_years * MONTHS_PER_YEAR
    return np.asarray(histogram, dtype=np.float64), float(month)


def _waits(histogram: FloatArray, month: float) -> Row:
    """Give mean, median and ninth decile in months."""
    found = (mean_wait(histogram), quantile(histogram, 0.5), quantile(histogram, 0.9))
    return tuple(plain(value * month) for value in found)


def areas_rows(ds: xr.Dataset) -> Iterator[Row]:
    """Give cost by ledger and payer, and every meter, by named area and year; counts of nothing at all are left out.

    A cost is what the area's meters count times the mean price of the year, within each replication.
    """
    years, exact = year_labels(ds), facts_of(ds).is_exact
    for world in world_names(ds) if ds.sizes["area"] else []:
        prices = price_of_years(ds, world)
        for area in (str(name) for name in ds["area"].values):
            counts = of_world(ds, world, "area_meters").sel(area=area).values  # (replication, year, meter)
            start = (world.regime, world.effect_set, area)
            for what, samples in chain(_costs(ds, bill(counts, line_meters(ds), prices)), _counts(ds, counts)):
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
