"""How every figure looks: colours that colour-blind readers can tell apart, quiet axes, the same bytes each time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from textwrap import wrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito's palette, dark enough on white to be read as text too (its yellow is left out).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#555555")
SEVERITY = ("#CFE3F0", "#92C0DE", "#E8A56B", "#B5410B")
"""From best to worst; the order can be told in grey."""
INK, FAINT, SHADE = "#222222", "#8A8A8A", "#F0F0F0"
RC: Any = {
    "figure.dpi": 100, "savefig.dpi": 160, "font.size": 9, "font.family": "DejaVu Sans", "axes.titlesize": 10,
    "axes.titlelocation": "left", "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": FAINT,
    "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK, "legend.frameon": False,
    "svg.hashsalt": "family-trajectories", "svg.fonttype": "path", "text.parse_math": False,
}  # fmt: skip


def new_axes(width: float = 7.0, height: float = 4.0) -> Axes:
    """Make one pair of axes on a figure of its own, without pyplot and its global state."""
    return new_panels(1, width, height)[0]


MOST_BESIDE = 4
"""Panels beside each other in one row."""


def new_panels(n: int, width: float, height: float, *, beside: int = MOST_BESIDE, share_y: bool = True) -> list[Axes]:
    """Make ``n`` pairs of axes, at most ``beside`` in a row; sizes are one panel's."""
    rows, columns = -(-n // beside), min(n, beside)
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    FigureCanvasAgg(figure)
    panels = list(figure.subplots(rows, columns, sharey=share_y, squeeze=False).reshape(-1))
    for spare in panels[n:]:
        spare.remove()
    return panels[:n]


def spaced(values: Sequence[float], gap: float) -> list[float]:
    """Move label positions apart until neighbours are at least ``gap`` from each other, order kept."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    placed = list(values)
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + gap)
    shift = sum(p - v for p, v in zip(placed, values, strict=True)) / max(len(values), 1)
    return [p - shift for p in placed]


def name_lines(
    ax: Axes, x: float, ends: Sequence[float], labels: Sequence[str], gap: float, *, away: int = 4,
    fontsize: float | None = None,
) -> None:  # fmt: skip
    """Name the lines of a figure where they end, each in its colour, with labels at least ``gap`` apart."""
    for y, label, colour in zip(spaced(ends, gap), labels, COLOURS, strict=False):
        ax.annotate(label, (x, y), (away, 0), textcoords="offset points", va="center", fontsize=fontsize,
                    color=dark(colour), annotation_clip=False)  # fmt: skip


def dark(colour: str) -> str:
    """Darken a colour of the palette until text in it can be read on white (contrast of 4.5 and more)."""
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(0.62 * part):02X}" for part in parts)


def shade_after(ax: Axes, start: float, text: str) -> None:
    """Shade everything after ``start`` on the x axis, where no evaluation has followed families, and say so."""
    end = ax.get_xlim()[1]
    if start < end:
        ax.axvspan(start, end, color=SHADE, zorder=0, linewidth=0)
        ax.annotate(text, (start, 1), (4, -4), xycoords=("data", "axes fraction"), textcoords="offset points", va="top",
                    fontsize=7.5, color=INK)  # fmt: skip
        ax.set_xlim(right=end)


def with_terms(label: str, terms: str, width: float = 0.0) -> str:
    """Write what an axis shows, and below it what its numbers are stated in; ``width`` is the figure's, in inches."""
    return "\n".join([label, *wrap(terms, max(40, int(11 * width)))])


def words(name: str) -> str:
    """Write an identifier as words."""
    return name.replace("_", " ")
