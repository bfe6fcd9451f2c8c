"""Money: meters times prices in pounds of one price year, by line, year and area; float64 in a fixed order.

Leaves out discounting (``sim.economics``) and intervals (``summary``). Products and sums avoid matrix multiplication,
whose order of additions depends on the machine's number of threads.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.engine.counts.record import Layout
from sim.model.spec import CostLine, Meter, Model, Scenario, World
from sim.money.prices import real_prices
from sim.results.collect import Moments
from sim.results.worlds import Spread, WorldName, of_world

WORLD = ("regime", "effect_set")


def line_names(scenario: Scenario) -> tuple[str, ...]:
    """List the cost lines of all worlds, in order of first appearance."""
    return tuple(dict.fromkeys(line.name for world in scenario.worlds for line in world.model.costs))


def _lines(scenario: Scenario) -> dict[str, CostLine]:
    """Give each line as the first world that has it describes it."""
    found: dict[str, CostLine] = {}
    for world in scenario.worlds:
        for line in world.model.costs:
            found.setdefault(line.name, line)
    return found


def line_coordinates(scenario: Scenario, names: tuple[str, ...]) -> dict[str, object]:
    """Give what describes each line: meter, tier, ledgers, kind, control, price year, whether it is programme spend.

    Programme spend is what services themselves cost; see ``is_of_services``.
    """
    lines = _lines(scenario)
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
    result["programme"] = ("line", np.array([own[line.meter] for line in ordered], dtype=bool))
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
    scenario: Scenario, layout: Layout, meters: FloatArray, area: Moments, spread: Spread
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
    years = np.asarray(layout.year_of_step, dtype=np.intp)
    cost = np.stack([_by_year(one[..., at] * prices, years, len(layout.years)) for one in meters])
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


def world_prices(scenario: Scenario, world: World, names: tuple[str, ...]) -> FloatArray:
    """Give the prices of a world, (step, line): the baseline's until it begins, like everything else."""
    prices = real_prices(world.model, names, scenario.deflators, scenario.price_year)
    if world.start > 0:
        baseline = scenario.baseline_of(world).model
        before = real_prices(baseline, names, scenario.deflators, scenario.price_year)
        prices[: world.start] = before[: world.start]
    return prices


def _meter_of_line(scenario: Scenario, layout: Layout, names: tuple[str, ...]) -> IntArray:
    """Give the index of each line's meter."""
    lines = _lines(scenario)
    return np.array([layout.meters.index(lines[name].meter) for name in names], dtype=np.intp)


def _by_year(per_step: FloatArray, years: IntArray, n_years: int) -> FloatArray:
    """Sum (world, step, line) within years to (world, year, line), steps in their order."""
    result = np.zeros((per_step.shape[0], n_years, per_step.shape[2]))
    for step, year in enumerate(years):
        result[:, year] += per_step[:, step]
    return result


def _mean_by_year(prices: FloatArray, years: IntArray, n_years: int) -> FloatArray:
    """Average prices within years, for counts that are kept by year alone, (world, year, line)."""
    steps = np.maximum(np.bincount(years, minlength=n_years), 1)
    return _by_year(prices, years, n_years) / steps[:, None]


def area_pricer(scenario: Scenario, layout: Layout) -> Callable[[FloatArray], FloatArray]:
    """Give what turns a replication's counts by area and year (world, area, year, meter) into pounds (..., line)."""
    names = line_names(scenario)
    at = _meter_of_line(scenario, layout, names)
    years = np.asarray(layout.year_of_step, dtype=np.intp)
    by_step = np.stack([world_prices(scenario, world, names) for world in scenario.worlds])
    prices = _mean_by_year(by_step, years, len(layout.years))
    return lambda area_meters: np.asarray(area_meters[..., at] * prices[:, None])


def _line_tables(scenario: Scenario, layout: Layout, names: tuple[str, ...]) -> tuple[FloatArray, FloatArray]:
    """Give payer shares (line, agency) and membership of ledgers (line, ledger)."""
    lines = _lines(scenario)
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


def cost_by_step(ds: xr.Dataset, world: WorldName, ledger: str, *, programme: bool | None = None) -> FloatArray:
    """Price each step of one world, (replication, steps + 1); nothing is booked at point 0."""
    counts, prices = of_world(ds, world, "meters").values, of_world(ds, world, "price").values
    meters = [str(name) for name in ds["meter"].values]
    total = np.zeros((ds.sizes["replication"], ds.sizes["step"]))
    for i in np.flatnonzero(chosen_lines(ds, ledger, programme=programme)):
        total += counts[:, :, meters.index(str(ds["line_meter"].values[i]))] * prices[:, i]
    return total
