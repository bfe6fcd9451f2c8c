"""How families differ: cost per family with the dearest hundredth, and who is better and worse off, one by one."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from sim.arrays import FloatArray
from sim.exhibits.numbers import figure
from sim.exhibits.style import COLOURS, INK, SEVERITY, SHADE, dark, new_axes, spaced, words
from sim.runs.follow.spread import PERCENTILES, CostSpread, Paired, Spread
from sim.table import Table

WORST = 99.0
FATES = (("better off", COLOURS[0], "white"), ("unchanged", "#DDDDDD", INK), ("worse off", SEVERITY[-1], "white"))


def _shown(spread: Spread) -> list[CostSpread]:
    """Give the costs under the first evidence set."""
    first = spread.costs[0].world.partition("/")[2]
    return [cost for cost in spread.costs if cost.world.partition("/")[2] == first]


def _regime(world: str) -> str:
    """Name the regime of a world."""
    return words(world.partition("/")[0])


def plot_family_costs(spread: Spread, ax: Axes | None = None) -> Axes:
    """Draw how much families cost a year, cheapest first, a line for each regime; the dearest hundredth shaded.

    The dearer half is drawn wider, so that its end can be seen: each step of the axis leaves a tenth of the families.
    """
    ax = new_axes(6.6, 4.0) if ax is None else ax
    shown = _shown(spread)
    along = _place(np.array(PERCENTILES) / 100)
    for cost, colour in zip(shown, COLOURS, strict=False):
        ax.plot(along, cost.percentiles, color=colour, linewidth=1.6)
    ticks = (0.0, 0.5, 0.9, WORST / 100, 0.999)
    ax.set_xticks(_place(np.array(ticks)), [f"{100 * tick:g}%" for tick in ticks])
    ax.set(xlim=(0, along[-1]), ylim=(0, None), xlabel=f"Share of {spread.families:,} families, cheapest first")
    ax.set_ylabel(f"£ a family and year, {spread.ledger} ledger")
    ax.axvspan(float(_place(np.array([WORST / 100]))[0]), along[-1], color=SHADE, zorder=0, linewidth=0)
    means = "\n".join(f"{_regime(cost.world)}: {figure(cost.dearest_mean)}" for cost in shown)
    ax.annotate(f"mean of the dearest 1%, £\n{means}", (0.02, 0.97), xycoords="axes fraction", va="top", fontsize=8)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    top = ax.get_ylim()[1]
    ends = spaced([cost.percentiles[-1] for cost in shown], 0.05 * top)
    for cost, end, colour in zip(shown, ends, COLOURS, strict=False):
        ax.annotate(_regime(cost.world), (along[-1], end), (5, 0), textcoords="offset points", va="center", fontsize=8,
                    color=dark(colour), annotation_clip=False)  # fmt: skip
    return ax


def _place(share: FloatArray) -> FloatArray:
    """Place a share of families on the axis: how many powers of ten the rest is smaller than all."""
    return np.asarray(-np.log10(np.maximum(1.0 - share, 1e-6)))


def costs_table(spread: Spread) -> Table:
    """Make the table behind ``plot_family_costs``, in every evidence set."""
    at = {name: PERCENTILES.index(float(name)) for name in (10, 50, 90, 99)}
    rows = tuple(
        (words(cost.world), figure(cost.mean), *(figure(cost.percentiles[i]) for i in at.values()),
         figure(cost.dearest_mean), f"{cost.dearest_share:.1%}")
        for cost in spread.costs
    )  # fmt: skip
    columns = ("regime", "mean", "10% cost at most", "half cost at most", "90% cost at most", "99% cost at most",
               "mean of the dearest 1%", "their share of all cost")  # fmt: skip
    title = f"Cost a family and year, £, {spread.ledger} ledger"
    return Table(title, columns, rows, f"{spread.families:,} families over {spread.years:.3g} years.")


def plot_paired(spread: Spread, ax: Axes | None = None) -> Axes:
    """Draw the shares of families better off, unchanged and worse off than under the baseline, family by family."""
    first = spread.paired[0].world.partition("/")[2]
    shown = [one for one in spread.paired if one.world.partition("/")[2] == first]
    ax = new_axes(6.8, 1.5 + 0.36 * len(shown)) if ax is None else ax
    for y, one in enumerate(shown):
        left = 0.0
        for share, (_, colour, ink) in zip((one.less, one.same, one.more), FATES, strict=True):
            ax.barh(y, share, 0.66, left=left, color=colour, edgecolor="white")
            if share > 0.055:
                ax.text(left + share / 2, y, f"{share:.0%}", ha="center", va="center", fontsize=8, color=ink)
            left += share
    ax.set(yticks=range(len(shown)), yticklabels=[_line(one, shown) for one in shown])
    ax.set(ylim=(len(shown) - 0.5, -0.5), xlim=(0, 1))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.0%}"))
    ax.set_xlabel(f"Share of {spread.families:,} families, each held against its own life under the baseline")
    handles = [Patch(color=colour, label=label) for label, colour, _ in FATES]
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=8)
    return ax


def _line(one: Paired, shown: list[Paired]) -> str:
    """Name a bar; the regime too where there are several."""
    several = len({other.world for other in shown}) > 1
    return f"{words(one.measure)}\n({_regime(one.world)})" if several else words(one.measure)


def paired_table(spread: Spread) -> Table:
    """Make the table behind ``plot_paired``, in every evidence set."""
    rows = tuple(
        (words(one.world), words(one.measure), *(f"{share:.1%}" for share in (one.less, one.same, one.more)))
        for one in spread.paired
    )
    return Table("Family by family", ("regime", "burden", "less of it", "unchanged", "more of it"), rows)
