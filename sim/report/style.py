"""How every figure looks: colours that colour-blind readers can tell apart, quiet axes, the same bytes each time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito's palette, dark enough on white to be read as text too (its yellow is left out).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#555555")
SEVERITY = ("#CFE3F0", "#92C0DE", "#E8A56B", "#B5410B")
"""From best to worst; the order can be told in grey."""
INK, FAINT = "#222222", "#8A8A8A"
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


def new_panels(n: int, width: float, height: float) -> list[Axes]:
    """Make ``n`` pairs of axes that share their y axis, at most ``MOST_BESIDE`` in a row; sizes are one panel's."""
    rows, columns = -(-n // MOST_BESIDE), min(n, MOST_BESIDE)
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    FigureCanvasAgg(figure)
    panels = list(figure.subplots(rows, columns, sharey=True, squeeze=False).reshape(-1))
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


def words(name: str) -> str:
    """Write an identifier as words."""
    return name.replace("_", " ")
