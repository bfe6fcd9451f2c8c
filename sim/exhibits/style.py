"""How every figure looks: two canvases, colours that colour-blind readers tell apart, the same bytes each time.

An inch of a drawing is 72 CSS pixels, and text is never under ``LEAST_TEXT`` of them; ``drawing`` has what
figures share.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # loaded when something is drawn: words and tables are wanted where nothing is
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette, dark enough on white to be read as text too (its yellow is left out).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#555555")
SEVERITY = ("#CFE3F0", "#92C0DE", "#E8A56B", "#B5410B")
"""From best to worst; the order can be told in grey."""
INK, FAINT, SHADE, GRID = "#222222", "#8A8A8A", "#F0F0F0", "#E5E5E5"
LEAST_TEXT = 11.0
RC: Any = {
    "figure.dpi": 72, "savefig.dpi": 160, "font.size": 13.5, "font.family": "DejaVu Sans", "axes.titlesize": "small",
    "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.labelsize": "small", "xtick.labelsize": "small",
    "ytick.labelsize": "small", "legend.fontsize": "small", "legend.title_fontsize": "small",
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": FAINT, "axes.axisbelow": True,
    "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK, "grid.color": GRID,
    "legend.frameon": False, "svg.hashsalt": "family-trajectories", "svg.fonttype": "path", "text.parse_math": False,
}  # fmt: skip


@dataclass(frozen=True)
class Canvas:
    """The room that a figure has: every one is drawn for a desk and paper, and once more for a phone."""

    name: str
    width: float
    """Inches of 72 CSS pixels."""
    beside: int
    """Panels beside each other, at most."""
    line: int
    """Characters of a line of text across the figure."""
    label: int
    """Characters of a line of text beside an axis."""

    @property
    def is_narrow(self) -> bool:
        """Whether it is a phone's."""
        return self.width < WIDE.width

    def fold(self, text: str, beside: int = 0) -> str:
        """Break a text into lines that fit across the figure, but for ``beside`` characters; its own breaks stay."""
        return "\n".join(fill(line, self.line - beside) for line in text.split("\n"))

    def label_of(self, text: str, lines: int = 2) -> str:
        """Break a name into lines that fit beside an axis, the only one a bit longer; what is too long is cut."""
        return fill(text, self.label + (8 if lines == 1 else 0), max_lines=lines, placeholder="…")


WIDE = Canvas("wide", 10.0, beside=4, line=100, label=34)
NARROW = Canvas("narrow", 4.5, beside=1, line=46, label=46)
CANVASES = (WIDE, NARROW)


def new_figure(width: float, height: float) -> Figure:
    """Make a figure whose parts keep clear of each other, without pyplot and its global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def new_axes(height: float = 4.0, canvas: Canvas = WIDE) -> Axes:
    """Make one pair of axes on a figure of its own."""
    return new_panels(1, height, canvas)[0]


def new_panels(
    n: int, height: float, canvas: Canvas = WIDE, *, beside: int | None = None, share_y: bool = True
) -> list[Axes]:
    """Make ``n`` pairs of axes on a figure, each so high, at most ``beside`` of them in a row."""
    columns = min(n, canvas.beside if beside is None else beside)
    rows = -(-n // columns)
    figure = new_figure(canvas.width, height * rows)
    panels = list(figure.subplots(rows, columns, sharey=share_y, squeeze=False).reshape(-1))
    for spare in panels[n:]:
        spare.remove()
    return panels[:n]


def dark(colour: str) -> str:
    """Darken a colour of the palette until text in it can be read on white (contrast of 4.5 and more)."""
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(0.62 * part):02X}" for part in parts)


def words(name: str) -> str:
    """Write an identifier as words."""
    return name.replace("_", " ")
