"""What a regime saves as it builds up, by reading of the evidence."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.arrays import FloatArray
from sim.exhibits.drawing import head_room, line_axes, name_lines, name_y, shade_after, zero_line
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import figure
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import COLOURS, WIDE, Canvas
from sim.exhibits.titles import titles_of
from sim.intervals import many_over_replications
from sim.report.defaults import compares, evidence_months, first_ledger, months, regime_named, worlds_of_regime
from sim.report.figures.money.amounts import readings, yearly
from sim.results.costs import cost_by_step
from sim.results.facts import facts_of
from sim.results.summary import window_start
from sim.results.worlds import WorldName, baseline_of
from sim.table import Table


def saved_so_far(ds: xr.Dataset, world: WorldName, ledger: str) -> FloatArray:
    """Give what a world has cost less than the baseline up to each point, £ a family, (point, replication)."""
    saved = cost_by_step(ds, baseline_of(ds, world), ledger) - cost_by_step(ds, world, ledger)
    return np.asarray(np.cumsum(saved, axis=1).T / max(facts_of(ds).rows, 1), dtype=np.float64)


def plot_difference(
    ds: xr.Dataset, ax: Axes | None = None, ledger: str = "narrow", regime: str | None = None, *, canvas: Canvas = WIDE
) -> Axes:
    """Draw the paired saving against the baseline as it builds up, a line for each evidence set, with 95% bands.

    Pounds per family, cumulative and undiscounted; above 0 the regime costs less than the baseline.
    """
    worlds, titles, facts = worlds_of_regime(ds, regime), titles_of(ds), facts_of(ds)
    ax = line_axes(len(worlds), canvas) if ax is None else ax
    labels, ends = readings(ds, worlds), []
    for world, label, colour in zip(worlds, labels, COLOURS, strict=False):
        mean, low, high = many_over_replications(saved_so_far(ds, world, ledger))
        ax.plot(months(ds), mean, color=colour, linewidth=1.8, label=label)
        ax.fill_between(months(ds), low, high, color=colour, alpha=0.2, linewidth=0)
        ends.append(float(mean[-1]))
    zero_line(ax)
    head_room(ax)
    ax.set(xlabel="Months from the start of the run", xlim=(0, months(ds)[-1]))
    chosen, other = titles.regime(regime_named(ds, regime)), titles.regime(facts.baseline)
    said = f"£ a family saved so far by {chosen} against {other}, all spending counted ({ledger} ledger, "
    name_y(ax, f"{said}{facts.prices_aside}, not discounted); below 0 it has cost more", canvas)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: figure(y)))
    known = evidence_months(ds)
    shade_after(ax, window_start(ds) * months(ds)[1] + known, f"evidence ends at month {known:g}")
    name_lines(ax, ends, labels, canvas)
    return ax


def difference_table(ds: xr.Dataset) -> Table:
    """Make the table behind the saving as it builds up, once a year, £ a family."""
    worlds = worlds_of_regime(ds)
    found = [saved_so_far(ds, world, first_ledger(ds)) for world in worlds]
    return yearly("Saved against the baseline so far, £ a family", ds, worlds, months(ds), found, 0)


def difference_finding(ds: xr.Dataset) -> str:
    """Say what has been saved or added by the end of the run, under each reading."""
    worlds, titles = worlds_of_regime(ds), titles_of(ds)
    parts = []
    for world, label in zip(worlds, readings(ds, worlds), strict=True):
        saved = float(saved_so_far(ds, world, first_ledger(ds))[-1].mean())
        parts.append(f"£{figure(abs(saved))} {'saved' if saved >= 0 else 'spent on top'} ({label})")
    against = titles.regime(facts_of(ds).baseline)
    regime, last = titles.regime(worlds[0].regime), f"{months(ds)[-1]:.0f} months"
    return sentence(f"after {last}, per family and against {against}, {regime} comes to {listed(parts)}")


FIGURE = Exhibit(
    name="difference", title="What the regime saves or adds as it goes on, by reading of the evidence",
    caption="Against the baseline on the same random numbers, with 95% bands; up is better. Shaded: no evaluation has "
    "followed families so long, and the lines rest on assumptions.",
    applies=compares, draw=lambda ds, canvas: plot_difference(ds, ledger=first_ledger(ds), canvas=canvas),
    all_sets=True, table=difference_table, finding=difference_finding, section="cost", order=130,
)  # fmt: skip
