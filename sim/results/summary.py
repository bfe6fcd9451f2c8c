"""The headline figures as one plain dictionary, the content of summary.json; money is per family-year, undiscounted.

``mean`` of a cost is everything in the ledger, ``programme`` what the services themselves cost, ``gross`` the rest. A
difference is regime minus baseline within each replication, so a saving is negative; ``comparisons`` hold the same
against the other regimes (such as the one with the same money). What needs an appraisal (``npsv``, ``bcr``,
``payback_month``) is null here; ``sim.economics.summary`` fills it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.intervals import Estimate, between_rows, over_replications
from sim.results.costs import cost_by_step
from sim.results.waits import mean_wait, quantile
from sim.results.worlds import WorldName, baseline_of, of_world, world_names
from sim.units import DAYS_PER_YEAR, MONTHS_PER_YEAR

Summary = dict[str, Any]
NO_APPRAISAL = {"npsv": None, "bcr": {"mean": None, "low": None, "high": None}, "payback_month": None}


def summarise(ds: xr.Dataset) -> Summary:
    """Summarise a Dataset.

    Parameters
    ----------
    ds
        What ``simulate`` or ``expect`` gave.

    Returns
    -------
        Plain numbers, text, lists and dictionaries, ready for JSON; what is not known is None. ``interval`` says what
        low and high are: ``monte_carlo`` (t over replications), ``between_family`` (one replication) or None
        (``expect`` has no sampling error).
    """
    worlds = world_names(ds)
    others = [world for world in worlds if world.regime != ds.attrs["baseline"]]
    return {
        "title": ds.attrs["title"], "families": ds.attrs["rows"], "unit": str(ds["unit"].values[0]),
        "steps": ds.sizes["step"] - 1,
        "step": ds.attrs["step"], "replications": ds.sizes["replication"], "seed": ds.attrs["seed"],
        "baseline": ds.attrs["baseline"], "solver": ds.attrs["solver"], "price_year": ds.attrs["price_year"] or None,
        "conventions": {
            "count": ds.attrs["count"], "first_cycle": int(ds.attrs["first_cycle"]),
            "discount": json.loads(ds.attrs["outcome_discount"]),
        },
        "regimes": {world.name: _figures(ds, world, None) for world in worlds},
        "differences": {w.name: {**_figures(ds, w, baseline_of(ds, w)), **NO_APPRAISAL} for w in others},
        "comparisons": {w.name: compared for w in others if (compared := _others(ds, w, others))},
        "interval": interval_kind(ds),
        "timing": _timing(ds),
    }  # fmt: skip


def interval_kind(ds: xr.Dataset) -> str | None:
    """Say where intervals come from."""
    if ds.attrs["solver"] == "expect":
        return None
    return "monte_carlo" if ds.sizes["replication"] > 1 else "between_family"


def window_start(ds: xr.Dataset) -> int:
    """Give the point from which costs per family-year count: when the first regime beside the baseline begins."""
    others = [world for world in world_names(ds) if world.regime != ds.attrs["baseline"]]
    return min((int(of_world(ds, world, "start")) for world in others), default=0)


def family_years(ds: xr.Dataset, world: WorldName) -> FloatArray:
    """Give row-years of the first unit on the books since ``window_start``, (replication,)."""
    rows = of_world(ds, world, "rows").isel(unit=0, step=slice(window_start(ds) + 1, None))
    return np.asarray(rows.sum("step").values * ds.attrs["step_years"], dtype=np.float64)


def cost_per_family_year(ds: xr.Dataset, world: WorldName, ledger: str, *, programme: bool | None = None) -> FloatArray:
    """Give pounds per family-year on the books since ``window_start``, (replication,); NaN without families."""
    cost: FloatArray = cost_by_step(ds, world, ledger, programme=programme)[:, window_start(ds) + 1 :].sum(axis=1)
    years = family_years(ds, world)
    return np.divide(cost, np.where(years > 0, years, np.nan))


def _figures(ds: xr.Dataset, world: WorldName, baseline: WorldName | None) -> Summary:
    """Give the figures of a world, or of its paired difference to a baseline."""
    waits, occupancy = _waits(ds, world), _occupancy(ds, world)
    if baseline is not None:
        waits = _minus(waits, _waits(ds, baseline))
        occupancy = _minus(occupancy, _occupancy(ds, baseline))
    return {**_paired_figures(ds, world, baseline), "wait_months": waits, "occupancy": occupancy}


def _paired_figures(ds: xr.Dataset, world: WorldName, baseline: WorldName | None) -> Summary:
    """Give what has intervals: costs and outcomes."""
    return {
        "cost_per_family_year": {ledger: _cost(ds, world, baseline, ledger) for ledger in _names(ds, "ledger")},
        "outcomes": {outcome: _outcome(ds, world, baseline, outcome) for outcome in _names(ds, "outcome")},
    }


def _others(ds: xr.Dataset, world: WorldName, others: list[WorldName]) -> Summary:
    """Compare a world, paired, with those listed before it under the same evidence set (the baseline apart)."""
    before = [other for other in others[: others.index(world)] if other.effect_set == world.effect_set]
    return {other.name: _paired_figures(ds, world, other) for other in before}


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
    years = (ds.sizes["step"] - 1 - window_start(ds)) * ds.attrs["step_years"]
    variance = float(of_world(ds, world, "family_cost").sel(ledger=ledger, family_moment=moment)[0])
    variance = variance / years**2 if years > 0 else float("nan")  # a regime may begin where the run ends
    if baseline is not None and baseline.regime != ds.attrs["baseline"]:
        variance = float("nan")  # the engine pairs each family with the baseline alone
    estimate = _estimate(ds, samples, variance)
    return {**_as_dict(estimate), "gross": plain(mean_of(False)), "programme": plain(mean_of(True))}


def _outcome(ds: xr.Dataset, world: WorldName, baseline: WorldName | None, outcome: str) -> Summary:
    """Give an outcome per row with its interval; the spread between rows is known for a world, not for a difference."""
    samples = _paired(lambda w: np.asarray(of_world(ds, w, "outcomes").sel(outcome=outcome).values), world, baseline)
    variance = float(of_world(ds, world, "outcome_variance").sel(outcome=outcome).mean())
    if baseline is not None:
        variance = float("nan")
    sd = math.sqrt(variance) if variance >= 0 else None
    return {**_as_dict(_estimate(ds, samples, variance)), "sd": sd}


def _estimate(ds: xr.Dataset, samples: FloatArray, variance: float) -> Estimate:
    """Give the mean with the interval that fits the solver and the number of replications."""
    kind = interval_kind(ds)
    if kind is None:
        return Estimate(float(samples.mean()))
    if kind == "monte_carlo":
        return over_replications(samples)
    return between_rows(float(samples.mean()), variance, ds.attrs["rows"])


def _waits(ds: xr.Dataset, world: WorldName) -> Summary:
    """Give waits in months of those admitted; how many wait at the end and how many left, a replication."""
    # In whole steps, or in whole days from a solver that knows them.
    by_day = "wait_days" in ds
    months = MONTHS_PER_YEAR / DAYS_PER_YEAR if by_day else ds.attrs["step_years"] * MONTHS_PER_YEAR
    waits, queues = of_world(ds, world, "wait_days" if by_day else "waits"), of_world(ds, world, "queue")
    result = {}
    for service in _names(ds, "service"):
        histogram = np.asarray(waits.sel(service=service).values)
        queue = queues.sel(service=service).mean("replication")
        result[service] = {
            "mean": plain(mean_wait(histogram) * months),
            "p50": plain(quantile(histogram, 0.5) * months),
            "p90": plain(quantile(histogram, 0.9) * months),
            "waiting": plain(float(queue.sel(queue_count="waiting"))),
            "left": plain(float(queue.sel(queue_count="left"))),
        }
    return result


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


def _minus(a: Any, b: Any) -> Any:
    """Subtract nested figures; nothing minus something is nothing."""
    if isinstance(a, dict):
        return {key: _minus(a[key], b[key]) for key in a}
    if isinstance(a, list):
        return [_minus(x, y) for x, y in zip(a, b, strict=True)]
    return None if a is None or b is None else a - b


def _timing(ds: xr.Dataset) -> Summary:
    """Give CPU time of the engine, rows stepped a second and peak memory; None when they were not kept."""
    seconds, peak = ds.attrs.get("engine_seconds"), ds.attrs.get("peak_mb")
    rows = float(ds["rows"].isel(unit=0, step=slice(1, None)).sum())
    months = rows * ds.attrs["step_years"] * MONTHS_PER_YEAR
    return {
        "engine_seconds": seconds,
        "family_months_per_second": months / seconds if seconds else None,
        "peak_mb": peak,
    }


def _as_dict(estimate: Estimate) -> Summary:
    """Write an estimate as its three figures."""
    return {"mean": plain(estimate.mean), "low": plain(estimate.low), "high": plain(estimate.high)}


def plain(value: float | None) -> float | None:
    """Give a number that JSON can hold: None for what is not finite."""
    return float(value) if value is not None and math.isfinite(value) else None
