"""Who waits, and for how many places."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.arrays import FloatArray
from sim.exhibits.drawing import ABOVE, grid_x, key, name_rows, places, row_axes
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import figure
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import COLOURS, WIDE, Canvas, new_panels
from sim.exhibits.titles import titles_of
from sim.report.defaults import worlds_of_set
from sim.results.facts import facts_of
from sim.results.worlds import of_world
from sim.table import Table

SAID = {"places": "Places", "waiting": "Families waiting (fewer is better)"}
"""What an axis is called."""


def levels(ds: xr.Dataset, series: str, effect_set: str | None = None) -> tuple[list[str], FloatArray]:
    """Give the services with places, and a series of their teams at the mean of the last year, (world, service).

    NaN where a service is not offered.
    """
    last = max(1, round(1 / facts_of(ds).step_years))
    found = [of_world(ds, world, "team").isel(step=slice(-last, None)).mean("step")
             for world in worlds_of_set(ds, effect_set)]  # fmt: skip
    there = np.array([x.sel(team_series="places").values > 0 for x in found])
    services = [str(name) for name in ds["service"].values[there.any(axis=0)]]
    offered = there[:, there.any(axis=0)]
    values = np.array([x.sel(service=services, team_series=series).values for x in found])
    return services, np.where(offered, values, np.nan)


def plot_queues(
    ds: xr.Dataset, ax: Axes | None = None, effect_set: str | None = None, *, series: str = "waiting",
    canvas: Canvas = WIDE,
) -> Axes:  # fmt: skip
    """Draw, for each service with places, how many wait, or another ``series``, mean of the last year."""
    worlds, titles = worlds_of_set(ds, effect_set), titles_of(ds)
    services, values = levels(ds, series, effect_set)
    each = 0.2 + 0.16 * len(worlds)
    ax = row_axes(len(services), canvas, each=each) if ax is None else ax
    for i, (world, colour) in enumerate(zip(worlds, COLOURS, strict=False)):
        y = places(len(services), canvas, i, len(worlds), each=each)
        ax.hlines(y, 0, values[i], color=colour, linewidth=1.6)
        ax.plot(values[i], y, "os^D"[i % 4], color=colour, markersize=6, label=titles.regime(world.regime))
    name_rows(ax, [titles_of(ds).service(name) for name in services], canvas, each=each)
    ax.set_xlim(0, 1.06 * float(np.nanmax(values, initial=1e-9)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: figure(x)))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.set_xlabel(SAID[series])
    grid_x(ax)
    return ax


def draw_queues(ds: xr.Dataset, *, canvas: Canvas = WIDE) -> Axes:
    """Draw places and, on a scale of its own, who waits for them."""
    worlds = worlds_of_set(ds)
    row = 0.2 + 0.16 * len(worlds) + (ABOVE if canvas.is_narrow else 0.0)
    panels = new_panels(2, 1.1 + row * len(levels(ds, "places")[0]), canvas, beside=1 if canvas.is_narrow else 2)
    for ax, series in zip(panels, ("places", "waiting"), strict=True):
        plot_queues(ds, ax, series=series, canvas=canvas)
    key(panels[0], canvas)
    return panels[0]


def queues_finding(ds: xr.Dataset) -> str:
    """Say how many places there are and how many wait under each regime, and where most wait."""
    titles = titles_of(ds)
    services, waiting = levels(ds, "waiting")
    _, held = levels(ds, "places")
    parts = [
        _who_waits([titles.service(name) for name in services], waits, places_there, titles.regime(world.regime))
        for world, waits, places_there in zip(worlds_of_set(ds), waiting, held, strict=True)
    ]
    return sentence(listed(parts, ";"))


def _who_waits(services: Sequence[str], waits: FloatArray, held: FloatArray, regime: str) -> str:
    """Say how many wait under a regime for how many places, and for which service most do."""
    if np.isnan(waits).all():
        return f"there are no places under {regime}"
    there = f"{figure(float(np.nansum(held)))} places under {regime}"
    if not np.nansum(waits):
        return f"nobody waits for {there}"
    most = int(np.nanargmax(waits))
    total = figure(float(np.nansum(waits)))
    return f"{total} wait for {there}, {figure(waits[most])} of them for {services[most]}"


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
                rows.append((titles_of(ds).service(service), titles_of(ds).regime(world.regime), *cells))
    columns = ("service", "regime", "workers", "places", "taken", "waiting")
    return Table("Places, and who waits", columns, tuple(rows))


def has_places(ds: xr.Dataset) -> bool:
    """Whether any service has places."""
    return ds.sizes["service"] > 0 and bool((ds["team"].sel(team_series="places") > 0).any())


FIGURE = Exhibit(
    name="queues", title="Who waits, and for how many places",
    caption="Places and, on a scale of its own, families waiting by service, mean of the last twelve months.",
    applies=has_places, draw=draw_queues, table=places_table, finding=queues_finding, section="services", order=50,
)  # fmt: skip
