"""Who gains: a table and a figure of what a regime changes for groups of families."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from matplotlib.axes import Axes

from sim.exhibits.drawing import grid_x, name_rows, places, row_axes, zero_line
from sim.exhibits.numbers import digits, interval, share
from sim.exhibits.style import COLOURS, WIDE, Canvas, words
from sim.studies.gains.answer import WAITING, Gain
from sim.table import Table

EACH = 0.26
"""Inches of a row."""
NOTE = (
    "Families that were on the books throughout, each under both regimes on the same fate; all since the start. 95% "
    "intervals over families. Less is better where the measure is a burden, such as months in crisis. Evidence ends at "
    "month 24."
)


def gains_table(gains: Sequence[Gain]) -> Table:
    """Make the table of mean changes by group: the first outcome, waits, with the shares that have less and more."""
    first = gains[0].measure if gains else ""
    shown = [first, *([WAITING] if first != WAITING else [])]
    groups: dict[tuple[str, str, str], dict[str, Gain]] = {}
    for gain in gains:
        groups.setdefault((gain.world, gain.by, gain.group), {})[gain.measure] = gain
    rows = tuple(
        (world, words(by), group, f"{held[first].families:,}", *(cell for name in shown for cell in _cells(held[name])))
        for (world, by, group), held in groups.items()
    )
    columns: tuple[str, ...] = ("regime", "by", "group", "families")
    for name in shown:
        columns += (f"{words(name)}: baseline", "change", "less", "more")
    return Table("Who gains", columns, rows, NOTE)


def _cells(gain: Gain) -> tuple[str, str, str, str]:
    """Write one measure of one group."""
    change = interval(gain.difference, partial(digits, sign=True))
    return digits(gain.baseline), change, share(gain.less, 1), share(gain.more, 1)


def plot_gains(
    gains: Sequence[Gain], ax: Axes | None = None, measure: str | None = None, world: str | None = None, *,
    canvas: Canvas = WIDE,
) -> Axes:  # fmt: skip
    """Draw the mean change of a measure for each group with its 95% interval; left of 0 is less.

    Raises
    ------
    ValueError
        If there are no gains of that measure and regime.
    """
    measure = gains[0].measure if measure is None and gains else measure
    world = gains[-1].world if world is None and gains else world
    shown = [gain for gain in gains if gain.measure == measure and gain.world == world]
    if not shown:
        there = ", ".join(dict.fromkeys(gain.measure for gain in gains)) or "none"
        raise ValueError(f"there are no gains of '{measure}' in {world}; measures are {there}")
    ax = row_axes(len(shown), canvas, each=EACH, key=0) if ax is None else ax
    kinds = list(dict.fromkeys(gain.by for gain in shown))
    for y, gain in zip(places(len(shown), canvas, each=EACH), shown, strict=True):
        colour = COLOURS[kinds.index(gain.by) % len(COLOURS)]
        low, high = gain.difference.low, gain.difference.high
        if low is not None and high is not None:
            ax.plot([low, high], [y, y], color=colour, linewidth=1.2)
        ax.plot(gain.difference.mean, y, "o", color=colour, markersize=4)
    zero_line(ax, upright=True)
    labels = [gain.group if gain.by == "all" else f"{words(gain.by)}: {gain.group}" for gain in shown]
    name_rows(ax, labels, canvas, each=EACH)
    label = (
        f"← less | more →\nChange in {words(str(measure))} a family since the start, {words(str(world))}; "
        "evidence ends at month 24"
    )
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    grid_x(ax)
    return ax
