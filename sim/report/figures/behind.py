"""The tables behind the figures of cost, budget and net present value: every number that is drawn, in words."""

from __future__ import annotations

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.cash.budget import budget_impact
from sim.economics.report import cash_ranges
from sim.economics.value.appraisal import running_net
from sim.economics.value.increments import increments
from sim.economics.value.terms import terms_of
from sim.exhibits.numbers import MINUS
from sim.exhibits.style import words
from sim.intervals import many_over_replications
from sim.report.figures.overview import agency_label, main_chain, months, worlds_of_set
from sim.report.figures.sankey import money_flows
from sim.report.figures.states import state_shares, states_of
from sim.results.by_agency import agency_cost_per_family_year
from sim.results.costs import cost_by_step
from sim.results.worlds import WorldName, baseline_of, world_names
from sim.table import Table
from sim.units import MONTHS_PER_YEAR, financial_year_label

MILLION = 1e6
Span = tuple[FloatArray, FloatArray, FloatArray]


def shares_table(ds: xr.Dataset) -> Table:
    """Make the table behind shares in each state: at the start, and at the end of each regime."""
    chain = main_chain(ds)
    names = [words(str(name)) for name in ds["state_name"].values[states_of(ds, chain)]]
    last = f"month {months(ds)[-1]:.0f}"
    rows = [
        (words(world.regime), when, *(f"{share:.1%}" for share in state_shares(ds, world, chain)[0][point]))
        for world in worlds_of_set(ds)
        for when, point in (("start", 0), (last, -1))
    ]
    return Table(f"Share in each state of {words(chain)}", ("regime", "when", *names), tuple(rows))


def agencies_table(ds: xr.Dataset) -> Table:
    """Make the table behind cost by agency, in the first ledger."""
    worlds, ledger = worlds_of_set(ds), str(ds["ledger"].values[0])
    costs = [many_over_replications(agency_cost_per_family_year(ds, world, ledger).T) for world in worlds]
    rows = tuple(
        (agency_label(ds, str(name)), *(_ends(cost, 0, i) for cost in costs))
        for i, name in enumerate(ds["agency"].values)
    )
    columns = ("agency", *(words(world.regime) for world in worlds))
    return Table(f"Cost per family-year by agency, £, {ledger} ledger", columns, rows)


def difference_table(ds: xr.Dataset) -> Table:
    """Make the table behind the difference to the baseline as it builds up, once a year, £ a family."""
    ledger, worlds = str(ds["ledger"].values[0]), _last_regime(ds)
    found = []
    for world in worlds:
        extra = cost_by_step(ds, world, ledger) - cost_by_step(ds, baseline_of(ds, world), ledger)
        found.append(np.cumsum(extra, axis=1).T / max(ds.attrs["rows"], 1))
    return _yearly("Difference to the baseline so far, £ a family", ds, worlds, months(ds), found, 0)


def npsv_table(ds: xr.Dataset) -> Table:
    """Make the table behind net present social value by years counted, £m."""
    terms, worlds = terms_of(ds), _last_regime(ds)
    at = terms.years(whole=False) * MONTHS_PER_YEAR
    found = [
        running_net(ds, increments(ds, world, baseline_of(ds, world), terms), terms).T / MILLION for world in worlds
    ]
    return _yearly("Net present social value by months counted, £m", ds, worlds, at, found, 1)


def _last_regime(ds: xr.Dataset) -> list[WorldName]:
    """List the worlds of the last regime beside the baseline, one for each evidence set."""
    regimes = [str(name) for name in ds["regime"].values if name != ds.attrs["baseline"]]
    return [world for world in world_names(ds) if world.regime == regimes[-1]]


def _yearly(
    title: str, ds: xr.Dataset, worlds: list[WorldName], at: FloatArray, found: list[FloatArray], places: int
) -> Table:
    """Write amounts (point, replication) of several worlds once a year and at the end."""
    spans = [many_over_replications(samples) for samples in found]
    step = max(1, round(1 / ds.attrs["step_years"]))
    points = sorted({*(i for i, month in enumerate(at) if round(month) % MONTHS_PER_YEAR == 0), len(at) - 1})
    points = points if len(points) <= len(at) / step + 2 else list(range(0, len(at), step))
    rows = tuple((f"{at[point]:.0f}", *(_ends(span, places, point) for span in spans)) for point in points)
    return Table(title, ("month", *(words(world.effect_set) or words(world.regime) for world in worlds)), rows)


def budget_table(ds: xr.Dataset) -> Table:
    """Make the table behind extra cash by year and agency, £m."""
    terms, world = terms_of(ds), worlds_of_set(ds)[-1]
    impact = budget_impact(ds, increments(ds, world, baseline_of(ds, world), terms), terms, "cashable")
    amount = impact.amount.sum(axis=-1) / MILLION  # (replication, year, agency)
    paying = [i for i in range(len(impact.agencies)) if amount[..., i].any()]
    rows = []
    for y, year in enumerate(impact.years):
        cells = [_ends(many_over_replications(amount[:, y, i]), 1) for i in paying]
        together = many_over_replications(amount[:, y].sum(axis=-1))
        rows.append((financial_year_label(year), _ends(together, 1), *cells))
    columns = ("year", "together", *(agency_label(ds, impact.agencies[i]) for i in paying))
    return Table("Extra cash by financial year, £m", columns, tuple(rows))


def money_table(ds: xr.Dataset) -> Table:
    """Make the table behind the flow of money: £m from each payer to each tier under the last regime."""
    payers, tiers, amount = money_flows(ds, worlds_of_set(ds)[-1], terms_of(ds))
    rows = tuple(
        (agency_label(ds, payer), *(_places(float(cell) / MILLION, 1) for cell in row))
        for payer, row in zip(payers, amount, strict=True)
    )
    return Table("Where money comes from and goes, £m a year", ("payer", *(words(tier) for tier in tiers)), rows)


def cash_table(ds: xr.Dataset) -> Table:
    """Make the table behind what net cash turns on, £m."""
    terms, world = terms_of(ds), worlds_of_set(ds)[-1]
    rows = tuple(
        (words(entry.varied), entry.end, _places(entry.net_cashable.mean / MILLION, 1))
        for entry in cash_ranges(ds, increments(ds, world, baseline_of(ds, world), terms), terms)
    )
    return Table("Net cash with one number of one rule at the end of its range", ("rule", "end", "net cash, £m"), rows)


def _ends(span: Span, places: int, at: int | None = None) -> str:
    """Write a mean and its interval to so many places; ``at`` says which of several."""
    mean, low, high = (float(part if at is None else part[at]) for part in span)
    return _places(mean, places) + (f" ({_places(low, places)} to {_places(high, places)})" if np.isfinite(low) else "")


def _places(value: float, places: int) -> str:
    """Write to so many places, with a real minus sign."""
    text = f"{abs(value):,.{places}f}"
    return f"{MINUS}{text}" if value < 0 and float(text.replace(",", "")) else text
