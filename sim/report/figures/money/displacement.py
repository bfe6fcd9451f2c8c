"""Whose spending changes: families helped, those who wait longer or get in sooner, and posts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.economics.value.accounts import TOTAL, AnswerFound, answers, has_answer
from sim.economics.value.terms import terms_of
from sim.exhibits.drawing import bar_height, margins_for, name_rows, places, row_axes, value_column, zero_line
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import MILLION, interval, millions
from sim.exhibits.sentences import listed, pounds_words, scaled, sentence
from sim.exhibits.style import COLOURS, INK, WIDE, Canvas
from sim.exhibits.titles import titles_of
from sim.intervals import Estimate
from sim.report.figures.evidence.worths import values_of
from sim.report.figures.money.amounts import pounds_axis
from sim.table import Table

PARTS = {
    "helped": "families helped", "waits_longer": "families who wait longer",
    "gets_in_sooner": "families who get in sooner", "same_wait": "families who wait as long",
    "posts_and_set_up": "posts, and setting up", TOTAL: "all together",
}  # fmt: skip
"""The parts of the programme's account in the order of the picture, and how they are called."""


def displaced(ds: xr.Dataset) -> list[tuple[AnswerFound, Mapping[str, Estimate]]]:
    """Give for each regime and reading what each class of families costs less, pounds, in the headline ledger."""
    terms = terms_of(ds)
    return [(found, account.displacement[terms.ledger]) for found in answers(ds, terms) for account in found.accounts
            if terms.ledger in account.displacement]  # fmt: skip


def _first(ds: xr.Dataset) -> tuple[AnswerFound, Mapping[str, Estimate]]:
    """Give the last regime that has a key worker under the first reading."""
    found = displaced(ds)
    if not found:
        raise ValueError("this run holds no accounts of a key worker: give 'appraisal.answer'")
    first = found[0][0].world.effect_set
    return [one for one in found if one[0].world.effect_set == first][-1]


def plot_displacement(ds: xr.Dataset, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw what each class of families, and posts, cost less (right of 0) or more, £m with 95% intervals.

    The last regime with a key worker under the first reading of the evidence, against the baseline.

    Raises
    ------
    ValueError
        If the run holds no accounts.
    """
    found, parts = _first(ds)
    titles, terms = titles_of(ds), terms_of(ds)
    shown = [scaled(parts[name], 1 / MILLION) for name in PARTS]
    ax = row_axes(len(PARTS), canvas, key=0) if ax is None else ax
    colours = [INK if name == TOTAL else COLOURS[0] if one.mean >= 0 else COLOURS[1]
               for name, one in zip(PARTS, shown, strict=True)]  # fmt: skip
    for y, one, colour in zip(places(len(PARTS), canvas), shown, colours, strict=True):
        ax.barh(y, one.mean, bar_height(canvas), color=colour, alpha=0.45)
        if one.low is not None and one.high is not None:
            ax.plot([one.low, one.high], [y, y], color=INK, linewidth=1.4)
    zero_line(ax, upright=True)
    name_rows(ax, list(PARTS.values()), canvas, taken=11)
    value_column(ax, values_of(shown), colours, canvas)
    margins_for(ax, *(np.array([x for x in one.cells if x is not None]) for one in shown))
    ax.xaxis.set_major_formatter(FuncFormatter(pounds_axis))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    label = (
        f"← costs more | costs less →\n£ million over {terms.horizon_years:.3g} years with "
        f"{titles.regime(found.world.regime)} against {titles.regime(found.against.regime)} ({terms.ledger} ledger, "
        f"{terms.prices_aside}, discounted)"
    )
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    return ax


def displacement_table(ds: xr.Dataset) -> Table:
    """Make the table behind it, for every regime and reading."""
    titles = titles_of(ds)
    rows = tuple(
        (titles.world(found.world.name), *(interval(parts[name], millions) for name in PARTS))
        for found, parts in displaced(ds)
    )
    note = (
        "Savings, £m, negative where spending rises. Every family is in one class in every month: helped since its "
        "first start with a key worker, else by how long it has waited so far, in services that both regimes have, "
        "against its twin under the other regime. Posts and setting up are nobody's. The parts add up to the total."
    )
    return Table("Whose spending changes", ("regime", *PARTS.values()), rows, note)


def displacement_finding(ds: xr.Dataset) -> str:
    """Say what each class costs less or more."""
    found, parts = _first(ds)
    said = [
        f"{called} cost {pounds_words(abs(parts[name].mean))} {'less' if parts[name].mean >= 0 else 'more'}"
        for name, called in PARTS.items() if name != TOTAL
    ]  # fmt: skip
    titles = titles_of(ds)
    regime, base = titles.world(found.world.name), titles.regime(found.against.regime)
    return sentence(f"with {regime} against {base}, {listed(said)}")


FIGURE = Exhibit(
    name="displacement", title="Whose spending changes",
    caption="What the families helped, those who wait longer or get in sooner than without the regime, and posts cost "
    "less (right of 0) or more, over the horizon and the whole population, with 95% intervals over replications.",
    applies=lambda ds: has_answer(ds) and bool(displaced(ds)), draw=plot_displacement, table=displacement_table,
    finding=displacement_finding, section="cost", order=98,
)  # fmt: skip
