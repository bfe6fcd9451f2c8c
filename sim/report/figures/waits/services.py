"""Waits and leaving by service: what the figures of waiting share, and tables of services and of named areas."""

from __future__ import annotations

from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.arrays import FloatArray
from sim.exhibits.numbers import MISSING, interval, months, share
from sim.exhibits.style import words
from sim.intervals import Estimate, many_over_replications
from sim.report.defaults import worlds_of_set
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


def rows_of(n: int, i: int, of: int) -> FloatArray:
    """Give the heights at which the i-th of several regimes is drawn."""
    return np.arange(n, dtype=np.float64) + (i - (of - 1) / 2) * 0.7 / max(of, 1)


def label_services(ax: Axes, services: list[str], worlds: list[WorldName]) -> None:
    """Label the services, from top to bottom."""
    ax.set(yticks=np.arange(len(services)), yticklabels=[words(name) for name in services])
    ax.set_ylim(len(services) - 0.5, -0.5)
    ax.grid(axis="x", color="#E5E5E5", linewidth=0.6)
    ax.set_axisbelow(True)
    if worlds:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=min(len(worlds), 3), fontsize=8)


def waits_table(ds: xr.Dataset) -> Table:
    """Make the table behind waits and leaving."""
    services, worlds = waited_for(ds), worlds_of_set(ds)
    left = [zip(*many_over_replications(left_shares(ds, world, services)), strict=True) for world in worlds]
    rows = [
        (words(name), words(world.regime), *map(months, wait_months(ds, world, name)[1:]), _share(*shares))
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
        (words(str(area)), words(world.regime), *(_of_area(wait) for wait in waits[world][i]))
        for i, area in enumerate(ds["area"].values) for world in worlds if services
    ]  # fmt: skip
    columns = ("area", "regime", *(words(name) for name in services))
    note = "Median wait in months of those admitted, then how long nine in ten waited at most; all replications."
    return Table("Waits in named areas", columns, tuple(rows), note)


def _of_area(wait: Wait) -> str:
    """Write median and ninth decile of an area."""
    return f"{wait.p50:.3g} / {wait.p90:.3g}" if np.isfinite(wait.p50) else MISSING
