"""Who is better and who is worse off, family by family."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from sim.exhibits.exhibit import Exhibit
from sim.exhibits.style import COLOURS, INK, SEVERITY, new_axes, words
from sim.results.folder.beside import FAMILIES
from sim.runs.follow.spread import Paired, Spread
from sim.table import Table

FATES = (("better off", COLOURS[0], "white"), ("unchanged", "#DDDDDD", INK), ("worse off", SEVERITY[-1], "white"))


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
    return f"{words(one.measure)}\n({words(one.world.partition('/')[0])})" if several else words(one.measure)


def paired_table(spread: Spread) -> Table:
    """Make the table behind ``plot_paired``, in every evidence set."""
    rows = tuple(
        (words(one.world), words(one.measure), *(f"{share:.1%}" for share in (one.less, one.same, one.more)))
        for one in spread.paired
    )
    return Table("Family by family", ("regime", "burden", "less of it", "unchanged", "more of it"), rows)


FIGURE = Exhibit[Spread](
    name="paired", title="Better off, unchanged, worse off",
    caption="Each family lives the same fate under both regimes; less of a burden is better. Chance alone makes "
    "nobody better or worse off here, but help changes who meets whom in a queue. Most of the years counted lie "
    "beyond the evidence.",
    applies=lambda spread: bool(spread.paired), draw=plot_paired, table=paired_table, section="single", order=200,
    source=FAMILIES,
)  # fmt: skip
