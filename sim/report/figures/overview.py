"""The figures of a report; each ``plot_*`` draws on one pair of axes and can be used alone in a notebook."""

from __future__ import annotations

import json
import textwrap

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.arrays import FloatArray
from sim.exhibits.style import COLOURS, FAINT, INK, SEVERITY, dark, new_axes, shade_after, spaced, words
from sim.intervals import many_over_replications
from sim.results.by_agency import agency_cost_per_family_year
from sim.results.costs import cost_by_step
from sim.results.shown import MAIN_CHAIN
from sim.results.summary import window_start
from sim.results.worlds import WorldName, baseline_of, of_world, world_names
from sim.units import MONTHS_PER_YEAR

EVIDENCE_MONTHS = 24
"""How long after a family's start evaluations followed them; beyond it a figure shows assumptions."""
MIN_BAND = 0.05


def months(ds: xr.Dataset) -> FloatArray:
    """Give the time of each point in months from the start of the run."""
    return np.asarray(ds["step"].values * ds.attrs["step_years"] * MONTHS_PER_YEAR, dtype=np.float64)


def worlds_of_set(ds: xr.Dataset, effect_set: str | None = None) -> list[WorldName]:
    """List the worlds under one evidence set, the first one unless named."""
    chosen = str(ds["effect_set"].values[0]) if effect_set is None else effect_set
    return [world for world in world_names(ds) if world.effect_set == chosen]


def is_evaluated(ds: xr.Dataset) -> bool:
    """Whether the run has services, of whose effects evaluations know up to ``EVIDENCE_MONTHS``."""
    return ds.sizes["service"] > 0 and ds.sizes["regime"] > 1


def main_chain(ds: xr.Dataset) -> str:
    """Name the chain to show: ``crisis`` where there is one, else the first."""
    chains = [str(name) for name in ds["chain"].values]
    return MAIN_CHAIN if MAIN_CHAIN in chains else chains[0]


def plot_states(
    ds: xr.Dataset, ax: Axes | None = None, world: WorldName | None = None, chain: str | None = None
) -> Axes:
    """Draw the share of rows in each state of a chain over time, best at the bottom, mean over replications."""
    ax = new_axes() if ax is None else ax
    world = world_names(ds)[0] if world is None else world
    chain = main_chain(ds) if chain is None else chain
    mine = np.flatnonzero(ds["chain"].values == chain)
    stocks = of_world(ds, world, "occupancy").values[:, mine]
    shares = stocks / np.maximum(stocks.sum(axis=1, keepdims=True), 1e-300)
    shades = [SEVERITY[round(i * (len(SEVERITY) - 1) / max(len(mine) - 1, 1))] for i in range(len(mine))]
    ax.stackplot(months(ds), shares.T, colors=shades, edgecolor="white", linewidth=0.4)
    for i, shade in enumerate(shades):
        low, high = shares[-1, :i].sum(), shares[-1, : i + 1].sum()
        if high - low >= MIN_BAND:
            ink = "white" if shade == SEVERITY[-1] else INK
            name = words(str(ds["state_name"].values[mine[i]]))
            ax.text(0.97 * months(ds)[-1], (low + high) / 2, name, ha="right", va="center", color=ink)
    ax.set(title=words(world.regime), xlabel="Months from the start", ylim=(0, 1), xlim=(0, months(ds)[-1]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:.0%}"))
    start = float(of_world(ds, world, "start")) * months(ds)[1]
    _mark(ax, start, "regime starts")
    if world.regime != ds.attrs["baseline"] and is_evaluated(ds):
        _mark(ax, start + EVIDENCE_MONTHS, "evidence ends")
        if start + EVIDENCE_MONTHS < months(ds)[-1]:  # a veil, since shade would lie behind the areas
            ax.axvspan(start + EVIDENCE_MONTHS, months(ds)[-1], color="white", alpha=0.3, linewidth=0)
    return ax


def _mark(ax: Axes, month: float, text: str) -> None:
    """Draw a dashed line at a month with its meaning upright beside it, unless it stands at the edge or outside."""
    if 0 < month < ax.get_xlim()[1]:
        ax.axvline(month, color=FAINT, linewidth=0.9, linestyle="--")
        ax.annotate(text, (month, ax.get_ylim()[0]), (3, 4), textcoords="offset points", va="bottom", color=INK,
                    fontsize=7.5, rotation=90)  # fmt: skip


def plot_queues(ds: xr.Dataset, ax: Axes | None = None, effect_set: str | None = None) -> Axes:
    """Draw, for each service with places, how many places there are and how many wait, at the mean of the last year."""
    ax = new_axes() if ax is None else ax
    worlds = worlds_of_set(ds, effect_set)
    last = max(1, round(1 / ds.attrs["step_years"]))
    levels = [of_world(ds, world, "team").isel(step=slice(-last, None)).mean("step") for world in worlds]
    gated = [s for s in ds["service"].values if any(float(x.sel(service=s, team_series="places")) > 0 for x in levels)]
    offsets = np.linspace(-0.25, 0.25, len(worlds)) if len(worlds) > 1 else np.zeros(1)
    for world, level, offset, colour in zip(worlds, levels, offsets, COLOURS, strict=False):
        y = np.arange(len(gated)) + offset
        for series, marker, fill in (("places", "s", colour), ("waiting", "o", "white")):
            x = level.sel(service=gated, team_series=series).values
            x = np.where(level.sel(service=gated, team_series="places").values > 0, x, np.nan)  # not offered here
            label = f"{words(world.regime)}: {series}"
            ax.plot(x, y, marker, color=colour, markerfacecolor=fill, markersize=5.5, label=label, clip_on=False)
    ax.set(yticks=np.arange(len(gated)), yticklabels=[words(str(s)) for s in gated], ylim=(len(gated) - 0.5, -0.5))
    ax.set_xscale("symlog", linthresh=10)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    ax.set(xlabel="Places and families waiting (each grid line is ten times the one before)", xlim=(0, None))
    ax.grid(axis="x", color="#E5E5E5", linewidth=0.6)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(len(worlds), 3), fontsize=8)
    return ax


def agency_label(ds: xr.Dataset, agency: str) -> str:
    """Give an agency's full name without what stands in brackets, on short lines."""
    names: dict[str, str] = json.loads(ds.attrs.get("agencies", "{}"))
    return textwrap.fill(names.get(agency, words(agency)).split(" (")[0], 30)


def plot_cost_by_agency(
    ds: xr.Dataset, ax: Axes | None = None, ledger: str = "narrow", effect_set: str | None = None
) -> Axes:
    """Draw pounds per family-year by agency and regime, with 95% intervals over replications."""
    ax = new_axes() if ax is None else ax
    worlds = worlds_of_set(ds, effect_set)
    costs = [agency_cost_per_family_year(ds, world, ledger) for world in worlds]
    paying = np.flatnonzero(np.any([cost.any(axis=0) for cost in costs], axis=0))
    agencies = [str(name) for name in ds["agency"].values[paying]]
    height = 0.8 / len(worlds)
    for i, (world, cost) in enumerate(zip(worlds, costs, strict=True)):
        mean, low, _ = many_over_replications(cost[:, paying].T)
        y = np.arange(len(agencies)) + (i - (len(worlds) - 1) / 2) * height
        ax.barh(y, mean, height * 0.9, color=COLOURS[i % len(COLOURS)], label=words(world.regime))
        if ds.attrs["solver"] != "expect" and ds.sizes["replication"] > 1:
            ax.errorbar(mean, y, xerr=mean - low, fmt="none", ecolor=INK, elinewidth=0.8, capsize=1.5)
    ax.set(yticks=np.arange(len(agencies)), yticklabels=[agency_label(ds, name) for name in agencies])
    ax.set_ylim(len(agencies) - 0.5, -0.5)
    ax.set(xlabel=f"£ per family-year on the books, {ledger} ledger, {ds.attrs['price_year']} prices")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    ax.legend(loc="lower right", fontsize=8)
    return ax


def plot_difference(ds: xr.Dataset, ax: Axes | None = None, ledger: str = "narrow", regime: str | None = None) -> Axes:
    """Draw the paired difference in cost to the baseline as it builds up, a line for each evidence set, with 95% bands.

    Pounds per family, cumulative and undiscounted; below 0 the regime costs less than the baseline.
    """
    ax = new_axes() if ax is None else ax
    regimes = [str(name) for name in ds["regime"].values if name != ds.attrs["baseline"]]
    chosen = regimes[-1] if regime is None else regime
    worlds = [world for world in world_names(ds) if world.regime == chosen]
    ends = []
    for world, colour in zip(worlds, COLOURS, strict=False):
        difference = cost_by_step(ds, world, ledger) - cost_by_step(ds, baseline_of(ds, world), ledger)
        per_family = np.cumsum(difference, axis=1) / max(ds.attrs["rows"], 1)
        mean, low, high = many_over_replications(per_family.T)
        ax.plot(months(ds), mean, color=colour, linewidth=1.6)
        ax.fill_between(months(ds), low, high, color=colour, alpha=0.2, linewidth=0)
        ends.append(float(mean[-1]))
    ax.axhline(0, color=INK, linewidth=0.8)
    bottom, top = ax.get_ylim()
    for world, colour, y in zip(worlds, COLOURS, spaced(ends, 0.06 * (top - bottom)), strict=False):
        ax.annotate(words(world.effect_set) or chosen, (months(ds)[-1], y), (4, 0), textcoords="offset points",
                    va="center", color=dark(colour), annotation_clip=False)  # fmt: skip
    ax.set(xlabel="Months from the start", xlim=(0, months(ds)[-1]), ylim=(bottom, top + 0.06 * (top - bottom)))
    ax.set_ylabel(f"£ per family, {words(chosen)} minus {words(ds.attrs['baseline'])}\n(cumulative, {ledger} ledger)")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    end = window_start(ds) * months(ds)[1] + EVIDENCE_MONTHS
    shade_after(ax, end, f"evidence ends at month {EVIDENCE_MONTHS} of the regime")
    return ax
