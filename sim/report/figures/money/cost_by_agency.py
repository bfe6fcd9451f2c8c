"""Who pays: cost by agency and regime."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.exhibits.drawing import bar_height, key, name_rows, places, row_axes
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import figure
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import COLOURS, INK, WIDE, Canvas
from sim.exhibits.titles import titles_of
from sim.intervals import many_over_replications
from sim.report.defaults import agency_label, agency_words, first_ledger, has_costs, worlds_of_set
from sim.report.figures.money.amounts import span_of
from sim.results.facts import facts_of
from sim.results.summary import agency_cost_per_family_year
from sim.table import Table


def plot_cost_by_agency(
    ds: xr.Dataset, ax: Axes | None = None, ledger: str | None = None, effect_set: str | None = None, *,
    canvas: Canvas = WIDE,
) -> Axes:  # fmt: skip
    """Draw pounds per family-year by agency and regime, with 95% intervals over replications."""
    ledger = first_ledger(ds) if ledger is None else ledger
    worlds, titles = worlds_of_set(ds, effect_set), titles_of(ds)
    costs = [agency_cost_per_family_year(ds, world, ledger) for world in worlds]
    paying = np.flatnonzero(np.any([cost.any(axis=0) for cost in costs], axis=0))
    each = 0.2 + 0.14 * len(worlds)
    ax = row_axes(len(paying), canvas, each=each, key=len(worlds) if canvas.is_narrow else 1) if ax is None else ax
    for i, (world, cost) in enumerate(zip(worlds, costs, strict=True)):
        mean, low, _ = many_over_replications(cost[:, paying].T)
        y = places(len(paying), canvas, i, len(worlds), each=each)
        ax.barh(y, mean, 0.9 * bar_height(canvas, len(worlds), each=each), color=COLOURS[i % len(COLOURS)],
                label=titles.regime(world.regime))  # fmt: skip
        if not facts_of(ds).is_exact and ds.sizes["replication"] > 1:
            ax.errorbar(mean, y, xerr=mean - low, fmt="none", ecolor=INK, elinewidth=0.8, capsize=1.5)
    name_rows(ax, [agency_words(ds, str(name)) for name in ds["agency"].values[paying]], canvas, each=each)
    label = f"£ per family-year on the books ({ledger} ledger, {facts_of(ds).prices_aside})"
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: figure(x)))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    key(ax, canvas)
    return ax


def agencies_table(ds: xr.Dataset) -> Table:
    """Make the table behind cost by agency, in the first ledger."""
    worlds, ledger = worlds_of_set(ds), first_ledger(ds)
    costs = [many_over_replications(agency_cost_per_family_year(ds, world, ledger).T) for world in worlds]
    rows = tuple(
        (agency_label(ds, str(name)), *(span_of(cost, 0, i) for cost in costs))
        for i, name in enumerate(ds["agency"].values)
    )
    columns = ("agency", *(titles_of(ds).regime(world.regime) for world in worlds))
    return Table(f"Cost per family-year by agency, £, {ledger} ledger", columns, rows)


def agencies_finding(ds: xr.Dataset) -> str:
    """Say which agencies pay most under the baseline."""
    world, ledger = worlds_of_set(ds)[0], first_ledger(ds)
    mean = agency_cost_per_family_year(ds, world, ledger).mean(axis=0)
    parts = [f"{agency_words(ds, str(ds['agency'].values[i]))} £{figure(mean[i])}" for i in np.argsort(-mean)[:3]]
    return sentence(
        f"under {titles_of(ds).regime(world.regime)} a family costs £{figure(mean.sum())} a year ({ledger} ledger); "
        f"those who pay most are {listed(parts)}"
    )


FIGURE = Exhibit(
    name="cost_by_agency", title="Who pays",
    caption="Cost per family-year on the books by agency, undiscounted, from the start of the regimes; thin bars are "
    "95% intervals.",
    applies=has_costs, draw=plot_cost_by_agency, table=agencies_table, finding=agencies_finding, section="cost",
    order=90,
)  # fmt: skip
