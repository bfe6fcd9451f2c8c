"""Is it worth it, by how many years are counted."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.arrays import FloatArray
from sim.economics.value.appraisal import running_net
from sim.economics.value.increments import increments
from sim.economics.value.terms import Terms, terms_of
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import MILLION
from sim.exhibits.style import COLOURS, FAINT, INK, name_lines, new_axes, shade_after, words
from sim.intervals import many_over_replications
from sim.report.defaults import compares, counterpart, regime_named, worlds_of_regime
from sim.report.figures.money.amounts import pounds_axis, yearly
from sim.results.facts import facts_of
from sim.results.worlds import WorldName, baseline_of
from sim.table import Table
from sim.units import MONTHS_PER_YEAR


def net_so_far(ds: xr.Dataset, world: WorldName, against: WorldName, terms: Terms) -> FloatArray:
    """Give the net present social value of a world against another by months counted, £m, (point, replication)."""
    net = running_net(ds, increments(ds, world, against, terms), terms)
    return np.asarray(net.T / MILLION, dtype=np.float64)


def plot_npsv(ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None, against: str | None = None) -> Axes:
    """Draw net present social value by how many years are counted, a line for each evidence set, with 95% bands.

    Resources only, headline ledger, discounted; the horizon is dashed and everything beyond the evidence shaded.
    """
    ax = new_axes() if ax is None else ax
    terms, chosen = terms_of(ds), regime_named(ds, regime)
    months = np.concatenate([[0.0], terms.years(whole=False) * MONTHS_PER_YEAR])
    worlds = worlds_of_regime(ds, regime)
    ends: list[float] = []
    for world, colour in zip(worlds, COLOURS, strict=False):
        net = net_so_far(ds, world, counterpart(ds, world, against), terms)
        mean, low, high = (np.concatenate([[0.0], part]) for part in many_over_replications(net))
        ax.plot(months, mean, color=colour, linewidth=1.6)
        if terms.sampled:
            ax.fill_between(months, low, high, color=colour, alpha=0.2, linewidth=0)
        ends.append(float(mean[-1]))
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.set(xlim=(0, months[-1]), xlabel="Months counted from the regime's start")
    if months[-1] >= 2 * MONTHS_PER_YEAR:
        ax.set_xticks(np.arange(0, months[-1] + 1, MONTHS_PER_YEAR))
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom, top + 0.06 * (top - bottom))  # room for the words at the top
    labels = [words(world.effect_set) or words(chosen) for world in worlds]
    name_lines(ax, months[-1], ends, labels, 0.06 * (top - bottom))
    other = words(against or facts_of(ds).baseline)
    ax.set_ylabel(f"£m, {words(chosen)} against {other}\n({terms.price_year} prices, {terms.ledger} ledger)")
    ax.yaxis.set_major_formatter(FuncFormatter(pounds_axis))
    _mark_horizon(ax, terms)
    shade_after(ax, terms.spec.evidence_months, f"evidence ends at month {terms.spec.evidence_months:g}")
    return ax


def _mark_horizon(ax: Axes, terms: Terms) -> None:
    """Mark the horizon of the headline."""
    month = terms.horizon_years * MONTHS_PER_YEAR
    if month < ax.get_xlim()[1]:
        ax.axvline(month, color=FAINT, linewidth=0.9, linestyle="--")
        ax.annotate(f"horizon of {terms.horizon_years:g} years", (month, 1), (4, -4), fontsize=7.5, va="top", color=INK,
                    xycoords=("data", "axes fraction"), textcoords="offset points")  # fmt: skip


def npsv_table(ds: xr.Dataset) -> Table:
    """Make the table behind net present social value by years counted, £m."""
    terms, worlds = terms_of(ds), worlds_of_regime(ds)
    at = terms.years(whole=False) * MONTHS_PER_YEAR
    found = [net_so_far(ds, world, baseline_of(ds, world), terms) for world in worlds]
    return yearly("Net present social value by months counted, £m", ds, worlds, at, found, 1)


FIGURE = Exhibit(
    name="npsv", title="Is it worth it, by how many years are counted",
    caption="Net present social value of the last regime against the baseline: resources alone, discounted, 95% "
    "bands. Above 0 it is worth its cost. Shaded: beyond the evidence, where the lines rest on assumptions.",
    applies=compares, draw=lambda ds: plot_npsv(ds, new_axes(7.5, 4.2)), all_sets=True, table=npsv_table,
    section="cost", order=140,
)  # fmt: skip
