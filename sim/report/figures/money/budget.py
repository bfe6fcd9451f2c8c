"""Who must find the money, and when."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.arrays import FloatArray
from sim.economics.cash.budget import budget_impact
from sim.economics.value.terms import terms_of
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import MILLION
from sim.exhibits.style import COLOURS, FAINT, INK, new_axes, shade_after
from sim.intervals import many_over_replications
from sim.report.defaults import agency_label, agency_words, has_cash, increments_of
from sim.report.figures.money.amounts import pounds_axis, span_of
from sim.table import Table
from sim.units import MONTHS_PER_YEAR, financial_year_label

MOST_AGENCIES = 6


def plot_budget(
    ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None, against: str | None = None,
    reading: str = "cashable", effect_set: str | None = None,
) -> Axes:  # fmt: skip
    """Draw extra cash by financial year, stacked by agency: above 0 it must be found, below 0 it is freed.

    The largest agencies have a colour of their own; a dot marks the total of each year.
    """
    ax = new_axes() if ax is None else ax
    terms = terms_of(ds)
    impact = budget_impact(ds, increments_of(ds, terms, regime, against, effect_set), terms, reading)
    amount = impact.amount.mean(axis=0).sum(axis=-1) / MILLION  # (year, agency)
    size = np.abs(amount).sum(axis=0)
    order = [int(i) for i in np.argsort(-size) if size[i] > 0]
    own, rest = order[:MOST_AGENCIES], order[MOST_AGENCIES:]
    parts = [(agency_words(ds, impact.agencies[i]), amount[:, i]) for i in own]
    if rest:
        parts.append(("others", amount[:, rest].sum(axis=1)))
    years = np.arange(len(impact.years), dtype=np.float64)
    _stack(ax, years, parts)
    ax.plot(years, amount.sum(axis=1), "o", color=INK, markersize=4, label="together")
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.set(xticks=years, xlim=(-0.6, len(years) - 0.4))
    ax.set_xticklabels([financial_year_label(year) for year in impact.years], rotation=40, ha="right")
    ax.set_ylim(top=ax.get_ylim()[1] * 1.06)  # room for the words at the top
    counted = "cashable savings alone" if reading == "cashable" else "all savings as money"
    ax.set_ylabel(f"Extra cash, £m a year\n({counted}, {terms.ledger} ledger)")
    ax.yaxis.set_major_formatter(FuncFormatter(pounds_axis))
    evidence = terms.spec.evidence_months / MONTHS_PER_YEAR
    shade_after(ax, evidence - 0.5, f"evidence ends at month {terms.spec.evidence_months:g}")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8)
    return ax


def _stack(ax: Axes, years: FloatArray, parts: list[tuple[str, FloatArray]]) -> None:
    """Stack positive amounts upwards and negative ones downwards."""
    up, down = np.zeros(len(years)), np.zeros(len(years))
    for (label, values), colour in zip(parts, (*COLOURS[:MOST_AGENCIES], FAINT), strict=False):
        base = np.where(values >= 0, up, down)
        ax.bar(years, values, 0.72, bottom=base, color=colour, label=label)
        up, down = up + np.maximum(values, 0), down + np.minimum(values, 0)


def budget_table(ds: xr.Dataset) -> Table:
    """Make the table behind extra cash by year and agency, £m."""
    terms = terms_of(ds)
    impact = budget_impact(ds, increments_of(ds, terms), terms, "cashable")
    amount = impact.amount.sum(axis=-1) / MILLION  # (replication, year, agency)
    paying = [i for i in range(len(impact.agencies)) if amount[..., i].any()]
    rows = []
    for y, year in enumerate(impact.years):
        cells = [span_of(many_over_replications(amount[:, y, i]), 1) for i in paying]
        together = many_over_replications(amount[:, y].sum(axis=-1))
        rows.append((financial_year_label(year), span_of(together, 1), *cells))
    columns = ("year", "together", *(agency_label(ds, impact.agencies[i]) for i in paying))
    return Table("Extra cash by financial year, £m", columns, tuple(rows))


FIGURE = Exhibit(
    name="budget", title="Who must find the money, and when",
    caption="Extra cash of the last regime by financial year and agency, counting as savings only what closes "
    "capacity. Not discounted; years after the last published deflator assume a rise of prices. Shaded: beyond the "
    "evidence.",
    applies=has_cash, draw=lambda ds: plot_budget(ds, new_axes(8.5, 4.2)), table=budget_table, section="payers",
    order=150,
)  # fmt: skip
