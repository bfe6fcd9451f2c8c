"""Results as rows of text and numbers: every cost by payer, and the summary in long form; writes no file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr

from sim.intervals import many_over_replications
from sim.results.columns import table
from sim.results.facts import facts_of
from sim.results.summary import Summary
from sim.results.worlds import of_world, world_names
from sim.table import Row, Table, plain
from sim.units import financial_year_label

LEDGER_COLUMNS = (
    "regime", "effect_set", "ledger", "year", "agency", "tier", "kind", "control", "line", "price_year",
    "mean", "low", "high",
)  # fmt: skip
SUMMARY_COLUMNS = ("what", "regime", "effect_set", "measure", "item", "statistic", "value")


def year_label(ds: xr.Dataset, year: int) -> str:
    """Write a year of the results: a financial year where the clock has dates, else its number."""
    return financial_year_label(year) if facts_of(ds).start else str(year)


def year_labels(ds: xr.Dataset) -> list[str]:
    """Write every year of the results."""
    return [year_label(ds, int(year)) for year in ds["year"].values]


def ledger_table(ds: xr.Dataset) -> Table:
    """Give ledger.csv: every cost by year, payer and line."""
    return table("ledger.csv", LEDGER_COLUMNS, ledger_rows(ds), "money")


def ledger_rows(ds: xr.Dataset) -> Iterator[Row]:
    """Give one row for each regime, evidence set, ledger, year, payer and cost line: total pounds of the price year.

    A ledger's rows sum to its total; ledgers overlap and are never added. Columns are ``LEDGER_COLUMNS``.
    """
    exact, shares, described = facts_of(ds).is_exact, ds["payer_share"].values, _lines(ds)
    years, agencies = year_labels(ds), [str(name) for name in ds["agency"].values]
    for world in world_names(ds):
        cost = of_world(ds, world, "cost").transpose("year", "line", "replication").values
        mean, low, high = many_over_replications(cost)
        if exact:
            low = high = np.full_like(mean, np.nan)
        for ledger in ds["ledger"].values:
            for y, line, agency in _payments(ds, str(ledger)):
                share = float(shares[line, agency])
                figures = (plain(float(x[y, line]) * share) for x in (mean, low, high))
                yield (world.regime, world.effect_set, str(ledger), years[y], agencies[agency], *described[line],
                       *figures)  # fmt: skip


def _payments(ds: xr.Dataset, ledger: str) -> Iterator[tuple[int, int, int]]:
    """Give (year, line, agency) of everything that is paid in a ledger."""
    member = ds["in_ledger"].sel(ledger=ledger).values > 0
    shares = ds["payer_share"].values
    for year in range(ds.sizes["year"]):
        for line in np.flatnonzero(member):
            for agency in np.flatnonzero(shares[line] > 0):
                yield year, int(line), int(agency)


def _lines(ds: xr.Dataset) -> list[tuple[str, ...]]:
    """Give tier, kind, control, name and price year of every line."""
    texts = zip(*(ds[name].values for name in ("tier", "kind", "control", "line")), strict=True)
    return [(*map(str, row), facts_of(ds).price_year) for row in texts]


def summary_table(ds: xr.Dataset, summary: Summary) -> Table:
    """Give summary.csv: the summary in long form."""
    return table("summary.csv", SUMMARY_COLUMNS, summary_rows(ds, summary))


def summary_rows(ds: xr.Dataset, summary: Summary) -> Iterator[Row]:
    """Give the summary in long form, without the shares at each point; columns are ``SUMMARY_COLUMNS``."""
    worlds = {world.name: (world.regime, world.effect_set) for world in world_names(ds)}
    for what in ("regimes", "differences"):
        for name, figures in summary[what].items():
            for measure in ("cost_per_family_year", "wait_months", "outcomes", "distributions"):
                for item, statistics in figures.get(measure, {}).items():
                    yield from _statistics((what[:-1], *worlds[name], measure, item), statistics)


def _statistics(prefix: tuple[str, ...], statistics: dict[str, Any]) -> Iterator[Row]:
    """Give one row for each statistic."""
    for statistic, value in statistics.items():
        yield (*prefix, statistic, value)
