"""Waits and leaving by service: what the figures of waiting share, and tables of services and of named areas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from sim.arrays import FloatArray
from sim.exhibits.drawing import grid_x, key, name_rows, places, row_axes
from sim.exhibits.numbers import MISSING, interval, months, share
from sim.exhibits.sentences import listed
from sim.exhibits.style import COLOURS, INK, Canvas, words
from sim.exhibits.titles import titles_of
from sim.intervals import Estimate, many_over_replications
from sim.report.defaults import worlds_of_set
from sim.results.facts import facts_of
from sim.results.waits import Wait, area_waits, nation_wait
from sim.results.worlds import WorldName, of_world
from sim.table import Table


def wait_months(ds: xr.Dataset, world: WorldName, service: str) -> tuple[float, float, float, float]:
    """Give first decile, median, ninth decile and mean of the wait of those admitted, months; NaN where nobody was."""
    wait = nation_wait(ds, world, service)
    return wait.p10, wait.p50, wait.p90, wait.mean


def waited_for(ds: xr.Dataset, effect_set: str | None = None) -> list[str]:
    """List the services that admitted somebody in some regime."""
    worlds = worlds_of_set(ds, effect_set)
    services = [str(name) for name in ds["service"].values]
    return [name for name in services if any(np.isfinite(wait_months(ds, world, name)[0]) for world in worlds)]


def has_waits(ds: xr.Dataset) -> bool:
    """Whether anybody was admitted to a service."""
    return ds.sizes["service"] > 0 and bool(waited_for(ds))


def left_shares(ds: xr.Dataset, world: WorldName, services: list[str]) -> FloatArray:
    """Give the share of those who joined each queue and left it before their turn, (service, replication)."""
    queue = of_world(ds, world, "queue").sel(service=services)
    left, joined = (queue.sel(queue_count=name).transpose("service", ...).values for name in ("left", "joined"))
    return np.asarray(left / np.where(joined > 0, joined, np.nan), dtype=np.float64)


@dataclass(frozen=True)
class Shift:
    """A figure of each service under the baseline and under a regime, with the latter's interval, NaN where none."""

    world: WorldName
    without: FloatArray
    helped: FloatArray
    low: FloatArray
    high: FloatArray


def draw_changes(
    ds: xr.Dataset, ax: Axes | None, services: list[str], changes: list[Shift], canvas: Canvas
) -> Axes:  # fmt: skip
    """Draw a row for each service and regime: an arrow from the baseline's figure (hollow) to the regime's (full)."""
    each, titles, base = 0.18 + 0.2 * max(len(changes), 1), titles_of(ds), facts_of(ds).baseline
    keys = len(changes) + 1 if canvas.is_narrow else 1
    ax = row_axes(len(services), canvas, each=each, key=keys) if ax is None else ax
    handles = [Line2D([], [], linestyle="", marker="o", color=INK, mfc="white", label=titles.regime(base))]
    for i, (change, colour) in enumerate(zip(changes, COLOURS, strict=False)):
        y = places(len(services), canvas, i, len(changes), each=each)
        ax.hlines(y, change.low, change.high, color=colour, linewidth=5, alpha=0.3)
        ax.hlines(y, change.without, change.helped, color=colour, linewidth=1.2)
        ax.plot(change.without, y, "o", color=INK, mfc="white", markersize=6.5, clip_on=False)
        ax.plot(change.helped, y, "os^D"[i % 4], color=colour, markersize=6.5, clip_on=False)
        label = titles.regime(change.world.regime)
        handles.append(Line2D([], [], marker="os^D"[i % 4], color=colour, label=label))
    name_rows(ax, [titles.service(name) for name in services], canvas, each=each)
    ends = [np.concatenate([change.without, change.helped, change.high]) for change in changes] or [np.ones(1)]
    top = np.concatenate(ends)
    ax.set_xlim(0, 1.06 * float(np.max(top[np.isfinite(top)], initial=1e-9)))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    grid_x(ax)
    key(ax, canvas, handles=handles)
    return ax


def other_regimes(ds: xr.Dataset, effect_set: str | None = None) -> list[WorldName]:
    """List the worlds of one evidence set that are held against the baseline; the baseline itself where it is alone."""
    worlds = worlds_of_set(ds, effect_set)
    return [world for world in worlds if world.regime != facts_of(ds).baseline] or worlds


def changed_most(
    ds: xr.Dataset, services: list[str], change: Shift, write: Callable[[float], str], up_down: tuple[str, str]
) -> str:
    """Say for how many services a figure rises and falls, and where it rises and falls most."""
    titles = titles_of(ds)
    moved = change.helped - change.without
    moved = np.where(np.isfinite(moved), moved, 0.0)
    up, down = int((moved > 0).sum()), int((moved < 0).sum())
    said = []
    for i in dict.fromkeys((int(moved.argmax()), int(moved.argmin()))):
        if moved[i] != 0:
            said.append(f"{titles.service(services[i])} from {write(change.without[i])} to {write(change.helped[i])}")
    regime, base = titles.regime(change.world.regime), titles.regime(facts_of(ds).baseline)
    most = f"; it changes most for {listed(said)}" if said else ""
    counts = f"{up_down[0]} in {up} and {up_down[1]} in {down} of {len(services)} services"
    return f"{counts} under {regime} than under {base}{most}"


def waits_table(ds: xr.Dataset) -> Table:
    """Make the table behind waits and leaving."""
    services, worlds, titles = waited_for(ds), worlds_of_set(ds), titles_of(ds)
    left = [zip(*many_over_replications(left_shares(ds, world, services)), strict=True) for world in worlds]
    rows = [
        (titles.service(name), titles.regime(world.regime), *map(months, wait_months(ds, world, name)[1:]),
         _share(*shares))
        for name, *of_worlds in zip(services, *left, strict=True)
        for world, shares in zip(worlds, of_worlds, strict=True)
    ]
    columns = ("service", "regime", "median, months", "90% within, months", "mean, months", "left before their turn")
    return Table("Waits, and who gave up", columns, rows)


def _share(mean: float, low: float, high: float) -> str:
    """Write a share with its interval."""
    return interval(Estimate(mean, max(low, 0.0), high), partial(share, places=1))


def areas_table(ds: xr.Dataset) -> Table:
    """Make the table of waits in the areas that a publication names; synthetic ones are never shown."""
    services, worlds = waited_for(ds), worlds_of_set(ds)
    waits = {world: list(zip(*(area_waits(ds, world, name) for name in services), strict=True)) for world in worlds}
    rows = [
        (words(str(area)), titles_of(ds).regime(world.regime), *(_of_area(wait) for wait in waits[world][i]))
        for i, area in enumerate(ds["area"].values) for world in worlds if services
    ]  # fmt: skip
    columns = ("area", "regime", *(titles_of(ds).service(name) for name in services))
    note = "Median wait in months of those admitted, then how long nine in ten waited at most; all replications."
    return Table("Waits in named areas", columns, tuple(rows), note)


def _of_area(wait: Wait) -> str:
    """Write median and ninth decile of an area."""
    return f"{wait.p50:.3g} / {wait.p90:.3g}" if np.isfinite(wait.p50) else MISSING
