"""The same question about the families helped asked three ways: before and after, a matched comparison, the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from sim.exhibits.drawing import key, name_rows, places, row_axes
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import interval, ratio, share
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import COLOURS, INK, WIDE, Canvas, words
from sim.intervals import Estimate
from sim.results.folder.beside import EVALUATED, Answer, Contrast
from sim.table import Table

WAYS = (("naive", "before and after", COLOURS[1], "o"), ("evaluated", "matched comparison", COLOURS[0], "s"),
        ("true", "truth: the same families without", COLOURS[2], "D"))  # fmt: skip
TICKS = (0.25, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
EACH = 0.62
"""Inches of a row."""
LEAST_SPAN = 1.3
"""An axis reaches at least so far to either side of 1, so that noise is not drawn as a difference."""


def plot_evaluated(answers: Sequence[Answer], ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw what before and after, a matched comparison and the truth say of each outcome, with 95% intervals.

    Ratios on a logarithmic axis: 1 is no effect. One evidence set; an outcome that nobody had is left out.

    Raises
    ------
    ValueError
        If there are no answers, or those of several evidence sets.
    """
    sets = list(dict.fromkeys(answer.effect_set for answer in answers))
    if len(sets) != 1:
        raise ValueError(f"given answers under {', '.join(sets) or 'no evidence set'}; draw one evidence set at a time")
    ax = row_axes(len(answers), canvas, each=EACH) if ax is None else ax
    ax.set_xscale("log")
    at = [places(len(answers), canvas, i, len(WAYS), each=EACH) for i in range(len(WAYS))]
    for row, answer in enumerate(answers):
        for heights, (way, _, colour, marker) in zip(at, WAYS, strict=True):
            _estimate(ax, getattr(answer, way), float(heights[row]), colour, marker)
    ax.axvline(1, color=INK, linewidth=0.8)
    name_rows(ax, [answer.question for answer in answers], canvas, each=EACH)
    ends = [abs(math.log(edge)) for edge in ax.dataLim.intervalx if edge > 0 and math.isfinite(edge)]
    reach = max([math.log(LEAST_SPAN), *ends]) * 1.08
    ax.set_xlim(math.exp(-reach), math.exp(reach))
    ax.set_xticks([tick for tick in TICKS if abs(math.log(tick)) <= reach])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    label = f"← less | more →\nshare or risk among the families helped, as a ratio ({words(sets[0])})"
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    key(ax, canvas, handles=[Line2D([], [], linestyle="", marker=m, color=c, label=label) for _, label, c, m in WAYS])
    return ax


def _estimate(ax: Axes, contrast: Contrast, y: float, colour: str, marker: str) -> None:
    """Draw a ratio with its interval; one that cannot be said, or is 0, has no place on the axis."""
    if not (math.isfinite(contrast.ratio) and contrast.ratio > 0):
        return
    if contrast.ratio_low is not None and contrast.ratio_high is not None:
        ax.plot([contrast.ratio_low, contrast.ratio_high], [y, y], color=colour, linewidth=2.0, solid_capstyle="butt")
    ax.plot(contrast.ratio, y, marker, color=colour, markersize=5.5)


def evaluated_table(answers: Sequence[Answer]) -> Table:
    """Make the table behind ``plot_evaluated``: levels and ratios of the three ways."""
    rows = []
    for answer in answers:
        for way, label, _, _ in WAYS:
            contrast: Contrast = getattr(answer, way)
            rows.append((answer.question, label, share(contrast.served), share(contrast.other), ratio_text(contrast)))
    title = f"Before and after, matched comparison and truth ({words(answers[0].effect_set)})" if answers else ""
    columns = ("outcome", "way", "families helped", "before, comparison or without", "ratio (95% interval)")
    return Table(title, columns, tuple(rows))


def ratio_text(contrast: Contrast) -> str:
    """Write a ratio with its interval where there is one."""
    return interval(Estimate(contrast.ratio, contrast.ratio_low, contrast.ratio_high), ratio)


def evaluated_finding(answers: Sequence[Answer]) -> str:
    """Say what each way finds of each outcome, as a ratio."""
    parts = [
        f"{one.question}: " + listed(f"{ratio(getattr(one, way).ratio)} ({label})" for way, label, _, _ in WAYS)
        for one in answers
    ]
    return sentence(f"how many times as often as without help: {'; '.join(parts)}")


FIGURE = Exhibit[Sequence[Answer]](
    name="evaluated", title="What an evaluation would find, and what is true",
    caption="The families helped in the first year, asked about in three ways: against themselves in as many months "
    "before, against similar families not yet helped, and against their own lives without the regime, which only a "
    "simulation knows. 95% intervals over replications; nothing beyond month 24.",
    draw=plot_evaluated, table=evaluated_table, finding=evaluated_finding, section="naive", order=220,
    source=EVALUATED,
)  # fmt: skip
