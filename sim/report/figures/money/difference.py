"""What a regime adds or saves as it builds up, by reading of the evidence."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.arrays import FloatArray
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.style import COLOURS, INK, name_lines, new_axes, shade_after, words
from sim.intervals import many_over_replications
from sim.report.defaults import EVIDENCE_MONTHS, compares, first_ledger, months, regime_named, worlds_of_regime
from sim.report.figures.money.amounts import yearly
from sim.results.costs import cost_by_step
from sim.results.facts import facts_of
from sim.results.summary import window_start
from sim.results.worlds import WorldName, baseline_of
from sim.table import Table


def extra_so_far(ds: xr.Dataset, world: WorldName, ledger: str) -> FloatArray:
    """Give what a world has cost more than the baseline up to each point, £ a family, (point, replication)."""
    extra = cost_by_step(ds, world, ledger) - cost_by_step(ds, baseline_of(ds, world), ledger)
    return np.asarray(np.cumsum(extra, axis=1).T / max(facts_of(ds).rows, 1), dtype=np.float64)


def plot_difference(ds: xr.Dataset, ax: Axes | None = None, ledger: str = "narrow", regime: str | None = None) -> Axes:
    """Draw the paired difference in cost to the baseline as it builds up, a line for each evidence set, with 95% bands.

    Pounds per family, cumulative and undiscounted; below 0 the regime costs less than the baseline.
    """
    ax = new_axes() if ax is None else ax
    worlds, chosen = worlds_of_regime(ds, regime), regime_named(ds, regime)
    ends = []
    for world, colour in zip(worlds, COLOURS, strict=False):
        mean, low, high = many_over_replications(extra_so_far(ds, world, ledger))
        ax.plot(months(ds), mean, color=colour, linewidth=1.6)
        ax.fill_between(months(ds), low, high, color=colour, alpha=0.2, linewidth=0)
        ends.append(float(mean[-1]))
    ax.axhline(0, color=INK, linewidth=0.8)
    bottom, top = ax.get_ylim()
    labels = [words(world.effect_set) or chosen for world in worlds]
    name_lines(ax, months(ds)[-1], ends, labels, 0.06 * (top - bottom))
    ax.set(xlabel="Months from the start", xlim=(0, months(ds)[-1]), ylim=(bottom, top + 0.06 * (top - bottom)))
    ax.set_ylabel(f"£ per family, {words(chosen)} minus {words(facts_of(ds).baseline)}\n(cumulative, {ledger} ledger)")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    end = window_start(ds) * months(ds)[1] + EVIDENCE_MONTHS
    shade_after(ax, end, f"evidence ends at month {EVIDENCE_MONTHS} of the regime")
    return ax


def difference_table(ds: xr.Dataset) -> Table:
    """Make the table behind the difference to the baseline as it builds up, once a year, £ a family."""
    worlds = worlds_of_regime(ds)
    found = [extra_so_far(ds, world, first_ledger(ds)) for world in worlds]
    return yearly("Difference to the baseline so far, £ a family", ds, worlds, months(ds), found, 0)


FIGURE = Exhibit(
    name="difference", title="What the regime adds or saves, by reading of the evidence",
    caption="Difference to the baseline on the same random numbers, with 95% bands. Shaded: no evaluation has "
    "followed families so long, and the lines rest on assumptions.",
    applies=compares, draw=lambda ds: plot_difference(ds, new_axes(7.5, 4.2), first_ledger(ds)), all_sets=True,
    table=difference_table, section="cost", order=130,
)  # fmt: skip
