"""Each regime over time: a panel of stacked shares for each."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.exhibits.exhibit import Exhibit
from sim.exhibits.style import FAINT, INK, SEVERITY, new_axes, new_panels, words
from sim.report.defaults import EVIDENCE_MONTHS, is_evaluated, main_chain, months, worlds_of_set
from sim.report.figures.states.shares import state_shares, states_of
from sim.results.facts import facts_of
from sim.results.worlds import WorldName, of_world, world_names
from sim.table import Table

MIN_BAND = 0.05
BESIDE = 2
"""Panels beside each other where a phone must still show them."""


def plot_states(
    ds: xr.Dataset, ax: Axes | None = None, world: WorldName | None = None, chain: str | None = None
) -> Axes:
    """Draw the share of rows in each state of a chain over time, best at the bottom, mean over replications."""
    ax = new_axes() if ax is None else ax
    world = world_names(ds)[0] if world is None else world
    chain = main_chain(ds) if chain is None else chain
    places = states_of(ds, chain)
    stocks = of_world(ds, world, "occupancy").values[:, places]
    shares = stocks / np.maximum(stocks.sum(axis=1, keepdims=True), 1e-300)
    shades = [SEVERITY[round(i * (len(SEVERITY) - 1) / max(len(places) - 1, 1))] for i in range(len(places))]
    ax.stackplot(months(ds), shares.T, colors=shades, edgecolor="white", linewidth=0.4)
    for i, shade in enumerate(shades):
        low, high = shares[-1, :i].sum(), shares[-1, : i + 1].sum()
        if high - low >= MIN_BAND:
            ink = "white" if shade == SEVERITY[-1] else INK
            name = words(str(ds["state_name"].values[places[i]]))
            ax.text(0.97 * months(ds)[-1], (low + high) / 2, name, ha="right", va="center", color=ink)
    ax.set(title=words(world.regime), xlabel="Months from the start", ylim=(0, 1), xlim=(0, months(ds)[-1]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:.0%}"))
    start = float(of_world(ds, world, "start")) * months(ds)[1]
    _mark(ax, start, "regime starts")
    if world.regime != facts_of(ds).baseline and is_evaluated(ds):
        _mark(ax, start + EVIDENCE_MONTHS, "evidence ends")
        if start + EVIDENCE_MONTHS < months(ds)[-1]:  # a veil, since shade would lie behind the areas
            ax.axvspan(start + EVIDENCE_MONTHS, months(ds)[-1], color="white", alpha=0.3, linewidth=0)
    return ax


def _mark(ax: Axes, month: float, text: str) -> None:
    """Draw a dashed line at a month with its meaning upright beside it, unless it stands at the edge or outside."""
    if 0 < month < ax.get_xlim()[1]:
        ax.axvline(month, color=FAINT, linewidth=0.9, linestyle="--")
        ax.annotate(text, (month, ax.get_ylim()[0]), (3, 4), textcoords="offset points", va="bottom", color=INK,
                    fontsize=7.5, rotation=90)  # fmt: skip


def draw_states(ds: xr.Dataset) -> Axes:
    """Draw one panel for each regime under the first evidence set."""
    worlds = worlds_of_set(ds)
    beside = len(worlds) if len(worlds) <= BESIDE + 1 else BESIDE
    panels = new_panels(len(worlds), 7.4 / min(len(worlds), beside), 3.2, beside=beside)
    for ax, world in zip(panels, worlds, strict=True):
        plot_states(ds, ax, world)
    for left in panels[::beside]:
        left.set_ylabel(f"Share in each state of {words(main_chain(ds))}")
    return panels[0]


def shares_table(ds: xr.Dataset) -> Table:
    """Make the table behind shares in each state: at the start, and at the end of each regime."""
    chain = main_chain(ds)
    names = [words(str(name)) for name in ds["state_name"].values[states_of(ds, chain)]]
    last = f"month {months(ds)[-1]:.0f}"
    rows = [
        (words(world.regime), when, *(f"{share:.1%}" for share in state_shares(ds, world, chain)[0][point]))
        for world in worlds_of_set(ds)
        for when, point in (("start", 0), (last, -1))
    ]
    return Table(f"Share in each state of {words(chain)}", ("regime", "when", *names), tuple(rows))


FIGURE = Exhibit(
    name="states", title="Each regime over time",
    caption="Share in each state, mean over replications. The regimes are identical until they start. Paler: beyond "
    "the evidence.",
    applies=lambda ds: ds.sizes["state"] > 0, draw=draw_states, table=shares_table, section="families", order=20,
)  # fmt: skip
