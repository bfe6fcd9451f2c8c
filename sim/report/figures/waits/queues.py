"""Who waits, and for how many places."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import figure
from sim.exhibits.style import COLOURS, new_axes, words
from sim.report.defaults import worlds_of_set
from sim.results.facts import facts_of
from sim.results.worlds import of_world
from sim.table import Table


def plot_queues(ds: xr.Dataset, ax: Axes | None = None, effect_set: str | None = None) -> Axes:
    """Draw, for each service with places, how many places there are and how many wait, at the mean of the last year."""
    ax = new_axes() if ax is None else ax
    worlds = worlds_of_set(ds, effect_set)
    last = max(1, round(1 / facts_of(ds).step_years))
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


def places_table(ds: xr.Dataset) -> Table:
    """Make the table behind places and waiting, means of the last twelve months."""
    last = max(1, round(1 / facts_of(ds).step_years))
    rows = []
    for service in (str(name) for name in ds["service"].values):
        for world in worlds_of_set(ds):
            level = of_world(ds, world, "team").isel(step=slice(-last, None)).mean("step").sel(service=service)
            if float(level.sel(team_series="places")) > 0:
                cells = [
                    figure(float(level.sel(team_series=name))) for name in ("workers", "places", "engaged", "waiting")
                ]
                rows.append((words(service), words(world.regime), *cells))
    columns = ("service", "regime", "workers", "places", "taken", "waiting")
    return Table("Places, and who waits", columns, tuple(rows))


def has_places(ds: xr.Dataset) -> bool:
    """Whether any service has places."""
    return ds.sizes["service"] > 0 and bool((ds["team"].sel(team_series="places") > 0).any())


FIGURE = Exhibit(
    name="queues", title="Who waits, and for how many places",
    caption="Places (filled squares) and families waiting (open circles) by service, mean of the last twelve months.",
    applies=has_places, draw=lambda ds: plot_queues(ds, new_axes(7.5, 1.6 + 0.42 * ds.sizes["service"])),
    table=places_table, section="services", order=50,
)  # fmt: skip
