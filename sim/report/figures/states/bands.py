"""Each state of a chain over time, with a band for each regime."""

from __future__ import annotations

from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.exhibits import numbers
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.style import COLOURS, name_lines, new_axes, new_panels, shade_after, words
from sim.intervals import Estimate
from sim.report.defaults import EVIDENCE_MONTHS, is_evaluated, main_chain, months, worlds_of_set
from sim.report.figures.states.shares import state_shares, states_of
from sim.results.summary import window_start
from sim.table import Table
from sim.units import MONTHS_PER_YEAR

BESIDE = 2
"""Panels beside each other where a phone must still show them."""


def plot_state_bands(
    ds: xr.Dataset, ax: Axes | None = None, state: str | None = None, chain: str | None = None,
    effect_set: str | None = None,
) -> Axes:  # fmt: skip
    """Draw the share of rows in one state over time, a line with its 95% band for each regime.

    Raises
    ------
    ValueError
        If the chain has no such state.
    """
    ax = new_axes(5.5, 3.2) if ax is None else ax
    chain = main_chain(ds) if chain is None else chain
    names = [str(name) for name in ds["state_name"].values[states_of(ds, chain)]]
    state = names[-1] if state is None else state
    if state not in names:
        raise ValueError(f"there is no state '{state}' of {chain}; there are {', '.join(names)}")
    place, top = names.index(state), 0.0
    worlds = worlds_of_set(ds, effect_set)
    for world, colour in zip(worlds, COLOURS, strict=False):
        share, half = (array[:, place] for array in state_shares(ds, world, chain))
        ax.plot(months(ds), share, color=colour, linewidth=1.5)
        if np.isfinite(half).any():
            ax.fill_between(months(ds), share - half, share + half, color=colour, alpha=0.2, linewidth=0)
        top = max(top, float((share + np.nan_to_num(half)).max()))
    ax.set(title=words(state), xlabel="Months from the start", xlim=(0, months(ds)[-1]), ylim=(0, 1.25 * top or 1.0))
    ends = [float(state_shares(ds, world, chain)[0][-1, place]) for world in worlds]
    gap = 0.085 * (ax.get_ylim()[1] - ax.get_ylim()[0])
    name_lines(ax, ax.get_xlim()[1], ends, [words(world.regime) for world in worlds], gap, fontsize=8)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:.0%}" if top > 0.1 else f"{y:.1%}"))
    if is_evaluated(ds):
        shade_after(ax, window_start(ds) * months(ds)[1] + EVIDENCE_MONTHS, "evidence ends")
    return ax


def draw_bands(ds: xr.Dataset) -> Axes:
    """Draw one panel for each state of the main chain."""
    chain = main_chain(ds)
    names = [str(name) for name in ds["state_name"].values[states_of(ds, chain)]]
    panels = new_panels(len(names), 3.9, 2.7, beside=BESIDE, share_y=False)
    for ax, name in zip(panels, names, strict=True):
        plot_state_bands(ds, ax, name, chain)
    return panels[0]


def bands_table(ds: xr.Dataset) -> Table:
    """Make the table behind states over time: shares once a year with their intervals."""
    chain = main_chain(ds)
    names = [words(str(name)) for name in ds["state_name"].values[states_of(ds, chain)]]
    step = max(1, round(MONTHS_PER_YEAR / months(ds)[1])) if len(months(ds)) > 1 else 1
    rows = []
    for world in worlds_of_set(ds):
        share, half = state_shares(ds, world, chain)
        for point in range(0, len(share), step):
            cells = [_share(*pair) for pair in zip(share[point], half[point], strict=True)]
            rows.append((words(world.regime), f"{months(ds)[point]:.0f}", *cells))
    return Table(f"Share in each state of {words(chain)}", ("regime", "month", *names), tuple(rows))


def _share(share: float, half: float) -> str:
    """Write a share with its interval."""
    estimate = Estimate(share, max(share - half, 0.0), share + half)
    return numbers.interval(estimate, partial(numbers.share, places=1))


FIGURE = Exhibit(
    name="bands", title="Each state, regime by regime",
    caption="Share in each state with 95% bands over replications; the scales differ. Shaded: beyond the evidence. "
    "Lines that cannot be told apart mean that the regimes do not differ.",
    applies=lambda ds: ds.sizes["state"] > 0, draw=draw_bands, table=bands_table, section="families", order=30,
)  # fmt: skip
