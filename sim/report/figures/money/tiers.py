"""What the money goes on: cost by tier of help."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import figure
from sim.exhibits.style import INK, new_axes, words
from sim.intervals import many_over_replications
from sim.report.defaults import first_ledger, has_costs, worlds_of_set
from sim.report.figures.money.amounts import interval
from sim.results.facts import facts_of
from sim.results.summary import tier_cost_per_family_year
from sim.table import Table

SHADES = ("#CFE3F0", "#92C0DE", "#E8A56B", "#CC79A7", "#8A8A8A")
"""Tiers from what everybody gets to what answers a crisis; dark text can be read on each."""
ORDER = ("universal", "targeted", "reactive")
MIN_LABEL = 0.09


def tiers_of(ds: xr.Dataset) -> list[str]:
    """List the tiers, those that are known in their order."""
    there = list(dict.fromkeys(str(name) for name in ds["tier"].values))
    return [name for name in ORDER if name in there] + [name for name in there if name not in ORDER]


def plot_tiers(
    ds: xr.Dataset, ax: Axes | None = None, ledger: str | None = None, effect_set: str | None = None
) -> Axes:
    """Draw pounds per family-year by tier, a bar for each regime, with the 95% interval of the total."""
    worlds, tiers = worlds_of_set(ds, effect_set), tiers_of(ds)
    ax = new_axes(6.6, 1.6 + 0.5 * len(worlds)) if ax is None else ax
    ledger = first_ledger(ds) if ledger is None else ledger
    costs = [tier_cost_per_family_year(ds, world, ledger, tiers) for world in worlds]
    some = np.any([cost.any(axis=0) for cost in costs], axis=0)
    shades = [SHADES[i % len(SHADES)] for i in np.flatnonzero(some)]
    tiers, costs = [tiers[i] for i in np.flatnonzero(some)], [cost[:, some] for cost in costs]
    largest = max(float(cost.sum(axis=1).mean()) for cost in costs) or 1.0
    for y, cost in enumerate(costs):
        left = 0.0
        for tier, value, shade in zip(tiers, cost.mean(axis=0), shades, strict=True):
            ax.barh(y, value, 0.62, left=left, color=shade, edgecolor="white", label=None if y else words(tier))
            if value > MIN_LABEL * largest:
                ax.text(left + value / 2, y, figure(value), ha="center", va="center", fontsize=8, color=INK)
            left += value
        mean, low, high = many_over_replications(cost.sum(axis=1)[None])
        if not facts_of(ds).is_exact and np.isfinite(low[0]):
            ax.errorbar(mean, [y], xerr=[mean - low, high - mean], fmt="none", ecolor=INK, elinewidth=1, capsize=3)
        ax.annotate(figure(mean[0]), (max(left, float(np.nan_to_num(high[0]))), y), (5, 0), va="center", fontsize=8,
                    textcoords="offset points")  # fmt: skip
    ax.set(yticks=range(len(worlds)), yticklabels=[words(world.regime) for world in worlds])
    ax.set(ylim=(len(worlds) - 0.5, -0.5), xlim=(0, 1.14 * largest))
    ax.set_xlabel(f"£ per family-year on the books, {ledger} ledger, {facts_of(ds).price_year} prices")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=8)
    return ax


def tiers_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_tiers``, in every ledger."""
    tiers, rows = tiers_of(ds), []
    for ledger in (str(name) for name in ds["ledger"].values):
        for world in worlds_of_set(ds):
            cost = tier_cost_per_family_year(ds, world, ledger, tiers)
            cells = [interval(cost[:, i]) for i in range(len(tiers))]
            rows.append((words(world.regime), ledger, *cells, interval(cost.sum(axis=1))))
    columns = ("regime", "ledger", *(words(tier) for tier in tiers), "total")
    return Table("Cost per family-year by tier, £", columns, tuple(rows))


FIGURE = Exhibit(
    name="tiers", title="What the money goes on",
    caption="Cost per family-year on the books by tier, undiscounted, from the start of the regimes; the thin bar is "
    "the 95% interval of the total.",
    applies=has_costs, draw=plot_tiers, table=tiers_table, section="cost", order=80,
)  # fmt: skip
