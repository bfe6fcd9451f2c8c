"""What single families cost, with the dearest hundredth."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.arrays import FloatArray
from sim.exhibits.drawing import SMALL, line_axes, name_lines, name_y
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import figure, share
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import COLOURS, SHADE, WIDE, Canvas, words
from sim.results.folder.beside import FAMILIES
from sim.runs.follow.spread import PERCENTILES, CostSpread, Spread
from sim.table import Table

WORST = 99.0


def plot_family_costs(spread: Spread, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw how much families cost a year, cheapest first, a line for each regime; the dearest hundredth shaded.

    The dearer half is drawn wider, so that its end can be seen: each step of the axis leaves a tenth of the families.
    """
    shown = _shown(spread)
    ax = line_axes(len(shown), canvas) if ax is None else ax
    along, regimes = _place(np.array(PERCENTILES) / 100), [_regime(cost.world) for cost in shown]
    for cost, regime, colour in zip(shown, regimes, COLOURS, strict=False):
        ax.plot(along, cost.percentiles, color=colour, linewidth=1.8, label=regime)
    ticks = (0.0, 0.5, 0.9, WORST / 100, 0.999)
    ax.set_xticks(_place(np.array(ticks)), [f"{100 * tick:g}%" for tick in ticks])
    ax.set(xlim=(0, along[-1]), ylim=(0, None), xlabel=f"Share of {spread.families:,} families, cheapest first")
    name_y(ax, f"£ a family and year ({spread.ledger} ledger; lower is better)", canvas)
    edge = float(_place(np.array([WORST / 100]))[0])
    ax.axvspan(edge, along[-1], color=SHADE, zorder=0, linewidth=0)
    ax.annotate("dearest 1%", (edge, 0), (4, 4), xycoords=("data", "axes fraction"), fontsize=SMALL,
                textcoords="offset points")  # fmt: skip
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: figure(y)))
    name_lines(ax, [cost.percentiles[-1] for cost in shown], regimes, canvas)
    return ax


def costs_finding(spread: Spread) -> str:
    """Say what the dearest hundredth costs under each regime, and its share of all cost."""
    parts = [
        f"£{figure(cost.dearest_mean)} under {_regime(cost.world)}, {share(cost.dearest_share, 1)} of all cost"
        for cost in _shown(spread)
    ]
    return sentence(f"the dearest 1% of families cost, each a year, {listed(parts, ';')}")


def _shown(spread: Spread) -> list[CostSpread]:
    """Give the costs under the first evidence set."""
    first = spread.costs[0].world.partition("/")[2]
    return [cost for cost in spread.costs if cost.world.partition("/")[2] == first]


def _regime(world: str) -> str:
    """Name the regime of a world."""
    return words(world.partition("/")[0])


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


FIGURE = Exhibit[Spread](
    name="family_costs", title="What single families cost",
    caption="Families on the books from the regimes' start to the end, in order of cost under each regime; the first "
    "reading of the evidence, one replication, so that there are no intervals. Most of these years lie beyond the "
    "evidence.",
    applies=lambda spread: bool(spread.costs), draw=plot_family_costs, table=costs_table, finding=costs_finding,
    section="single", order=190, source=FAMILIES,
)  # fmt: skip
