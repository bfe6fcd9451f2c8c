"""What is counted of a run, of a world and of a difference, as plain dictionaries: pieces of summary.json.

Money is per family-year, undiscounted: ``mean`` is everything in the ledger, ``programme`` what the services themselves
cost, ``gross`` the rest. A difference is taken within each replication, so a saving is negative. What is not known is
None. Leaves out what needs an appraisal; ``sim.economics.summary`` puts the whole together.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import xarray as xr

from sim.arrays import FloatArray, IntArray
from sim.intervals import Estimate, between_rows, over_replications
from sim.money.bill import among_payers, bill
from sim.results.costs import chosen_lines, compared_ledgers, cost_by_step, ledgers_alike, line_meters
from sim.results.facts import facts_of
from sim.results.waits import nation_wait
from sim.results.worlds import WorldName, is_not_refitted, of_world, other_worlds
from sim.table import plain
from sim.units import MONTHS_PER_YEAR

Summary = dict[str, Any]


def run_figures(ds: xr.Dataset) -> Summary:
    """Say what was run, how large it is, and by which conventions its outcomes count."""
    facts, alike = facts_of(ds), ledgers_alike(ds)
    return {
        "title": facts.title, "families": facts.rows, "unit": str(ds["unit"].values[0]), "steps": ds.sizes["step"] - 1,
        "step": facts.step, "replications": ds.sizes["replication"], "seed": facts.seed,
        "baseline": facts.baseline, "solver": facts.solver, **facts.price_series.stated(facts.price_year),
        "price_series": {**asdict(facts.price_series), "forecast": list(facts.price_series.forecast)},
        "not_refitted": [w.name for w in facts.worlds if is_not_refitted(ds, w)],
        "found_elsewhere": list(facts.found_elsewhere),
        "titles": {"regimes": dict(facts.regime_titles), "effect_sets": dict(facts.set_titles),
                   "suppositions": dict(facts.set_suppositions), "services": dict(facts.service_titles)},
        "conventions": {
            "count": facts.count, "first_cycle": facts.first_cycle, "discount": dict(facts.outcome_discount),
        },
        **({} if facts.until is None else {"until": facts.until}), **({"ledgers_alike": alike} if alike else {}),
    }  # fmt: skip


def interval_kind(ds: xr.Dataset) -> str | None:
    """Say where intervals come from."""
    if facts_of(ds).is_exact:
        return None
    if ds.sizes["replication"] > 1:
        return "monte_carlo"
    return "not_followed" if bool(ds["family_cost"].isnull().all()) and ds["family_cost"].size else "between_family"


def window_start(ds: xr.Dataset) -> int:
    """Give the point from which costs per family-year count: when the first regime beside the baseline begins."""
    others = other_worlds(ds)
    return min((int(of_world(ds, world, "start")) for world in others), default=0)


def family_years(ds: xr.Dataset, world: WorldName) -> FloatArray:
    """Give row-years of the first unit on the books since ``window_start``, (replication,)."""
    rows = of_world(ds, world, "rows").isel(unit=0, step=slice(window_start(ds) + 1, None))
    return np.asarray(rows.sum("step").values * facts_of(ds).step_years, dtype=np.float64)


def cost_per_family_year(ds: xr.Dataset, world: WorldName, ledger: str, *, programme: bool | None = None) -> FloatArray:
    """Give pounds per family-year on the books since ``window_start``, (replication,); NaN without families."""
    cost: FloatArray = cost_by_step(ds, world, ledger, programme=programme)[:, window_start(ds) + 1 :].sum(axis=1)
    years = family_years(ds, world)
    return np.divide(cost, np.where(years > 0, years, np.nan))


def figures_of(ds: xr.Dataset, world: WorldName, baseline: WorldName | None = None) -> Summary:
    """Give the figures of a world, or of its paired difference to a baseline."""
    waits, occupancy = _waits(ds, world), _occupancy(ds, world)
    if baseline is not None:
        waits = _minus(waits, _waits(ds, baseline))
        occupancy = _minus(occupancy, _occupancy(ds, baseline))
    figures = {**paired_figures(ds, world, baseline), "wait_months": waits, "occupancy": occupancy}
    if spread := _distributions(ds, world):
        figures["distributions"] = spread if baseline is None else _minus(spread, _distributions(ds, baseline))
    return figures


def paired_figures(ds: xr.Dataset, world: WorldName, baseline: WorldName | None) -> Summary:
    """Give what has intervals: costs and outcomes."""
    ledgers = _names(ds, "ledger") if baseline is None else compared_ledgers(ds, world.effect_set)
    return {
        "cost_per_family_year": {ledger: _cost(ds, world, baseline, ledger) for ledger in ledgers},
        "outcomes": {outcome: _outcome(ds, world, baseline, outcome) for outcome in _names(ds, "outcome")},
    }


def _names(ds: xr.Dataset, dim: str) -> list[str]:
    """List the words along a dimension."""
    return [str(name) for name in ds[dim].values]


def _paired(sample: Callable[[WorldName], FloatArray], world: WorldName, baseline: WorldName | None) -> FloatArray:
    """Sample a world by replication, minus its baseline when there is one."""
    return sample(world) - sample(baseline) if baseline is not None else sample(world)


def _cost(ds: xr.Dataset, world: WorldName, baseline: WorldName | None, ledger: str) -> Summary:
    """Give cost per family-year with its interval, split into programme and the rest."""

    def mean_of(programme: bool) -> float:
        part = _paired(lambda w: cost_per_family_year(ds, w, ledger, programme=programme), world, baseline)
        return float(part.mean())

    samples = _paired(lambda w: cost_per_family_year(ds, w, ledger), world, baseline)
    moment = "variance" if baseline is None else "difference_variance"
    years = (ds.sizes["step"] - 1 - window_start(ds)) * facts_of(ds).step_years
    variance = float(of_world(ds, world, "family_cost").sel(ledger=ledger, family_moment=moment)[0])
    variance = variance / years**2 if years > 0 else float("nan")  # a regime may begin where the run ends
    if baseline is not None and baseline.regime != facts_of(ds).baseline:
        variance = float("nan")  # the engine pairs each family with the baseline alone
    estimate = _estimate(ds, samples, variance)
    return {**estimate.as_dict(), "gross": plain(mean_of(False)), "programme": plain(mean_of(True))}


def _outcome(ds: xr.Dataset, world: WorldName, baseline: WorldName | None, outcome: str) -> Summary:
    """Give an outcome per row with its interval; the spread between rows is known for a world, not for a difference."""
    samples = _paired(lambda w: np.asarray(of_world(ds, w, "outcomes").sel(outcome=outcome).values), world, baseline)
    variance = float(of_world(ds, world, "outcome_variance").sel(outcome=outcome).mean())
    if baseline is not None:
        variance = float("nan")
    sd = math.sqrt(variance) if variance >= 0 else None
    return {**_estimate(ds, samples, variance).as_dict(), "sd": sd}


def _estimate(ds: xr.Dataset, samples: FloatArray, variance: float) -> Estimate:
    """Give the mean with the interval that fits the solver and the number of replications."""
    kind = interval_kind(ds)
    if kind is None:
        return Estimate(float(samples.mean()))
    if kind == "monte_carlo":
        return over_replications(samples)
    return between_rows(float(samples.mean()), variance, facts_of(ds).rows)


def _waits(ds: xr.Dataset, world: WorldName) -> Summary:
    """Give who waited, and months, of those admitted; how many wait at the end and how many left, a replication."""
    waits = {service: nation_wait(ds, world, service) for service in _names(ds, "service")}
    shown = ("waited_share", "mean", "p50", "p90", "waiting", "left")
    return {service: {name: plain(getattr(wait, name)) for name in shown} for service, wait in waits.items()}


def _occupancy(ds: xr.Dataset, world: WorldName) -> Summary:
    """Give the share of each chain's rows in each state at each point."""
    stocks, chains = of_world(ds, world, "occupancy").values, ds["chain"].values
    result: Summary = {}
    for chain in dict.fromkeys(str(name) for name in chains):
        mine = np.flatnonzero(chains == chain)
        total = stocks[:, mine].sum(axis=1)
        for i in mine:
            share = np.divide(stocks[:, i], total, out=np.full_like(total, np.nan), where=total > 0)
            result.setdefault(chain, {})[str(ds["state_name"].values[i])] = [plain(x) for x in share.tolist()]
    return result


def shares_over_time(ds: xr.Dataset, world: WorldName, distribution: str) -> tuple[IntArray, FloatArray]:
    """Give how a count is spread over time, since ``window_start``.

    Returns
    -------
        Every number from the smallest seen to the largest, (number,), and the share of the steps at whose end (for
        moves: in which) the count was that, (replication, number); the shares of a replication sum to 1.
    """
    meter = (facts_of(ds).distributions or {})[distribution]
    seen = of_world(ds, world, "meters").sel(meter=meter).isel(step=slice(window_start(ds) + 1, None))
    counts = np.rint(seen.transpose("replication", "step").values).astype(np.int64)
    low, high = int(counts.min()), int(counts.max())
    shares = [np.bincount(row - low, minlength=high - low + 1) / row.size for row in counts]
    return np.arange(low, high + 1), np.stack(shares)


def _distributions(ds: xr.Dataset, world: WorldName) -> Summary:
    """Give mean and quantiles over time of every count whose distribution is told, replications pooled."""
    result = {}
    for name in facts_of(ds).distributions or {}:
        numbers, shares = shares_over_time(ds, world, name)
        pooled = shares.mean(axis=0)
        up_to = np.cumsum(pooled) + 1e-9
        quantiles = {f"p{100 * share:.0f}": int(numbers[np.argmax(up_to >= share)]) for share in (0.5, 0.9, 0.99)}
        result[name] = {"mean": float(pooled @ numbers), **quantiles, "most": int(numbers[-1])}
    return result


def _minus(a: Any, b: Any) -> Any:
    """Subtract nested figures; nothing minus something is nothing."""
    if isinstance(a, dict):
        return {key: _minus(a[key], b[key]) for key in a}
    if isinstance(a, list):
        return [_minus(x, y) for x, y in zip(a, b, strict=True)]
    return None if a is None or b is None else a - b


def timing_figures(ds: xr.Dataset) -> Summary:
    """Give CPU time of the engine, rows stepped a second and peak memory; None when they were not kept."""
    seconds, peak = facts_of(ds).engine_seconds, facts_of(ds).peak_mb
    rows = float(ds["rows"].isel(unit=0, step=slice(1, None)).sum())
    months = rows * facts_of(ds).step_years * MONTHS_PER_YEAR
    return {
        "engine_seconds": seconds,
        "family_months_per_second": months / seconds if seconds else None,
        "peak_mb": peak,
    }


def agency_cost_per_family_year(ds: xr.Dataset, world: WorldName, ledger: str) -> FloatArray:
    """Give pounds per family-year that each agency pays, (replication, agency); the agencies sum to the ledger.

    Counted as in the summary: undiscounted, from the start of the first regime beside the baseline.
    """
    lines, cost = _line_cost(ds, world, ledger)
    return _per_family_year(ds, world, among_payers(cost, ds["payer_share"].values[lines]))


def tier_cost_per_family_year(ds: xr.Dataset, world: WorldName, ledger: str, tiers: list[str]) -> FloatArray:
    """Give pounds per family-year of the lines of each tier, (replication, tier), counted as for agencies."""
    lines, cost = _line_cost(ds, world, ledger)
    of_line = ds["tier"].values[lines]
    return _per_family_year(ds, world, np.stack([cost[:, of_line == tier].sum(axis=1) for tier in tiers], axis=1))


def _line_cost(ds: xr.Dataset, world: WorldName, ledger: str) -> tuple[IntArray, FloatArray]:
    """Give the lines of a ledger and their cost since the window opened, (replication, line)."""
    lines = np.flatnonzero(chosen_lines(ds, ledger))
    after = slice(window_start(ds) + 1, None)
    counts, price = of_world(ds, world, "meters").values[:, after], of_world(ds, world, "price").values[after]
    return lines, bill(counts, line_meters(ds)[lines], price[:, lines]).sum(axis=1)


def _per_family_year(ds: xr.Dataset, world: WorldName, cost: FloatArray) -> FloatArray:
    """Divide by family-years on the books; NaN without families."""
    years = family_years(ds, world)
    return np.asarray(cost / np.where(years > 0, years, np.nan)[:, None])
