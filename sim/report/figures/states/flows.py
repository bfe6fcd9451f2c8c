"""Where those who were in a state went, as a table for the first and the last regime."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from sim.arrays import FloatArray
from sim.exhibits.drawing import SMALL
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import fixed, plural, share
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import INK, WIDE, Canvas, new_axes, new_panels, words
from sim.exhibits.titles import titles_of
from sim.report.defaults import evidence_months, main_chain, months, worlds_of_set
from sim.report.figures.states.shares import states_of
from sim.results.facts import facts_of
from sim.results.summary import window_start
from sim.results.worlds import WorldName, of_world
from sim.table import Table
from sim.units import MONTHS_PER_YEAR

LATER = (0, 12, 24, 60)
"""Months after the regime's start at which flows between states stop to be read."""
JOINED = "joined since"
TINTS = LinearSegmentedColormap.from_list("share", ["#FFFFFF", "#92C0DE"])
"""Light enough for dark text throughout."""


def flow_points(ds: xr.Dataset, world: WorldName) -> list[int]:
    """Give the points at which flows are read: the start of the regimes, then ``LATER``, then the end."""
    start, per_month = window_start(ds), 1 / (facts_of(ds).step_years * MONTHS_PER_YEAR)
    last = ds.sizes["step"] - 1
    points = [start + round(month * per_month) for month in LATER]
    return sorted({point for point in points if point < last} | {last})


def journeys(ds: xr.Dataset, world: WorldName, chain: str, points: Sequence[int]) -> list[FloatArray]:
    """Follow who is in each state from each of ``points`` to the next one.

    Parameters
    ----------
    ds, world, chain
        Whose mean counts over replications are followed.
    points
        In order.

    Returns
    -------
        For each two neighbouring points the rows by state at the first (and, last, those who joined in between) and
        state at the second, shape (state + 1, state). Columns sum to the stock at the second point.

    Notes
    -----
    Counts of moves do not say who moved: everybody in a state is taken to be as likely to make its next move, so that
    people stay less true to their state here than in the simulation. Net gains and losses of a state by comings and
    goings are those that its moves leave unexplained.
    """
    places = states_of(ds, chain)
    stocks = of_world(ds, world, "occupancy").values[:, places]
    moves = _moves(ds, world, chain)
    found = []
    for first, last in pairwise(points):
        held = np.vstack([np.diag(stocks[first]), np.zeros(len(places))])
        for t in range(first + 1, last + 1):
            chance = moves[t] / np.maximum(stocks[t - 1], 1e-300)[:, None]
            held = held @ (chance + np.diag(1.0 - chance.sum(axis=1)))
            now = held.sum(axis=0)
            gap = stocks[t] - now
            held = held * np.where(gap < 0, stocks[t] / np.maximum(now, 1e-300), 1.0)
            held[-1] += np.maximum(gap, 0.0)
        found.append(held)
    return found


def _moves(ds: xr.Dataset, world: WorldName, chain: str) -> FloatArray:
    """Give mean moves of each step between the states of a chain, (steps + 1, state, state)."""
    names = [str(name) for name in ds["state_name"].values[states_of(ds, chain)]]
    flows = of_world(ds, world, "flows").values
    result = np.zeros((len(flows), len(names), len(names)))
    for i in np.flatnonzero(ds["flow_chain"].values == chain):
        before, after = str(ds["flow"].values[i]).removeprefix(f"{chain}: ").split(" -> ")
        result[:, names.index(before), names.index(after)] += flows[:, i]
    return result


def moved(ds: xr.Dataset, world: WorldName, chain: str) -> tuple[FloatArray, float]:
    """Give where those in each state at the regimes' start, and still there, are when the evidence ends.

    Returns
    -------
        Shares by state at the start and state later, shape (state, state), and the months between.
    """
    start, per_month = window_start(ds), 1 / (facts_of(ds).step_years * MONTHS_PER_YEAR)
    last = min(start + round(evidence_months(ds) * per_month), ds.sizes["step"] - 1)
    (held,) = journeys(ds, world, chain, [start, last])
    counts = held[:-1]
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-300), (last - start) / per_month


def plot_flows(
    ds: xr.Dataset, ax: Axes | None = None, world: WorldName | None = None, chain: str | None = None, *,
    against: WorldName | None = None, canvas: Canvas = WIDE,
) -> Axes:  # fmt: skip
    """Draw as a table where rows in each state at the regimes' start are when the evidence ends (see ``journeys``).

    With ``against``, what that is more or less than under another world, in percentage points.
    """
    ax = new_axes(3.4, canvas) if ax is None else ax
    world = worlds_of_set(ds)[0] if world is None else world
    chain = main_chain(ds) if chain is None else chain
    shares, after = moved(ds, world, chain)
    title = titles_of(ds).regime(world.regime)
    if against is not None:
        shares, title = shares - moved(ds, against, chain)[0], f"{title}: change, % points"
    names = [words(str(name)).replace(" ", "\n", 1) for name in ds["state_name"].values[states_of(ds, chain)]]
    edges = np.arange(len(names) + 1) - 0.5
    ax.pcolormesh(edges, edges, np.abs(shares), cmap=TINTS, vmin=0.0, vmax=1.0, edgecolors="white")
    ax.invert_yaxis()
    for (row, column), one in np.ndenumerate(shares):
        text = share(one, 0) if against is None else fixed(100 * one, 1, sign=True)
        ax.text(column, row, text, ha="center", va="center", fontsize=SMALL, color=INK)
    ax.set_xticks(range(len(names)), names)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set(title=canvas.fold(title, 16 if canvas.is_narrow else 60), xlabel=f"State {after:.0f} months later")
    ax.set_ylabel("State at the start")
    return ax


def draw_flows(ds: xr.Dataset, *, canvas: Canvas = WIDE) -> Axes:
    """Draw the table of the baseline, and what the last regime changes in it."""
    worlds = worlds_of_set(ds)
    n = 1 + (len(worlds) > 1)
    panels = new_panels(n, 3.4, canvas, beside=1 if canvas.is_narrow else 2, share_y=False)
    plot_flows(ds, panels[0], worlds[0], canvas=canvas)
    if len(panels) > 1:
        plot_flows(ds, panels[1], worlds[-1], against=worlds[0], canvas=canvas)
    return panels[0]


def flows_finding(ds: xr.Dataset) -> str:
    """Say what share of those in the worst state at the start is in it later, under the first and last regime."""
    chain, titles = main_chain(ds), titles_of(ds)
    names = [words(str(name)) for name in ds["state_name"].values[states_of(ds, chain)]]
    parts, after = [], 0.0
    for world in dict.fromkeys((worlds_of_set(ds)[0], worlds_of_set(ds)[-1])):
        shares, after = moved(ds, world, chain)
        parts.append(f"{share(shares[-1, -1], 1)} under {titles.regime(world.regime)}")
    unit = plural(str(ds["unit_of_state"].values[states_of(ds, chain)[0]]))
    when = f"{after:.0f} months later"
    return sentence(f"of {unit} {names[-1]} when the regimes start, as many are {names[-1]} {when}: {listed(parts)}")


def flows_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_flows`` for the last regime: shares by state before and after."""
    world, chain = worlds_of_set(ds)[-1], main_chain(ds)
    points = flow_points(ds, world)
    names = [words(str(name)) for name in ds["state_name"].values[states_of(ds, chain)]]
    start, step = window_start(ds), months(ds)[1]
    rows = []
    for (first, last), held in zip(pairwise(points), journeys(ds, world, chain, points), strict=True):
        span = f"{(first - start) * step:.0f} to {(last - start) * step:.0f}"
        for name, row in zip([*names, JOINED], held / (held.sum() or 1.0), strict=True):
            rows.append((f"{span}: {name}", *(f"{cell:.1%}" for cell in row)))
    return Table("Where they went", ("months: from", *(f"to {name}" for name in names)), tuple(rows))


def has_moves(ds: xr.Dataset) -> bool:
    """Whether moves of the main chain were counted, over enough time for a picture."""
    return bool((ds["flow_chain"].values == main_chain(ds)).any()) if ds.sizes["state"] and ds.sizes["flow"] else False


FIGURE = Exhibit(
    name="flows", title="Where they went",
    caption="Of those in each state when the regimes start (rows) and still on the books, the share in each state when "
    "the evidence ends (columns), and what the last regime changes in it. Worked out from counts of moves, as if "
    "all in a state were alike: single families keep to their state more than this shows. The numbers below go on to "
    "later years.",
    applies=has_moves, draw=draw_flows, table=flows_table, finding=flows_finding, section="families", order=40,
)  # fmt: skip
