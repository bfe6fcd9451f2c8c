"""Who gains: a table and a figure of what a regime changes for groups of families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matplotlib.axes import Axes

from sim.exhibits.drawing import grid_x, name_rows, places, row_axes, zero_line
from sim.exhibits.numbers import digits, share, short
from sim.exhibits.style import COLOURS, WIDE, Canvas, words
from sim.model.titles import Titles
from sim.results.folder.beside import WAITING, Gain
from sim.table import Table

EACH = 0.26
"""Inches of a row."""
NOTE = (
    "Families that were on the books throughout, each under both regimes on the same fate; all since the start. 95% "
    "intervals over families. Less is better where the measure is a burden, such as months in crisis. Evidence ends at "
    "month {months:g}."
)


def gains_tables(gains: Sequence[Gain], titles: Titles, evidence_months: float) -> list[Table]:
    """Make a table of mean changes by group for the first outcome and for waits, with who has less and more of it.

    ``evidence_months`` is how long evaluations followed families, as the study says.
    """
    first = gains[0].measure if gains else ""
    shown = [first, *([WAITING] if first != WAITING else [])]
    columns = ("regime", "group", "families", "without", "change", "with less", "with more")
    made = [
        Table(f"Who gains: {words(measure)}", columns, [_row(one, titles) for one in gains if one.measure == measure])
        for measure in shown
    ]
    return [*made[:-1], replace(made[-1], note=NOTE.format(months=evidence_months))]


def _row(gain: Gain, titles: Titles) -> tuple[str, ...]:
    """Write one measure of one group."""
    group = gain.group if gain.by == "all" else f"{words(gain.by)}: {gain.group}"
    ends = {"mean": gain.difference.mean, "low": gain.difference.low, "high": gain.difference.high}
    return (
        titles.world(gain.world), group, f"{gain.families:,}", digits(gain.baseline), short(ends, sign=True),
        share(gain.less, 0), share(gain.more, 0),
    )  # fmt: skip


def plot_gains(
    gains: Sequence[Gain], ax: Axes | None = None, measure: str | None = None, world: str | None = None,
    titles: Titles | None = None, *, canvas: Canvas = WIDE, evidence_months: float | None = None,
) -> Axes:  # fmt: skip
    """Draw the mean change of a measure for each group with its 95% interval; left of 0 is less.

    Where the evidence ends is written below where ``evidence_months`` says it.

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
    named = (titles or Titles()).world(str(world))
    known = "" if evidence_months is None else f"; evidence ends at month {evidence_months:g}"
    label = f"← less | more →\nChange in {words(str(measure))} a family since the start, {named}{known}"
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    grid_x(ax)
    return ax
