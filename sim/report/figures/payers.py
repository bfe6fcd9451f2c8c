"""Where the money goes and who pays more or less: cost by tier, and the change for each agency."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.arrays import FloatArray
from sim.exhibits.numbers import MISSING, figure, signed
from sim.exhibits.style import COLOURS, INK, new_axes, words
from sim.intervals import many_over_replications
from sim.report.figures.overview import agency_label, worlds_of_set
from sim.results.by_agency import agency_cost_per_family_year, tier_cost_per_family_year
from sim.results.worlds import WorldName
from sim.table import Table

SHADES = ("#CFE3F0", "#92C0DE", "#E8A56B", "#CC79A7", "#8A8A8A")
"""Tiers from what everybody gets to what answers a crisis; dark text can be read on each."""
ORDER = ("universal", "targeted", "reactive")
MIN_LABEL = 0.09


def tiers_of(ds: xr.Dataset) -> list[str]:
    """List the tiers, those that are known in their order."""
    there = list(dict.fromkeys(str(name) for name in ds["tier"].values))
    return [name for name in ORDER if name in there] + [name for name in there if name not in ORDER]


def first_ledger(ds: xr.Dataset) -> str:
    """Name the ledger that is shown unless another is asked for."""
    return str(ds["ledger"].values[0])


def plot_tiers(
    ds: xr.Dataset, ax: Axes | None = None, ledger: str | None = None, effect_set: str | None = None
) -> Axes:
    """Draw pounds per family-year by tier, a bar for each regime, with the 95% interval of the total."""
    worlds, tiers = worlds_of_set(ds, effect_set), tiers_of(ds)
    ax = new_axes(6.6, 1.6 + 0.5 * len(worlds)) if ax is None else ax
    ledger = first_ledger(ds) if ledger is None else ledger
    costs = [tier_cost_per_family_year(ds, world, ledger, tiers) for world in worlds]
    some = np.any([cost.any(axis=0) for cost in costs], axis=0)
    shades = [SHADES[i % len(SHADES)] for i in np.flatnonzero(some)]
    tiers, costs = [tiers[i] for i in np.flatnonzero(some)], [cost[:, some] for cost in costs]
    largest = max(float(cost.sum(axis=1).mean()) for cost in costs) or 1.0
    for y, cost in enumerate(costs):
        left = 0.0
        for tier, value, shade in zip(tiers, cost.mean(axis=0), shades, strict=True):
            ax.barh(y, value, 0.62, left=left, color=shade, edgecolor="white", label=None if y else words(tier))
            if value > MIN_LABEL * largest:
                ax.text(left + value / 2, y, figure(value), ha="center", va="center", fontsize=8, color=INK)
            left += value
        mean, low, high = many_over_replications(cost.sum(axis=1)[None])
        if ds.attrs["solver"] != "expect" and np.isfinite(low[0]):
            ax.errorbar(mean, [y], xerr=[mean - low, high - mean], fmt="none", ecolor=INK, elinewidth=1, capsize=3)
        ax.annotate(figure(mean[0]), (max(left, float(np.nan_to_num(high[0]))), y), (5, 0), va="center", fontsize=8,
                    textcoords="offset points")  # fmt: skip
    ax.set(yticks=range(len(worlds)), yticklabels=[words(world.regime) for world in worlds])
    ax.set(ylim=(len(worlds) - 0.5, -0.5), xlim=(0, 1.14 * largest))
    ax.set_xlabel(f"£ per family-year on the books, {ledger} ledger, {ds.attrs['price_year']} prices")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=8)
    return ax


def tiers_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_tiers``, in every ledger."""
    tiers, rows = tiers_of(ds), []
    for ledger in (str(name) for name in ds["ledger"].values):
        for world in worlds_of_set(ds):
            cost = tier_cost_per_family_year(ds, world, ledger, tiers)
            cells = [_interval(cost[:, i]) for i in range(len(tiers))]
            rows.append((words(world.regime), ledger, *cells, _interval(cost.sum(axis=1))))
    columns = ("regime", "ledger", *(words(tier) for tier in tiers), "total")
    return Table("Cost per family-year by tier, £", columns, tuple(rows))


def payer_changes(ds: xr.Dataset, ledger: str, effect_set: str | None = None) -> dict[str, FloatArray]:
    """Give what the last regime changes for each agency against the baseline and the first other regime, paired.

    Returns
    -------
        By the regime it is held against: £ per family-year, (agency, replication).
    """
    worlds = worlds_of_set(ds, effect_set)
    mine = agency_cost_per_family_year(ds, worlds[-1], ledger)
    others: list[WorldName] = [world for world in worlds[:2] if world != worlds[-1]]
    return {other.regime: (mine - agency_cost_per_family_year(ds, other, ledger)).T for other in others}


def plot_payers(
    ds: xr.Dataset, ax: Axes | None = None, ledger: str | None = None, effect_set: str | None = None
) -> Axes:
    """Draw what the last regime costs each agency more (right of 0) or less, paired, with 95% intervals."""
    ledger = first_ledger(ds) if ledger is None else ledger
    changes = payer_changes(ds, ledger, effect_set)
    moved = np.any([change.any(axis=1) for change in changes.values()], axis=0)
    paying = np.flatnonzero(moved) if moved.any() else np.arange(len(moved))  # that nothing changes is shown too
    agencies = [str(name) for name in ds["agency"].values[paying]]
    ax = new_axes(6.8, 1.5 + 0.46 * len(agencies)) if ax is None else ax
    for i, (other, change) in enumerate(changes.items()):
        mean, low, high = many_over_replications(change[paying])
        y = np.arange(len(agencies)) + (i - (len(changes) - 1) / 2) * 0.3
        if ds.attrs["solver"] != "expect" and np.isfinite(low).any():
            ax.hlines(y, low, high, color=COLOURS[i], linewidth=2.2)
        ax.hlines(y, 0, mean, color=COLOURS[i], linewidth=0.8)
        ax.plot(mean, y, "os"[i], color=COLOURS[i], markersize=5, label=f"against {words(other)}")
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set(yticks=np.arange(len(agencies)), yticklabels=[agency_label(ds, name) for name in agencies])
    ax.set_ylim(len(agencies) - 0.5, -0.5)
    ax.tick_params(axis="y", labelsize=8)
    regime = words(worlds_of_set(ds, effect_set)[-1].regime)
    ax.set_xlabel(
        f"← pays less | pays more → with {regime}\n£ per family-year, {ledger} ledger, {ds.attrs['price_year']} prices"
    )
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: signed(x)))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, fontsize=8)
    return ax


def payers_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_payers``."""
    ledger = first_ledger(ds)
    changes = payer_changes(ds, ledger)
    rows = tuple(
        (agency_label(ds, str(name)), *(_interval(change[i], sign=True) for change in changes.values()))
        for i, name in enumerate(ds["agency"].values)
    )
    columns = ("agency", *(f"against {words(other)}, £ a family-year" for other in changes))
    return Table(f"Who pays more and less, {ledger} ledger", columns, rows)


def _interval(samples: FloatArray, *, sign: bool = False) -> str:
    """Write a mean over replications with its interval."""
    write = signed if sign else figure
    mean, low, high = many_over_replications(samples)
    if not np.isfinite(mean):
        return MISSING
    return write(float(mean)) + (f" ({write(float(low))} to {write(float(high))})" if np.isfinite(low) else "")
