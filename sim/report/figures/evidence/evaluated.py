"""The same question about the families helped asked three ways: before and after, a matched comparison, the truth."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import interval, ratio, share
from sim.exhibits.style import COLOURS, INK, new_axes, words
from sim.intervals import Estimate
from sim.results.folder.beside import EVALUATED, Answer, Contrast
from sim.table import Table

WAYS = (("naive", "before and after", COLOURS[1], "o"), ("evaluated", "matched comparison", COLOURS[0], "s"),
        ("true", "truth: the same families without", COLOURS[2], "D"))  # fmt: skip
TICKS = (0.25, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
LEAST_SPAN = 1.3
"""An axis reaches at least so far to either side of 1, so that noise is not drawn as a difference."""


def plot_evaluated(answers: Sequence[Answer], ax: Axes | None = None) -> Axes:
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
    ax = new_axes(7.2, 1.5 + 0.62 * len(answers)) if ax is None else ax
    ax.set_xscale("log")
    for y, answer in enumerate(answers):
        for i, (way, _, colour, marker) in enumerate(WAYS):
            _estimate(ax, getattr(answer, way), y + 0.24 * (i - 1), colour, marker)
    ax.axvline(1, color=INK, linewidth=0.8)
    names = [answer.question.replace(", ", ",\n").replace(" within", "\nwithin") for answer in answers]
    ax.set(yticks=range(len(answers)), yticklabels=names, ylim=(len(answers) - 0.5, -0.5))
    ends = [abs(math.log(edge)) for edge in ax.dataLim.intervalx if edge > 0 and math.isfinite(edge)]
    reach = max([math.log(LEAST_SPAN), *ends]) * 1.08
    ax.set_xlim(math.exp(-reach), math.exp(reach))
    ax.set_xticks([tick for tick in TICKS if abs(math.log(tick)) <= reach])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel(f"← less | more →\nshare or risk among the families helped, as a ratio ({words(sets[0])})")
    for _, label, colour, marker in WAYS:
        ax.plot([], [], marker, color=colour, label=label)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=8, handletextpad=0.2, columnspacing=1.2)
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


FIGURE = Exhibit[Sequence[Answer]](
    name="evaluated", title="What an evaluation would find, and what is true",
    caption="The families helped in the first year, asked about in three ways: against themselves in as many months "
    "before, against similar families not yet helped, and against their own lives without the regime, which only a "
    "simulation knows. 95% intervals over replications; nothing beyond month 24.",
    draw=plot_evaluated, table=evaluated_table, section="naive", order=220, source=EVALUATED,
)  # fmt: skip
