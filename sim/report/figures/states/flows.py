"""Where those who were in a state went."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.arrays import FloatArray
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import plural
from sim.exhibits.style import FAINT, INK, SEVERITY, new_axes, shade_after, words
from sim.report.defaults import EVIDENCE_MONTHS, is_evaluated, main_chain, months, worlds_of_set
from sim.report.figures.states.shares import states_of
from sim.results.facts import facts_of
from sim.results.summary import window_start
from sim.results.worlds import WorldName, of_world
from sim.table import Table
from sim.units import MONTHS_PER_YEAR

LATER = (0, 12, 24, 60)
"""Months after the regime's start at which flows between states stop to be read."""
JOINED = "joined since"
BAR = 0.07
MIN_LABEL = 0.035


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


def plot_flows(
    ds: xr.Dataset, ax: Axes | None = None, world: WorldName | None = None, chain: str | None = None
) -> Axes:
    """Draw, as bands between bars, where rows in each state at one point are at the next (see ``journeys``)."""
    ax = new_axes(7.5, 4.2) if ax is None else ax
    world = worlds_of_set(ds)[-1] if world is None else world
    chain = main_chain(ds) if chain is None else chain
    points = flow_points(ds, world)
    found = journeys(ds, world, chain, points)
    names = [words(str(name)) for name in ds["state_name"].values[states_of(ds, chain)]]
    total = max(float(held.sum()) for held in found) or 1.0  # nobody: nothing to draw
    stocks = of_world(ds, world, "occupancy").values[points][:, states_of(ds, chain)] / total
    colours = [SEVERITY[round(i * (len(SEVERITY) - 1) / max(len(names) - 1, 1))] for i in range(len(names))]
    for x, held in enumerate(found):
        _ribbons(ax, x, held / total, stocks[x], stocks[x + 1], [*colours, FAINT])
    for x, stock in enumerate(stocks):
        _bar(ax, x, stock, colours, names)
    start, step = window_start(ds), months(ds)[1]
    ax.set_xticks(range(len(points)), [f"{(point - start) * step:.0f}" for point in points])
    ax.set(xlim=(-0.2, len(points) - 0.8), title=words(world.regime))
    ax.set_xlabel("Months since the regimes' start (not to scale)")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:.0%}"))
    ax.set_ylabel(f"Share of {plural(str(ds['unit_of_state'].values[states_of(ds, chain)[0]]))}")
    later = [x for x, point in enumerate(points) if (point - start) * step >= EVIDENCE_MONTHS]
    if is_evaluated(ds) and later and later[0] < len(points) - 1:
        shade_after(ax, later[0] + BAR, "evidence ends")
    ax.set_ylim(0, 1.12)
    return ax


def _bar(ax: Axes, x: int, stock: FloatArray, colours: Sequence[str], names: Sequence[str]) -> None:
    """Draw the stock at one point, best at the bottom, with the names of what is large enough."""
    bottom = 0.0
    for share, colour, name in zip(stock, colours, names, strict=True):
        ax.bar(x, share, 2 * BAR, bottom=bottom, color=colour, edgecolor="white", linewidth=0.5, zorder=3)
        if share >= MIN_LABEL:
            text = f"{name}\n{share:.0%}" if share >= 2 * MIN_LABEL else f"{name} {share:.0%}"
            ax.text(x, bottom + share / 2, text, ha="center", va="center", fontsize=7.5, color=INK, zorder=4,
                    bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 1.0})  # fmt: skip
        bottom += share


def _ribbons(ax: Axes, x: int, held: FloatArray, before: FloatArray, after: FloatArray, colours: Sequence[str]) -> None:
    """Draw bands from the states at one point to those at the next; who joined comes in from above."""
    base_left = np.concatenate([[0.0], np.cumsum(before)[:-1], [1.04]])
    base_right = np.concatenate([[0.0], np.cumsum(after)[:-1]])
    along = np.linspace(0.0, 1.0, 40)
    bend = along * along * (3 - 2 * along)
    for i in range(len(held)):
        for j in range(held.shape[1]):
            width = float(held[i, j])
            if width > 0.002:
                low = base_left[i] + (base_right[j] - base_left[i]) * bend
                xs = x + BAR + (1 - 2 * BAR) * along
                ax.fill_between(xs, low, low + width, color=colours[i], alpha=0.55, linewidth=0, zorder=2)
            base_left[i] += width
            base_right[j] += width


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
    caption="Bands lead from where families are at one time to where they are at the next, in the colour of where "
    "they came from; grey are families who joined since, and what has no band going out has left. Worked out from "
    "counts of moves, as if all in a state were alike: single families keep to their state more than this shows.",
    applies=has_moves, draw=lambda ds: plot_flows(ds, new_axes(7.4, 4.4)), table=flows_table, section="families",
    order=40,
)  # fmt: skip
