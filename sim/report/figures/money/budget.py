"""Who must find the money, and when."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.arrays import FloatArray
from sim.economics.cash.budget import BudgetImpact, budget_impact
from sim.economics.value.terms import Terms, terms_of
from sim.exhibits.drawing import key, name_y, shade_after, zero_line
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import MILLION
from sim.exhibits.sentences import listed, pounds_words, sentence
from sim.exhibits.style import COLOURS, FAINT, INK, WIDE, Canvas, new_axes
from sim.exhibits.titles import titles_of
from sim.intervals import many_over_replications
from sim.report.defaults import agency_label, agency_words, has_cash, increments_of, regime_named
from sim.report.figures.money.amounts import pounds_axis, span_of
from sim.table import Table
from sim.units import MONTHS_PER_YEAR, financial_year_label

MOST_AGENCIES, MOST_LEVEL = 6, 10


def plot_budget(
    ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None, against: str | None = None,
    reading: str = "cashable", effect_set: str | None = None, *, canvas: Canvas = WIDE,
) -> Axes:  # fmt: skip
    """Draw cash by financial year, stacked by agency: above 0 it is freed, below 0 it must be found.

    The largest agencies have a colour of their own; a dot marks the total of each year.
    """
    ax = new_axes(6.4 if canvas.is_narrow else 4.8, canvas) if ax is None else ax
    terms, titles = terms_of(ds), titles_of(ds)
    impact = budget_impact(ds, increments_of(ds, terms, regime, against, effect_set), terms, reading)
    freed = -impact.amount.mean(axis=0).sum(axis=-1) / MILLION  # (year, agency)
    size = np.abs(freed).sum(axis=0)
    order = [int(i) for i in np.argsort(-size) if size[i] > 0]
    own, rest = order[:MOST_AGENCIES], order[MOST_AGENCIES:]
    parts = [(agency_words(ds, impact.agencies[i]), freed[:, i]) for i in own]
    if rest:
        parts.append(("others", freed[:, rest].sum(axis=1)))
    years = np.arange(len(impact.years), dtype=np.float64)
    _stack(ax, years, parts)
    ax.plot(years, freed.sum(axis=1), "o", color=INK, markersize=5, label="all together")
    zero_line(ax)
    ax.set(xticks=years, xlim=(-0.6, len(years) - 0.4))
    upright = canvas.is_narrow or len(years) > MOST_LEVEL
    ax.set_xticklabels(_years(impact, terms), rotation=90 if upright else 0)
    ax.set_ylim(top=ax.get_ylim()[1] + 0.12 * float(np.ptp(ax.get_ylim())))  # room for the words at the top
    counted = "only savings that close capacity" if reading == "cashable" else "all savings as money"
    said = f"£ million of cash a year that {titles.regime(regime_named(ds, regime))} frees (above 0) or needs (below 0)"
    name_y(ax, f"{said}; {counted}, {terms.ledger} ledger, not discounted", canvas)
    starred = any(name.endswith("*") for name in _years(impact, terms))
    ax.set_xlabel("Financial year (*: its prices are a forecast)" if starred else "Financial year")
    ax.yaxis.set_major_formatter(FuncFormatter(pounds_axis))
    evidence = terms.spec.evidence_months / MONTHS_PER_YEAR
    shade_after(ax, evidence - 0.5, f"evidence ends at month {terms.spec.evidence_months:g}")
    key(ax, canvas)
    return ax


def _years(impact: BudgetImpact, terms: Terms) -> list[str]:
    """Write the financial years, with a star where the level of prices was a forecast."""
    return [terms.price_series.marked(financial_year_label(year)) for year in impact.years]


def _stack(ax: Axes, years: FloatArray, parts: list[tuple[str, FloatArray]]) -> None:
    """Stack positive amounts upwards and negative ones downwards."""
    up, down = np.zeros(len(years)), np.zeros(len(years))
    for (label, values), colour in zip(parts, (*COLOURS[:MOST_AGENCIES], FAINT), strict=False):
        base = np.where(values >= 0, up, down)
        ax.bar(years, values, 0.72, bottom=base, color=colour, label=label)
        up, down = up + np.maximum(values, 0), down + np.minimum(values, 0)


def budget_table(ds: xr.Dataset) -> Table:
    """Make the table behind cash by year and agency, £m, freed above 0."""
    terms = terms_of(ds)
    impact = budget_impact(ds, increments_of(ds, terms), terms, "cashable")
    amount = -impact.amount.sum(axis=-1) / MILLION  # (replication, year, agency)
    paying = [i for i in range(len(impact.agencies)) if amount[..., i].any()]
    rows = []
    for y, year in enumerate(_years(impact, terms)):
        cells = [span_of(many_over_replications(amount[:, y, i]), 1) for i in paying]
        together = many_over_replications(amount[:, y].sum(axis=-1))
        rows.append((year, span_of(together, 1), *cells))
    columns = ("year", "together", *(agency_label(ds, impact.agencies[i]) for i in paying))
    starred = any(str(row[0]).endswith("*") for row in rows)
    note = "A star: the level of prices of that year was a forecast." if starred else ""
    return Table("Cash freed (above 0) or needed (below 0) by financial year, £m", columns, tuple(rows), note)


def budget_finding(ds: xr.Dataset) -> str:
    """Say what must be found or is freed in the first, the dearest and the last year."""
    terms, titles = terms_of(ds), titles_of(ds)
    impact = budget_impact(ds, increments_of(ds, terms), terms, "cashable")
    freed = -impact.amount.sum(axis=(2, 3)).mean(axis=0)
    shown = dict.fromkeys((0, int(freed.argmin()), len(freed) - 1))
    parts = [
        f"{'frees' if freed[y] >= 0 else 'needs'} {pounds_words(abs(float(freed[y])))} in "
        f"{financial_year_label(impact.years[y])}"
        for y in shown
    ]
    return sentence(f"{titles.regime(regime_named(ds))} {listed(parts)}, counting only savings that close capacity")


FIGURE = Exhibit(
    name="budget", title="Who must find the money, and when",
    caption="Cash of the last regime by financial year and agency, counting as savings only what closes capacity: "
    "above 0 it is freed, below 0 it must be found. Years after the last published deflator assume a rise of prices. "
    "Shaded: beyond the evidence.",
    applies=has_cash, draw=plot_budget, table=budget_table, finding=budget_finding, section="payers", order=150,
)  # fmt: skip
