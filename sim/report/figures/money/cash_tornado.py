"""What net cash turns on: the rules that turn savings into cash."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.economics.report import cash_ranges
from sim.economics.value.appraisal import compare
from sim.economics.value.terms import terms_of
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import MILLION, fixed
from sim.exhibits.style import COLOURS, INK, new_axes, words
from sim.report.defaults import has_cash, increments_of
from sim.report.figures.money.amounts import pounds_axis
from sim.table import Table


def plot_cash_tornado(
    ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None, against: str | None = None,
    effect_set: str | None = None,
) -> Axes:  # fmt: skip
    """Draw how net cash moves when one unit or lag of a rule of cashability goes to the ends of its range."""
    ax = new_axes() if ax is None else ax
    terms = terms_of(ds)
    extra = increments_of(ds, terms, regime, against, effect_set)
    found: dict[str, dict[str, float]] = {}
    for entry in cash_ranges(ds, extra, terms):
        found.setdefault(entry.varied, {})[entry.end] = entry.net_cashable.mean / MILLION
    central = float(compare(ds, extra, terms).view(terms.ledger, "fiscal").net_cashable.amount.mean()) / MILLION
    order = sorted(found, key=lambda name: max(abs(x - central) for x in found[name].values()))
    for y, name in enumerate(order):
        for end, colour in (("low", COLOURS[0]), ("high", COLOURS[1])):
            value = found[name].get(end, central)
            label = None if y else f"{end} end of the range"
            ax.barh(y, value - central, 0.6, left=central, color=colour, label=label)
    ax.axvline(central, color=INK, linewidth=0.8)
    ax.set(yticks=np.arange(len(order)), yticklabels=[words(name) for name in order], ylim=(-0.6, len(order) - 0.4))
    years, evidence = f"{terms.horizon_years:g} years", f"{terms.spec.evidence_months:g}"
    ax.set_xlabel(
        f"Net cash over {years}, £m ({terms.price_year} prices, discounted,\n"
        f"{terms.ledger} ledger); evidence ends at month {evidence}"
    )
    ax.xaxis.set_major_formatter(FuncFormatter(pounds_axis))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, fontsize=8)
    return ax


def cash_table(ds: xr.Dataset) -> Table:
    """Make the table behind what net cash turns on, £m."""
    terms = terms_of(ds)
    rows = tuple(
        (words(entry.varied), entry.end, fixed(entry.net_cashable.mean / MILLION, 1))
        for entry in cash_ranges(ds, increments_of(ds, terms), terms)
    )
    return Table("Net cash with one number of one rule at the end of its range", ("rule", "end", "net cash, £m"), rows)


FIGURE = Exhibit(
    name="cash_tornado", title="What net cash turns on",
    caption="Net cash of the last regime when one unit of capacity, or one lag, of the rules that turn savings into "
    "cash goes to the end of its range. The line stands at their central values.",
    applies=lambda ds: has_cash(ds) and bool(terms_of(ds).spec.cashability),
    draw=lambda ds: plot_cash_tornado(ds, new_axes(7.5, 4.6)), table=cash_table, section="payers", order=160,
)  # fmt: skip
