"""Money in a Dataset: what its meters cost in pounds of one price year, by line, year and area.

Leaves out how counts are priced (``sim.money.bill``), discounting (``sim.economics``) and intervals (``summary``).
"""

from __future__ import annotations

from collections.abc import Callable, Container

import numpy as np
import xarray as xr

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.engine.counts.record import Layout
from sim.model.spec import UNITEMISED, CostLine, Meter, Model, Scenario
from sim.money.bill import bill, by_year, mean_of_years, meters_of_lines, shares_of_counted, total_bill
from sim.money.prices import world_prices
from sim.results.collect import Moments
from sim.results.facts import facts_of
from sim.results.worlds import WorldGrid, WorldName, of_world
from sim.results.years import counted_in, step_shares, step_shares_of

WORLD = ("regime", "effect_set")


def line_names(scenario: Scenario) -> tuple[str, ...]:
    """List the cost lines of all worlds, in order of first appearance."""
    return tuple(dict.fromkeys(line.name for world in scenario.worlds for line in world.model.costs))


def lines_of(scenario: Scenario) -> dict[str, CostLine]:
    """Give each line as the first world that has it describes it."""
    found: dict[str, CostLine] = {}
    for world in scenario.worlds:
        for line in world.model.costs:
            found.setdefault(line.name, line)
    return found


def line_coordinates(scenario: Scenario, names: tuple[str, ...]) -> dict[str, object]:
    """Give what describes each line: meter, tier, ledgers, kind, control, price year, whether it is programme spend.

    Programme spend is what services themselves cost, see ``is_of_services``, and the lines that say so.
    """
    lines = lines_of(scenario)
    own = {meter.name: is_of_services(w.model, meter) for w in scenario.worlds for meter in w.model.meters}
    ordered = [lines[name] for name in names]
    text = {
        "line_meter": [line.meter for line in ordered], "tier": [line.tier for line in ordered],
        "ledgers": [" ".join(line.ledgers) for line in ordered], "kind": [line.kind for line in ordered],
        "control": [line.control for line in ordered],
        "line_price_year": [line.quantity.price_year or "" for line in ordered],
    }  # fmt: skip
    result: dict[str, object] = {name: ("line", np.array(values, dtype=np.str_)) for name, values in text.items()}
    result["line"] = np.array(names, dtype=np.str_)
    result["programme"] = ("line", np.array([own[line.meter] or line.programme for line in ordered], dtype=bool))
    result["agency"] = np.array(_agencies(scenario, ordered), dtype=np.str_)
    return result


def is_of_services(model: Model, meter: Meter) -> bool:
    """Whether a meter counts what services do, and nothing of how families fare.

    Workers, places and cases are (``per`` a service), and so are moves and states of service chains alone, such as
    assessments, and what a parameter alone turns on, such as setting a regime up. With no effect of any service a
    difference in cost lies in such meters only.
    """
    services = {chain.name for chain in model.chains if chain.service is not None}
    if meter.kind == "per":
        return meter.what != "row"
    read = {meter.chain} if meter.kind == "on" else set(meter.when.names if meter.when is not None else ())
    chains = read & {chain.name for chain in model.chains}
    return chains <= services if chains else bool(read) and read <= set(model.parameters)


def _agencies(scenario: Scenario, lines: list[CostLine]) -> list[str]:
    """List those who pay: in the order of the scenario's list, then of the lines."""
    paying = [agency for line in lines for agency in line.payers]
    return list(dict.fromkeys([*(name for name in scenario.agencies if name in paying), *paying]))


def cost_variables(
    scenario: Scenario, layout: Layout, meters: FloatArray, area: Moments, spread: WorldGrid
) -> dict[str, tuple[tuple[str, ...], FloatArray]]:
    """Price the meters.

    Parameters
    ----------
    scenario
        Whose worlds carry the prices.
    layout
        Names of meters, years and areas.
    meters
        Counts of each step, (replication, world, step, meter).
    area
        Of what ``area_pricer`` made of each replication.
    spread
        Where each world stands.

    Returns
    -------
        ``price`` (pounds per metered unit by point), ``cost`` (by replication, year and line), mean and variance of
        ``area_cost``, ``payer_share`` (line, agency) and ``in_ledger`` (line, ledger).
    """
    names = line_names(scenario)
    prices = np.stack([world_prices(scenario, world, names) for world in scenario.worlds])
    at = _meter_of_line(scenario, layout, names)
    years = step_shares(scenario, layout)
    cost = np.stack([by_year(bill(counts, at, prices), years) for counts in meters])
    point_prices = np.concatenate([np.zeros_like(prices[:, :1]), prices], axis=1)
    shares, member = _line_tables(scenario, layout, names)
    per = (*WORLD, "replication")
    return {
        "price": ((*WORLD, "step", "line"), spread.one(point_prices)),
        "cost": ((*per, "year", "line"), spread(cost)),
        "area_cost": ((*WORLD, "area", "year", "line"), spread.one(area.mean)),
        "area_cost_var": ((*WORLD, "area", "year", "line"), spread.one(area.variance)),
        "payer_share": (("line", "agency"), shares),
        "in_ledger": (("line", "ledger"), member),
    }


def _meter_of_line(scenario: Scenario, layout: Layout, names: tuple[str, ...]) -> IntArray:
    """Give the index of each line's meter."""
    lines = lines_of(scenario)
    return meters_of_lines(layout.meters, [lines[name].meter for name in names])


def area_pricer(scenario: Scenario, layout: Layout) -> Callable[[FloatArray], FloatArray]:
    """Give what turns a replication's counts by area and year (world, area, year, meter) into pounds (..., line)."""
    names = line_names(scenario)
    at = _meter_of_line(scenario, layout, names)
    years = np.asarray(layout.year_of_step, dtype=np.intp)
    by_step = np.stack([world_prices(scenario, world, names) for world in scenario.worlds])
    prices = mean_of_years(by_step, years, len(layout.years))
    shared = shares_of_counted(step_shares(scenario, layout), years)
    return lambda area_meters: by_year(bill(area_meters, at, prices[:, None]), shared)  # (world, area, year, line)


def _line_tables(scenario: Scenario, layout: Layout, names: tuple[str, ...]) -> tuple[FloatArray, FloatArray]:
    """Give payer shares (line, agency) and membership of ledgers (line, ledger)."""
    lines = lines_of(scenario)
    agencies = _agencies(scenario, [lines[name] for name in names])
    shares = np.array([[lines[n].payers.get(a, 0.0) for a in agencies] for n in names], dtype=np.float64)
    member = np.array([[float(g in lines[n].ledgers) for g in layout.ledgers] for n in names], dtype=np.float64)
    return shares.reshape(len(names), len(agencies)), member.reshape(len(names), len(layout.ledgers))


def cost_of_ledger(ds: xr.Dataset, ledger: str, *, programme: bool | None = None) -> xr.DataArray:
    """Give cost in one ledger, (regime, effect_set, replication, year); see ``chosen_lines``."""
    chosen = chosen_lines(ds, ledger, programme=programme)
    return ds["cost"].isel(line=np.flatnonzero(chosen)).sum("line", skipna=False)


def chosen_lines(ds: xr.Dataset, ledger: str, *, programme: bool | None = None) -> BoolArray:
    """Mark the lines of a ledger, all or only programme spend or only the rest."""
    chosen = ds["in_ledger"].sel(ledger=ledger).values > 0
    if programme is not None:
        chosen &= ds["programme"].values.astype(bool) == programme
    return np.asarray(chosen, dtype=np.bool_)


def compared_ledgers(ds: xr.Dataset, effect_set: str) -> list[str]:
    """List the ledgers in which regimes are held against each other under an evidence set.

    What nobody has itemised has no known cause, so that no difference in it is known; it counts in levels, and in the
    differences of a claim that is tested as it stands.
    """
    claimed = effect_set in facts_of(ds).counts_unitemised
    return [str(name) for name in ds["ledger"].values if claimed or name != UNITEMISED]


def ledgers_alike(ds: xr.Dataset) -> dict[str, str]:
    """Give the ledgers that hold exactly the lines of another one, by name: that one, the headline's if it is of them.

    Whatever is counted, such ledgers agree.
    """
    names, headline = [str(name) for name in ds["ledger"].values], facts_of(ds).appraisal.ledger
    held = {name: chosen_lines(ds, name).tobytes() for name in names}
    first: dict[bytes, str] = {}
    for name in sorted(names, key=lambda name: name != headline):
        first.setdefault(held[name], name)
    return {name: first[held[name]] for name in names if first[held[name]] != name}


def fullest(ledgers: Container[str]) -> str:
    """Name the ledger that holds most: with what nobody has itemised where that is priced, else the wide one."""
    return UNITEMISED if UNITEMISED in ledgers else "wide"


def cost_by_step(ds: xr.Dataset, world: WorldName, ledger: str, *, programme: bool | None = None) -> FloatArray:
    """Price each step of one world, (replication, steps + 1); nothing is booked at point 0."""
    counts, prices = of_world(ds, world, "meters").values, of_world(ds, world, "price").values
    return total_bill(counts, line_meters(ds), prices, chosen_lines(ds, ledger, programme=programme))


def line_meters(ds: xr.Dataset) -> IntArray:
    """Give the index of the meter that each line counts with, (line,)."""
    return meters_of_lines([str(name) for name in ds["meter"].values], [str(name) for name in ds["line_meter"].values])


def cost_of_areas(ds: xr.Dataset, world: WorldName, area_meters: FloatArray) -> FloatArray:
    """Price what areas count by year, (..., year, meter), at the mean price of the year, (..., year, line).

    Money of a year is shared as its steps are.
    """
    years = counted_in(ds)
    price = mean_of_years(of_world(ds, world, "price").values[1:], years, ds.sizes["year"])
    return by_year(bill(area_meters, line_meters(ds), price), shares_of_counted(step_shares_of(ds), years))
