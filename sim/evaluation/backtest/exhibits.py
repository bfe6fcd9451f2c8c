"""What rates up to 2019 foretold beside what came: a figure of three levels, and the page that holds it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.evaluation.backtest.answer import (
    Foretold,
    end_table,
    error_table,
    pandemic_table,
    parts_table,
)
from sim.evaluation.backtest.series import CARE, FIRST, KNOWN, LAST, NEED, PLANS, england_series
from sim.exhibits.csv import write_csv
from sim.exhibits.drawing import key, name_y
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.html import write_page
from sim.exhibits.numbers import share
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import COLOURS, INK, SHADE, WIDE, Canvas, new_panels
from sim.exhibits.svg import draw_all

SHOWN = {CARE: "Children looked after", PLANS: "Children on protection plans", NEED: "In need per 10,000 children"}


def plot_backtest(found: Sequence[Foretold], *, canvas: Canvas = WIDE) -> Figure:
    """Draw three levels: published, foretold from 2019 on, as in 2019, with the years of the pandemic shaded."""
    panels = new_panels(len(SHOWN), 3.6, canvas, beside=1 if canvas.is_narrow else 3, share_y=False)
    for ax, (name, title) in zip(panels, SHOWN.items(), strict=True):
        values, mine = england_series()[name], [one for one in found if one.series == name]
        ax.axvspan(2020, 2022, color=SHADE, zorder=0, linewidth=0)
        ax.plot(list(values), list(values.values()), "o-", color=INK, markersize=3.5)
        start = values[KNOWN]
        years = [one.year for one in mine]
        ax.plot(years, [one.chain for one in mine], color=COLOURS[0], linewidth=2.2)
        ax.plot([KNOWN, *years], [start, *(one.unchanged for one in mine)], ":", color=COLOURS[1], linewidth=1.6)
        ax.set(xlim=(FIRST - 0.3, LAST + 0.3), xticks=[FIRST, KNOWN, 2022, LAST])
        ax.set_ylim(0, 1.25 * max(values.values()))
        ax.yaxis.set_major_locator(MaxNLocator(4))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
        name_y(ax, title, canvas)
    _key(panels[0], canvas)
    figure = panels[0].figure
    assert isinstance(figure, Figure)
    return figure


def _key(ax: Axes, canvas: Canvas) -> None:
    """Say what the lines and the shade are."""
    handles = [
        ax.plot([], [], "o-", color=INK, markersize=3.5, label="published")[0],
        ax.plot([], [], color=COLOURS[0], linewidth=2.2, label="foretold by rates of 2016-19")[0],
        ax.plot([], [], ":", color=COLOURS[1], linewidth=1.6, label="as in 2019")[0],
        ax.fill([], [], color=SHADE, label="years of the pandemic")[0],
    ]
    key(ax, canvas, handles=handles, ncols=4)


def backtest_finding(found: Sequence[Foretold]) -> str:
    """Say how far off each level is in the last year."""
    last = {one.series: one for one in found if one.year == LAST}
    said = listed(f"{title.lower()} {share(last[name].error('chain'), 1)}" for name, title in SHOWN.items())
    return sentence(f"rates of 2016 to 2019 foretell {LAST} with these errors: {said}")


FIGURE: Exhibit[Sequence[Foretold]] = Exhibit(
    "backtest", "Rates up to 2019 foretell 2025",
    "England on 31 March of each year. The chain of today, fitted to 2016 to 2019 and left alone from then on.",
    plot_backtest, table=error_table, finding=backtest_finding,
)  # fmt: skip


def write_backtest(folder: Path, found: Sequence[Foretold]) -> None:
    """Write backtest.csv and backtest.html with its figure."""
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "backtest.csv", error_table(found))
    figures = draw_all([FIGURE], found, folder / "figures")
    lead = [
        "The chain of social care of the model of today was fitted to England of 2016 to 2019 and went on alone to "
        "2025. It knew nothing of what came; two simple rules are held beside it.",
        backtest_finding(found),
    ]
    tables = [end_table(found), parts_table(found), pandemic_table()]
    write_page(folder / "backtest.html", "Rates up to 2019 foretell 2025", lead, figures, tables)
