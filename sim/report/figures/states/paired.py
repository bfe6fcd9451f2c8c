"""Who is better and who is worse off, family by family."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from sim.exhibits.drawing import SMALL, bar_height, key, name_rows, places, row_axes
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import share
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import COLOURS, INK, SEVERITY, WIDE, Canvas, words
from sim.results.folder.beside import FAMILIES
from sim.runs.follow.spread import Paired, Spread
from sim.table import Table

FATES = (("better off", COLOURS[0], "white"), ("unchanged", "#DDDDDD", INK), ("worse off", SEVERITY[-1], "white"))


def plot_paired(spread: Spread, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw the shares of families better off, unchanged and worse off than under the baseline, family by family."""
    shown = _shown(spread)
    ax = row_axes(len(shown), canvas) if ax is None else ax
    for y, one in zip(places(len(shown), canvas), shown, strict=True):
        left = 0.0
        for part, (_, colour, ink) in zip((one.less, one.same, one.more), FATES, strict=True):
            ax.barh(y, part, bar_height(canvas), left=left, color=colour, edgecolor="white")
            if part > (0.11 if canvas.is_narrow else 0.07):
                ax.text(left + part / 2, y, share(part, 0), ha="center", va="center", fontsize=SMALL, color=ink)
            left += part
    name_rows(ax, [_line(one, shown) for one in shown], canvas)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:.0%}"))
    label = f"Share of {spread.families:,} families, each held against its own life under the baseline"
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    key(ax, canvas, handles=[Patch(color=colour, label=label) for label, colour, _ in FATES])
    return ax


def _shown(spread: Spread) -> list[Paired]:
    """Give what is paired under the first evidence set."""
    first = spread.paired[0].world.partition("/")[2]
    return [one for one in spread.paired if one.world.partition("/")[2] == first]


def paired_finding(spread: Spread) -> str:
    """Say what share of families is better and worse off by each burden."""
    shown = _shown(spread)
    parts = [f"{share(one.less, 0)} have less and {share(one.more, 0)} more {_line(one, shown)}" for one in shown]
    against = "each against its own life under the baseline"
    return sentence(f"of {spread.families:,} families, {against}, {listed(parts, ';')}")


def _line(one: Paired, shown: list[Paired]) -> str:
    """Name a bar; the regime too where there are several."""
    several = len({other.world for other in shown}) > 1
    return f"{words(one.measure)} ({words(one.world.partition('/')[0])})" if several else words(one.measure)


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
    applies=lambda spread: bool(spread.paired), draw=plot_paired, table=paired_table, finding=paired_finding,
    section="single", order=200, source=FAMILIES,
)  # fmt: skip
