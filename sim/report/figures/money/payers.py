"""Who pays more and who less: the change for each agency."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.arrays import FloatArray
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import signed
from sim.exhibits.style import COLOURS, INK, new_axes, words
from sim.intervals import many_over_replications
from sim.report.defaults import agency_label, compares, first_ledger, worlds_of_set
from sim.report.figures.money.amounts import interval
from sim.results.facts import facts_of
from sim.results.summary import agency_cost_per_family_year
from sim.results.worlds import WorldName
from sim.table import Table


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
        if not facts_of(ds).is_exact and np.isfinite(low).any():
            ax.hlines(y, low, high, color=COLOURS[i], linewidth=2.2)
        ax.hlines(y, 0, mean, color=COLOURS[i], linewidth=0.8)
        ax.plot(mean, y, "os"[i], color=COLOURS[i], markersize=5, label=f"against {words(other)}")
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set(yticks=np.arange(len(agencies)), yticklabels=[agency_label(ds, name) for name in agencies])
    ax.set_ylim(len(agencies) - 0.5, -0.5)
    ax.tick_params(axis="y", labelsize=8)
    regime = words(worlds_of_set(ds, effect_set)[-1].regime)
    ax.set_xlabel(
        f"← pays less | pays more → with {regime}\n£ per family-year, {ledger} ledger, {facts_of(ds).price_year} prices"
    )
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: signed(x)))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, fontsize=8)
    return ax


def payers_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_payers``."""
    ledger = first_ledger(ds)
    changes = payer_changes(ds, ledger)
    rows = tuple(
        (agency_label(ds, str(name)), *(interval(change[i], sign=True) for change in changes.values()))
        for i, name in enumerate(ds["agency"].values)
    )
    columns = ("agency", *(f"against {words(other)}, £ a family-year" for other in changes))
    return Table(f"Who pays more and less, {ledger} ledger", columns, rows)


FIGURE = Exhibit(
    name="payers", title="Who pays more, and who less",
    caption="What the last regime changes for each agency, on the same random numbers, with 95% intervals: against "
    "the baseline, and against a regime with the same money where there is one.",
    applies=compares, draw=plot_payers, table=payers_table, section="payers", order=100,
)  # fmt: skip
