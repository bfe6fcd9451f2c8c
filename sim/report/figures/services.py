"""Waiting for help: how long, and how many give up; tables for the services and for named areas."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.arrays import FloatArray
from sim.exhibits.numbers import MISSING, figure
from sim.exhibits.style import COLOURS, new_axes, words
from sim.intervals import many_over_replications
from sim.report.figures.overview import worlds_of_set
from sim.results.waits import mean_wait, quantile
from sim.results.worlds import WorldName, of_world
from sim.table import Table
from sim.units import DAYS_PER_YEAR, MONTHS_PER_YEAR


def wait_months(ds: xr.Dataset, world: WorldName, service: str) -> tuple[float, float, float, float]:
    """Give first decile, median, ninth decile and mean of the wait of those admitted, months; NaN where nobody was."""
    by_day = "wait_days" in ds
    unit = MONTHS_PER_YEAR / DAYS_PER_YEAR if by_day else ds.attrs["step_years"] * MONTHS_PER_YEAR
    histogram = of_world(ds, world, "wait_days" if by_day else "waits").sel(service=service).values
    first, half, ninth = (quantile(histogram, share) * unit for share in (0.1, 0.5, 0.9))
    return first, half, ninth, mean_wait(histogram) * unit


def waited_for(ds: xr.Dataset, effect_set: str | None = None) -> list[str]:
    """List the services that admitted somebody in some regime."""
    worlds = worlds_of_set(ds, effect_set)
    services = [str(name) for name in ds["service"].values]
    return [name for name in services if any(np.isfinite(wait_months(ds, world, name)[0]) for world in worlds)]


def plot_waits(ds: xr.Dataset, ax: Axes | None = None, effect_set: str | None = None) -> Axes:
    """Draw waits of those admitted by service and regime: a dot at the mean, a line over the middle 80%."""
    worlds, services = worlds_of_set(ds, effect_set), waited_for(ds, effect_set)
    ax = new_axes(6.6, 1.4 + 0.42 * len(services)) if ax is None else ax
    for i, (world, colour) in enumerate(zip(worlds, COLOURS, strict=False)):
        spans = np.array([wait_months(ds, world, name) for name in services]).reshape(len(services), 4)
        y = _rows(len(services), i, len(worlds))
        ax.hlines(y, spans[:, 0], spans[:, 2], color=colour, linewidth=2.2)
        ax.plot(spans[:, 3], y, "o", color=colour, markersize=5, label=words(world.regime), clip_on=False)
    _services(ax, services, worlds)
    ax.set_xlim(left=0)
    ax.set_xlabel("Months waited by those admitted: mean (dot) and middle 80% (line)")
    return ax


def left_shares(ds: xr.Dataset, world: WorldName, services: list[str]) -> FloatArray:
    """Give the share of those who joined each queue and left it before their turn, (service, replication)."""
    queue = of_world(ds, world, "queue").sel(service=services)
    left, joined = (queue.sel(queue_count=name).transpose("service", ...).values for name in ("left", "joined"))
    return np.asarray(left / np.where(joined > 0, joined, np.nan), dtype=np.float64)


def plot_left(ds: xr.Dataset, ax: Axes | None = None, effect_set: str | None = None) -> Axes:
    """Draw the share of those who joined a queue and gave up waiting, by service and regime, with 95% intervals."""
    worlds, services = worlds_of_set(ds, effect_set), waited_for(ds, effect_set)
    ax = new_axes(6.6, 1.4 + 0.42 * len(services)) if ax is None else ax
    for i, (world, colour) in enumerate(zip(worlds, COLOURS, strict=False)):
        mean, low, high = many_over_replications(left_shares(ds, world, services))
        y = _rows(len(services), i, len(worlds))
        if ds.attrs["solver"] != "expect" and np.isfinite(low).any():
            ax.hlines(y, low, high, color=colour, linewidth=2.2)
        ax.plot(mean, y, "o", color=colour, markersize=5, label=words(world.regime), clip_on=False)
    _services(ax, services, worlds)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.0%}" if ax.get_xlim()[1] > 0.05 else f"{x:.1%}"))
    ax.set_xlabel("Share of those who joined the queue and left before their turn")
    return ax


def _rows(n: int, i: int, of: int) -> FloatArray:
    """Give the heights at which the i-th of several regimes is drawn."""
    return np.arange(n, dtype=np.float64) + (i - (of - 1) / 2) * 0.7 / max(of, 1)


def _services(ax: Axes, services: list[str], worlds: list[WorldName]) -> None:
    """Label the services, from top to bottom."""
    ax.set(yticks=np.arange(len(services)), yticklabels=[words(name) for name in services])
    ax.set_ylim(len(services) - 0.5, -0.5)
    ax.grid(axis="x", color="#E5E5E5", linewidth=0.6)
    ax.set_axisbelow(True)
    if worlds:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(len(worlds), 3), fontsize=8)


def waits_table(ds: xr.Dataset) -> Table:
    """Make the table behind waits and leaving."""
    services = waited_for(ds)
    rows = []
    for world in worlds_of_set(ds):
        mean, low, high = many_over_replications(left_shares(ds, world, services))
        for name, *left in zip(services, mean, low, high, strict=True):
            wait = [_months(value) for value in wait_months(ds, world, name)[1:]]
            rows.append((words(name), words(world.regime), *wait, _share(*left)))
    columns = ("service", "regime", "median, months", "90% within, months", "mean, months", "left before their turn")
    return Table("Waits, and who gave up", columns, tuple(sorted(rows, key=lambda row: services_order(services, row))))


def services_order(services: list[str], row: tuple[str, ...]) -> int:
    """Give where the service of a row stands."""
    return [words(name) for name in services].index(row[0])


def places_table(ds: xr.Dataset) -> Table:
    """Make the table behind places and waiting, means of the last twelve months."""
    last = max(1, round(1 / ds.attrs["step_years"]))
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


def areas_table(ds: xr.Dataset) -> Table:
    """Make the table of waits in the areas that a publication names; synthetic ones are never shown."""
    services, step = waited_for(ds), ds.attrs["step_years"] * MONTHS_PER_YEAR
    rows = []
    for area in (str(name) for name in ds["area"].values):
        for world in worlds_of_set(ds):
            waits = of_world(ds, world, "area_waits").sel(area=area)
            cells = (_of_area(waits.sel(service=name).values, step) for name in services)
            rows.append((words(area), words(world.regime), *cells))
    columns = ("area", "regime", *(words(name) for name in services))
    note = "Median wait in months of those admitted, then how long nine in ten waited at most; all replications."
    return Table("Waits in named areas", columns, tuple(rows) if services else (), note)


def _of_area(histogram: FloatArray, step: float) -> str:
    """Write median and ninth decile of an area."""
    half, most = quantile(histogram, 0.5) * step, quantile(histogram, 0.9) * step
    return f"{half:.0f} / {most:.0f}" if np.isfinite(half) else MISSING


def _months(value: float) -> str:
    """Write months."""
    return f"{value:.1f}" if np.isfinite(value) else MISSING


def _share(mean: float, low: float, high: float) -> str:
    """Write a share with its interval."""
    if not np.isfinite(mean):
        return MISSING
    return f"{mean:.1%}" + (f" ({max(low, 0):.1%} to {high:.1%})" if np.isfinite(low) else "")
