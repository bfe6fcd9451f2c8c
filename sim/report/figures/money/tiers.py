"""What the money goes on: cost by tier of help."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.exhibits.drawing import SMALL, bar_height, key, name_rows, places, row_axes
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import figure
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import INK, WIDE, Canvas, words
from sim.exhibits.titles import titles_of
from sim.intervals import many_over_replications
from sim.report.defaults import first_ledger, has_costs, worlds_of_set
from sim.report.figures.money.amounts import interval
from sim.results.facts import facts_of
from sim.results.summary import tier_cost_per_family_year
from sim.table import Table

SHADES = ("#CFE3F0", "#92C0DE", "#E8A56B", "#CC79A7", "#8A8A8A")
"""Tiers from what everybody gets to what answers a crisis; dark text can be read on each."""
ORDER = ("universal", "targeted", "reactive")
MIN_LABEL, EACH = 0.09, 0.5


def tiers_of(ds: xr.Dataset) -> list[str]:
    """List the tiers, those that are known in their order."""
    there = list(dict.fromkeys(str(name) for name in ds["tier"].values))
    return [name for name in ORDER if name in there] + [name for name in there if name not in ORDER]


def plot_tiers(
    ds: xr.Dataset, ax: Axes | None = None, ledger: str | None = None, effect_set: str | None = None, *,
    canvas: Canvas = WIDE,
) -> Axes:  # fmt: skip
    """Draw pounds per family-year by tier, a bar for each regime, with the 95% interval of the total."""
    worlds, tiers = worlds_of_set(ds, effect_set), tiers_of(ds)
    ax = row_axes(len(worlds), canvas, each=EACH, key=len(tiers) if canvas.is_narrow else 1) if ax is None else ax
    ledger = first_ledger(ds) if ledger is None else ledger
    costs = [tier_cost_per_family_year(ds, world, ledger, tiers) for world in worlds]
    some = np.any([cost.any(axis=0) for cost in costs], axis=0)
    shades = [SHADES[i % len(SHADES)] for i in np.flatnonzero(some)]
    tiers, costs = [tiers[i] for i in np.flatnonzero(some)], [cost[:, some] for cost in costs]
    height = bar_height(canvas, each=EACH)
    largest = max(float(cost.sum(axis=1).mean()) for cost in costs) or 1.0
    for y, cost in zip(places(len(worlds), canvas, each=EACH), costs, strict=True):
        left = 0.0
        for tier, value, shade in zip(tiers, cost.mean(axis=0), shades, strict=True):
            label = words(tier) if cost is costs[0] else None
            ax.barh(y, value, height, left=left, color=shade, edgecolor="white", label=label)
            if value > MIN_LABEL * (2 if canvas.is_narrow else 1) * largest:
                ax.text(left + value / 2, y, figure(value), ha="center", va="center", fontsize=SMALL, color=INK)
            left += value
        mean, low, high = many_over_replications(cost.sum(axis=1)[None])
        if not facts_of(ds).is_exact and np.isfinite(low[0]):
            ax.errorbar(mean, [y], xerr=[mean - low, high - mean], fmt="none", ecolor=INK, elinewidth=1, capsize=3)
        ax.annotate(figure(mean[0]), (max(left, float(np.nan_to_num(high[0]))), y), (5, 0), va="center", fontsize=SMALL,
                    textcoords="offset points")  # fmt: skip
    name_rows(ax, [titles_of(ds).regime(world.regime) for world in worlds], canvas, each=EACH)
    ax.set_xlim(0, (1.3 if canvas.is_narrow else 1.16) * largest)
    label = f"£ per family-year on the books ({ledger} ledger, {facts_of(ds).prices_aside})"
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: figure(x)))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    key(ax, canvas)
    return ax


def tiers_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_tiers``, in every ledger."""
    tiers, rows = tiers_of(ds), []
    for ledger in (str(name) for name in ds["ledger"].values):
        for world in worlds_of_set(ds):
            cost = tier_cost_per_family_year(ds, world, ledger, tiers)
            cells = [interval(cost[:, i]) for i in range(len(tiers))]
            rows.append((titles_of(ds).regime(world.regime), ledger, *cells, interval(cost.sum(axis=1))))
    columns = ("regime", "ledger", *(words(tier) for tier in tiers), "total")
    return Table("Cost per family-year by tier, £", columns, tuple(rows))


def tiers_finding(ds: xr.Dataset) -> str:
    """Say what a family costs a year under each regime, and what the tier that costs most takes of it."""
    tiers, ledger, titles = tiers_of(ds), first_ledger(ds), titles_of(ds)
    parts = []
    for world in worlds_of_set(ds):
        cost = tier_cost_per_family_year(ds, world, ledger, tiers).mean(axis=0)
        most = int(cost.argmax())
        share = f"£{figure(cost[most])} {words(tiers[most])}"
        parts.append(f"£{figure(cost.sum())} under {titles.regime(world.regime)} ({share})")
    return sentence(f"a family on the books costs, a year, {listed(parts)}")


FIGURE = Exhibit(
    name="tiers", title="What the money goes on",
    caption="Cost per family-year on the books by tier, undiscounted, from the start of the regimes; the thin bar is "
    "the 95% interval of the total.",
    applies=has_costs, draw=plot_tiers, table=tiers_table, finding=tiers_finding, section="cost", order=80,
)  # fmt: skip
