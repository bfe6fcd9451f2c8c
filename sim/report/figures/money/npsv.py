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
from sim.exhibits.drawing import head_room, line_axes, mark, name_lines, name_y, shade_after, zero_line
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import MILLION
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import COLOURS, WIDE, Canvas
from sim.exhibits.titles import titles_of
from sim.intervals import many_over_replications
from sim.report.defaults import compares, counterpart, regime_named, worlds_of_regime
from sim.report.figures.money.amounts import pounds_axis, readings, yearly
from sim.results.facts import facts_of
from sim.results.worlds import WorldName, baseline_of
from sim.table import Table
from sim.units import MONTHS_PER_YEAR


def net_so_far(ds: xr.Dataset, world: WorldName, against: WorldName, terms: Terms) -> FloatArray:
    """Give the net present social value of a world against another by months counted, £m, (point, replication)."""
    net = running_net(ds, increments(ds, world, against, terms), terms)
    return np.asarray(net.T / MILLION, dtype=np.float64)


def plot_npsv(
    ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None, against: str | None = None, *,
    canvas: Canvas = WIDE,
) -> Axes:  # fmt: skip
    """Draw net present social value by how many years are counted, a line for each evidence set, with 95% bands.

    Resources only, headline ledger, discounted; the horizon is dashed and everything beyond the evidence shaded.
    """
    terms, titles, worlds = terms_of(ds), titles_of(ds), worlds_of_regime(ds, regime)
    ax = line_axes(len(worlds), canvas) if ax is None else ax
    months = np.concatenate([[0.0], terms.years(whole=False) * MONTHS_PER_YEAR])
    labels, ends = readings(ds, worlds), []
    for world, label, colour in zip(worlds, labels, COLOURS, strict=False):
        net = net_so_far(ds, world, counterpart(ds, world, against), terms)
        mean, low, high = (np.concatenate([[0.0], part]) for part in many_over_replications(net))
        ax.plot(months, mean, color=colour, linewidth=1.8, label=label)
        if terms.sampled:
            ax.fill_between(months, low, high, color=colour, alpha=0.2, linewidth=0)
        ends.append(float(mean[-1]))
    zero_line(ax)
    ax.set(xlim=(0, months[-1]), xlabel="Months counted from the regime's start")
    if months[-1] >= 2 * MONTHS_PER_YEAR:
        ax.set_xticks(np.arange(0, months[-1] + 1, MONTHS_PER_YEAR * (2 if canvas.is_narrow else 1)))
    head_room(ax, 0.2)
    chosen, other = titles.regime(regime_named(ds, regime)), titles.regime(against or facts_of(ds).baseline)
    said = f"£ million that {chosen} saves more than it costs, against {other} ({terms.prices_aside}, "
    name_y(ax, f"{said}{terms.ledger} ledger, discounted)", canvas)
    ax.yaxis.set_major_formatter(FuncFormatter(pounds_axis))
    mark(ax, terms.horizon_years * MONTHS_PER_YEAR, f"horizon of {terms.horizon_years:g} years")
    shade_after(ax, terms.spec.evidence_months, f"evidence ends at month {terms.spec.evidence_months:g}")
    name_lines(ax, ends, labels, canvas)
    return ax


def npsv_table(ds: xr.Dataset) -> Table:
    """Make the table behind net present social value by years counted, £m."""
    terms, worlds = terms_of(ds), worlds_of_regime(ds)
    at = terms.years(whole=False) * MONTHS_PER_YEAR
    found = [net_so_far(ds, world, baseline_of(ds, world), terms) for world in worlds]
    return yearly("Net present social value by months counted, £m", ds, worlds, at, found, 1)


def npsv_finding(ds: xr.Dataset) -> str:
    """Say under each reading when, if ever, the regime has saved what it cost for good."""
    terms, worlds, titles = terms_of(ds), worlds_of_regime(ds), titles_of(ds)
    at, parts = terms.years(whole=False) * MONTHS_PER_YEAR, []
    for world, label in zip(worlds, readings(ds, worlds), strict=True):
        below = np.flatnonzero(net_so_far(ds, world, baseline_of(ds, world), terms).mean(axis=1) < 0)
        first = 0 if not below.size else int(below[-1]) + 1
        when = f"from month {at[first]:.0f} on" if first < len(at) else f"never in {at[-1]:.0f} months"
        parts.append(f"{when} ({label})")
    against = titles.regime(facts_of(ds).baseline)
    return sentence(
        f"{titles.regime(worlds[0].regime)} has saved more than it has cost, against {against}: {listed(parts)}"
    )


FIGURE = Exhibit(
    name="npsv", title="Is it worth it, by how many years are counted",
    caption="Net present social value of the last regime against the baseline: resources alone, discounted, 95% "
    "bands. Above 0 it is worth its cost. Shaded: beyond the evidence, where the lines rest on assumptions.",
    applies=compares, draw=plot_npsv, all_sets=True, table=npsv_table, finding=npsv_finding, section="cost",
    order=140,
)  # fmt: skip
