"""How much a service is used, what Erlang's formulas say of that, and where a curve bends."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, nan

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.engine.erlang import erlang_a, places_for, wait_c
from sim.results.facts import facts_of
from sim.results.worlds import WorldName, of_world
from sim.units import MONTHS_PER_YEAR

PROMISED, WITHIN_MONTHS = 0.8, 1.0
"""The service level for which Erlang's formula says how many places are needed: four in five within a month."""
_HAIR = 1e-9


def use_of(ds: xr.Dataset, world: WorldName, service: str) -> dict[str, float]:
    """Say how a service is used, from the step at which it first has places to the end of the run.

    Returns
    -------
        Mean posts and places in place in the last year; the load, that is those who join the list a month times the
        mean stay; mean wait, stay and patience in months. The last three are those of a steady queue: families there,
        summed over months, for each that joined, came in or gave up (Little's law).
    """
    months = facts_of(ds).step_years * MONTHS_PER_YEAR
    team = of_world(ds, world, "team").sel(service=service)
    queue = of_world(ds, world, "queue").sel(service=service).mean("replication")
    names = ("workers", "places", "engaged", "waiting")
    series = {name: np.asarray(team.sel(team_series=name).values) for name in names}
    open_for = float((series["places"] > 0).sum()) * months
    year = max(1, round(MONTHS_PER_YEAR / months))
    joined, admitted, left = (float(queue.sel(queue_count=name)) for name in ("joined", "admitted", "left"))
    stay = series["engaged"].sum() * months / admitted if admitted > 0 else nan
    return {
        "posts": float(series["workers"][-year:].mean()), "places": float(series["places"][-year:].mean()),
        "wait": float(series["waiting"].sum() * months / joined) if joined > 0 else nan,
        "load": joined / open_for * stay if open_for > 0 else nan, "stay": float(stay),
        "patience": float(series["waiting"].sum() * months / left) if left > 0 else nan,
    }  # fmt: skip


def knee(x: FloatArray, y: FloatArray) -> float | None:
    """Find the knee of a curve that rises less and less (or falls more and more): farthest above the chord of its ends.

    Both axes are brought to 0 to 1 (Satopaa, Albrecht, Irwin and Raghavan 2011). None where no point lies above it.
    """
    if len(x) < 3 or np.ptp(y) == 0:
        return None
    across = (x - x[0]) / (x[-1] - x[0])
    above = (y - (y[0] + across * (y[-1] - y[0]))) / np.ptp(y)
    at = int(np.argmax(above))
    return float(x[at]) if above[at] > _HAIR else None


def needed(use: Mapping[str, float]) -> int | None:
    """Give the places with which four in five would be let in within a month, by Erlang's formula."""
    load, stay, patience = use["load"], use["stay"], use["patience"]
    if not (isfinite(load) and isfinite(stay) and stay > 0):
        return None
    return places_for(load, PROMISED, WITHIN_MONTHS, stay, patience if isfinite(patience) and patience > 0 else None)


def erlang_wait(use: Mapping[str, float]) -> float:
    """Give the mean wait in months that Erlang's formula has for a point's places, load, stay and patience.

    Of all who join, in the long run: Erlang A where people give up, else Erlang C; NaN where neither has an answer.
    """
    places, load, stay, patience = round(use["places"]), use["load"], use["stay"], use["patience"]
    if places < 1 or not (isfinite(load) and isfinite(stay) and stay > 0):
        return nan
    if isfinite(patience) and patience > 0:
        return float(erlang_a(places, load, patience, stay).mean_wait)
    return float(wait_c(places, load, stay).mean) if load < places else nan
