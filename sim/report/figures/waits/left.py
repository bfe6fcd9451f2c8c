"""Who gives up waiting."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.exhibits.exhibit import Exhibit
from sim.exhibits.style import COLOURS, new_axes, words
from sim.intervals import many_over_replications
from sim.report.defaults import worlds_of_set
from sim.report.figures.waits.services import has_waits, label_services, left_shares, rows_of, waited_for, waits_table
from sim.results.facts import facts_of


def plot_left(ds: xr.Dataset, ax: Axes | None = None, effect_set: str | None = None) -> Axes:
    """Draw the share of those who joined a queue and gave up waiting, by service and regime, with 95% intervals."""
    worlds, services = worlds_of_set(ds, effect_set), waited_for(ds, effect_set)
    ax = new_axes(6.6, 1.4 + 0.42 * len(services)) if ax is None else ax
    for i, (world, colour) in enumerate(zip(worlds, COLOURS, strict=False)):
        mean, low, high = many_over_replications(left_shares(ds, world, services))
        y = rows_of(len(services), i, len(worlds))
        if not facts_of(ds).is_exact and np.isfinite(low).any():
            ax.hlines(y, low, high, color=colour, linewidth=2.2)
        ax.plot(mean, y, "o", color=colour, markersize=5, label=words(world.regime), clip_on=False)
    label_services(ax, services, worlds)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.0%}" if ax.get_xlim()[1] > 0.05 else f"{x:.1%}"))
    ax.set_xlabel("Share of those who joined the queue and left before their turn")
    return ax


FIGURE = Exhibit(
    name="left", title="Who gives up waiting",
    caption="Of those who joined a queue, the share that left it before their turn, with 95% intervals over "
    "replications.",
    applies=has_waits, draw=plot_left, table=waits_table, section="services", order=70,
)  # fmt: skip
