"""Records to one xarray Dataset: flat dimensions with plain coordinates, worlds spread over regime and evidence set.

Along ``step`` lie the points 0..steps: stocks at the point, counts of the move that ends there (0 at point 0, where
only ``while`` meters have been read). Worlds that the scenario does not have are NaN. Summaries are made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.engine.counts.layout import FEWEST_WAIT_BINS
from sim.engine.counts.record import QUEUE_COUNTS, TEAM_SERIES, WAIT_EDGES, WAIT_SUMS, Layout, Record
from sim.engine.feedback import stock_names
from sim.model.compiled.accounts import account_plan, why_no_accounts
from sim.model.compiled.readings import mean_counted
from sim.model.spec import Areas, Scenario
from sim.results.accounts import account_coordinates, account_pricer, account_variables
from sim.results.collect import Collected, collect
from sim.results.costs import area_pricer, cost_variables, line_coordinates, line_names
from sim.results.facts import Facts, WorldName, written
from sim.results.outcomes import outcome_totals, world_weights
from sim.results.worlds import WorldGrid
from sim.units import add_months

FAMILY_MOMENTS = ("mean", "variance", "difference_mean", "difference_variance")
WORLD = ("regime", "effect_set")
STEPS_OF_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def to_dataset(scenario: Scenario, layout: Layout, records: Iterable[Record]) -> xr.Dataset:
    """Put replications together, priced and with their outcomes.

    Parameters
    ----------
    scenario
        What was run.
    layout
        Names along the axes of the records.
    records
        Replications in their order; read one at a time.

    Returns
    -------
        Means and variances over replications of ``occupancy``, ``flows`` and ``team``; by replication ``state_steps``
        and ``flow_totals`` (sums over the run), ``meters``,
        ``area_meters``, ``cost`` by year, ``outcomes``, ``queue``, ``rows`` and the
        ``feedback`` stocks; waits pooled. Costs are pounds of the
        price year, undiscounted. ``attrs`` hold what a reader needs to know; ``engine_seconds`` is CPU time.
    """
    price_areas, price_accounts = area_pricer(scenario, layout), account_pricer(scenario, layout)
    return dataset_of(scenario, layout, collect(records, price_areas, price_accounts=price_accounts))


def dataset_of(scenario: Scenario, layout: Layout, collected: Collected) -> xr.Dataset:
    """Make the Dataset of ``to_dataset`` from what was collected; what is by replication, of those kept there."""
    spread = WorldGrid.of(scenario)
    counts = at_points(collected)
    variables = _counted(collected, counts, spread)
    variables["outcomes"] = ((*WORLD, "replication", "outcome"), spread(_outcomes(scenario, layout, collected, counts)))
    variables["outcome_variance"] = ((*WORLD, "replication", "outcome"), spread(_outcome_variance(scenario, collected)))
    variables["start"] = (WORLD, spread(np.array([[float(world.start) for world in scenario.worlds]]))[:, :, 0])
    variables["caseload"] = ((*WORLD, "service"), spread.one(_caseloads(scenario, layout)))
    variables |= cost_variables(scenario, layout, collected.kept["meters"], collected.averaged["area_cost"], spread)
    moments = {n: (m.mean, m.variance) for n, m in collected.averaged.items() if n == "cohort_saved"}
    variables |= account_variables(scenario, layout, collected.kept, moments)
    known = coordinates(scenario, layout, collected)
    stocks = stock_names([world.model for world in scenario.worlds])
    levels = [array for array in collected.levels if array is not None]
    if stocks and len(levels) == len(collected.levels):
        variables["feedback"] = ((*WORLD, "replication", "step", "stock"), spread(np.stack(levels)))
        known["stock"] = words(stocks)
    dataset = xr.Dataset(variables, known, written(facts_of_run(scenario, layout)))
    return dataset.assign_attrs(engine_seconds=collected.engine_seconds)


def _caseloads(scenario: Scenario, layout: Layout) -> FloatArray:
    """Give the cases that a worker holds, (world, service); NaN without a team."""
    services = [[world.model.chain(name).service for name in layout.services] for world in scenario.worlds]
    held = [[one.team.caseload if one and one.team else np.nan for one in own] for own in services]
    return np.array(held, dtype=np.float64).reshape(len(scenario.worlds), len(layout.services))


def at_points(collected: Collected) -> FloatArray:
    """Give every meter at each point, (replication, world, steps + 1, meter)."""
    start = collected.kept["start_meters"][:, :, None, :]
    return np.concatenate([start, collected.kept["meters"]], axis=2)


def _counted(
    collected: Collected, counts: FloatArray, spread: WorldGrid
) -> dict[str, tuple[tuple[str, ...], FloatArray]]:
    """Place everything that was counted on its dimensions."""
    kept, averaged, pooled = collected.kept, collected.averaged, collected.pooled
    result: dict[str, tuple[tuple[str, ...], FloatArray]] = {}
    for name, source, dims, is_move in (
        ("occupancy", "stocks", ("step", "state"), False),
        ("flows", "flows", ("step", "flow"), True),
        ("team", "team", ("step", "service", "team_series"), True),
    ):
        for suffix, array in (("", averaged[source].mean), ("_var", averaged[source].variance)):
            result[name + suffix] = ((*WORLD, *dims), spread.one(_from_point_0(array) if is_move else array))
    per = (*WORLD, "replication")
    result["meters"] = ((*per, "step", "meter"), spread(counts))
    result["area_meters"] = ((*per, "area", "year", "meter"), spread(kept["area_meters"]))
    result["state_steps"] = ((*per, "state"), spread(kept["state_steps"]))
    result["flow_totals"] = ((*per, "flow"), spread(kept["flow_totals"]))
    result["rows"] = ((*per, "step", "unit"), spread(kept["row_counts"]))
    result["queue"] = ((*per, "service", "queue_count"), spread(kept["queue"]))
    result["family_cost"] = ((*per, "ledger", "family_moment"), spread(kept["family_cost"]))
    bins = bins_used(pooled["waits"])
    for kind, dim in (("waits", "wait"), ("wait_sums", "wait_sum"), ("wait_times", "wait_edge")):
        if kind in pooled:
            used = slice(bins if kind == "waits" else None)
            result[kind] = ((*WORLD, "service", dim), spread.one(pooled[kind][..., used]))
            result[f"area_{kind}"] = ((*WORLD, "area", "service", dim), spread.one(pooled[f"area_{kind}"][..., used]))
    return result


def bins_used(waits: FloatArray) -> int:
    """Give how many bins of waits are kept: all that anybody is in and an empty one, ten years of months at least."""
    used = np.flatnonzero(waits.reshape(-1, waits.shape[-1]).any(axis=0))
    return min(max(int(used.max(initial=0)) + 2, FEWEST_WAIT_BINS), int(waits.shape[-1]))


def _from_point_0(array: FloatArray) -> FloatArray:
    """Shift counts of moves to the points where they end, (world, steps + 1, ...); nothing moved at point 0."""
    return np.concatenate([np.zeros_like(array[:, :1]), array], axis=1)


def _outcomes(scenario: Scenario, layout: Layout, collected: Collected, counts: FloatArray) -> FloatArray:
    """Total the outcomes per row of the first unit, or per row that comes where none is there first.

    Returns
    -------
        (replication, world, outcome)
    """
    first = scenario.worlds[0].model.root
    n_rows = float(layout.rows[0][1] or first.arrivals_per_step * layout.n_steps)
    names = scenario.worlds[0].model.outcomes
    result = np.zeros((len(collected.replications), len(scenario.worlds), len(names)))
    for w, world in enumerate(scenario.worlds):
        weights = world_weights(scenario, world, layout.meters)
        for r in range(len(result)):
            result[r, w] = outcome_totals(weights, counts[r, w], n_rows)
    return result


def _outcome_variance(scenario: Scenario, collected: Collected) -> FloatArray:
    """Give the variance between rows of each outcome, NaN where rows were not followed."""
    unknown = np.full((len(scenario.worlds), len(scenario.worlds[0].model.outcomes)), np.nan)
    return np.stack([unknown if array is None else array for array in collected.outcome_variance])


def coordinates(scenario: Scenario, layout: Layout, collected: Collected) -> dict[str, object]:
    """Give every coordinate; auxiliary ones lie along the dimension that they describe."""
    model = scenario.worlds[0].model
    spread = WorldGrid.of(scenario)
    return {
        "regime": list(spread.regimes), "effect_set": list(spread.effect_sets),
        "replication": collected.replications, "step": np.arange(layout.n_steps + 1),
        "state": words(f"{chain}={state}" for _, chain, state in layout.states),
        "chain": ("state", words(chain for _, chain, _ in layout.states)),
        "unit_of_state": ("state", words(unit for unit, _, _ in layout.states)),
        "state_name": ("state", words(state for _, _, state in layout.states)),
        "flow": words(f"{chain}: {a} -> {b}" for _, chain, a, b in layout.flows),
        "flow_chain": ("flow", words(chain for _, chain, _, _ in layout.flows)),
        "meter": words(layout.meters), "meter_kind": ("meter", words(_meter_kinds(scenario, layout))),
        "meter_weight": ("meter", np.array([mean_counted(meter, model) for meter in model.meters], np.float64)),
        "service": words(layout.services), "area": words(layout.areas), "unit": words(unit for unit, _ in layout.rows),
        "ledger": words(layout.ledgers), "year": list(layout.years), "outcome": words(o.name for o in model.outcomes),
        "queue_count": list(QUEUE_COUNTS), "team_series": list(TEAM_SERIES),
        "wait": np.arange(bins_used(collected.pooled["waits"])), "family_moment": list(FAMILY_MOMENTS),
        "wait_sum": list(WAIT_SUMS), **({"wait_edge": WAIT_EDGES} if "wait_times" in collected.pooled else {}),
        "financial_year": ("step", _years_of_points(layout)), **_dates(scenario, layout),
        **line_coordinates(scenario, line_names(scenario)), **account_coordinates(scenario),
    }  # fmt: skip


def words(names: Iterable[str]) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Make an array of text that stays text when it is empty."""
    return np.array(list(names), dtype=np.str_)


def _meter_kinds(scenario: Scenario, layout: Layout) -> list[str]:
    """Give the kind of each meter."""
    kinds = {meter.name: meter.kind for world in scenario.worlds for meter in world.model.meters}
    return [kinds[name] for name in layout.meters]


def _years_of_points(layout: Layout) -> list[int]:
    """Give the year of each point: that of the step which ends there; point 0 has that of the first step."""
    indices = [layout.year_of_step[0], *layout.year_of_step]
    return [layout.years[index] for index in indices]


def _dates(scenario: Scenario, layout: Layout) -> dict[str, object]:
    """Give the date of each point, where the clock has one and its steps are whole months."""
    clock = scenario.worlds[0].model.clock
    if clock.start is None or clock.step_name not in STEPS_OF_MONTHS:
        return {}
    months = [p * STEPS_OF_MONTHS[clock.step_name] for p in range(layout.n_steps + 1)]
    dates = [f"{year:04d}-{month:02d}-01" for year, month in (add_months(clock.start, m) for m in months)]
    return {"date": ("step", np.array(dates, dtype="datetime64[ns]"))}


def facts_of_run(scenario: Scenario, layout: Layout) -> Facts:
    """Give what a reader needs besides arrays."""
    model = scenario.worlds[0].model
    why_no_answer, why_no_cohort = _why_no_accounts(scenario)
    return Facts(
        title=scenario.title, name=scenario.name, baseline=scenario.baseline, seed=scenario.seed,
        solver=scenario.solver, price_year=scenario.price_year, step=model.clock.step_name,
        step_years=model.clock.step_years, rows=int(layout.rows[0][1]),
        start=f"{model.clock.start[0]:04d}-{model.clock.start[1]:02d}" if model.clock.start else "",
        count=model.count if isinstance(model.count, str) else "weights", first_cycle=model.clock.first,
        worlds=tuple(WorldName(world.name, world.regime, world.effect_set) for world in scenario.worlds),
        discount={name: list(map(list, entries)) for name, entries in scenario.discount.items()},
        agencies=dict(scenario.agencies), deflators=dict(scenario.deflators),
        price_series=scenario.price_series, appraisal=scenario.appraisal,
        area_shares=_area_shares(model.areas),
        outcome_discount={outcome.name: outcome.discount for outcome in model.outcomes},
        outcome_counts_as={outcome.name: outcome.counts_as for outcome in model.outcomes},
        distributions={one.name: one.meter for one in model.distributions} or None,
        service_chains=[chain.name for chain in model.chains if chain.service is not None],
        counts_unitemised=list(scenario.counts_unitemised), not_refitted=list(scenario.not_refitted),
        found_elsewhere=list(scenario.found_elsewhere),
        regime_titles=dict(scenario.regime_titles), set_titles=dict(scenario.set_titles),
        service_titles=dict(scenario.service_titles), set_suppositions=dict(scenario.set_suppositions),
        doubt={name: dict(kept) for name, kept in scenario.doubt.items()},
        until=[dict(one) for one in scenario.until] or None, why_no_answer=why_no_answer, why_no_cohort=why_no_cohort,
    )  # fmt: skip


def _why_no_accounts(scenario: Scenario) -> tuple[str | None, str | None]:
    """Say why there are no accounts of the answer, or none of single families, of a config that asks for them."""
    if scenario.appraisal.answer is None:
        return None, None
    plan = account_plan(scenario)
    return (why_no_accounts(scenario), None) if plan is None else (None, plan.why_no_cohort or None)


def _area_shares(areas: Areas) -> list[float]:
    """Give each area's share of the rows."""
    total = sum(areas.weights)
    return [weight / total for weight in areas.weights] if total > 0 else [1.0]
