"""Where families stand: shares in each state over time, stacked; what the regimes change is drawn beside it."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.exhibits.drawing import SMALL, name_y
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import plural, share
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import FAINT, INK, SEVERITY, WIDE, Canvas, new_axes, words
from sim.exhibits.titles import titles_of
from sim.report.defaults import evidence_months, is_evaluated, main_chain, months, worlds_of_set
from sim.report.figures.states.shares import state_shares, states_of
from sim.results.facts import facts_of
from sim.results.worlds import WorldName, of_world
from sim.table import Table

MIN_BAND = 0.06


def plot_states(
    ds: xr.Dataset, ax: Axes | None = None, world: WorldName | None = None, chain: str | None = None, *,
    canvas: Canvas = WIDE,
) -> Axes:  # fmt: skip
    """Draw the share of rows in each state of a chain over time, best at the bottom, mean over replications.

    The first regime, which the others are held against, unless a world is named.
    """
    ax = new_axes(4.0, canvas) if ax is None else ax
    world = worlds_of_set(ds)[0] if world is None else world
    chain = main_chain(ds) if chain is None else chain
    places = states_of(ds, chain)
    shares, _ = state_shares(ds, world, chain)
    shades = [SEVERITY[round(i * (len(SEVERITY) - 1) / max(len(places) - 1, 1))] for i in range(len(places))]
    ax.stackplot(months(ds), shares.T, colors=shades, edgecolor="white", linewidth=0.4)
    for i, shade in enumerate(shades):
        low, high = shares[-1, :i].sum(), shares[-1, : i + 1].sum()
        if high - low >= MIN_BAND:
            name = f"{words(str(ds['state_name'].values[places[i]]))} {share(shares[-1, i], 0)}"
            ink = "white" if shade == SEVERITY[-1] else INK
            ax.text(0.97 * months(ds)[-1], (low + high) / 2, name, ha="right", va="center", color=ink, fontsize=SMALL)
    ax.set(xlabel="Months from the start of the run", ylim=(0, 1), xlim=(0, months(ds)[-1]))
    unit, title = plural(str(ds["unit_of_state"].values[places[0]])), titles_of(ds).regime(world.regime)
    name_y(ax, f"Share of {unit} in each state of {words(chain)} under {title}", canvas)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:.0%}"))
    start = float(of_world(ds, world, "start")) * months(ds)[1]
    if world.regime != facts_of(ds).baseline:
        _mark(ax, start, "regime starts")
        if is_evaluated(ds):
            _mark(ax, start + evidence_months(ds), f"evidence ends at month {evidence_months(ds):g}")
    return ax


def _mark(ax: Axes, month: float, text: str) -> None:
    """Draw a dashed line at a month with its meaning upright beside it, unless it stands at the edge or outside."""
    if 0 < month < ax.get_xlim()[1]:
        ax.axvline(month, color=FAINT, linewidth=0.9, linestyle="--")
        ax.annotate(text, (month, 0), (3, 4), textcoords="offset points", va="bottom", color=INK, fontsize=SMALL,
                    rotation=90)  # fmt: skip


def shares_table(ds: xr.Dataset) -> Table:
    """Make the table behind shares in each state: at the start, and at the end of each regime."""
    chain, titles = main_chain(ds), titles_of(ds)
    names = [words(str(name)) for name in ds["state_name"].values[states_of(ds, chain)]]
    last = f"month {months(ds)[-1]:.0f}"
    rows = [
        (titles.regime(world.regime), when, *(share(one, 1) for one in state_shares(ds, world, chain)[0][point]))
        for world in worlds_of_set(ds)
        for when, point in (("start", 0), (last, -1))
    ]
    return Table(f"Share in each state of {words(chain)}", ("regime", "when", *names), tuple(rows))


def states_finding(ds: xr.Dataset) -> str:
    """Say how the states stand at the end under the first regime, and how the worst one stood at the start."""
    world, chain = worlds_of_set(ds)[0], main_chain(ds)
    names = [words(str(name)) for name in ds["state_name"].values[states_of(ds, chain)]]
    shares, _ = state_shares(ds, world, chain)
    parts = [f"{share(shares[-1, i], 0)} {name}" for i, name in enumerate(names)]
    unit = plural(str(ds["unit_of_state"].values[states_of(ds, chain)[0]]))
    first = ", ".join(share(shares[0, i], 0) for i in np.arange(len(names)))
    regime, last = titles_of(ds).regime(world.regime), f"{months(ds)[-1]:.0f} months"
    return sentence(f"under {regime} and after {last}, {unit} are {listed(parts)} ({first} at the start)")


FIGURE = Exhibit(
    name="states", title="Where families stand",
    caption="Share in each state under the regime that the others are held against, mean over replications. What the "
    "other regimes change is too little to be seen at this scale, and is drawn for itself next.",
    applies=lambda ds: ds.sizes["state"] > 0, draw=plot_states, table=shares_table, finding=states_finding,
    section="families", order=20,
)  # fmt: skip
