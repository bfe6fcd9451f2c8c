"""What net cash turns on: the rules that turn savings into cash."""

from __future__ import annotations

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.economics.report import cash_ranges
from sim.economics.value.appraisal import compare
from sim.economics.value.terms import terms_of
from sim.exhibits.drawing import bar_height, key, name_rows, places, row_axes
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import MILLION, fixed
from sim.exhibits.sentences import net_words, pounds_words, sentence
from sim.exhibits.style import COLOURS, INK, WIDE, Canvas, words
from sim.exhibits.titles import titles_of
from sim.intervals import Estimate
from sim.report.defaults import has_cash, increments_of, regime_named
from sim.report.figures.money.amounts import pounds_axis
from sim.table import Table


def plot_cash_tornado(
    ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None, against: str | None = None,
    effect_set: str | None = None, *, canvas: Canvas = WIDE,
) -> Axes:  # fmt: skip
    """Draw how net cash moves when one unit or lag of a rule of cashability goes to the ends of its range."""
    central, found = _ranges(ds, regime, against, effect_set)
    terms = terms_of(ds)
    ax = row_axes(len(found), canvas, each=0.32) if ax is None else ax
    at = places(len(found), canvas, each=0.32)
    for end, colour in (("low", COLOURS[0]), ("high", COLOURS[1])):
        values = [ends.get(end, central) - central for ends in found.values()]
        ax.barh(at, values, bar_height(canvas, each=0.32), left=central, color=colour, label=f"{end} end of the range")
    ax.axvline(central, color=INK, linewidth=0.8)
    name_rows(ax, [words(name) for name in found], canvas, each=0.32)
    label = (
        f"← {titles_of(ds).regime(regime_named(ds, regime))} needs cash | frees it →\nNet cash over "
        f"{terms.horizon_years:g} years, £ million ({terms.ledger} ledger, {terms.prices_aside}, discounted); "
        f"evidence ends at month {terms.spec.evidence_months:g}"
    )
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    ax.xaxis.set_major_formatter(FuncFormatter(pounds_axis))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    key(ax, canvas)
    return ax


def _ranges(
    ds: xr.Dataset, regime: str | None = None, against: str | None = None, effect_set: str | None = None
) -> tuple[float, dict[str, dict[str, float]]]:
    """Give central net cash, £m, and what it is at either end of each rule, the widest first."""
    terms = terms_of(ds)
    extra = increments_of(ds, terms, regime, against, effect_set)
    found: dict[str, dict[str, float]] = {}
    for entry in cash_ranges(ds, extra, terms):
        found.setdefault(entry.varied, {})[entry.end] = entry.net_cashable.mean / MILLION
    central = float(compare(ds, extra, terms).view(terms.ledger, "fiscal").net_cashable.amount.mean()) / MILLION
    order = sorted(found, key=lambda name: -max(abs(x - central) for x in found[name].values()))
    return central, {name: found[name] for name in order}


def cash_finding(ds: xr.Dataset) -> str:
    """Say what net cash is, and which rule moves it most."""
    central, found = _ranges(ds)
    widest, ends = next(iter(found.items()))
    low, high = (pounds_words(MILLION * end(*ends.values(), central)) for end in (min, max))
    regime, horizon = titles_of(ds).regime(regime_named(ds)), f"{terms_of(ds).horizon_years:g} years"
    net = net_words(Estimate(central * MILLION))
    return sentence(
        f"in cash over {horizon}, {regime} {net}; it turns most on {words(widest)}, between {low} and {high}"
    )


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
    draw=plot_cash_tornado, table=cash_table, finding=cash_finding, section="payers", order=160,
)  # fmt: skip
