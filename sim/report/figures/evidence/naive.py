"""What before and after would find where help does nothing, from the checks of a national run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.exhibits.drawing import key, margins_for, name_rows, places, row_axes, value_column, zero_line
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import figure, signed
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import COLOURS, WIDE, Canvas
from sim.results.folder.beside import CHECKS, CheckLine
from sim.table import Table

NAIVE = {
    "naive_onset": "at the onset of crisis",
    "naive_in_crisis": "of those in crisis",
    "naive_accumulated": "on accumulated crisis",
}


def naive_of(checks: Sequence[CheckLine]) -> dict[str, float]:
    """Give the naive fall in cost by referral rule, where the checks looked at it."""
    held = {check.key: check.number for check in checks}
    return {label: value for key, label in NAIVE.items() if (value := held.get(key)) is not None}


def plot_naive(checks: Sequence[CheckLine], ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw the fall in yearly cost that before-and-after finds under each referral rule, where help does nothing.

    The true effect is exactly 0. The checks give no intervals.

    Raises
    ------
    ValueError
        If the checks did not look at it.
    """
    falls = naive_of(checks)
    if not falls:
        raise ValueError("these checks hold no naive fall; families report DIR --checks makes them")
    ax = row_axes(len(falls), canvas) if ax is None else ax
    at, values = places(len(falls), canvas), np.array(list(falls.values()))
    ax.hlines(at, 0, values, color=COLOURS[1], linewidth=2.2)
    ax.plot(values, at, "o", color=COLOURS[1], markersize=7, label="found by before and after")
    ax.plot(np.zeros(len(falls)), at, "D", color=COLOURS[0], markersize=7, label="true effect: 0")
    zero_line(ax, upright=True)
    name_rows(ax, [f"referral {label}" for label in falls], canvas, taken=8)
    value_column(ax, [(signed(value), signed(value)) for value in values], [COLOURS[1]] * len(falls), canvas)
    margins_for(ax, values)
    label = "Fall in cost where help does nothing, £ a family and year: year before entry less year after"
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: signed(x)))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    key(ax, canvas)
    return ax


def naive_finding(checks: Sequence[CheckLine]) -> str:
    """Say what fall before and after finds where there is none."""
    parts = [f"a {'fall' if value >= 0 else 'rise'} of £{figure(abs(value))} a family and year for referral {label}"
             for label, value in naive_of(checks).items()]  # fmt: skip
    return sentence(f"where help does nothing, before and after still finds {listed(parts)}; the true effect is £0")


def naive_table(checks: Sequence[CheckLine]) -> Table:
    """Make the table behind ``plot_naive``."""
    rows = tuple((label, signed(value), "0") for label, value in naive_of(checks).items())
    columns = ("referral", "fall found by before and after, £", "true effect, £")
    return Table("Naive against true effect, where help does nothing", columns, rows)


FIGURE = Exhibit[Sequence[CheckLine]](
    name="naive", title="What before and after would find",
    caption="Help does nothing here, so that the true effect is 0. Families are referred when things are bad, and get "
    "better or worse anyway: comparing before with after finds an effect that is not there.",
    applies=lambda checks: bool(naive_of(checks)), draw=plot_naive, table=naive_table, finding=naive_finding,
    section="naive", order=210, source=CHECKS,
)  # fmt: skip
