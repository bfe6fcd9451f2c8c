"""The figures of an appraisal; each ``plot_*`` draws on one pair of axes and can be used alone in a notebook."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.arrays import FloatArray
from sim.economics.cash.budget import budget_impact
from sim.economics.report import cash_ranges
from sim.economics.value.appraisal import compare, running_net
from sim.economics.value.increments import increments
from sim.economics.value.terms import Terms, terms_of
from sim.exhibits.numbers import MINUS
from sim.exhibits.style import COLOURS, FAINT, INK, dark, new_axes, shade_after, spaced, words
from sim.intervals import many_over_replications
from sim.report.figures.overview import worlds_of_set
from sim.results.worlds import WorldName, world_names
from sim.units import MONTHS_PER_YEAR, financial_year_label

MILLION = 1e6
MOST_AGENCIES = 6


def _pounds(value: float, _: object = None) -> str:
    """Write millions on an axis."""
    return f"{MINUS if value < 0 else ''}{abs(value):,.0f}"


def _other(ds: xr.Dataset, world: WorldName, against: str | None) -> WorldName:
    """Find the world that one is compared with, by regime; the baseline unless named."""
    wanted = ds.attrs["baseline"] if against is None else against
    return next(w for w in world_names(ds) if w.regime == wanted and w.effect_set == world.effect_set)


def _regime(ds: xr.Dataset, regime: str | None) -> str:
    """Give the regime to show: the last one unless named.

    Raises
    ------
    ValueError
        If there is no such regime, or none beside the baseline.
    """
    regimes = [str(name) for name in ds["regime"].values if name != ds.attrs["baseline"]]
    if not regimes or (regime is not None and regime not in regimes):
        raise ValueError(f"there is no regime '{regime or ''}' to compare; there are {', '.join(regimes) or 'none'}")
    return regime or regimes[-1]


def plot_npsv(ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None, against: str | None = None) -> Axes:
    """Draw net present social value by how many years are counted, a line for each evidence set, with 95% bands.

    Resources only, headline ledger, discounted; the horizon is dashed and everything beyond the evidence shaded.
    """
    ax = new_axes() if ax is None else ax
    terms, chosen = terms_of(ds), _regime(ds, regime)
    months = np.concatenate([[0.0], terms.years(whole=False) * MONTHS_PER_YEAR])
    worlds = [world for world in world_names(ds) if world.regime == chosen]
    ends: list[float] = []
    for world, colour in zip(worlds, COLOURS, strict=False):
        net = running_net(ds, increments(ds, world, _other(ds, world, against), terms), terms) / MILLION
        mean, low, high = (np.concatenate([[0.0], part]) for part in many_over_replications(net.T))
        ax.plot(months, mean, color=colour, linewidth=1.6)
        if terms.sampled:
            ax.fill_between(months, low, high, color=colour, alpha=0.2, linewidth=0)
        ends.append(float(mean[-1]))
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.set(xlim=(0, months[-1]), xlabel="Months counted from the regime's start")
    if months[-1] >= 2 * MONTHS_PER_YEAR:
        ax.set_xticks(np.arange(0, months[-1] + 1, MONTHS_PER_YEAR))
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom, top + 0.06 * (top - bottom))  # room for the words at the top
    for world, colour, y in zip(worlds, COLOURS, spaced(ends, 0.06 * (top - bottom)), strict=False):
        ax.annotate(words(world.effect_set) or words(chosen), (months[-1], y), (4, 0), textcoords="offset points",
                    va="center", color=dark(colour), annotation_clip=False)  # fmt: skip
    other = words(against or str(ds.attrs["baseline"]))
    ax.set_ylabel(f"£m, {words(chosen)} against {other}\n({terms.price_year} prices, {terms.ledger} ledger)")
    ax.yaxis.set_major_formatter(FuncFormatter(_pounds))
    _mark_horizon(ax, terms)
    shade_after(ax, terms.spec.evidence_months, f"evidence ends at month {terms.spec.evidence_months:g}")
    return ax


def _mark_horizon(ax: Axes, terms: Terms) -> None:
    """Mark the horizon of the headline."""
    month = terms.horizon_years * MONTHS_PER_YEAR
    if month < ax.get_xlim()[1]:
        ax.axvline(month, color=FAINT, linewidth=0.9, linestyle="--")
        ax.annotate(f"horizon of {terms.horizon_years:g} years", (month, 1), (4, -4), fontsize=7.5, va="top", color=INK,
                    xycoords=("data", "axes fraction"), textcoords="offset points")  # fmt: skip


def plot_budget(
    ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None, against: str | None = None,
    reading: str = "cashable", effect_set: str | None = None,
) -> Axes:  # fmt: skip
    """Draw extra cash by financial year, stacked by agency: above 0 it must be found, below 0 it is freed.

    The largest agencies have a colour of their own; a dot marks the total of each year.
    """
    ax = new_axes() if ax is None else ax
    terms, chosen = terms_of(ds), _regime(ds, regime)
    world = next(w for w in worlds_of_set(ds, effect_set) if w.regime == chosen)
    impact = budget_impact(ds, increments(ds, world, _other(ds, world, against), terms), terms, reading)
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
    ax.yaxis.set_major_formatter(FuncFormatter(_pounds))
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


def agency_words(ds: xr.Dataset, agency: str) -> str:
    """Give an agency's full name without what stands in brackets, short enough for a legend."""
    names: dict[str, str] = json.loads(ds.attrs.get("agencies", "{}"))
    return names.get(agency, words(agency)).split(" (")[0].split(",")[0]


def plot_cash_tornado(
    ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None, against: str | None = None,
    effect_set: str | None = None,
) -> Axes:  # fmt: skip
    """Draw how net cash moves when one unit or lag of a rule of cashability goes to the ends of its range."""
    ax = new_axes() if ax is None else ax
    terms, chosen = terms_of(ds), _regime(ds, regime)
    world = next(w for w in worlds_of_set(ds, effect_set) if w.regime == chosen)
    made = increments(ds, world, _other(ds, world, against), terms)
    found: dict[str, dict[str, float]] = {}
    for entry in cash_ranges(ds, made, terms):
        found.setdefault(entry.varied, {})[entry.end] = entry.net_cashable.mean / MILLION
    central = float(compare(ds, made, terms).view(terms.ledger, "fiscal").net_cashable.amount.mean()) / MILLION
    order = sorted(found, key=lambda name: max(abs(x - central) for x in found[name].values()))
    for y, name in enumerate(order):
        for end, colour in (("low", COLOURS[0]), ("high", COLOURS[1])):
            value = found[name].get(end, central)
            ax.barh(
                y, value - central, 0.6, left=central, color=colour, label=f"{end} end of the range" if not y else None
            )
    ax.axvline(central, color=INK, linewidth=0.8)
    ax.set(yticks=np.arange(len(order)), yticklabels=[words(name) for name in order], ylim=(-0.6, len(order) - 0.4))
    years, evidence = f"{terms.horizon_years:g} years", f"{terms.spec.evidence_months:g}"
    ax.set_xlabel(
        f"Net cash over {years}, £m ({terms.price_year} prices, discounted,\n"
        f"{terms.ledger} ledger); evidence ends at month {evidence}"
    )
    ax.xaxis.set_major_formatter(FuncFormatter(_pounds))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, fontsize=8)
    return ax
