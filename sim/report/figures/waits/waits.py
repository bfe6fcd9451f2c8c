"""How long people wait."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.exhibits.exhibit import Exhibit
from sim.exhibits.style import COLOURS, new_axes, words
from sim.report.defaults import worlds_of_set
from sim.report.figures.waits.services import has_waits, label_services, rows_of, wait_months, waited_for, waits_table


def plot_waits(ds: xr.Dataset, ax: Axes | None = None, effect_set: str | None = None) -> Axes:
    """Draw waits of those admitted by service and regime: a dot at the mean, a line over the middle 80%."""
    worlds, services = worlds_of_set(ds, effect_set), waited_for(ds, effect_set)
    ax = new_axes(6.6, 1.4 + 0.42 * len(services)) if ax is None else ax
    for i, (world, colour) in enumerate(zip(worlds, COLOURS, strict=False)):
        spans = np.array([wait_months(ds, world, name) for name in services]).reshape(len(services), 4)
        y = rows_of(len(services), i, len(worlds))
        ax.hlines(y, spans[:, 0], spans[:, 2], color=colour, linewidth=2.2)
        ax.plot(spans[:, 3], y, "o", color=colour, markersize=5, label=words(world.regime), clip_on=False)
    label_services(ax, services, worlds)
    ax.set_xlim(left=0)
    ax.set_xlabel("Months waited by those admitted: mean (dot) and middle 80% (line)")
    return ax


FIGURE = Exhibit(
    name="waits", title="How long people wait",
    caption="Months that those admitted had waited; replications pooled. Waits of those who gave up or still wait are "
    "not in it.",
    applies=has_waits, draw=plot_waits, table=waits_table, section="services", order=60,
)  # fmt: skip
