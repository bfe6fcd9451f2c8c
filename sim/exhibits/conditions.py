"""What would have to be true for help to pay, as people read it: sentences, a table, and a surface that is drawn.

What is told are plain figures as ``sim.studies.uncertainty.conditions`` writes them, so that pages of studies and of
runs say the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.exhibits.drawing import key, name_y
from sim.exhibits.numbers import digits, pounds, share
from sim.exhibits.sentences import sentence
from sim.exhibits.style import COLOURS, INK, LEAST_TEXT, WIDE, Canvas, new_axes, words
from sim.table import Table

if TYPE_CHECKING:  # as in ``style``
    from matplotlib.axes import Axes
    from matplotlib.text import Text

Told = Mapping[str, Any]
EDGE = 0.08
"""Share of an axis at either end of which no level of a surface is named."""


def input_words(path: str) -> str:
    """Name an input as people read it: its path without section and key, with what the figure is of its kind."""
    section, *parts = path.split(".")
    name = words(" ".join(part for part in parts if part not in ("value", "mean", "ratio", "price", "times")))
    name = re.sub(r"\bkw\b", "key worker", re.sub(r"\bkeyworker\b", "key worker", name))
    if not name:
        return path
    if section == "costs":
        return f"{'share saved of the price' if 'times' in parts else 'price'} of {name}"
    return f"ratio found of {name}" if section == "estimands" else name


def limits_words(limits: Sequence[Told]) -> str:
    """Say the limits of a box, such as ``the price of care is above 45,000``."""
    said = []
    for one in limits:
        low, high = (None if end is None else digits(end) for end in (one["low"], one["high"]))
        name = input_words(one["input"])
        if low is not None and high is not None:
            said.append(f"{name} is between {low} and {high}")
        else:
            said.append(f"{name} is {'above' if high is None else 'under'} {low if high is None else high}")
    return " and ".join(said)


def condition_lines(told: Told) -> tuple[str, ...]:
    """Say in sentences how often help pays, and where it does and does not in most draws."""
    lines = [f"Help pays for itself in {share(told['pays'], 0)} of {told['draws']:,} draws of the inputs."]
    if told["pays"] in (0.0, 1.0):
        return tuple(lines)
    for box, does in ((told["box"], "pays"), (told["loses"], "does not pay")):
        if box is None:
            lines.append(f"No limits on one input or two hold draws of which it {does} in 8 of 10.")
        elif box["limits"]:
            lines.append(_box_line(box, does))
    return tuple(lines)


def _box_line(box: Told, does: str) -> str:
    """Say a box in a sentence."""
    found = "" if box["elsewhere"] is None else (
        f"; limits found in half of the draws hold in {share(box['elsewhere'], 0)} of the other half"
    )  # fmt: skip
    return sentence(
        f"it {does} in {int(10 * box['density'] + 1e-9)} of 10 draws where {limits_words(box['limits'])}: of all draws "
        f"in which it {does}, {share(box['coverage'], 0)} are there{found}"
    )


def conditions_table(rows: Sequence[tuple[str, Told]], note: str) -> Table:
    """Make the table of boxes; ``rows`` are named and told."""
    made = []
    for name, told in rows:
        for box, does in ((told["box"], "pays"), (told["loses"], "does not pay")):
            where = "no limits on one input or two" if box is None else limits_words(box["limits"]) or "everywhere"
            cells = ("",) * 3 if box is None else (share(box["density"], 0), share(box["coverage"], 0),
                     "" if box["elsewhere"] is None else share(box["elsewhere"], 0))  # fmt: skip
            made.append((name, does, where, *cells))
    columns = ("of", "help", "where", "in so many draws there", "of all such draws", "in draws not used")
    return Table("What would have to be true?", columns, tuple(made), note)


def plot_surface(told: Told, label: str, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw the mean of a result by two inputs, and the line on which it is nothing.

    Parameters
    ----------
    told
        A surface: ``inputs``, ``x``, ``y``, ``value`` by y and x, ``crossing``; where both stand, ``stands``.
    label
        What the result is.
    ax
        Axes to draw on; new ones when not given.
    canvas
        The room that there is.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax = new_axes(4.6 if canvas.is_narrow else 4.4, canvas) if ax is None else ax
    value = np.array(told["value"])
    for above, colour, said in ((True, COLOURS[2], "pays for itself"), (False, COLOURS[1], "does not")):
        ends = (0.0, np.inf) if above else (-np.inf, 0.0)
        if ((value > 0) == above).any():
            levels = [max(ends[0], value.min() - 1.0), min(ends[1], value.max() + 1.0)]
            ax.contourf(told["x"], told["y"], value, levels=levels, colors=[colour], alpha=0.25)
            ax.fill_between([], [], color=colour, alpha=0.25, label=said)
    lines = ax.contour(told["x"], told["y"], value, levels=MaxNLocator(5).tick_values(value.min(), value.max()),
                       colors=INK, linewidths=0.6)  # fmt: skip
    for text in ax.clabel(lines, fmt=pounds, fontsize=LEAST_TEXT):
        _clear_of_edges(ax, text)
    known = [(x, y) for x, y in zip(told["x"], told["crossing"], strict=True) if y is not None]
    if known:
        ax.plot(*zip(*known, strict=True), color=INK, linewidth=2.2, label="breaks even")
    if stands := told.get("stands"):
        ax.plot(*stands, marker="o", markersize=9, markerfacecolor="none", markeredgecolor=INK, markeredgewidth=1.8,
                linestyle="none", label="as the levers stand", clip_on=False)  # fmt: skip
    ax.set_xlabel(canvas.fold(f"{input_words(told['inputs'][0])}\n{label}"))
    name_y(ax, input_words(told["inputs"][1]), canvas)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda x, _: digits(x)))
        axis.set_major_locator(MaxNLocator(5))
    key(ax, canvas)
    return ax


def _clear_of_edges(ax: Axes, text: Text) -> None:
    """Take away what is written so near the edge of the axes that it would lie over what stands beside them."""
    ends = zip(text.get_position(), (ax.get_xlim(), ax.get_ylim()), strict=True)
    if any(not EDGE < (at - low) / (high - low) < 1 - EDGE for at, (low, high) in ends):
        text.remove()


def surface_table(told: Told, title: str) -> Table:
    """Make the table behind ``plot_surface``: where it breaks even at each value of the first input."""
    first, second = (input_words(name) for name in told["inputs"])
    rows = []
    for i, (x, y) in enumerate(zip(told["x"], told["crossing"], strict=True)):
        column = [row[i] for row in told["value"]]
        rows.append((digits(x), "one sign" if y is None else digits(y), pounds(column[0]), pounds(column[-1])))
    columns = (first, f"breaks even where {second} is", f"£, at its low end ({digits(told['y'][0])})",
               f"£, at its high end ({digits(told['y'][-1])})")  # fmt: skip
    note = (
        f"Mean over draws of all other inputs (a polynomial of second degree); these two explain "
        f"{share(told['explained'], 0)} of the variance."
    )
    return Table(title, columns, tuple(rows), note)


def surface_finding(told: Told) -> str:
    """Say where a result breaks even at both ends of the first input."""
    first, second = (input_words(name) for name in told["inputs"])
    known = [(x, y) for x, y in zip(told["x"], told["crossing"], strict=True) if y is not None]
    if not known:
        pays = told["value"][0][0] > 0
        return sentence(f"{'it pays' if pays else 'it does not pay'} whatever {first} and {second} are in their ranges")
    (x0, y0), (x1, y1) = known[0], known[-1]
    return sentence(
        f"it breaks even where {second} is {digits(y0)} if {first} is {digits(x0)}, and {digits(y1)} if that is "
        f"{digits(x1)}"
    )
