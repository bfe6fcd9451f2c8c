"""What a regime changes in each state of a chain over time, with a band for each regime."""

from __future__ import annotations

from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from scipy.special import stdtrit

from sim.arrays import FloatArray
from sim.exhibits import numbers
from sim.exhibits.drawing import head_room, key, shade_after, zero_line
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import digits, plural
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import COLOURS, WIDE, Canvas, new_axes, new_panels, words
from sim.exhibits.titles import titles_of
from sim.intervals import UPPER_TAIL, Estimate
from sim.report.defaults import evidence_months, is_evaluated, main_chain, months, worlds_of_set
from sim.report.figures.states.shares import state_shares, states_of
from sim.results.facts import facts_of
from sim.results.summary import window_start
from sim.results.worlds import WorldName, baseline_of, of_world
from sim.table import Table
from sim.units import MONTHS_PER_YEAR

THOUSAND = 1000.0


def fewer(ds: xr.Dataset, world: WorldName, chain: str) -> tuple[FloatArray, FloatArray]:
    """Give how many fewer of 1,000 rows are in each state than under the baseline, and half its 95% interval.

    Shape (steps + 1, state); halves are NaN where there is no interval. A Dataset keeps the variance of each world's
    counts but not of their difference: the worlds are taken as independent, though they share their chance, so that
    intervals are wider than they need be.
    """
    base, places = baseline_of(ds, world), states_of(ds, chain)
    change = state_shares(ds, base, chain)[0] - state_shares(ds, world, chain)[0]
    n = ds.sizes["replication"]
    if n < 2 or facts_of(ds).is_exact:
        return THOUSAND * change, np.full_like(change, np.nan)
    total = np.maximum(of_world(ds, base, "occupancy").values[:, places].sum(axis=1, keepdims=True), 1e-300)
    variance = sum(of_world(ds, one, "occupancy_var").values[:, places] for one in (base, world))
    half = float(stdtrit(n - 1, UPPER_TAIL)) * np.sqrt(variance / n) / total
    same = change == 0  # before a regime starts both worlds are one
    return THOUSAND * change, THOUSAND * np.where(same, 0.0, half)


def changed_worlds(ds: xr.Dataset, effect_set: str | None = None) -> list[WorldName]:
    """List the worlds of one evidence set that are held against the baseline."""
    return [world for world in worlds_of_set(ds, effect_set) if world.regime != facts_of(ds).baseline]


def plot_state_bands(
    ds: xr.Dataset, ax: Axes | None = None, state: str | None = None, chain: str | None = None,
    effect_set: str | None = None, *, canvas: Canvas = WIDE,
) -> Axes:  # fmt: skip
    """Draw how many fewer of 1,000 rows are in a state than under the baseline, a line with its band for each regime.

    The last state of the chain unless one is named; above 0 there are fewer.

    Raises
    ------
    ValueError
        If the chain has no such state.
    """
    ax = new_axes(3.6, canvas) if ax is None else ax
    chain = main_chain(ds) if chain is None else chain
    names = [str(name) for name in ds["state_name"].values[states_of(ds, chain)]]
    state = names[-1] if state is None else state
    if state not in names:
        raise ValueError(f"there is no state '{state}' of {chain}; there are {', '.join(names)}")
    place, titles = names.index(state), titles_of(ds)
    for world, colour in zip(changed_worlds(ds, effect_set), COLOURS, strict=False):
        change, half = (array[:, place] for array in fewer(ds, world, chain))
        ax.plot(months(ds), change, color=colour, linewidth=1.8, label=titles.regime(world.regime))
        if np.isfinite(half).any():
            ax.fill_between(months(ds), change - half, change + half, color=colour, alpha=0.2, linewidth=0)
    ax.set(title=f"{words(state)}: fewer of 1,000", xlabel="Months from the start of the run")
    ax.set_xlim(0, months(ds)[-1])
    zero_line(ax)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: digits(y)))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    if is_evaluated(ds):
        shade_after(ax, window_start(ds) * months(ds)[1] + evidence_months(ds), f"after month {evidence_months(ds):g}")
    return ax


def draw_bands(ds: xr.Dataset, *, canvas: Canvas = WIDE) -> Axes:
    """Draw one panel for each state of the main chain but the best."""
    chain = main_chain(ds)
    places = states_of(ds, chain)
    names = [str(name) for name in ds["state_name"].values[places]][1:]
    panels = new_panels(len(names), 3.2, canvas, beside=1 if canvas.is_narrow else min(len(names), 3))
    for ax, name in zip(panels, names, strict=True):
        plot_state_bands(ds, ax, name, chain, canvas=canvas)
    head_room(panels[0], 0.2)
    key(panels[0], canvas)
    return panels[0]


def bands_table(ds: xr.Dataset) -> Table:
    """Make the table behind it: how many fewer of 1,000 are in each state, once a year, with intervals."""
    chain, titles = main_chain(ds), titles_of(ds)
    names = [f"fewer {words(str(name))}" for name in ds["state_name"].values[states_of(ds, chain)]]
    step = max(1, round(MONTHS_PER_YEAR / months(ds)[1])) if len(months(ds)) > 1 else 1
    rows = []
    for world in changed_worlds(ds):
        change, half = fewer(ds, world, chain)
        for point in range(0, len(change), step):
            cells = [_change(*pair) for pair in zip(change[point], half[point], strict=True)]
            rows.append((titles.regime(world.regime), f"{months(ds)[point]:.0f}", *cells))
    note = f"Of 1,000, against {titles.regime(facts_of(ds).baseline)}; below 0 there are more."
    return Table(f"What changes in each state of {words(chain)}", ("regime", "month", *names), tuple(rows), note)


def _change(change: float, half: float) -> str:
    """Write a change with its interval."""
    return numbers.interval(Estimate(change, *(None if np.isnan(half) else change + way * half for way in (-1, 1))),
                            partial(digits, n=2, sign=True))  # fmt: skip


def bands_finding(ds: xr.Dataset) -> str:
    """Say how many fewer or more are in the worse states when the evidence ends, under each regime."""
    chain, titles = main_chain(ds), titles_of(ds)
    places = states_of(ds, chain)
    names = [words(str(name)) for name in ds["state_name"].values[places]]
    step = months(ds)[1]
    at = min(window_start(ds) + round(evidence_months(ds) / step), len(months(ds)) - 1)
    said = []
    for world in changed_worlds(ds):
        change = fewer(ds, world, chain)[0][at]
        parts = [f"{digits(abs(change[i]), 2)} {'fewer' if change[i] >= 0 else 'more'} {names[i]}"
                 for i in range(1, len(names))]  # fmt: skip
        said.append(f"{listed(parts)} under {titles.regime(world.regime)}")
    unit = plural(str(ds["unit_of_state"].values[places[0]]))
    month = f"{(at - window_start(ds)) * step:.0f} months after the start"
    return sentence(
        f"of 1,000 {unit}, {month} and against {titles.regime(facts_of(ds).baseline)}: {listed(said, ';')}"
    )


FIGURE = Exhibit(
    name="bands", title="What the regimes change for families",
    caption="How many fewer of 1,000 are in each state but the best than under the baseline; up is better, below 0 "
    "there are more. Bands are 95% over replications, and wider than they need be: they do not know that the regimes "
    "share their chance. Shaded: beyond the evidence.",
    applies=lambda ds: ds.sizes["state"] > 0 and bool(changed_worlds(ds)), draw=draw_bands, table=bands_table,
    finding=bands_finding, section="families", order=30,
)  # fmt: skip
