"""Who pays: cost by agency and regime."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.exhibits.exhibit import Exhibit
from sim.exhibits.style import COLOURS, INK, new_axes, words
from sim.intervals import many_over_replications
from sim.report.defaults import agency_label, first_ledger, has_costs, worlds_of_set
from sim.report.figures.money.amounts import span_of
from sim.results.facts import facts_of
from sim.results.summary import agency_cost_per_family_year
from sim.table import Table


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
        if not facts_of(ds).is_exact and ds.sizes["replication"] > 1:
            ax.errorbar(mean, y, xerr=mean - low, fmt="none", ecolor=INK, elinewidth=0.8, capsize=1.5)
    ax.set(yticks=np.arange(len(agencies)), yticklabels=[agency_label(ds, name) for name in agencies])
    ax.set_ylim(len(agencies) - 0.5, -0.5)
    ax.set(xlabel=f"£ per family-year on the books, {ledger} ledger, {facts_of(ds).price_year} prices")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    ax.legend(loc="lower right", fontsize=8)
    return ax


def draw_agencies(ds: xr.Dataset) -> Axes:
    """Draw cost by agency, tall enough for the agencies, in the first ledger."""
    height = 1.2 + (0.18 * len(worlds_of_set(ds)) + 0.15) * ds.sizes["agency"]
    return plot_cost_by_agency(ds, new_axes(7.5, height), first_ledger(ds))


def agencies_table(ds: xr.Dataset) -> Table:
    """Make the table behind cost by agency, in the first ledger."""
    worlds, ledger = worlds_of_set(ds), first_ledger(ds)
    costs = [many_over_replications(agency_cost_per_family_year(ds, world, ledger).T) for world in worlds]
    rows = tuple(
        (agency_label(ds, str(name)), *(span_of(cost, 0, i) for cost in costs))
        for i, name in enumerate(ds["agency"].values)
    )
    columns = ("agency", *(words(world.regime) for world in worlds))
    return Table(f"Cost per family-year by agency, £, {ledger} ledger", columns, rows)


FIGURE = Exhibit(
    name="cost_by_agency", title="Who pays",
    caption="Cost per family-year on the books by agency, undiscounted, from the start of the regimes; thin bars are "
    "95% intervals.",
    applies=has_costs, draw=draw_agencies, table=agencies_table, section="cost", order=90,
)  # fmt: skip
