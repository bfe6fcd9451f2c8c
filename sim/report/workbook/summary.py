"""The summary as observations for a sheet: one figure with its interval a row, levels first, then differences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import xarray as xr

from sim.economics.rows import MONEY
from sim.intervals import ENDS
from sim.results.summary import Summary
from sim.results.worlds import world_names
from sim.table import Row

PARTS = {"mean": "total", "programme": "services themselves", "gross": "all other costs"}
LEVEL, DIFFERENCE = "level", "difference"
Start = tuple[str, str, str, str]


def summary_observations(ds: xr.Dataset, summary: Summary) -> Iterator[Row]:
    """Give rows of row kind, regime, evidence set, against, measure, item, unit, mean, low, high."""
    unit = str(summary["unit"])
    worlds = {world.name: (world.regime, world.effect_set) for world in world_names(ds)}
    for name, figures in summary["regimes"].items():
        yield from _figures((LEVEL, *worlds[name], ""), figures, unit)
    for name, figures in summary["differences"].items():
        yield from _figures((DIFFERENCE, *worlds[name], summary["baseline"]), figures, unit)
    for name, others in summary["comparisons"].items():
        for against, figures in others.items():
            yield from _figures((DIFFERENCE, *worlds[name], worlds[against][0]), figures, unit)
    for found in (summary.get("appraisal") or {}).get("comparisons", []):
        yield from _worth((DIFFERENCE, *worlds[found["name"]], found["against_regime"]), found)


def _figures(start: Start, figures: Mapping[str, Any], unit: str) -> Iterator[Row]:
    """Give costs, outcomes and shares at the end of a world or a difference."""
    for ledger, cost in figures["cost_per_family_year"].items():
        for part, label in PARTS.items():
            ends = (cost["low"], cost["high"]) if part == "mean" else (None, None)
            yield (*start, f"cost per {unit}-year, {label}", ledger, f"£ per {unit}-year", cost[part], *ends)
    for outcome, value in figures["outcomes"].items():
        yield (*start, f"outcome per {unit}", outcome, "", value["mean"], value["low"], value["high"])
    for chain, states in figures.get("occupancy", {}).items():
        for state, shares in states.items():
            yield (*start, "share at the end", f"{chain}: {state}", "share", shares[-1], None, None)


def _worth(start: Start, found: Mapping[str, Any]) -> Iterator[Row]:
    """Give money, ratio and payback of each ledger and view of a comparison."""
    for ledger, views in found["ledgers"].items():
        for view, figures in views.items():
            named = [(f"{name.replace('_', ' ')}, {view}, discounted", "£", name) for name in MONEY]
            for measure, unit, name in (*named, (f"benefit-cost ratio, {view}", "ratio", "bcr")):
                yield (*start, measure, ledger, unit, *(figures[name][end] for end in ENDS))
            yield (*start, f"payback month, {view}", ledger, "months", figures["payback_month"], None, None)
