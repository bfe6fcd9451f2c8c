"""Who saves and who pays more: the change for each agency."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.arrays import FloatArray
from sim.exhibits.drawing import key, margins_for, name_rows, places, row_axes, zero_line
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import figure, signed
from sim.exhibits.sentences import sentence
from sim.exhibits.style import COLOURS, WIDE, Canvas
from sim.exhibits.titles import titles_of
from sim.intervals import many_over_replications
from sim.report.defaults import agency_label, agency_words, compares, first_ledger, worlds_of_set
from sim.report.figures.money.amounts import interval
from sim.results.facts import facts_of
from sim.results.summary import agency_cost_per_family_year
from sim.results.worlds import WorldName
from sim.table import Table


def payer_savings(ds: xr.Dataset, ledger: str, effect_set: str | None = None) -> dict[str, FloatArray]:
    """Give what the last regime saves each agency against the baseline and the first other regime, paired.

    Returns
    -------
        By the regime it is held against: £ per family-year, (agency, replication).
    """
    worlds = worlds_of_set(ds, effect_set)
    mine = agency_cost_per_family_year(ds, worlds[-1], ledger)
    others: list[WorldName] = [world for world in worlds[:2] if world != worlds[-1]]
    return {other.regime: (agency_cost_per_family_year(ds, other, ledger) - mine).T for other in others}


def plot_payers(
    ds: xr.Dataset, ax: Axes | None = None, ledger: str | None = None, effect_set: str | None = None, *,
    canvas: Canvas = WIDE,
) -> Axes:  # fmt: skip
    """Draw what the last regime saves each agency (right of 0) or costs it, paired, with 95% intervals."""
    ledger = first_ledger(ds) if ledger is None else ledger
    savings, titles = payer_savings(ds, ledger, effect_set), titles_of(ds)
    moved = np.any([saving.any(axis=1) for saving in savings.values()], axis=0)
    paying = np.flatnonzero(moved) if moved.any() else np.arange(len(moved))  # that nothing changes is shown too
    ax = row_axes(len(paying), canvas, key=len(savings)) if ax is None else ax
    for i, (other, saving) in enumerate(savings.items()):
        mean, low, high = many_over_replications(saving[paying])
        y = places(len(paying), canvas, i, len(savings))
        if not facts_of(ds).is_exact and np.isfinite(low).any():
            ax.hlines(y, low, high, color=COLOURS[i], linewidth=2.2)
        ax.hlines(y, 0, mean, color=COLOURS[i], linewidth=0.8)
        ax.plot(mean, y, "os"[i], color=COLOURS[i], markersize=6, label=f"against {titles.regime(other)}")
    zero_line(ax, upright=True)
    margins_for(ax, *(np.array(many_over_replications(saving[paying])) for saving in savings.values()))
    name_rows(ax, [agency_words(ds, str(name)) for name in ds["agency"].values[paying]], canvas)
    regime = titles.regime(worlds_of_set(ds, effect_set)[-1].regime)
    label = f"← pays more | saves →\nwith {regime}, £ per family-year ({ledger} ledger, {facts_of(ds).prices_aside})"
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: signed(x)))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    key(ax, canvas, ncols=1)
    return ax


def payers_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_payers``."""
    ledger = first_ledger(ds)
    savings, titles = payer_savings(ds, ledger), titles_of(ds)
    rows = tuple(
        (agency_label(ds, str(name)), *(interval(saving[i], sign=True) for saving in savings.values()))
        for i, name in enumerate(ds["agency"].values)
    )
    columns = ("agency", *(f"saved against {titles.regime(other)}, £ a family-year" for other in savings))
    return Table(f"Who saves and who pays more, {ledger} ledger", columns, rows)


def payers_finding(ds: xr.Dataset) -> str:
    """Say which agency saves most and which pays most more, against the baseline."""
    savings, titles = payer_savings(ds, first_ledger(ds)), titles_of(ds)
    other, saving = next(iter(savings.items()))
    mean = saving.mean(axis=1)
    named = [agency_words(ds, str(name)) for name in ds["agency"].values]
    most, least = int(mean.argmax()), int(mean.argmin())
    said = [
        *([f"{named[most]} saves most, £{figure(mean[most])} a family and year"] if mean[most] > 0 else []),
        *([f"{named[least]} pays most more, £{figure(-mean[least])}"] if mean[least] < 0 else []),
    ] or ["no agency pays anything more or less, £0 a family and year"]
    regime = titles.regime(worlds_of_set(ds)[-1].regime)
    return sentence(f"with {regime} against {titles.regime(other)}, {' and '.join(said)}")


FIGURE = Exhibit(
    name="payers", title="Who saves, and who pays more",
    caption="What the last regime saves each agency, on the same random numbers, with 95% intervals: against the "
    "baseline, and against a regime with the same money where there is one. Right of 0 the agency saves.",
    applies=compares, draw=plot_payers, table=payers_table, finding=payers_finding, section="payers", order=100,
)  # fmt: skip
