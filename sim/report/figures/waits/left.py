"""Who gives up waiting, without a regime and with it."""

from __future__ import annotations

from functools import partial

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import share
from sim.exhibits.sentences import sentence
from sim.exhibits.style import WIDE, Canvas
from sim.intervals import many_over_replications
from sim.report.defaults import worlds_of_set
from sim.report.figures.waits.services import (
    Shift,
    changed_most,
    draw_changes,
    has_waits,
    left_shares,
    other_regimes,
    waited_for,
    waits_table,
)
from sim.results.facts import facts_of


def left_changes(ds: xr.Dataset, services: list[str], effect_set: str | None = None) -> list[Shift]:
    """Give the share of those who joined each queue and gave up, with the regime's 95% interval where there is one."""
    base = left_shares(ds, worlds_of_set(ds, effect_set)[0], services).mean(axis=1)
    found = []
    for world in other_regimes(ds, effect_set):
        mean, low, high = many_over_replications(left_shares(ds, world, services))
        if facts_of(ds).is_exact:
            low, high = low * float("nan"), high * float("nan")
        found.append(Shift(world, base, mean, low, high))
    return found


def plot_left(
    ds: xr.Dataset, ax: Axes | None = None, effect_set: str | None = None, *, canvas: Canvas = WIDE
) -> Axes:  # fmt: skip
    """Draw the share of those who joined a queue and gave up, from the baseline's (hollow) to each regime's."""
    services = waited_for(ds, effect_set)
    ax = draw_changes(ds, ax, services, left_changes(ds, services, effect_set), canvas)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.0%}" if ax.get_xlim()[1] > 0.05 else f"{x:.1%}"))
    label = "Share of those who joined the queue and left before their turn"
    ax.set_xlabel(canvas.fold(f"← fewer give up | more give up →\n{label}", 0 if canvas.is_narrow else 34))
    return ax


def left_finding(ds: xr.Dataset) -> str:
    """Say where the last regime makes more and fewer give up."""
    services = waited_for(ds)
    change = left_changes(ds, services)[-1]
    told = changed_most(ds, services, change, partial(share, places=1), ("larger", "smaller"))
    return sentence(f"the share that gives up waiting is {told}")


FIGURE = Exhibit(
    name="left", title="Who gives up waiting",
    caption="Of those who joined a queue, the share that left it before their turn, under the regime that the others "
    "are held against (hollow) and under each other (full, with 95% intervals over replications).",
    applies=has_waits, draw=plot_left, table=waits_table, finding=left_finding, section="services", order=70,
)  # fmt: skip
