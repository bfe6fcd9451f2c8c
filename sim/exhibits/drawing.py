"""What figures share on their axes: rows with names, keys, lines named where they end, where the evidence ends."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.arrays import FloatArray
from sim.exhibits.style import COLOURS, FAINT, INK, SHADE, Canvas, dark, new_axes

if TYPE_CHECKING:  # as in ``style``
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

SMALL = "small"
TWO_LINES = 0.4
"""Inches of a row from which its name may have two lines."""
ABOVE = 0.34
"""Inches that the name of a row takes where it stands above it."""
AXES, LETTER = 0.72, 6.9
"""About how much of a figure's width are its axes, where lines are named beside them, and pixels of a letter."""
CLEAR = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
"""What is behind text that stands on the axes, so that no line runs through it."""
HEADING, FOOT = 0.5, 1.0
"""Inches for a line of the key, and for an axis with its label."""


def row_axes(n: int, canvas: Canvas, *, each: float = 0.42, key: int = 1) -> Axes:
    """Make axes for ``n`` rows, each so many inches high beside its name, and a key of so many lines."""
    row = each + (ABOVE if canvas.is_narrow else 0.0)
    return new_axes(FOOT + HEADING * bool(key) + 0.22 * max(key - 1, 0) + row * max(n, 1), canvas)


def line_axes(lines: int, canvas: Canvas, height: float = 4.4) -> Axes:
    """Make axes for lines over time, with room for a key of so many lines on a phone."""
    return new_axes(height + (0.2 + 0.25 * lines if canvas.is_narrow and lines > 1 else 0.0), canvas)


def name_rows(ax: Axes, names: Sequence[str], canvas: Canvas, *, each: float = 0.42, taken: int = 0) -> None:
    """Name rows at 0, 1, ..., from top to bottom: beside the axis or, on a phone, above each row.

    ``taken`` are the characters that ``value_column`` takes there; a name that is too long is cut.
    """
    n = len(names)
    if not canvas.is_narrow:
        named = [canvas.label_of(name, 2 if each >= TWO_LINES else 1) for name in names]
        ax.set(yticks=np.arange(n), yticklabels=named, ylim=(n - 0.5, -0.5))
        return
    room = ABOVE / (each + ABOVE)  # of a row
    ax.set(yticks=[], ylim=(n - 0.5, -0.5))
    ax.spines["left"].set_visible(False)
    for y, name in enumerate(names):
        short = shorten(name, canvas.label - taken, placeholder="…")
        ax.annotate(short, (0, y - 0.5 + 0.5 * room), xycoords=("axes fraction", "data"), va="center", fontsize=SMALL,
                    bbox=CLEAR, zorder=5)  # fmt: skip


def value_column(ax: Axes, values: Sequence[tuple[str, str]], colours: Sequence[str], canvas: Canvas) -> None:
    """Write what each row comes to, long with its interval right of the axes or, on a phone, short beside its name."""
    for y, ((short, long), colour) in enumerate(zip(values, colours, strict=True)):
        at = (1, y - 0.5 + 0.5 * ABOVE / (0.42 + ABOVE)) if canvas.is_narrow else (1, y)
        ax.annotate(short if canvas.is_narrow else long, at, (0 if canvas.is_narrow else 6, 0),
                    xycoords=("axes fraction", "data"), textcoords="offset points", va="center", fontsize=SMALL,
                    ha="right" if canvas.is_narrow else "left", color=dark(colour), zorder=6,
                    bbox=CLEAR if canvas.is_narrow else None)  # fmt: skip


def places(n: int, canvas: Canvas, i: int = 0, of: int = 1, *, each: float = 0.42, spread: float = 0.7) -> FloatArray:
    """Give the heights at which the i-th of several marks stands in each of ``n`` rows."""
    taken = ABOVE / (each + ABOVE) if canvas.is_narrow else 0.0
    step = (1 - taken) * spread / max(of, 1)
    return np.arange(n, dtype=np.float64) + taken / 2 + (i - (of - 1) / 2) * step


def bar_height(canvas: Canvas, of: int = 1, *, each: float = 0.42, spread: float = 0.7) -> float:
    """Give how high one of several bars of a row may be."""
    return (1 - (ABOVE / (each + ABOVE) if canvas.is_narrow else 0.0)) * spread / max(of, 1)


def key(ax: Axes, canvas: Canvas, *, handles: Sequence[Any] | None = None, ncols: int = 3) -> None:
    """Put the key above the figure, one entry a line on a phone."""
    drawn, labels = ax.get_legend_handles_labels()
    drawn = list(handles) if handles is not None else drawn
    labels = [str(one.get_label()) for one in handles] if handles is not None else labels
    folded = [canvas.fold(label, 6) for label in labels]
    if drawn:
        columns = 1 if canvas.is_narrow else columns_of(folded, canvas, ncols)
        own_figure(ax).legend(drawn, folded, loc="outside upper left", ncols=columns, columnspacing=1.4,
                              handletextpad=0.5, borderaxespad=0.1)  # fmt: skip


def columns_of(labels: Sequence[str], canvas: Canvas, most: int) -> int:
    """Give in how many columns the entries of a key fit."""
    longest = max(len(line) for label in labels for line in label.split("\n")) + 7
    return max(1, min(most, len(labels), canvas.line // longest))


def own_figure(ax: Axes) -> Figure | SubFigure:
    """Give the figure that axes stand on."""
    from matplotlib.figure import Figure, SubFigure

    figure = ax.figure
    assert isinstance(figure, Figure | SubFigure)
    return figure


def name_y(ax: Axes, text: str, canvas: Canvas, *, beside: int = 0) -> None:
    """Say above the axes, level and from the left, what the upright axis shows."""
    ax.set_title(canvas.fold(text, beside + 8), fontsize=SMALL, fontweight="normal", loc="left")


def spaced(values: Sequence[float], gap: float) -> list[float]:
    """Move label positions apart until neighbours are at least ``gap`` from each other, order kept."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    placed = list(values)
    for before, after in pairwise(order):
        placed[after] = max(placed[after], placed[before] + gap)
    shift = sum(p - v for p, v in zip(placed, values, strict=True)) / max(len(values), 1)
    return [p - shift for p in placed]


def name_lines(ax: Axes, ends: Sequence[float], labels: Sequence[str], canvas: Canvas) -> None:
    """Name the lines of a figure, already drawn with these labels: where they end, or in a key on a phone.

    Limits of the axes must stand already. A single line is named by the words around it.
    """
    if len(labels) < 2:
        return
    if canvas.is_narrow:
        key(ax, canvas)
        return
    low, high = ax.get_ylim()
    folded = [canvas.fold(label, canvas.line - 24) for label in labels]
    lines = max(label.count("\n") + 1 for label in folded)
    height = own_figure(ax).bbox.height / own_figure(ax).dpi  # of which about two thirds are the axes
    gap = lines * 0.2 / (0.62 * height) * abs(high - low)
    at = spaced(ends, gap)
    up = max(low + gap / 2 - min(at), 0.0) or min(high - gap / 2 - max(at), 0.0)  # beside the axes, not below or above
    for y, label, colour in zip([place + up for place in at], folded, COLOURS, strict=False):
        ax.annotate(label, (1, y), (5, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center",
                    fontsize=SMALL, color=dark(colour), annotation_clip=False)  # fmt: skip


def shade_after(ax: Axes, start: float, text: str) -> None:
    """Shade everything after ``start`` on the x axis, where no evaluation has followed families, and say so."""
    end = ax.get_xlim()[1]
    if start < end:
        ax.axvspan(start, end, color=SHADE, zorder=0, linewidth=0)
        _say_from(ax, start, text, 0)
        ax.set_xlim(right=end)


def mark(ax: Axes, at: float, text: str) -> None:
    """Draw a dashed upright line within the axes with its meaning beside it, a line below what ``shade_after`` says."""
    first, end = ax.get_xlim()
    if first < at < end:
        ax.axvline(at, color=FAINT, linewidth=0.9, linestyle="--")
        _say_from(ax, at, text, 1)


def _say_from(ax: Axes, at: float, text: str, line: int) -> None:
    """Write words at the top of the axes to the right of a place; against the end where that leaves too little room."""
    first, end = ax.get_xlim()
    spec = ax.get_subplotspec()
    width = own_figure(ax).bbox.width / own_figure(ax).dpi * 72 / (spec.get_gridspec().ncols if spec else 1)
    late = AXES * width * (end - at) / (end - first) < LETTER * len(text)
    ax.annotate(text, (end if late else at, 1), (-4 if late else 4, -3 - 16 * line), xycoords=("data", "axes fraction"),
                textcoords="offset points", va="top", ha="right" if late else "left", fontsize=SMALL)  # fmt: skip


def head_room(ax: Axes, share: float = 0.12) -> None:
    """Raise the top of the axes, so that words stand above what is drawn."""
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + share * (high - low))


def zero_line(ax: Axes, *, upright: bool = False) -> None:
    """Draw the line at 0, on one side of which things are better."""
    (ax.axvline if upright else ax.axhline)(0, color=INK, linewidth=0.8)


def grid_x(ax: Axes) -> None:
    """Draw faint upright lines behind rows."""
    ax.grid(axis="x", linewidth=0.6)


def margins_for(ax: Axes, *spans: FloatArray, share: float = 0.08) -> None:
    """Set the x axis so that what is given, and 0, is inside with some room."""
    known = np.concatenate([np.ravel(span)[np.isfinite(np.ravel(span))] for span in spans])
    low, high = min(0.0, float(known.min(initial=0.0))), max(0.0, float(known.max(initial=0.0)))
    room = share * ((high - low) or 1.0)
    ax.set_xlim(low - room * (low < 0), high + room)
